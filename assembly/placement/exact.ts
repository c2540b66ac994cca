/**
 * The proven optimum by branch and bound: twin of src/reference/placement/exact.ts, where the method is explained.
 *
 *   per model (from the binding)   RECORDS [options] records   CAPS [options] f64, descending   LEAST_ROW [R] f64
 *   per model (made here)          DEMANDS [options] demands
 *   in hand                        partial caps, rows, totals, joules [M] (see bounds.ts)       NEXT [M] u32
 */
import { allocate } from '../arena';
import { isBetter } from './best-list';
import { beginBounds, capBound, loadBound, partialCaps, partialJoules, partialRows, partialTotals } from './bounds';
import { copyRecord, demandBytes, demandOf, JOULES, RECORD_BYTES, ROW } from './demand';
import { excessOf } from './limits';
import { scoredMean, scoreRates } from './objective';
import { addressAt, constrained, f64At, models, resources, u32At } from './problem';
import { maxMinRates } from './rates';

/** Set by the binding before `beginExact`: [M] addresses and numbers, and the order of models. */
export let exactCountOf: usize = 0;
export let exactRecordsOf: usize = 0;
export let exactCapsOf: usize = 0;
export let exactLeastRowOf: usize = 0;
export let exactLeastTotalOf: usize = 0;
export let exactLeastJoulesOf: usize = 0;
export let exactOrder: usize = 0;

export let exactNodes: f64 = 0;
export let exactEvaluations: f64 = 0;
export let exactDepth: i32 = 0;
export let exactValue: f64 = 0;
export let exactMean: f64 = 0;
/** [M] records of the best placement. */
export let exactBest: usize = 0;
export let exactFound: bool = false;

const SLACK: f64 = 1e-9;

let demandsOf: usize = 0;
let totalsOf: usize = 0;
let hand: usize = 0;
let next: usize = 0;
let rates: usize = 0;
let saved: usize = 0;

/** Prepare; `incumbent` is the address of [M] records, or 0. False = no memory. */
export function beginExact(incumbent: usize): bool {
  const M: usize = models;
  demandsOf = allocate(M << 2);
  totalsOf = allocate(M << 2);
  hand = allocate(M << 2);
  next = allocate(M << 2);
  rates = allocate(M << 3);
  saved = allocate(M << 5);
  exactBest = allocate(M * RECORD_BYTES);
  const first = allocate(M * demandBytes());
  if (first == 0) return false;
  beginBounds(allocate(M << 3), allocate(M << 2), allocate(M << 3), allocate(M << 3));
  if (partialJoules == 0) return false;
  for (let m: u32 = 0; m < models; m++) {
    const count = u32At(exactCountOf, m);
    const demands = allocate(<usize>count * demandBytes());
    const totals = allocate(<usize>count << 3);
    if (demands == 0 || totals == 0) return false;
    store<usize>(demandsOf + (m << 2), demands);
    store<usize>(totalsOf + (m << 2), totals);
    const records = addressAt(exactRecordsOf, m);
    for (let i: u32 = 0; i < count; i++) {
      const demand = demands + i * demandBytes();
      demandOf(m, records + i * RECORD_BYTES, demand);
      let total: f64 = 0;
      for (let r: u32 = 0; r < resources; r++) total += load<f64>(demand + ROW + (r << 3));
      store<f64>(totals + (<usize>i << 3), total);
    }
  }
  exactNodes = exactEvaluations = 0;
  exactDepth = 0;
  exactFound = false;
  exactValue = exactMean = -Infinity;
  if (incumbent != 0) {
    for (let m: u32 = 0; m < models; m++) {
      const demand = first + m * demandBytes();
      demandOf(m, incumbent + m * RECORD_BYTES, demand);
      store<usize>(hand + (m << 2), demand);
    }
    score();
  }
  for (let m: u32 = 0; m < models; m++) release(m);
  return true;
}

/** Go on for that many nodes, or to the end (exactDepth < 0). */
export function runExact(nodes: f64): void {
  const last = <i32>models - 1;
  const end = exactNodes + nodes;
  while (exactDepth >= 0 && exactNodes < end) {
    const m = <u32>load<u8>(exactOrder + exactDepth);
    const i = u32At(next, exactDepth);
    if (i >= u32At(exactCountOf, m)) {
      leave(m);
      continue;
    }
    exactNodes += 1;
    store<f64>(partialCaps + (m << 3), f64At(addressAt(exactCapsOf, m), i));
    store<f64>(partialJoules + (m << 3), f64At(exactLeastJoulesOf, m));
    if (excluded(capBound())) {
      leave(m);
      continue;
    }
    store<u32>(next + (exactDepth << 2), i + 1);
    place(m, i);
    if (exactDepth == last) score();
    else if (!excluded(loadBound())) {
      exactDepth++;
      store<u32>(next + (exactDepth << 2), 0);
    }
  }
}

/** No placement is worth more than this. */
export function exactBound(): f64 {
  let bound = exactValue;
  memory.copy(saved, partialCaps, models << 3);
  memory.copy(saved + (models << 3), partialTotals, models << 3);
  memory.copy(saved + (models << 4), partialJoules, models << 3);
  memory.copy(saved + (models * 24), partialRows, models << 2);
  for (let depth = exactDepth; depth >= 0; depth--) {
    const m = <u32>load<u8>(exactOrder + depth);
    release(m);
    const i = u32At(next, depth);
    if (i >= u32At(exactCountOf, m)) continue;
    const caps = addressAt(exactCapsOf, m);
    store<f64>(partialCaps + (m << 3), f64At(caps, i));
    const open = loadBound();
    const most = open + Math.abs(open) * SLACK;
    if (most > bound) bound = most;
    store<f64>(partialCaps + (m << 3), f64At(caps, 0));
  }
  memory.copy(partialCaps, saved, models << 3);
  memory.copy(partialTotals, saved + (models << 3), models << 3);
  memory.copy(partialJoules, saved + (models << 4), models << 3);
  memory.copy(partialRows, saved + (models * 24), models << 2);
  return bound;
}

// @ts-ignore: decorator
@inline
function excluded(bound: f64): bool {
  return bound + Math.abs(bound) * SLACK <= exactValue;
}

function release(m: u32): void {
  store<f64>(partialCaps + (m << 3), load<f64>(addressAt(exactCapsOf, m)));
  store<usize>(partialRows + (m << 2), addressAt(exactLeastRowOf, m));
  store<f64>(partialTotals + (m << 3), f64At(exactLeastTotalOf, m));
  store<f64>(partialJoules + (m << 3), f64At(exactLeastJoulesOf, m));
}

// @ts-ignore: decorator
@inline
function leave(m: u32): void {
  release(m);
  exactDepth--;
}

// @ts-ignore: decorator
@inline
function place(m: u32, i: u32): void {
  const demand = addressAt(demandsOf, m) + i * demandBytes();
  store<usize>(hand + (m << 2), demand);
  store<usize>(partialRows + (m << 2), demand + ROW);
  store<f64>(partialTotals + (m << 3), f64At(addressAt(totalsOf, m), i));
  store<f64>(partialJoules + (m << 3), load<f64>(demand, JOULES));
}

function score(): void {
  exactEvaluations += 1;
  if (constrained && excessOf(hand) > 0) return;
  maxMinRates(hand, rates);
  const value = scoreRates(hand, rates);
  const mean = scoredMean;
  if (!isBetter(value, mean, exactValue, exactMean)) return;
  exactFound = true;
  exactValue = value;
  exactMean = mean;
  for (let m: u32 = 0; m < models; m++) copyRecord(exactBest + m * RECORD_BYTES, addressAt(hand, m));
}
