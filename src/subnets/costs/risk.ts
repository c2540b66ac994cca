/**
 * Costs that are kept with a given probability: mean + z x standard deviation, where the variance of a network is the sum
 * over its layers. A root of a sum is not additive; its tangent is, and lies above it:
 *
 *   sqrt(v) <= sqrt(v0) / 2 + v / (2 sqrt(v0))        equal at v = v0
 *
 * So networks within a limit by these costs truly keep it (if layers vary independently and normally).
 */
import { log } from '../../../bindings/core.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { CostFactor } from '../../core/subnets.ts';
import type { SearchSpace } from '../space.ts';
import { type CostModel, sumOf } from './cost-model.ts';

/**
 * @param z standard deviations above the mean, see {@link normalQuantile}
 * @param ends cheapest and dearest network: between them the bound is tight
 * @throws HeterodyneError `USAGE`: the costs do not state their spread
 */
export function riskFactors(
  model: CostModel,
  z: number,
  space: SearchSpace,
  ends: readonly Uint8Array[],
): CostFactor[] {
  const { factors, variances } = model;
  if (!variances) {
    throw new HeterodyneError('USAGE', 'the costs do not state how much they vary', {
      path: '--risk',
      expected: 'a standard deviation in every entry',
      received: 'entries without',
    });
  }
  const mean = ends.reduce((sum, network) => sum + sumOf(variances, space, network), 0) / ends.length;
  const deviation = Math.sqrt(mean);
  if (!(deviation > 0)) return factors;
  return factors.map(({ slots, table }, f) => {
    // What every network pays stands in the first factor.
    const fixed = f === 0 ? (z * deviation) / 2 : 0;
    return { slots, table: table.map((cost, i) => cost + fixed + (z * variances[f].table[i]) / (2 * deviation)) };
  });
}

/**
 * Quantile of the standard normal distribution, for probabilities from 0.5 up (Abramowitz and Stegun, 26.2.23: error below
 * 4.5e-4).
 */
export function normalQuantile(probability: number): number {
  const t = Math.sqrt(-2 * log(1 - probability));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
}
