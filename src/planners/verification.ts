/**
 * The check before an answer leaves: the placements that an estimator liked best, scored once more by who knows better:
 * a verifier (the engine, an execution), or the throughput model.
 */
import type { PlacementKernel } from '../core/placement.ts';
import type { Verifier } from '../estimators/estimator.ts';
import type { PlannerResult } from './planner.ts';

/** Distinct placements kept for the check. */
export const BEST_KEPT = 8;

export interface Ranked {
  /** [M] records. */
  placement: Uint8Array;
  /** By the estimator. */
  value: number;
}

/**
 * The placement that the judge prefers among `top` (best first by the estimator), and how far they agree. A judge that is
 * interrupted says nothing: then it is the estimator's favourite, unverified.
 */
export async function verifyRanking(
  kernel: PlacementKernel,
  top: readonly Ranked[],
  verifier?: Verifier,
  signal?: AbortSignal,
): Promise<Pick<PlannerResult, 'placement' | 'value' | 'meanRate' | 'verification'>> {
  const judged = top.slice(0, Math.max(1, verifier?.most ?? top.length));
  const size = judged[0].placement.length;
  const placements = new Uint8Array(judged.length * size);
  for (const [i, { placement }] of judged.entries()) placements.set(placement, i * size);
  const { values: modelled, meanRates } = kernel.evaluate(placements);
  let values = modelled;
  try {
    if (verifier) values = await verifier.score(placements);
  } catch (error) {
    if (!signal?.aborted) throw error;
    return { placement: judged[0].placement, value: modelled[0], meanRate: meanRates[0] };
  }
  let best = 0;
  let disagreements = 0;
  for (let i = 0; i < judged.length; i++) {
    if (values[i] > values[best] || (values[i] === values[best] && meanRates[i] > meanRates[best])) best = i;
    for (let j = i + 1; j < judged.length; j++) {
      if (judged[i].value > judged[j].value && values[i] < values[j]) disagreements++;
    }
  }
  return {
    placement: judged[best].placement,
    value: modelled[best],
    meanRate: meanRates[best],
    verification: {
      by: verifier?.id ?? 'analytic',
      checked: judged.length,
      disagreements,
      estimate: judged[best].value,
      value: values[best],
    },
  };
}
