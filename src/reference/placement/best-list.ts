/** The 8 best distinct placements so far, best first; equal values are ranked by mean rate, then by arrival. */
const BEST_KEPT = 8;

export interface BestEntry {
  low: number;
  high: number;
  value: number;
  meanRate: number;
  /** [M] records. */
  placement: Uint8Array;
}

export class BestList {
  readonly entries: BestEntry[] = [];

  offer(entry: BestEntry): void {
    const { entries } = this;
    if (entries.some((other) => other.low === entry.low && other.high === entry.high)) return;
    let place = entries.length;
    while (place > 0 && isBetter(entry, entries[place - 1])) place--;
    if (place >= BEST_KEPT) return;
    entries.splice(place, 0, { ...entry, placement: entry.placement.slice() });
    if (entries.length > BEST_KEPT) entries.pop();
  }
}

export function isBetter(a: { value: number; meanRate: number }, b: { value: number; meanRate: number }): boolean {
  return a.value > b.value || (a.value === b.value && a.meanRate > b.meanRate);
}
