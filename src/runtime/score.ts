/** Rates that were measured, on the scale of plans. */
import type { Objective } from '../core/placement.ts';

export interface RateScore {
  meanThroughputPerS: number;
  minThroughputPerS: number;
  geometricMeanPerS: number;
}

export function scoreOfRates(rates: readonly number[]): RateScore {
  const n = rates.length;
  return {
    meanThroughputPerS: rates.reduce((sum, rate) => sum + rate, 0) / n,
    minThroughputPerS: Math.min(...rates),
    geometricMeanPerS: rates.every((rate) => rate > 0)
      ? Math.exp(rates.reduce((sum, rate) => sum + Math.log(rate), 0) / n)
      : 0,
  };
}

/** undefined for objectives that need more than rates: weights, demands, watts. */
export function objectiveOfRates(objective: Objective, rates: readonly number[]): number | undefined {
  const score = scoreOfRates(rates);
  if (objective === 'throughput') return score.meanThroughputPerS;
  if (objective === 'min') return score.minThroughputPerS;
  if (objective === 'geometric-mean') return score.geometricMeanPerS;
  return undefined;
}
