/**
 * Fast non-dominated sorting as the NSGA-II paper has it (Deb et al., 2002): every pair is compared, O(n^2). In typed
 * arrays as far as its lists allow; an opponent in benchmarks.
 */
export function textbookRanks(costs: Float64Array, scores: Float64Array): Uint32Array {
  const n = costs.length;
  const ranks = new Uint32Array(n);
  const dominators = new Int32Array(n);
  const dominated: number[][] = [];
  let front: number[] = [];
  for (let p = 0; p < n; p++) {
    const list: number[] = [];
    for (let q = 0; q < n; q++) {
      if (dominates(costs, scores, p, q)) list.push(q);
      else if (dominates(costs, scores, q, p)) dominators[p]++;
    }
    dominated.push(list);
    if (dominators[p] === 0) front.push(p);
  }
  for (let rank = 0; front.length > 0; rank++) {
    const next: number[] = [];
    for (const p of front) {
      ranks[p] = rank;
      for (const q of dominated[p]) if (--dominators[q] === 0) next.push(q);
    }
    front = next;
  }
  return ranks;
}

function dominates(costs: Float64Array, scores: Float64Array, p: number, q: number): boolean {
  return costs[p] <= costs[q] && scores[p] >= scores[q] && (costs[p] < costs[q] || scores[p] > scores[q]);
}
