/** Non-dominated sorting for two objectives. Twin of assembly/subnets/fronts.ts. */

/** Places by cost ascending, among equals by score descending, among equals by place. */
function placesByCost(costs: Float64Array, scores: Float64Array): Uint32Array {
  return Uint32Array.from(costs.keys()).sort((a, b) => costs[a] - costs[b] || scores[b] - scores[a] || a - b);
}

/**
 * Rank of every point, 0 = not dominated: in order of cost a point belongs to the first front whose last member scores
 * less. Equal points share a front.
 */
export function rankFronts(costs: Float64Array, scores: Float64Array): Uint32Array {
  const ranks = new Uint32Array(costs.length);
  const lastScores: number[] = [];
  let before = -1;
  for (const place of placesByCost(costs, scores)) {
    const equal = before >= 0 && costs[place] === costs[before] && scores[place] === scores[before];
    if (equal) ranks[place] = ranks[before];
    else {
      const front = lastScores.findIndex((score) => score < scores[place]);
      ranks[place] = front < 0 ? lastScores.length : front;
      lastScores[ranks[place]] = scores[place];
    }
    before = place;
  }
  return ranks;
}

/**
 * Crowding distance: within a front, in order of cost, the gap between both neighbours in either objective, relative to
 * the range of all; Infinity at the ends.
 */
export function crowdingDistances(costs: Float64Array, scores: Float64Array, ranks: Uint32Array): Float64Array {
  const range = (values: Float64Array) => {
    const width = values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
    return width > 0 ? width : 1;
  };
  const costRange = range(costs);
  const scoreRange = range(scores);
  const distances = new Float64Array(costs.length).fill(Infinity);
  const fronts = new Map<number, number[]>();
  for (const place of placesByCost(costs, scores)) {
    const front = fronts.get(ranks[place]);
    if (front) front.push(place);
    else fronts.set(ranks[place], [place]);
  }
  for (const front of fronts.values()) {
    for (let i = 1; i < front.length - 1; i++) {
      const costGap = (costs[front[i + 1]] - costs[front[i - 1]]) / costRange;
      const scoreGap = (scores[front[i + 1]] - scores[front[i - 1]]) / scoreRange;
      distances[front[i]] = costGap + scoreGap;
    }
  }
  return distances;
}
