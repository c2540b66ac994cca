/** Random placements of one model, legal by construction: twin of src/reference/placement/sampler.ts. */
import { allocate } from '../arena';
import { below, unit } from '../random';
import { addressAt, blocksOf, f64At, maxStagesOf, models, optionsOf, reachOf, tuplesOf, u32At, usableCountOf, usableOf, waysOf } from './problem';

const SHUFFLE: usize = memory.data(16, 16);
const CUTS: usize = memory.data(16, 16);
/** [stages + 1][n + 1] f64, only for models that some processor can only partly run: 6 x 256 at most. */
let after: usize = 0;

/** Make the table where a model needs it; false = no memory. */
export function beginSampler(): bool {
  for (let m: u32 = 0; m < models; m++) {
    if (u32At(usableCountOf, m) > 0) continue;
    after = allocate(6 * 256 * 8);
    return after != 0;
  }
  return true;
}

/** One placement of model m, written as a record at `out`. */
export function samplePlacement(m: u32, uniform: bool, out: usize): void {
  const stages = uniform ? uniformStages(m) : stratifiedStages(m);
  if (u32At(usableCountOf, m) > 0) drawFree(m, stages, out);
  else drawPartial(m, stages, out);
}

function uniformStages(m: u32): u32 {
  const ways = addressAt(waysOf, m);
  const most = u32At(maxStagesOf, m);
  let rest = unit() * f64At(optionsOf, m);
  let last: u32 = 0;
  for (let k: u32 = 1; k <= most; k++) {
    const count = f64At(ways, k);
    if (count == 0) continue;
    last = k;
    if (rest < count) return k;
    rest -= count;
  }
  return last;
}

function stratifiedStages(m: u32): u32 {
  const ways = addressAt(waysOf, m);
  const most = u32At(maxStagesOf, m);
  let possible: u32 = 0;
  for (let k: u32 = 1; k <= most; k++) if (f64At(ways, k) > 0) possible++;
  let rest = below(possible);
  let k: u32 = 1;
  for (; k < most; k++) {
    if (f64At(ways, k) > 0) {
      if (rest == 0) break;
      rest--;
    }
  }
  return k;
}

function drawFree(m: u32, stages: u32, out: usize): void {
  const count = u32At(usableCountOf, m);
  v128.store(SHUFFLE, v128.load(addressAt(usableOf, m)));
  for (let s: u32 = 0; s < stages; s++) {
    const other = s + below(count - s);
    const chosen = load<u8>(SHUFFLE + other);
    store<u8>(SHUFFLE + other, load<u8>(SHUFFLE + s));
    store<u8>(SHUFFLE + s, chosen);
  }
  // Floyd's method; the sorted list grows by insertion.
  const n = u32At(blocksOf, m);
  let cuts: u32 = 0;
  for (let j = n - stages + 1; j < n; j++) {
    let cut: u32 = 1 + below(j);
    for (let i: u32 = 0; i < cuts; i++) {
      if (<u32>load<u8>(CUTS + i) == cut) {
        cut = j;
        break;
      }
    }
    let place = cuts++;
    while (place > 0 && <u32>load<u8>(CUTS + place - 1) > cut) {
      store<u8>(CUTS + place, load<u8>(CUTS + place - 1));
      place--;
    }
    store<u8>(CUTS + place, <u8>cut);
  }
  store<u8>(CUTS + cuts, <u8>n);
  // The record is put together in registers: words of it are read soon, which stores of bytes would hold up.
  let low: u64 = stages;
  let high: u64 = 0;
  for (let s: u32 = 0; s < stages; s++) {
    const stage = <u64>load<u8>(SHUFFLE + s) | (<u64>load<u8>(CUTS + s) << 8);
    if (s < 4) low |= stage << (8 + 16 * s);
    if (s == 3) high = stage >> 8;
    else if (s == 4) high |= stage << 8;
  }
  store<u64>(out, low);
  store<u32>(out, <u32>high, 8);
}

function drawPartial(m: u32, stages: u32, out: usize): void {
  store<u64>(out, stages);
  store<u32>(out, 0, 8);
  const entry = addressAt(tuplesOf, m) + stages * 12;
  const count = load<u32>(entry);
  const tuples = load<usize>(entry, 4);
  const cumulative = load<usize>(entry, 8);
  const n = u32At(blocksOf, m);
  const reach = addressAt(reachOf, m);
  const target = unit() * f64At(cumulative, count - 1);
  let low: u32 = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (f64At(cumulative, middle) > target) high = middle;
    else low = middle + 1;
  }
  const width = (n + 1) << 3;
  const last = after + stages * width;
  memory.fill(last, 0, width);
  store<f64>(last + (n << 3), 1);
  for (let s: i32 = stages - 1; s >= 0; s--) {
    const p = <u32>load<u8>(tuples + low * stages + s);
    const next = after + (s + 1) * width;
    store<f64>(after + s * width + (n << 3), 0);
    for (let b: u32 = 0; b < n; b++) {
      let ways: f64 = 0;
      const end = <u32>load<u8>(reach + p * n + b);
      for (let e = b + 1; e <= end; e++) ways += f64At(next, e);
      store<f64>(after + s * width + (b << 3), ways);
    }
  }
  let first: u32 = 0;
  for (let s: u32 = 0; s < stages; s++) {
    const p = <u32>load<u8>(tuples + low * stages + s);
    let rest = unit() * f64At(after + s * width, first);
    let end = first;
    const most = <u32>load<u8>(reach + p * n + first);
    for (let e = first + 1; e <= most; e++) {
      const ways = f64At(after + (s + 1) * width, e);
      if (ways == 0) continue;
      end = e;
      if (rest < ways) break;
      rest -= ways;
    }
    store<u8>(out + 1 + 2 * s, <u8>p);
    store<u8>(out + 2 + 2 * s, <u8>end);
    first = end;
  }
}
