/**
 * The best distinct placements, best first: twin of src/reference/placement/best-list.ts.
 *
 *   entry: │ hash low u32 │ hash high u32 │ value f64 │ mean rate f64 │ [M] records, padded to 8 bytes │
 */
import { allocate } from '../arena';
import { copyRecord, RECORD_BYTES } from './demand';
import { models } from './problem';

const BEST_KEPT: u32 = 8;

/** Entries in use, bytes of one, and where the records start in it: read by the binding. */
export let bestCount: u32 = 0;
export let bestEntryBytes: u32 = 0;
export let bestEntries: usize = 0;

export function beginBestList(): bool {
  bestEntryBytes = 24 + ((models * RECORD_BYTES + 7) & ~7);
  bestEntries = allocate(bestEntryBytes * (BEST_KEPT + 1));
  bestCount = 0;
  return bestEntries != 0;
}

export function isBetter(value: f64, mean: f64, thanValue: f64, thanMean: f64): bool {
  return value > thanValue || (value == thanValue && mean > thanMean);
}

/** Take a placement, [M] addresses of demands, into the list if it belongs there. */
export function offerBest(low: u32, high: u32, value: f64, mean: f64, demands: usize): void {
  if (bestCount == BEST_KEPT) {
    const last = bestEntries + (BEST_KEPT - 1) * bestEntryBytes;
    if (!isBetter(value, mean, load<f64>(last, 8), load<f64>(last, 16))) return;
  }
  let place = bestCount;
  for (let i: u32 = 0; i < bestCount; i++) {
    const entry = bestEntries + i * bestEntryBytes;
    if (load<u32>(entry) == low && load<u32>(entry, 4) == high) return;
    if (place == bestCount && isBetter(value, mean, load<f64>(entry, 8), load<f64>(entry, 16))) place = i;
  }
  if (place >= BEST_KEPT) return;
  const entry = bestEntries + place * bestEntryBytes;
  memory.copy(entry + bestEntryBytes, entry, (bestCount - place) * bestEntryBytes);
  store<u32>(entry, low);
  store<u32>(entry, high, 4);
  store<f64>(entry, value, 8);
  store<f64>(entry, mean, 16);
  for (let m: u32 = 0; m < models; m++) copyRecord(entry + 24 + m * RECORD_BYTES, load<usize>(demands + (m << 2)));
  if (bestCount < BEST_KEPT) bestCount++;
}
