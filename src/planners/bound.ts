/**
 * An upper bound on the objective over all placements, from the fluid relaxation: blocks may be split over processors
 * at will, transfers are free. Instead of solving that linear programme, prices are put on the resources:
 *
 *   for any prices y_r >= 0:   sum_m r_m c_m(y) <= sum_r y_r,   c_m(y) = calls_m sum_b min_p (price of block b on p)
 *
 * because every inference buys at least the cheapest seconds for each of its blocks, and no resource sells more than
 * one second a second. Beside it stands what a model reaches alone, r_m <= U_m: its arrival rate, and the reciprocal
 * of the least slowest stage in at most maxStages stages. The objective's maximum under both is a bound whatever the
 * prices; a subgradient walk over prices makes it tight. With U_m it is at most the bound of the linear programme, up
 * to how near the walk comes.
 */
import { exp, log } from '../../bindings/core.ts';
import type { PlacementProblem } from '../core/placement.ts';
import type { PreparedProblem } from '../core/prepared.ts';

/** Price adjustments. */
const STEPS = 300;

/** Upper bound on the objective, or undefined for objectives without one (`priority`, `energy`). */
export function fluidBound(prepared: PreparedProblem): number | undefined {
  const { problem } = prepared;
  if (problem.objective === 'priority' || problem.objective === 'energy') return undefined;
  const most = problem.models.map((_, m) => aloneAtMost(prepared, m));
  const prices = new Float64Array(problem.resources).fill(1);
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step < STEPS; step++) {
    const { perFrame, seconds } = cheapest(problem, prices);
    const supply = prices.reduce((sum, price) => sum + price, 0);
    const { value, rates } = allocate(problem, perFrame, supply, most);
    least = Math.min(least, value);
    // What is over-subscribed at these prices becomes dearer.
    const pace = 4 / (8 + step);
    let highest = 0;
    for (let r = 0; r < prices.length; r++) {
      let load = 0;
      for (let m = 0; m < rates.length; m++) load += rates[m] * seconds[m * prices.length + r];
      prices[r] *= Math.min(1.5, Math.max(0.6, 1 + pace * (load - 1)));
      highest = Math.max(highest, prices[r]);
    }
    for (let r = 0; r < prices.length; r++) prices[r] = Math.max(prices[r] / highest, 1e-9);
  }
  return least;
}

/** Cost of a frame of each model at these prices, and [M][R] the seconds that it then takes of each resource. */
function cheapest(problem: PlacementProblem, prices: Float64Array): { perFrame: number[]; seconds: Float64Array } {
  const R = problem.resources;
  const seconds = new Float64Array(problem.models.length * R);
  const usePrice = Float64Array.from(problem.processorUses, (uses) => {
    let price = 0;
    for (let r = 0; r < R; r++) if (uses & (1 << r)) price += prices[r];
    return price;
  });
  const perFrame = problem.models.map((model, m) => {
    const n = model.blocks;
    let total = 0;
    for (let b = 0; b < n; b++) {
      let least = Number.POSITIVE_INFINITY;
      let chosen = 0;
      for (let p = 0; p < problem.processors; p++) {
        const time = model.seconds[p * n + b];
        if (time === Number.POSITIVE_INFINITY) continue;
        const dram = problem.dramResource[p];
        const traffic = dram < 0 ? 0 : prices[dram] * model.dramBytes[b] * problem.dramSecondsPerByte[p];
        const price = usePrice[p] * time + traffic;
        if (price < least) {
          least = price;
          chosen = p;
        }
      }
      total += least;
      for (let r = 0; r < R; r++) {
        if (problem.processorUses[chosen] & (1 << r)) {
          seconds[m * R + r] += model.callsPerFrame * model.seconds[chosen * n + b];
        }
      }
      const dram = problem.dramResource[chosen];
      if (dram >= 0) {
        seconds[m * R + dram] += model.callsPerFrame * model.dramBytes[b] * problem.dramSecondsPerByte[chosen];
      }
    }
    return total * model.callsPerFrame;
  });
  return { perFrame, seconds };
}

/** Maximum of the objective under sum r_m cost_m <= supply and r_m <= most_m. */
function allocate(
  problem: PlacementProblem,
  cost: readonly number[],
  supply: number,
  most: readonly number[],
): { value: number; rates: number[] } {
  const { models, objective } = problem;
  const M = models.length;
  const rates = new Array<number>(M).fill(0);
  if (objective === 'min') {
    const total = cost.reduce((sum, c) => sum + c, 0);
    const level = Math.min(...most, total > 0 ? supply / total : Number.POSITIVE_INFINITY);
    return { value: level, rates: rates.fill(level) };
  }
  let left = supply;
  if (objective === 'geometric-mean') {
    // Equal spending, except for models that reach their own limit first.
    const order = [...models.keys()].sort((a, b) => most[a] * cost[a] - most[b] * cost[b] || a - b);
    for (const [i, m] of order.entries()) {
      rates[m] = cost[m] > 0 ? Math.min(most[m], left / (M - i) / cost[m]) : most[m];
      left = Math.max(0, left - rates[m] * cost[m]);
    }
    return { value: exp(rates.reduce((sum, rate) => sum + log(rate), 0) / M), rates };
  }
  const weights = models.map((model) => (objective === 'weighted' ? model.value : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // The most value per cost first.
  const order = [...models.keys()].sort((a, b) => weights[b] * cost[a] - weights[a] * cost[b] || a - b);
  let value = 0;
  for (const m of order) {
    if (weights[m] === 0) continue;
    rates[m] = cost[m] > 0 ? Math.min(most[m], left / cost[m]) : most[m];
    left = Math.max(0, left - rates[m] * cost[m]);
    value += weights[m] * rates[m];
  }
  return { value: total > 0 ? value / total : 0, rates };
}

/** What model m reaches at most when it has every processor for itself, frames/s. */
function aloneAtMost(prepared: PreparedProblem, m: number): number {
  const { problem } = prepared;
  const model = problem.models[m];
  const { blocks: n, reach, secondsPrefix, maxStages } = prepared.models[m];
  const P = problem.processors;
  // least[b] = least slowest stage of blocks b .. n - 1 in at most k stages, whatever processors come again.
  let least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  least[n] = 0;
  for (let k = 1; k <= maxStages; k++) {
    const next = least.slice();
    for (let b = 0; b < n; b++) {
      for (let p = 0; p < P; p++) {
        const row = p * (n + 1);
        for (let e = b + 1; e <= reach[p * n + b]; e++) {
          const time = secondsPrefix[row + e] - secondsPrefix[row + b];
          if (time >= next[b]) break;
          next[b] = Math.min(next[b], Math.max(time, least[e]));
        }
      }
    }
    least = next;
  }
  let slowest = least[0];
  if (problem.depthOne) {
    let latency = 0;
    for (let b = 0; b < n; b++) {
      let fastest = Number.POSITIVE_INFINITY;
      for (let p = 0; p < P; p++) fastest = Math.min(fastest, model.seconds[p * n + b]);
      latency += fastest;
    }
    slowest = Math.max(slowest, latency);
  }
  return Math.min(model.rateLimit, 1 / (model.callsPerFrame * slowest));
}
