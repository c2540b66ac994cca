/**
 * What tells one joint placement from another: the sum of its models' hashes. Identical processors are renamed in the
 * order in which the placement first uses them, so that placements which differ only in their names are one.
 */
import { type Demand, HASH_SALTS, hashRecord } from '../../core/demand.ts';
import type { PreparedProblem } from '../../core/prepared.ts';

export function placementHash(
  { identical }: PreparedProblem,
  demands: readonly Demand[],
): { low: number; high: number } {
  const names = identical && firstUseNames(identical, demands);
  let low = 0;
  let high = 0;
  for (const [m, demand] of demands.entries()) {
    let { hashLow, hashHigh } = demand;
    if (names) {
      const renamed = demand.record.slice();
      for (let s = 0; s < renamed[0]; s++) renamed[1 + 2 * s] = names[renamed[1 + 2 * s]];
      hashLow = hashRecord(renamed, m, HASH_SALTS[0]);
      hashHigh = hashRecord(renamed, m, HASH_SALTS[1]);
    }
    low = (low + hashLow) >>> 0;
    high = (high + hashHigh) >>> 0;
  }
  return { low, high };
}

/** [P] new name of each processor in use: the members of its kind, ascending, by first use. */
function firstUseNames(identical: Uint8Array, demands: readonly Demand[]): Uint8Array {
  const P = identical.length;
  const names = new Uint8Array(P).fill(255);
  const next = Uint8Array.from(identical);
  for (const { record } of demands) {
    for (let s = 0; s < record[0]; s++) {
      const p = record[1 + 2 * s];
      if (names[p] !== 255) continue;
      const kind = identical[p];
      names[p] = next[kind];
      do next[kind]++;
      while (next[kind] < P && identical[next[kind]] !== kind);
    }
  }
  return names;
}
