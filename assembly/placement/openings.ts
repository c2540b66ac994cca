/**
 * Opening lists of `segment` decisions: twin of src/reference/placement/openings.ts.
 *
 *   per model      demandsOf   [capacity] demands
 *                  hashesOf    [capacity, padded to 2] u64      their hashes, for finding them
 *                  priorsOf    [capacity, padded to 4] f32      read four at a time by the selection
 *                  sumsOf      [capacity + 1] f64               sum of the first j priors
 *                  rankedOf    [rankedCount] records, best prior first (from the binding)
 */
import { allocate } from '../arena';
import { copyRecord, demandBytes, demandOf, HASH_LOW, RECORD_BYTES, SLOWEST } from './demand';
import { addressAt, f64At, models, u32At } from './problem';
import { samplePlacement } from './sampler';
import { notePrior } from './selection';

/** Set by the binding before `beginSearch`: [M] addresses of ranked records, [M] u32 counts, [M] u32 capacities. */
export let rankedOf: usize = 0;
export let rankedCountOf: usize = 0;
export let capacityOf: usize = 0;

const RANDOM_TRIES: u32 = 8;
/** A placement that takes no time would have an infinite prior. */
const MOST_PRIOR: f64 = 1152921504606846976.0; // 2^60

let demandsOf: usize = 0;
let hashesOf: usize = 0;
let priorsOf: usize = 0;
let sumsOf: usize = 0;
let lengthOf: usize = 0;
let nextRankedOf: usize = 0;
let draft: usize = 0;

export function beginOpenings(): bool {
  const M: usize = models;
  demandsOf = allocate(M << 2);
  hashesOf = allocate(M << 2);
  priorsOf = allocate(M << 2);
  sumsOf = allocate(M << 2);
  lengthOf = allocate(M << 2);
  nextRankedOf = allocate(M << 2);
  draft = allocate(demandBytes());
  if (draft == 0) return false;
  for (let m: u32 = 0; m < models; m++) {
    const capacity: usize = u32At(capacityOf, m);
    const demands = allocate(capacity * demandBytes());
    const hashes = allocate(((capacity + 1) & ~1) << 3);
    const priors = allocate(((capacity + 3) & ~3) << 2);
    const sums = allocate((capacity + 1) << 3);
    if (demands == 0 || hashes == 0 || priors == 0 || sums == 0) return false;
    store<usize>(demandsOf + (m << 2), demands);
    store<usize>(hashesOf + (m << 2), hashes);
    store<usize>(priorsOf + (m << 2), priors);
    store<usize>(sumsOf + (m << 2), sums);
  }
  return true;
}

// @ts-ignore: decorator
@inline
export function openingsLength(m: u32): u32 {
  return u32At(lengthOf, m);
}

// @ts-ignore: decorator
@inline
export function openingPriors(m: u32): usize {
  return addressAt(priorsOf, m);
}

// @ts-ignore: decorator
@inline
export function openingPriorSum(m: u32, opened: u32): f64 {
  return f64At(addressAt(sumsOf, m), opened);
}

// @ts-ignore: decorator
@inline
export function openingDemand(m: u32, i: u32): usize {
  return addressAt(demandsOf, m) + i * demandBytes();
}

/** Place of a demand in the list, or -1; two at a time. */
export function findOpening(m: u32, demand: usize): i32 {
  const wanted = v128.load_splat<u64>(demand, HASH_LOW);
  const hashes = addressAt(hashesOf, m);
  const length = u32At(lengthOf, m);
  for (let i: u32 = 0; i < length; i += 2) {
    const same = i64x2.bitmask(i64x2.eq(v128.load(hashes + (<usize>i << 3)), wanted));
    if (same != 0 && i + ctz(same) < length) return i + ctz(same);
  }
  return -1;
}

/** Append a demand unless present or full. */
export function appendOpening(m: u32, demand: usize): bool {
  const length = u32At(lengthOf, m);
  if (length >= u32At(capacityOf, m) || findOpening(m, demand) >= 0) return false;
  memory.copy(openingDemand(m, length), demand, demandBytes());
  store<u64>(addressAt(hashesOf, m) + (<usize>length << 3), load<u64>(demand, HASH_LOW));
  const prior = <f32>min(max(1 / load<f64>(demand, SLOWEST), 1 / MOST_PRIOR), MOST_PRIOR);
  store<f32>(openingPriors(m) + (length << 2), prior);
  notePrior(prior);
  const sums = addressAt(sumsOf, m) + (length << 3);
  store<f64>(sums, load<f64>(sums) + <f64>prior, 8);
  store<u32>(lengthOf + (m << 2), length + 1);
  return true;
}

/** Grow the list by one: even places by prior, odd ones at random. False = nothing left, or full. */
export function extendOpenings(m: u32): bool {
  const length = u32At(lengthOf, m);
  if (length >= u32At(capacityOf, m)) return false;
  if ((length & 1) == 1) {
    for (let i: u32 = 0; i < RANDOM_TRIES; i++) {
      samplePlacement(m, false, draft);
      demandOf(m, draft, draft);
      if (appendOpening(m, draft)) return true;
    }
  }
  const count = u32At(rankedCountOf, m);
  const ranked = addressAt(rankedOf, m);
  let next = u32At(nextRankedOf, m);
  let grown = false;
  while (next < count && !grown) {
    copyRecord(draft, ranked + next * RECORD_BYTES);
    next++;
    demandOf(m, draft, draft);
    grown = appendOpening(m, draft);
  }
  store<u32>(nextRankedOf + (m << 2), next);
  return grown;
}
