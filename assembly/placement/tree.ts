/**
 * The search tree, in chunks of four sibling slots. Twin of src/reference/placement/tree.ts.
 *
 *   scores of chunk c, 32 bytes: all that the selection reads of every sibling        slot = 4 c + lane
 *     0                16               32
 *     ├─ worth f32 x 4 ┼─ bonus f32 x 4 ┤
 *       best value below, or mean of values;   prior / (1 + tries)
 *       -Infinity = closed, or not opened yet
 *
 *   facts, 32 bytes                             heads, 16 bytes
 *     0                 16               32       0           4            8       10       12                16
 *     ├─ visits u32 x 4 ┼─ child u32 x 4 ┤        ├─ next u24 ┼─ last u24 ─┼─ open ┼─ closed ┼─ flight u8 x 4 ┤
 *       completed         first chunk of            length u8   spare u8     u16     u16        visits in flight
 *                         the children, 0 = none
 *
 * A family's chunks lie in runs of 1, 1, 2, 4, 8, 8 ... chunks, so that the selection streams over them. The head of a
 * run's first chunk has its length and leads to the next run. The head of a family's first chunk counts its children
 * and leads to the last run, of which `spare` chunks are not used yet. What runs reserve ahead comes from a surplus of
 * 1/10, and when that is gone they are one chunk long. Chunk 0 holds the first root in lane 0.
 */
import { allocate } from '../arena';

const SURPLUS: u32 = 10;
/** Bytes of a slot, surplus included. */
export const SLOT_BYTES: u32 = 22;
const LONGEST_RUN: u32 = 8;
const BONUS: usize = 16;
const CHILD: usize = 16;
const LAST: usize = 4;
const OPEN: usize = 8;
const CLOSED: usize = 10;
const FLIGHT: usize = 12;
export const CHUNK_MASK: u32 = 0xffffff;

/** No slot was free when one was wanted. */
export let full: bool = false;
/** Chunks in use. */
export let chunks: u32 = 0;

let scores: usize = 0;
let facts: usize = 0;
let heads: usize = 0;
let chunkLimit: u32 = 0;
/** Chunks handed out, those ahead of use included, and how many there are. */
let reserved: u32 = 0;
let reservable: u32 = 0;

export function beginTree(slots: u32): bool {
  chunkLimit = slots / 4;
  reservable = chunkLimit + chunkLimit / SURPLUS;
  scores = allocate(<usize>reservable << 5);
  facts = allocate(<usize>reservable << 5);
  heads = allocate(<usize>reservable << 4);
  chunks = 1;
  reserved = 1;
  full = false;
  return heads != 0;
}

// @ts-ignore: decorator
@inline
export function scoresOf(chunk: u32): usize {
  return scores + (<usize>chunk << 5);
}

// @ts-ignore: decorator
@inline
function factsOf(chunk: u32): usize {
  return facts + (<usize>chunk << 5);
}

// @ts-ignore: decorator
@inline
function headOf(chunk: u32): usize {
  return heads + (<usize>chunk << 4);
}

/** Address of a slot's worth; its bonus is one vector behind. */
// @ts-ignore: decorator
@inline
function scoreCell(slot: u32): usize {
  return scoresOf(slot >> 2) + ((slot & 3) << 2);
}

/** Address of a slot's visits; its child is one vector behind. */
// @ts-ignore: decorator
@inline
function factCell(slot: u32): usize {
  return factsOf(slot >> 2) + ((slot & 3) << 2);
}

// @ts-ignore: decorator
@inline
function flightCell(slot: u32): usize {
  return headOf(slot >> 2) + FLIGHT + (slot & 3);
}

// @ts-ignore: decorator
@inline
export function worthOf(slot: u32): f32 {
  return load<f32>(scoreCell(slot));
}

// @ts-ignore: decorator
@inline
export function setWorth(slot: u32, worth: f32): void {
  store<f32>(scoreCell(slot), worth);
}

// @ts-ignore: decorator
@inline
export function setBonus(slot: u32, bonus: f32): void {
  store<f32>(scoreCell(slot), bonus, BONUS);
}

// @ts-ignore: decorator
@inline
export function visitsOf(slot: u32): u32 {
  return load<u32>(factCell(slot));
}

// @ts-ignore: decorator
@inline
export function flightOf(slot: u32): u32 {
  return <u32>load<u8>(flightCell(slot));
}

// @ts-ignore: decorator
@inline
export function setFlight(slot: u32, flight: u32): void {
  store<u8>(flightCell(slot), <u8>flight);
}

/** First chunk of the children, 0 = none. */
// @ts-ignore: decorator
@inline
export function family(slot: u32): u32 {
  return load<u32>(factCell(slot), CHILD);
}

/** Children of a family; none is that of chunk 0, whose head stays empty. */
// @ts-ignore: decorator
@inline
export function openIn(first: u32): u32 {
  return <u32>load<u16>(headOf(first), OPEN);
}

// @ts-ignore: decorator
@inline
export function closedIn(first: u32): u32 {
  return <u32>load<u16>(headOf(first), CLOSED);
}

// @ts-ignore: decorator
@inline
export function visitsOfChunk(chunk: u32): v128 {
  return v128.load(factsOf(chunk));
}

/** Visits in flight of four slots, a byte each. */
// @ts-ignore: decorator
@inline
export function flightsOfChunk(chunk: u32): u32 {
  return load<u32>(headOf(chunk), FLIGHT);
}

/** The run that begins there: length << 24 | first chunk of the next run, 0 = none. */
// @ts-ignore: decorator
@inline
export function runOf(chunk: u32): u32 {
  return load<u32>(headOf(chunk));
}

// @ts-ignore: decorator
@inline
export function isClosed(slot: u32): bool {
  return worthOf(slot) == -<f32>Infinity;
}

/** Nothing is left to try below: the node is not selected again. The root has no parent. */
export function close(slot: u32, parent: u32, hasParent: bool): void {
  setWorth(slot, -<f32>Infinity);
  if (!hasParent) return;
  const head = headOf(family(parent));
  store<u16>(head, load<u16>(head, CLOSED) + 1, CLOSED);
}

/** Whether a node of that many visits may have more than `open` children: open < ceil(2 sqrt(visits)). */
// @ts-ignore: decorator
@inline
export function mayOpen(open: u32, visits: u32): bool {
  return <u64>open * open < 4 * <u64>(visits == 0 ? 1 : visits);
}

/** Open one more child; its slot, or 0 when no chunk is free. */
export function openChild(slot: u32): u32 {
  const first = family(slot);
  const open = openIn(first);
  let head = headOf(first);
  // The last chunk in use.
  let chunk: u32 = 0;
  let spare: u32 = 0;
  if (first != 0) {
    const last = load<u32>(head, LAST);
    spare = last >> 24;
    chunk = (last & CHUNK_MASK) + (runOf(last & CHUNK_MASK) >> 24) - spare - 1;
  }
  if ((open & 3) == 0) {
    if (chunks >= chunkLimit) {
      full = true;
      return 0;
    }
    chunks++;
    if (spare > 0) {
      chunk++;
      store<u32>(head, load<u32>(head, LAST) - (1 << 24), LAST);
    } else {
      const length = reserveRun(open >> 2);
      chunk = reserved - length;
      if (first == 0) {
        store<u32>(factCell(slot), chunk, CHILD);
        head = headOf(chunk);
      } else {
        const last = headOf(load<u32>(head, LAST) & CHUNK_MASK);
        store<u32>(last, load<u32>(last) | chunk);
      }
      store<u32>(head, ((length - 1) << 24) | chunk, LAST);
    }
  }
  store<u16>(head, <u16>(open + 1), OPEN);
  const child = (chunk << 2) + (open & 3);
  setWorth(child, 0);
  return child;
}

/** Reserve a run for a family of that many chunks; its length, 1, 2, 4 or 8. */
function reserveRun(before: u32): u32 {
  let length: u32 = before >= LONGEST_RUN ? LONGEST_RUN : popcnt(before) == 1 ? before : 1;
  // Every chunk that may still come into use must find room.
  if (reserved + length + (chunkLimit - chunks) > reservable) length = 1;
  const chunk = reserved;
  reserved += length;
  for (let c = chunk; c < reserved; c++) v128.store(scoresOf(c), f32x4.splat(-<f32>Infinity));
  store<u32>(headOf(chunk), length << 24);
  return length;
}

/** Slot of the child in that place. */
export function childAt(slot: u32, place: u32): u32 {
  let chunk = family(slot);
  let rest = place >> 2;
  for (let run = runOf(chunk); rest >= run >> 24; run = runOf(chunk)) {
    rest -= run >> 24;
    chunk = run & CHUNK_MASK;
  }
  return ((chunk + rest) << 2) + (place & 3);
}

/** Empty the first root's slot for use as a new root. */
export function freshRoot(): u32 {
  setWorth(0, 0);
  setFlight(0, 0);
  store<u32>(facts, 0);
  store<u32>(facts, 0, CHILD);
  return 0;
}

/**
 * Fold one value into a node that was in flight, and worth `known` without it: the best value below, or the mean. A
 * closed node stays closed.
 */
// @ts-ignore: decorator
@inline
export function recordVisit(slot: u32, known: f32, value: f64, keepBest: bool): void {
  setFlight(slot, flightOf(slot) - 1);
  const cell = factCell(slot);
  const visits = load<u32>(cell) + 1;
  store<u32>(cell, visits);
  const folded = keepBest
    ? select<f32>(<f32>value, known, i32(visits == 1) | i32(value > <f64>known))
    : <f32>(<f64>known + (value - <f64>known) / <f64>visits);
  setWorth(slot, select<f32>(-<f32>Infinity, folded, isClosed(slot)));
}
