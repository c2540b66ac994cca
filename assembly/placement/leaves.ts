/**
 * Leaves between collection and backup: which placements wait for their value, which are known or refused already.
 *
 *   per leaf i of a batch (L = batch); its path is in flight.ts
 *     SOURCES   [L][M] u32 addresses of demands: opening lists, best plan, fixed decisions, or the leaf's own drafts
 *     DRAFTS    [L][M] demands
 *     LEAF_PENDING [L] i32 index among placements to score, -1 = value known     LEAF_VALUE [L] f64
 *   per pending placement
 *     PENDING_LEAF, PENDING_LOW, PENDING_HIGH [L] u32          VALUES, MEANS [L] f64
 */
import { allocate } from '../arena';
import { copyRecord, demandBytes, RECORD_BYTES, ROW } from './demand';
import { excessOf } from './limits';
import { scoredExcess, scoredMean, scoreRates } from './objective';
import { hashPlacement, placementHigh, placementLow } from './placement-hash';
import { constrained, models, resources, u32At } from './problem';
import { maxMinRatesOfAll } from './rates';
import { cachedValue, lookUp } from './value-cache';

export let simulations: u32 = 0;
export let cacheHits: u32 = 0;
export let refused: u32 = 0;
export let leastExcess: f64 = 0;
export let leafCount: u32 = 0;
export let pendingCount: u32 = 0;
/** Bytes from the demand of one model to that of the next, wherever [M] demands lie. */
export let demandStride: u32 = 0;

export let leafValue: usize = 0;
export let pendingLeaf: usize = 0;
export let pendingLow: usize = 0;
export let pendingHigh: usize = 0;
export let values: usize = 0;
export let means: usize = 0;
/** [L][M], free between scorings. */
export let rates: usize = 0;
let leafPending: usize = 0;
let sources: usize = 0;
let drafts: usize = 0;
let scored: usize = 0;

/** Room for that many leaves; false = no memory. */
export function beginLeaves(batch: u32): bool {
  const L: usize = batch;
  const M: usize = models;
  demandStride = demandBytes();
  simulations = cacheHits = refused = leafCount = pendingCount = 0;
  leastExcess = Infinity;
  sources = allocate((L * M) << 2);
  drafts = allocate(L * M * demandStride);
  leafPending = allocate(L << 2);
  leafValue = allocate(L << 3);
  pendingLeaf = allocate(L << 2);
  pendingLow = allocate((L + 3) << 2);
  pendingHigh = allocate((L + 3) << 2);
  values = allocate(L << 3);
  means = allocate(L << 3);
  rates = allocate((L * M) << 3);
  scored = allocate(L << 2);
  return scored != 0;
}

export function clearLeaves(): void {
  leafCount = 0;
  pendingCount = 0;
}

// @ts-ignore: decorator
@inline
export function sourcesOf(leaf: u32): usize {
  return sources + ((<usize>leaf * models) << 2);
}

/** [M] demands of the leaf's own. */
// @ts-ignore: decorator
@inline
export function draftsOf(leaf: u32): usize {
  return drafts + <usize>leaf * models * demandStride;
}

/** Records [pending][M] and demands [pending][M][R] of the collected placements. */
export function copyPending(records: usize, demands: usize): void {
  for (let i: u32 = 0; i < pendingCount; i++) {
    for (let m: u32 = 0; m < models; m++) {
      const source = load<usize>(sourcesOf(u32At(pendingLeaf, i)) + (m << 2));
      copyRecord(records, source);
      memory.copy(demands, source + ROW, resources << 3);
      records += RECORD_BYTES;
      demands += resources << 3;
    }
  }
}

/** Rates [pending][M] of the collected placements, by the throughput model. */
export function ratePending(out: usize): void {
  for (let i: u32 = 0; i < pendingCount; i++) store<usize>(scored + (i << 2), sourcesOf(u32At(pendingLeaf, i)));
  maxMinRatesOfAll(scored, pendingCount, out);
}

/** Copy [M] demands given by address to an area; those that are there already stay. */
export function keepDemands(demands: usize, area: usize): void {
  for (let m: u32 = 0; m < models; m++) {
    const source = load<usize>(demands + (m << 2));
    const kept = area + m * demandStride;
    if (source != kept) memory.copy(kept, source, demandStride);
  }
}

// @ts-ignore: decorator
@inline
export function leafResult(leaf: u32): f64 {
  const pending = load<i32>(leafPending + (leaf << 2));
  return pending >= 0 ? load<f64>(values + (<usize>pending << 3)) : load<f64>(leafValue + (leaf << 3));
}

/** File the leaf whose sources are set: known, refused, or pending. */
export function addLeaf(): void {
  const leaf = leafCount++;
  simulations++;
  const demands = sourcesOf(leaf);
  hashPlacement(demands);
  const low = placementLow;
  const high = placementHigh;
  if (lookUp(low, high)) {
    cacheHits++;
    store<i32>(leafPending + (leaf << 2), -1);
    store<f64>(leafValue + (leaf << 3), cachedValue);
    return;
  }
  const same = findPending(low, high);
  if (same >= 0) {
    cacheHits++;
    store<i32>(leafPending + (leaf << 2), same);
    return;
  }
  if (constrained) {
    const excess = excessOf(demands);
    if (excess > 0) {
      refused++;
      if (excess < leastExcess) leastExcess = excess;
      store<i32>(leafPending + (leaf << 2), -1);
      store<f64>(leafValue + (leaf << 3), NaN);
      return;
    }
  }
  store<i32>(leafPending + (leaf << 2), pendingCount);
  store<u32>(pendingLeaf + (pendingCount << 2), leaf);
  store<u32>(pendingLow + (pendingCount << 2), low);
  store<u32>(pendingHigh + (pendingCount << 2), high);
  pendingCount++;
}

/** Index of the pending placement of that hash, or -1; four at a time. */
// @ts-ignore: decorator
@inline
function findPending(low: u32, high: u32): i32 {
  const lows = i32x4.splat(low);
  const highs = i32x4.splat(high);
  for (let i: u32 = 0; i < pendingCount; i += 4) {
    const same = v128.and(
      i32x4.eq(v128.load(pendingLow + (i << 2)), lows),
      i32x4.eq(v128.load(pendingHigh + (i << 2)), highs),
    );
    if (!v128.any_true(same)) continue;
    const found = i + ctz(i32x4.bitmask(same));
    // Behind the last one is what an earlier batch left.
    if (found < pendingCount) return found;
  }
  return -1;
}

/** By the throughput model and the objective. */
export function scorePending(): void {
  ratePending(rates);
  for (let i: u32 = 0; i < pendingCount; i++) {
    store<f64>(values + (i << 3), scoreRates(load<usize>(scored + (i << 2)), rates + ((<usize>i * models) << 3)));
    store<f64>(means + (i << 3), scoredMean);
    if (scoredExcess > 0 && scoredExcess < leastExcess) leastExcess = scoredExcess;
  }
}
