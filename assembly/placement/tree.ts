/**
 * The search tree, in chunks of four sibling slots; one chunk is one cache line. Twin of
 * src/reference/placement/tree.ts.
 *
 *   chunk c, 64 bytes, at TREE + 64 c                         slot = 4 c + lane, SLOT_BYTES = 16 a slot
 *     0                16               32               48       52      56       60
 *     ├─ worth f32 x 4 ┼─ visits u32 x4 ┼─ child u32 x 4 ┼─ next ─┼─ tail ┼─ count ┼─ flight u8 x 4 ─┤
 *                                         first chunk of   next     last    u16 open  visits in flight
 *                                         the children     chunk of chunk   u16 closed
 *                                         (0 = none)       siblings (first chunk of the family only)
 *
 * Worth is the best value below a node, or the mean of values. A closed node has the worth -Infinity: no score of it is greater than any other.
 * Chunk 0 holds the first root in lane 0. A family's chunks are chained by `next`; only its last is partly filled.
 */
import { allocate } from '../arena';
import { log } from '../numeric';

export const SLOT_BYTES: u32 = 16;
const CHUNK_BYTES: usize = 64;
const VISITS: usize = 16;
const CHILD: usize = 32;
const NEXT: usize = 48;
const TAIL: usize = 52;
const COUNT: usize = 56;
const CLOSED: usize = 58;
const FLIGHT: usize = 60;

/** Selected child: slot and place among its siblings. */
export let selectedSlot: u32 = 0;
export let selectedPlace: u32 = 0;
/** No slot was free when one was wanted. */
export let full: bool = false;
export let chunks: u32 = 0;

let tree: usize = 0;
let chunkLimit: u32 = 0;

/** Running extremes of values seen. */
export let rangeLow: f64 = 0;
export let rangeHigh: f64 = 0;

export function beginTree(slots: u32): bool {
  chunkLimit = slots / 4;
  tree = allocate(<usize>chunkLimit * CHUNK_BYTES);
  chunks = 1;
  full = false;
  rangeLow = Infinity;
  rangeHigh = -Infinity;
  return tree != 0;
}

export function widenRange(value: f64): void {
  if (value < rangeLow) rangeLow = value;
  if (value > rangeHigh) rangeHigh = value;
}

// @ts-ignore: decorator
@inline
function cell(slot: u32): usize {
  return tree + ((<usize>(slot >> 2)) << 6) + ((slot & 3) << 2);
}

// @ts-ignore: decorator
@inline
function flightOf(slot: u32): usize {
  return tree + ((<usize>(slot >> 2)) << 6) + FLIGHT + (slot & 3);
}

/** Visits, those in flight included. */
// @ts-ignore: decorator
@inline
export function tries(slot: u32): u32 {
  return load<u32>(cell(slot), VISITS) + <u32>load<u8>(flightOf(slot));
}

// @ts-ignore: decorator
@inline
export function childCount(slot: u32): u32 {
  const first = load<u32>(cell(slot), CHILD);
  return first == 0 ? 0 : <u32>load<u16>(tree + (<usize>first << 6), COUNT);
}

// @ts-ignore: decorator
@inline
export function closedChildren(slot: u32): u32 {
  const first = load<u32>(cell(slot), CHILD);
  return first == 0 ? 0 : <u32>load<u16>(tree + (<usize>first << 6), CLOSED);
}

// @ts-ignore: decorator
@inline
export function isClosed(slot: u32): bool {
  return load<f32>(cell(slot)) == -<f32>Infinity;
}

/** Nothing is left to try below: the node is not selected again. The root has no parent. */
export function close(slot: u32, parent: u32, hasParent: bool): void {
  store<f32>(cell(slot), -<f32>Infinity);
  if (!hasParent) return;
  const closed = tree + (<usize>load<u32>(cell(parent), CHILD) << 6);
  store<u16>(closed, load<u16>(closed, CLOSED) + 1, CLOSED);
}

/** Number of children that a node may have open. */
// @ts-ignore: decorator
@inline
export function allowedChildren(visits: u32): u32 {
  return <u32>Math.ceil(2 * Math.sqrt(<f64>(visits == 0 ? 1 : visits)));
}

/** Open one more child; its slot, or 0 when no chunk is free. */
export function openChild(slot: u32): u32 {
  const parent = cell(slot);
  const first = load<u32>(parent, CHILD);
  const count: u32 = first == 0 ? 0 : <u32>load<u16>(tree + (<usize>first << 6), COUNT);
  if ((count & 3) == 0) {
    if (chunks + 1 > chunkLimit) {
      full = true;
      return 0;
    }
    const chunk = chunks++;
    if (first == 0) {
      store<u32>(parent, chunk, CHILD);
      store<u32>(tree + (<usize>chunk << 6), chunk, TAIL);
    } else {
      const head = tree + (<usize>first << 6);
      store<u32>(tree + (<usize>load<u32>(head, TAIL) << 6), chunk, NEXT);
      store<u32>(head, chunk, TAIL);
    }
  }
  const head = tree + (<usize>load<u32>(parent, CHILD) << 6);
  store<u16>(head, <u16>(count + 1), COUNT);
  return (load<u32>(head, TAIL) << 2) + (count & 3);
}

/** Slot of the child in that place. */
export function childAt(slot: u32, place: u32): u32 {
  let chunk = load<u32>(cell(slot), CHILD);
  for (let i = place >> 2; i > 0; i--) chunk = load<u32>(tree + (<usize>chunk << 6), NEXT);
  return (chunk << 2) + (place & 3);
}

/** Empty the first root's slot for use as a new root. */
export function freshRoot(): u32 {
  store<f32>(tree, 0);
  store<u32>(tree, 0, VISITS);
  store<u32>(tree, 0, CHILD);
  store<u8>(tree, 0, FLIGHT);
  return 0;
}

/**
 * The child with the highest score, the first on ties, left in selectedSlot and selectedPlace. Four children a step:
 *
 *   lane       0        1        2        3
 *   worth   │ f32    │ f32    │ f32    │ f32    │   Q = (worth - low) * scale + offset
 *   visits  │ u32    │ u32    │ u32    │ u32    │ → f32 n
 *   flight  │ u8     │ u8     │ u8     │ u8     │ → u32, n + v → f32 t
 *   prior   │ f32    │ f32    │ f32    │ f32    │   score = Q n / t + weight P / (1 + t)
 *
 * A lane without a child has t = 0: its score is NaN, and never greater than another.
 */
export function selectChild(slot: u32, priors: usize, priorSum: f64, exploration: f64, uct: bool): void {
  const spread = rangeHigh > rangeLow;
  const low = f32x4.splat(spread ? <f32>rangeLow : 0);
  const scale = f32x4.splat(spread ? <f32>(1 / (rangeHigh - rangeLow)) : 0);
  const offset = f32x4.splat(spread ? 0 : 0.5);
  const total = tries(slot);
  const one = f32x4.splat(1);
  let best = f32x4.splat(-<f32>Infinity);
  let places = i32x4.splat(0);
  let slots = i32x4.splat(0);
  let place = i32x4(0, 1, 2, 3);
  let chunk = load<u32>(cell(slot), CHILD);
  if (uct) {
    const weight = f32x4.splat(<f32>exploration);
    const logTotal = f32x4.splat(<f32>log(<f64>(1 + total)));
    while (chunk != 0) {
      const line = tree + (<usize>chunk << 6);
      const visits = v128.load(line, VISITS);
      const flight = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load_zero<u32>(line, FLIGHT)));
      const t = f32x4.convert_i32x4_u(i32x4.add(visits, flight));
      const q = f32x4.add(f32x4.mul(f32x4.sub(v128.load(line), low), scale), offset);
      const value = f32x4.div(f32x4.mul(q, f32x4.convert_i32x4_u(visits)), t);
      const score = f32x4.add(value, f32x4.mul(weight, f32x4.sqrt(f32x4.div(logTotal, t))));
      const more = f32x4.gt(score, best);
      best = v128.bitselect(score, best, more);
      places = v128.bitselect(place, places, more);
      slots = v128.bitselect(i32x4.splat(chunk << 2), slots, more);
      place = i32x4.add(place, i32x4.splat(4));
      chunk = load<u32>(line, NEXT);
    }
  } else {
    const weight = f32x4.splat(<f32>((exploration * Math.sqrt(<f64>total)) / priorSum));
    while (chunk != 0) {
      const line = tree + (<usize>chunk << 6);
      const visits = v128.load(line, VISITS);
      const flight = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load_zero<u32>(line, FLIGHT)));
      const t = f32x4.convert_i32x4_u(i32x4.add(visits, flight));
      const q = f32x4.add(f32x4.mul(f32x4.sub(v128.load(line), low), scale), offset);
      const value = f32x4.div(f32x4.mul(q, f32x4.convert_i32x4_u(visits)), t);
      const score = f32x4.add(value, f32x4.div(f32x4.mul(weight, v128.load(priors)), f32x4.add(one, t)));
      const more = f32x4.gt(score, best);
      best = v128.bitselect(score, best, more);
      places = v128.bitselect(place, places, more);
      slots = v128.bitselect(i32x4.splat(chunk << 2), slots, more);
      place = i32x4.add(place, i32x4.splat(4));
      priors += 16;
      chunk = load<u32>(line, NEXT);
    }
  }
  let bestScore = f32x4.extract_lane(best, 0);
  let bestPlace = <u32>i32x4.extract_lane(places, 0);
  let bestSlot = <u32>i32x4.extract_lane(slots, 0);
  let score = f32x4.extract_lane(best, 1);
  let where = <u32>i32x4.extract_lane(places, 1);
  if (score > bestScore || (score == bestScore && where < bestPlace)) {
    bestScore = score;
    bestPlace = where;
    bestSlot = <u32>i32x4.extract_lane(slots, 1);
  }
  score = f32x4.extract_lane(best, 2);
  where = <u32>i32x4.extract_lane(places, 2);
  if (score > bestScore || (score == bestScore && where < bestPlace)) {
    bestScore = score;
    bestPlace = where;
    bestSlot = <u32>i32x4.extract_lane(slots, 2);
  }
  score = f32x4.extract_lane(best, 3);
  where = <u32>i32x4.extract_lane(places, 3);
  if (score > bestScore || (score == bestScore && where < bestPlace)) {
    bestPlace = where;
    bestSlot = <u32>i32x4.extract_lane(slots, 3);
  }
  selectedPlace = bestPlace;
  selectedSlot = bestSlot + (bestPlace & 3);
}

// @ts-ignore: decorator
@inline
export function enter(slot: u32): void {
  const flight = flightOf(slot);
  store<u8>(flight, load<u8>(flight) + 1);
}

/** Fold one value into a node that was entered: the best value below it, or the mean. A closed node stays as it is. */
// @ts-ignore: decorator
@inline
export function recordVisit(slot: u32, value: f64, keepBest: bool): void {
  const flight = flightOf(slot);
  store<u8>(flight, load<u8>(flight) - 1);
  const node = cell(slot);
  const visits = load<u32>(node, VISITS) + 1;
  store<u32>(node, visits, VISITS);
  const known = <f64>load<f32>(node);
  if (known == -Infinity) return;
  if (!keepBest) store<f32>(node, <f32>(known + (value - known) / <f64>visits));
  else if (visits == 1 || value > known) store<f32>(node, <f32>value);
}
