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
 * that its Q is Q n / t. Let u = 2^-24, A the highest estimate and W the largest worth; A - low is score / scale of
 * that child. Counting roundings, a score and an estimate differ by less than 18 u (A - low) + 2 u W from each other,
 * so the child of the highest score has an estimate above A - 48 u (A - low) - 8 u W, which is the floor. Almost
 * always one child is above it, and it is the one; else those above are scored.
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

/** Per lane a run in one number: │ half its length, 3 bits │ place of its first child / 4, 10 bits │ chunk, 19 bits │ */
const WHERE: usize = memory.data(16, 16);
const PLACE_SHIFT: u32 = 19;
const HALF_SHIFT: u32 = 29;
const CHUNK_BITS: u32 = (1 << PLACE_SHIFT) - 1;
const PLACE_BITS: u32 = (1 << (HALF_SHIFT - PLACE_SHIFT)) - 1;

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
    selectUct(first, <f32>exploration, <f32>log(<f64>(1 + visits)));
    return;
  }
  const push = Mathf.sqrt(<f32>visits) * (<f32>exploration / (<f32>priorSum * scale));
  if (tame && tamePriors && push >= LEAST_PUSH && push <= MOST_PUSH) {
    if (selectByEstimate(first, push)) return;
    selectAmong(first, push, priors, weightOf(visits, priorSum, exploration));
  } else selectPuct(first, priors, weightOf(visits, priorSum, exploration));
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

/** Floor under the estimates when one does not decide. */
let lastFloor: f32 = 0;

/** Select the child of the highest estimate; false = others are too close to it. */
// @ts-ignore: decorator
@inline
function selectByEstimate(first: u32, push: f32): bool {
  const pushes = f32x4.splat(push);
  // Per lane the highest estimate, the highest one of all other blocks, and the block of the highest.
  let top = f32x4.splat(-<f32>Infinity);
  let second = top;
  let where = i32x4.splat(0);
  let run = first;
  let place: u32 = 0;
  do {
    const link = runOf(run);
    const length = link >> 24;
    const most = highest(scoresOf(run), length, pushes);
    second = f32x4.pmax(second, f32x4.pmin(top, most));
    where = v128.bitselect(i32x4.splat(run | place | ((length >> 1) << HALF_SHIFT)), where, f32x4.gt(most, top));
    top = f32x4.pmax(top, most);
    place += length << PLACE_SHIFT;
    run = link & CHUNK_MASK;
  } while (run != 0);
  let all = f32x4.pmax(top, i8x16.shuffle(top, top, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  all = f32x4.pmax(all, i8x16.shuffle(all, all, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  v128.store(WHERE, where);
  const found = load<u32>(WHERE + (ctz(i32x4.bitmask(f32x4.eq(top, all))) << 2));
  const chunk = found & CHUNK_BITS;
  const highest = f32x4.extract_lane(all, 0);
  lastFloor = highest - ((highest - low) * <f32>(3.0 / 1048576.0) + largest * <f32>(1.0 / 2097152.0));
  const floors = f32x4.splat(lastFloor);
  const above = slotsAbove(scoresOf(chunk), (found >> HALF_SHIFT) << 1, pushes, floors);
  const offset = ctz(above);
  selectedSlot = (chunk << 2) + offset;
  selectedPlace = (((found >> PLACE_SHIFT) & PLACE_BITS) << 2) + offset;
  // One slot above the floor in this block, and no lane of another one.
  const lanes = <u32>i32x4.bitmask(f32x4.gt(top, floors));
  return ((above & (above - 1)) | (lanes & (lanes - 1)) | <u32>i32x4.bitmask(f32x4.gt(second, floors))) == 0;
}

/**
 * Per lane the highest estimate of a run of 1, 2, 4 or 8 chunks. The branches are also there to keep engines from
 * loading all of it before they compute, for want of registers.
 */
// @ts-ignore: decorator
@inline
function highest(line: usize, length: u32, pushes: v128): v128 {
  let most = estimates(line, pushes);
  if (length > 1) {
    most = f32x4.pmax(most, estimates(line + 32, pushes));
    if (length > 2) {
      most = f32x4.pmax(most, f32x4.pmax(estimates(line + 64, pushes), estimates(line + 96, pushes)));
      if (length > 4) {
        const a = f32x4.pmax(estimates(line + 128, pushes), estimates(line + 160, pushes));
        const b = f32x4.pmax(estimates(line + 192, pushes), estimates(line + 224, pushes));
        most = f32x4.pmax(most, f32x4.pmax(a, b));
      }
    }
  }
  return most;
}

/** Slots whose estimates are above the floor, as bits, in a run of 1, 2, 4 or 8 chunks. */
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

/** Select the child of the highest score among those above the last floor. */
function selectAmong(first: u32, push: f32, priors: usize, weight: f32): void {
  const pushes = f32x4.splat(push);
  const floors = f32x4.splat(lastFloor);
  let best = -<f32>Infinity;
  let place: u32 = 0;
  for (let run = first; run != 0; ) {
    const link = runOf(run);
    const length = link >> 24;
    const line = scoresOf(run);
    if (v128.any_true(f32x4.gt(highest(line, length, pushes), floors))) {
      for (let above = slotsAbove(line, length, pushes, floors); above != 0; above &= above - 1) {
        const offset = ctz(above);
        const slot = (run << 2) + offset;
        const visits = visitsOf(slot);
        const flight = flightOf(slot);
        const t = <f32>(visits + flight);
        const q = ((flight == 0 ? worthOf(slot) : worthBefore(slot)) - low) * scale;
        const score = (q * <f32>visits) / t + (weight * load<f32>(priors + ((place + offset) << 2))) / (1 + t);
        if (score <= best) continue;
        best = score;
        selectedSlot = slot;
        selectedPlace = place + offset;
      }
    }
    place += length << 2;
    run = link & CHUNK_MASK;
  }
}

/** Select by scores alone. */
function selectPuct(first: u32, priors: usize, weight: f32): void {
  const weights = f32x4.splat(weight);
  const one = f32x4.splat(1);
  let best = f32x4.splat(-<f32>Infinity);
  let places = i32x4.splat(0);
  let slots = i32x4.splat(0);
  let place: u32 = 0;
  for (let run = first; run != 0; ) {
    const link = runOf(run);
    const end = run + (link >> 24);
    for (let chunk = run; chunk < end; chunk++, place += 4) {
      const visits = visitsOfChunk(chunk);
      const t = triesOfChunk(chunk, visits);
      const value = f32x4.div(f32x4.mul(qOfChunk(chunk), f32x4.convert_i32x4_u(visits)), t);
      const prior = v128.load(priors + (place << 2));
      const score = f32x4.add(value, f32x4.div(f32x4.mul(weights, prior), f32x4.add(one, t)));
      const more = f32x4.gt(score, best);
      best = v128.bitselect(score, best, more);
      places = v128.bitselect(i32x4.splat(place), places, more);
      slots = v128.bitselect(i32x4.splat(chunk << 2), slots, more);
    }
    run = link & CHUNK_MASK;
  }
  firstOfBest(best, places, slots);
}

function selectUct(first: u32, exploration: f32, logTotal: f32): void {
  const weights = f32x4.splat(exploration);
  const logs = f32x4.splat(logTotal);
  let best = f32x4.splat(-<f32>Infinity);
  let places = i32x4.splat(0);
  let slots = i32x4.splat(0);
  let place: u32 = 0;
  for (let run = first; run != 0; ) {
    const link = runOf(run);
    const end = run + (link >> 24);
    for (let chunk = run; chunk < end; chunk++, place += 4) {
      const visits = visitsOfChunk(chunk);
      const t = triesOfChunk(chunk, visits);
      const value = f32x4.div(f32x4.mul(qOfChunk(chunk), f32x4.convert_i32x4_u(visits)), t);
      const score = f32x4.add(value, f32x4.mul(weights, f32x4.sqrt(f32x4.div(logs, t))));
      const more = f32x4.gt(score, best);
      best = v128.bitselect(score, best, more);
      places = v128.bitselect(i32x4.splat(place), places, more);
      slots = v128.bitselect(i32x4.splat(chunk << 2), slots, more);
    }
    run = link & CHUNK_MASK;
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
