/** The check before an answer leaves: the placements that an estimator liked best, scored with the throughput model. */
import type { PlacementKernel } from '../core/placement.ts';
import type { PlannerResult } from './planner.ts';

/** Distinct placements kept for the check. */
export const BEST_KEPT = 8;

export interface Ranked {
  /** [M] records. */
  placement: Uint8Array;
  /** By the estimator. */
  value: number;
}

/** The placement that the throughput model prefers among `top` (best first by the estimator), and how far they agree. */
export function verifyRanking(
  kernel: PlacementKernel,
  top: readonly Ranked[],
): Pick<PlannerResult, 'placement' | 'value' | 'meanRate' | 'verification'> {
  const size = top[0].placement.length;
  const placements = new Uint8Array(top.length * size);
  for (const [i, { placement }] of top.entries()) placements.set(placement, i * size);
  const { values, meanRates } = kernel.evaluate(placements);
  let best = 0;
  let disagreements = 0;
  for (let i = 0; i < top.length; i++) {
    if (values[i] > values[best] || (values[i] === values[best] && meanRates[i] > meanRates[best])) best = i;
    for (let j = i + 1; j < top.length; j++) if (top[i].value > top[j].value && values[i] < values[j]) disagreements++;
  }
  return {
    placement: top[best].placement,
    value: values[best],
    meanRate: meanRates[best],
    verification: { checked: top.length, disagreements },
  };
}
