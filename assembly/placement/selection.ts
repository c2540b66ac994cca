/**
 * Which child is visited next: the highest score, the first on ties. Twin of `selectChild` in
 * src/reference/placement/tree.ts, whose score it computes operation for operation, four children at a time:
 *
 *   lane       0        1        2        3
 *   worth   │ f32    │ f32    │ f32    │ f32    │   Q = (worth - low) * scale + offset
 *   visits  │ u32    │ u32    │ u32    │ u32    │ → f32 n
 *   flight  │ u8     │ u8     │ u8     │ u8     │ → u32, n + v → f32 t
 *   prior   │ f32    │ f32    │ f32    │ f32    │   PUCT = Q n / t + weight P / (1 + t)
 *
 * Two divisions a child are too slow for families of hundreds, so PUCT first runs over the tree's `scores` for
 *
 *   estimate = worth + bonus * push,   push = weight / scale
 *
 * which is score / scale plus a constant, but for rounding: bonus is P / (1 + t), and a worth in flight is lowered so
 * that its Q is Q n / t. Let u = 2^-24, W the largest worth. Every estimate is within 8 u score / scale + 5 u W of the
 * exact number, every score within 16 u score + 2 u W scale of its own. So the child of the highest score has an
 * estimate above A - 64 u (|A| + W), A the highest estimate, which is the floor. Almost always one child is above it,
 * and it is the one; else those above are scored.
 */
import { log } from '../numeric';
import { worthBefore } from './flight';
import { largest, low, offset, scale, tame } from './range';
import {
  CHUNK_MASK, flightOf, flightsOfChunk, runOf, scoresOf, visitsOf, visitsOfChunk, worthOf,
} from './tree';

/** Selected child: slot and place among its siblings. */
export let selectedSlot: u32 = 0;
export let selectedPlace: u32 = 0;

/**
 * Runs of the family in hand, at most 1024 (as many chunks as 4096 openings take):
 *
 *     0                                16      20       24      28  32
 *     ├─ highest estimates, f32 x 4 ───┼ first ┼ length ┼ place ┼ - ┤       place: of its first child
 */
const RUNS: usize = memory.data(32768, 16);
const RUN_ENTRY: usize = 32;
const RUN_FIRST: usize = 16;
const RUN_LENGTH: usize = 20;
const RUN_PLACE: usize = 24;
const WHERE: usize = memory.data(16, 16);
/** With such priors and pushes, and a tame range, neither estimates nor scores overflow or lose bits to underflow. */
const LEAST_PRIOR: f32 = 6.103515625e-5; // 2^-14
const MOST_PRIOR: f32 = 1152921504606846976.0; // 2^60
const LEAST_PUSH: f32 = 9.094947e-13; // 2^-40
const MOST_PUSH: f32 = 1099511627776.0; // 2^40
let tamePriors: bool = true;

export function beginSelection(): void {
  tamePriors = true;
}

/** To be told of every prior. */
export function notePrior(prior: f32): void {
  if (!(prior >= LEAST_PRIOR && prior <= MOST_PRIOR)) tamePriors = false;
}

/** Select from a family, given by its first chunk, of a parent of that many visits, those in flight included. */
export function selectChild(first: u32, visits: u32, priors: usize, priorSum: f64, exploration: f64, uct: bool): void {
  if (uct) {
    selectUct(listRuns(first), <f32>exploration, <f32>log(<f64>(1 + visits)));
    return;
  }
  const push = Mathf.sqrt(<f32>visits) * (<f32>exploration / (<f32>priorSum * scale));
  if (tame && tamePriors && push >= LEAST_PUSH && push <= MOST_PUSH) {
    if (selectByEstimate(first, push)) return;
    selectAmong(priors, weightOf(visits, priorSum, exploration));
  } else selectPuct(listRuns(first), priors, weightOf(visits, priorSum, exploration));
}

// @ts-ignore: decorator
@inline
function weightOf(visits: u32, priorSum: f64, exploration: f64): f32 {
  return <f32>((exploration * Math.sqrt(<f64>visits)) / priorSum);
}

// @ts-ignore: decorator
@inline
function estimates(line: usize, pushes: v128): v128 {
  return f32x4.add(v128.load(line), f32x4.mul(v128.load(line, 16), pushes));
}

/** What `selectAmong` chooses from when an estimate does not decide. */
let listedRuns: usize = 0;
let listedPush: f32 = 0;
let listedFloor: f32 = 0;

/** Select the child of the highest estimate; false = others are too close to it. */
// @ts-ignore: decorator
@inline
function selectByEstimate(first: u32, push: f32): bool {
  const pushes = f32x4.splat(push);
  // Per lane the highest estimate, the highest one of all other runs, and the run of the highest.
  let top = f32x4.splat(-<f32>Infinity);
  let second = top;
  let where = i32x4.splat(0);
  let entry = RUNS;
  let run = first;
  let place: u32 = 0;
  do {
    const link = runOf(run);
    const most = highest(scoresOf(run), link >> 24, pushes);
    second = f32x4.pmax(second, f32x4.pmin(top, most));
    where = v128.bitselect(i32x4.splat(<i32>entry), where, f32x4.gt(most, top));
    top = f32x4.pmax(top, most);
    v128.store(entry, most);
    store<u32>(entry, run, RUN_FIRST);
    store<u32>(entry, link >> 24, RUN_LENGTH);
    store<u32>(entry, place, RUN_PLACE);
    entry += RUN_ENTRY;
    place += (link >> 24) << 2;
    run = link & CHUNK_MASK;
  } while (run != 0);
  let all = f32x4.pmax(top, i8x16.shuffle(top, top, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  all = f32x4.pmax(all, i8x16.shuffle(all, all, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  v128.store(WHERE, where);
  const found = load<usize>(WHERE + (ctz(i32x4.bitmask(f32x4.eq(top, all))) << 2));
  const chunk = load<u32>(found, RUN_FIRST);
  const margins = f32x4.mul(f32x4.add(f32x4.abs(all), f32x4.splat(largest)), f32x4.splat(1.0 / 262144.0));
  const floors = f32x4.sub(all, margins);
  const above = slotsAbove(scoresOf(chunk), load<u32>(found, RUN_LENGTH), pushes, floors);
  const offset = ctz(above);
  selectedSlot = (chunk << 2) + offset;
  selectedPlace = load<u32>(found, RUN_PLACE) + offset;
  // One slot above the floor in this run, and no lane of another one.
  const lanes = <u32>i32x4.bitmask(f32x4.gt(top, floors));
  if (((above & (above - 1)) | (lanes & (lanes - 1)) | <u32>i32x4.bitmask(f32x4.gt(second, floors))) == 0) return true;
  listedRuns = entry;
  listedPush = push;
  listedFloor = f32x4.extract_lane(floors, 0);
  return false;
}

/** Select the child of the highest score among those above the floor. */
function selectAmong(priors: usize, weight: f32): void {
  const pushes = f32x4.splat(listedPush);
  const floors = f32x4.splat(listedFloor);
  let best = -<f32>Infinity;
  for (let entry = RUNS; entry != listedRuns; entry += RUN_ENTRY) {
    if (!v128.any_true(f32x4.gt(v128.load(entry), floors))) continue;
    const chunk = load<u32>(entry, RUN_FIRST);
    const place = load<u32>(entry, RUN_PLACE);
    let above = slotsAbove(scoresOf(chunk), load<u32>(entry, RUN_LENGTH), pushes, floors);
    while (above != 0) {
      const offset = ctz(above);
      above &= above - 1;
      const slot = (chunk << 2) + offset;
      const visits = visitsOf(slot);
      const flight = flightOf(slot);
      const t = <f32>(visits + flight);
      const q = ((flight == 0 ? worthOf(slot) : worthBefore(slot)) - low) * scale;
      const score = (q * <f32>visits) / t + (weight * load<f32>(priors + ((place + offset) << 2))) / (1 + t);
      if (score > best) {
        best = score;
        selectedSlot = slot;
        selectedPlace = place + offset;
      }
    }
  }
}

/** Per lane the highest estimate of a run of 1, 2, 4 or 8 chunks. */
// @ts-ignore: decorator
@inline
function highest(line: usize, length: u32, pushes: v128): v128 {
  let most = estimates(line, pushes);
  if (length > 1) {
    most = f32x4.pmax(most, estimates(line + 32, pushes));
    if (length > 2) {
      const a = f32x4.pmax(estimates(line + 64, pushes), estimates(line + 96, pushes));
      most = f32x4.pmax(most, a);
      if (length > 4) {
        const b = f32x4.pmax(estimates(line + 128, pushes), estimates(line + 160, pushes));
        const c = f32x4.pmax(estimates(line + 192, pushes), estimates(line + 224, pushes));
        most = f32x4.pmax(most, f32x4.pmax(b, c));
      }
    }
  }
  return most;
}

/** Slots of such a run whose estimate is above the floor, as bits. */
// @ts-ignore: decorator
@inline
function slotsAbove(line: usize, length: u32, pushes: v128, floors: v128): u32 {
  let above = lanesAbove(line, pushes, floors);
  if (length > 1) {
    above |= lanesAbove(line + 32, pushes, floors) << 4;
    if (length > 2) {
      above |= lanesAbove(line + 64, pushes, floors) << 8;
      above |= lanesAbove(line + 96, pushes, floors) << 12;
      if (length > 4) {
        above |= lanesAbove(line + 128, pushes, floors) << 16;
        above |= lanesAbove(line + 160, pushes, floors) << 20;
        above |= lanesAbove(line + 192, pushes, floors) << 24;
        above |= lanesAbove(line + 224, pushes, floors) << 28;
      }
    }
  }
  return above;
}

// @ts-ignore: decorator
@inline
function lanesAbove(line: usize, pushes: v128, floors: v128): u32 {
  return <u32>i32x4.bitmask(f32x4.gt(estimates(line, pushes), floors));
}

/** List the runs of a family in RUNS, without their estimates; the end of the list. */
function listRuns(first: u32): usize {
  let entry = RUNS;
  let run = first;
  do {
    const link = runOf(run);
    store<u32>(entry, run, RUN_FIRST);
    store<u32>(entry, link >> 24, RUN_LENGTH);
    entry += RUN_ENTRY;
    run = link & CHUNK_MASK;
  } while (run != 0);
  return entry;
}

/** Select by scores alone. */
function selectPuct(runs: usize, priors: usize, weight: f32): void {
  const weights = f32x4.splat(weight);
  const one = f32x4.splat(1);
  let best = f32x4.splat(-<f32>Infinity);
  let places = i32x4.splat(0);
  let slots = i32x4.splat(0);
  let place: u32 = 0;
  for (let entry = RUNS; entry != runs; entry += RUN_ENTRY) {
    const length = load<u32>(entry, RUN_LENGTH);
    const run = load<u32>(entry, RUN_FIRST);
    for (let i: u32 = 0; i < length; i++) {
      const chunk = run + i;
      const visits = visitsOfChunk(chunk);
      const t = triesOfChunk(chunk, visits);
      const value = f32x4.div(f32x4.mul(qOfChunk(chunk), f32x4.convert_i32x4_u(visits)), t);
      const prior = v128.load(priors + ((place + (i << 2)) << 2));
      const score = f32x4.add(value, f32x4.div(f32x4.mul(weights, prior), f32x4.add(one, t)));
      const more = f32x4.gt(score, best);
      best = v128.bitselect(score, best, more);
      places = v128.bitselect(i32x4.splat(place + (i << 2)), places, more);
      slots = v128.bitselect(i32x4.splat(chunk << 2), slots, more);
    }
    place += length << 2;
  }
  firstOfBest(best, places, slots);
}

function selectUct(runs: usize, exploration: f32, logTotal: f32): void {
  const weights = f32x4.splat(exploration);
  const logs = f32x4.splat(logTotal);
  let best = f32x4.splat(-<f32>Infinity);
  let places = i32x4.splat(0);
  let slots = i32x4.splat(0);
  let place: u32 = 0;
  for (let entry = RUNS; entry != runs; entry += RUN_ENTRY) {
    const length = load<u32>(entry, RUN_LENGTH);
    const run = load<u32>(entry, RUN_FIRST);
    for (let i: u32 = 0; i < length; i++) {
      const chunk = run + i;
      const visits = visitsOfChunk(chunk);
      const t = triesOfChunk(chunk, visits);
      const value = f32x4.div(f32x4.mul(qOfChunk(chunk), f32x4.convert_i32x4_u(visits)), t);
      const score = f32x4.add(value, f32x4.mul(weights, f32x4.sqrt(f32x4.div(logs, t))));
      const more = f32x4.gt(score, best);
      best = v128.bitselect(score, best, more);
      places = v128.bitselect(i32x4.splat(place + (i << 2)), places, more);
      slots = v128.bitselect(i32x4.splat(chunk << 2), slots, more);
    }
    place += length << 2;
  }
  firstOfBest(best, places, slots);
}

/** Visits of four children, those in flight included. */
// @ts-ignore: decorator
@inline
function triesOfChunk(chunk: u32, visits: v128): v128 {
  const flights = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(flightsOfChunk(chunk))));
  return f32x4.convert_i32x4_u(i32x4.add(visits, flights));
}

/** Q of four children, from their worths before the flight. */
// @ts-ignore: decorator
@inline
function qOfChunk(chunk: u32): v128 {
  let worths = v128.load(scoresOf(chunk));
  const flights = flightsOfChunk(chunk);
  if (flights != 0) worths = worthsBefore(chunk, flights, worths);
  return f32x4.add(f32x4.mul(f32x4.sub(worths, f32x4.splat(low)), f32x4.splat(scale)), f32x4.splat(offset));
}

function worthsBefore(chunk: u32, flights: u32, worths: v128): v128 {
  const slot = chunk << 2;
  const closed = i32x4.bitmask(f32x4.eq(worths, f32x4.splat(-<f32>Infinity)));
  if ((flights & 0xff) != 0 && (closed & 1) == 0) worths = f32x4.replace_lane(worths, 0, worthBefore(slot));
  if ((flights & 0xff00) != 0 && (closed & 2) == 0) worths = f32x4.replace_lane(worths, 1, worthBefore(slot + 1));
  if ((flights & 0xff0000) != 0 && (closed & 4) == 0) worths = f32x4.replace_lane(worths, 2, worthBefore(slot + 2));
  if ((flights & 0xff000000) != 0 && (closed & 8) == 0) worths = f32x4.replace_lane(worths, 3, worthBefore(slot + 3));
  return worths;
}

/** The highest of four lanes, the first place on ties. Lane l holds place and slot of its chunk's lane 0. */
function firstOfBest(best: v128, places: v128, slots: v128): void {
  bestScore = f32x4.extract_lane(best, 0);
  selectedPlace = <u32>i32x4.extract_lane(places, 0);
  selectedSlot = <u32>i32x4.extract_lane(slots, 0);
  prefer(f32x4.extract_lane(best, 1), <u32>i32x4.extract_lane(places, 1) + 1, <u32>i32x4.extract_lane(slots, 1) + 1);
  prefer(f32x4.extract_lane(best, 2), <u32>i32x4.extract_lane(places, 2) + 2, <u32>i32x4.extract_lane(slots, 2) + 2);
  prefer(f32x4.extract_lane(best, 3), <u32>i32x4.extract_lane(places, 3) + 3, <u32>i32x4.extract_lane(slots, 3) + 3);
}

let bestScore: f32 = 0;

// @ts-ignore: decorator
@inline
function prefer(score: f32, place: u32, slot: u32): void {
  if (score < bestScore || (score == bestScore && place > selectedPlace)) return;
  bestScore = score;
  selectedPlace = place;
  selectedSlot = slot;
}
