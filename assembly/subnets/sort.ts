/**
 * Stable ascending sort of places by a double each, in linear time: eight passes over bytes, those left out where all
 * agree. Twin of the comparator sort in src/reference/subnets/fronts.ts.
 *
 *   an entry, 16 bytes   ├ key u64, ordered as the double ┼ place u32 ┼ unused ┤
 */
import { allocate } from '../arena';

/** [8 bytes][256 values] u32 counts. */
const COUNTS: usize = memory.data(8192, 16);

let capacity: u32 = 0;
let entries: usize = 0;
let spare: usize = 0;

/** Room for `most` places; false = no memory. */
export function reserveSort(most: u32): bool {
  if (most <= capacity) return true;
  entries = allocate((<usize>most) << 4);
  spare = allocate((<usize>most) << 4);
  capacity = spare == 0 ? 0 : most;
  return spare != 0;
}

/** Sort `count` places (u32) by keys[place]; `descending` turns the order, not that of equals. */
export function sortPlaces(places: usize, count: u32, keys: usize, descending: bool): void {
  const turn: u64 = descending ? ~(<u64>0) : 0;
  memory.fill(COUNTS, 0, 8192);
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(places + (i << 2));
    // -0 + 0 = 0: equal numbers have equal keys.
    const bits = reinterpret<u64>(load<f64>(keys + (place << 3)) + 0.0);
    const key = (bits ^ (<u64>(<i64>bits >> 63) | 0x8000000000000000)) ^ turn;
    store<u64>(entries + (i << 4), key);
    store<u32>(entries + (i << 4), place, 8);
    for (let byte: usize = 0; byte < 8; byte++) {
      const cell = COUNTS + (byte << 10) + ((<usize>(key >> (byte << 3)) & 255) << 2);
      store<u32>(cell, load<u32>(cell) + 1);
    }
  }
  let from = entries;
  let to = spare;
  for (let byte: usize = 0; byte < 8; byte++) {
    const counts = COUNTS + (byte << 10);
    const shift = byte << 3;
    if (load<u32>(counts + ((<usize>(load<u64>(from) >> shift) & 255) << 2)) == count) continue;
    let sum: u32 = 0;
    for (let at = counts, end = counts + 1024; at < end; at += 4) {
      const own = load<u32>(at);
      store<u32>(at, sum);
      sum += own;
    }
    for (let at = from, end = from + (<usize>count << 4); at < end; at += 16) {
      const cell = counts + ((<usize>(load<u64>(at) >> shift) & 255) << 2);
      const place = load<u32>(cell);
      store<u32>(cell, place + 1);
      v128.store(to + ((<usize>place) << 4), v128.load(at));
    }
    const swapped = from;
    from = to;
    to = swapped;
  }
  for (let i: u32 = 0; i < count; i++) store<u32>(places + (i << 2), load<u32>(from + (i << 4), 8));
}
