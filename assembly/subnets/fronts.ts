/**
 * Non-dominated sorting for two objectives: scores up, costs down. Twin of src/reference/subnets/fronts.ts.
 *
 * In order of cost (best score first among equals) a point belongs to the first front whose last member scores less;
 * last members fall from front to front, so that front is found by halving.
 */
import { allocate } from '../arena';
import { reserveSort, sortPlaces } from './sort';

let capacity: u32 = 0;
/** [n] places by cost, then score; [fronts] score of a front's last member. */
export let byCost: usize = 0;
let lastScores: usize = 0;

export function reserveFronts(most: u32): bool {
  if (most <= capacity) return true;
  byCost = allocate((<usize>most) << 2);
  lastScores = allocate((<usize>most) << 3);
  capacity = lastScores == 0 || !reserveSort(most) ? 0 : most;
  return capacity != 0;
}

/** Rank (u32) of each of `count` points, from costs and scores (f64). */
export function rankFronts(costs: usize, scores: usize, count: u32, ranks: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(byCost + (i << 2), i);
  sortPlaces(byCost, count, costs, false);
  for (let i: u32 = 0; i < count; ) {
    const cost = load<f64>(costs + (load<u32>(byCost + (i << 2)) << 3));
    let end = i + 1;
    while (end < count && load<f64>(costs + (load<u32>(byCost + (end << 2)) << 3)) == cost) end++;
    if (end - i > 1) sortPlaces(byCost + (i << 2), end - i, scores, true);
    i = end;
  }
  let fronts: u32 = 0;
  let rank: u32 = 0;
  let cost = NaN;
  let score = NaN;
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(byCost + (i << 2));
    const itsCost = load<f64>(costs + (place << 3));
    const itsScore = load<f64>(scores + (place << 3));
    if (itsCost != cost || itsScore != score) {
      let low: u32 = 0;
      let high = fronts;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (load<f64>(lastScores + (middle << 3)) < itsScore) high = middle;
        else low = middle + 1;
      }
      rank = low;
      if (rank == fronts) fronts++;
      store<f64>(lastScores + (rank << 3), itsScore);
      cost = itsCost;
      score = itsScore;
    }
    store<u32>(ranks + (place << 2), rank);
  }
}
