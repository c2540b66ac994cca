/**
 * What one placement of one model demands: twin of src/core/demand.ts.
 *
 *   a demand, DEMAND_HEADER + 8 * rowStride bytes
 *     0            12       16        20         24        32        40       48
 *     ├─ record ───┼─ uses ─┼─ hash ──┼─ hash ───┼─ slow ──┼─ lat ───┼─ joule ┼─ row[0] row[1] ... f64, padded to even
 *     │ 12 x u8    │ u32    │ low u32 │ high u32 │ f64     │ f64     │ f64    │
 */
import {
  activeWatts, addressAt, blocksOf, callsPerFrameOf, dramPrefixOf, dramResource, dramSecondsPerByte, f64At, i32At,
  outputBytesOf, processors, processorUses, resources, rowStride, secondsPrefixOf, transferResource, transferSeconds,
  transferSecondsPerByte, u32At,
} from './problem';

export const RECORD_BYTES: u32 = 12;
export const USES: usize = 12;
export const HASH_LOW: usize = 16;
export const HASH_HIGH: usize = 20;
export const SLOWEST: usize = 24;
export const LATENCY: usize = 32;
export const JOULES: usize = 40;
export const ROW: usize = 48;
export const SALT_LOW: u32 = 0x9e3779b9;
export const SALT_HIGH: u32 = 0x7f4a7c15;

// @ts-ignore: decorator
@inline
export function demandBytes(): u32 {
  return <u32>ROW + rowStride * 8;
}

// @ts-ignore: decorator
@inline
export function copyRecord(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u32>(to, load<u32>(from, 8), 8);
}

/** Demand of model m placed as the record at `record`, written to `out` (which may hold the record already). */
export function demandOf(m: u32, record: usize, out: usize): void {
  const P = processors;
  const n = u32At(blocksOf, m);
  const prefix = addressAt(secondsPrefixOf, m);
  const outputs = addressAt(outputBytesOf, m);
  const dram = addressAt(dramPrefixOf, m);
  const calls = f64At(callsPerFrameOf, m);
  const row = out + ROW;
  if (out != record) copyRecord(out, record);
  for (let r: u32 = 0; r < rowStride; r += 2) v128.store(row + (r << 3), f64x2.splat(0));
  let slowest: f64 = 0;
  let latency: f64 = 0;
  let joules: f64 = 0;
  let first: u32 = 0;
  const stages = <u32>load<u8>(out);
  let previous: u32 = 0;
  for (let s: u32 = 0; s < stages; s++) {
    const p = <u32>load<u8>(out + 1 + 2 * s);
    const end = <u32>load<u8>(out + 2 + 2 * s);
    const line = prefix + (((p * (n + 1)) as usize) << 3);
    const seconds = load<f64>(line + ((<usize>end) << 3)) - load<f64>(line + ((<usize>first) << 3));
    const uses = u32At(processorUses, p);
    let stage = seconds;
    if (s > 0) {
      const hop = previous * P + p;
      const transfer = f64At(transferSeconds, hop) + load<f64>(outputs + ((<usize>(first - 1)) << 3)) * f64At(transferSecondsPerByte, hop);
      const link = i32At(transferResource, hop);
      if (link >= 0) {
        const cell = row + ((<usize>link) << 3);
        store<f64>(cell, load<f64>(cell) + transfer);
      } else occupy(row, uses, transfer);
      stage = transfer + seconds;
    }
    occupy(row, uses, seconds);
    const bus = i32At(dramResource, p);
    if (bus >= 0) {
      const cell = row + ((<usize>bus) << 3);
      const bytes = load<f64>(dram + ((<usize>end) << 3)) - load<f64>(dram + ((<usize>first) << 3));
      store<f64>(cell, load<f64>(cell) + bytes * f64At(dramSecondsPerByte, p));
    }
    const watts = f64At(activeWatts, p);
    if (watts > 0) joules += seconds * watts;
    latency += stage;
    if (stage > slowest) slowest = stage;
    first = end;
    previous = p;
  }
  // One by one: a vector cannot be loaded soon after its halves were stored.
  let uses: u32 = 0;
  for (let r: u32 = 0; r < resources; r++) {
    const scaled = load<f64>(row + (r << 3)) * calls;
    store<f64>(row + (r << 3), scaled);
    uses |= u32(scaled > 0) << r;
  }
  store<u32>(out, uses, USES);
  store<u32>(out, hashRecord(out, m, SALT_LOW), HASH_LOW);
  store<u32>(out, hashRecord(out, m, SALT_HIGH), HASH_HIGH);
  store<f64>(out, slowest, SLOWEST);
  store<f64>(out, latency * calls, LATENCY);
  store<f64>(out, joules * calls, JOULES);
}

/** Charge seconds to every resource in the set, lowest first. */
// @ts-ignore: decorator
@inline
function occupy(row: usize, set: u32, seconds: f64): void {
  let rest = set;
  do {
    const cell = row + ((<usize>ctz(rest)) << 3);
    store<f64>(cell, load<f64>(cell) + seconds);
    rest &= rest - 1;
  } while (rest != 0);
}

// @ts-ignore: decorator
@inline
export function hashRecord(record: usize, m: u32, salt: u32): u32 {
  let h = salt ^ ((m + 1) * 0x85ebca6b);
  h = rotl<u32>((h ^ load<u32>(record)) * 0xcc9e2d51, 13) * 5 + salt;
  h = rotl<u32>((h ^ load<u32>(record, 4)) * 0xcc9e2d51, 13) * 5 + salt;
  h = rotl<u32>((h ^ load<u32>(record, 8)) * 0xcc9e2d51, 13) * 5 + salt;
  h ^= h >> 16;
  h *= 0x7feb352d;
  h ^= h >> 15;
  h *= 0x846ca68b;
  h ^= h >> 16;
  return h;
}
