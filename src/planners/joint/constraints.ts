/**
 * What a joint plan must keep besides the problem's own limits: deadlines and a cap on power.
 *
 *   deadline   one frame through all stages and transfers, without waiting for others, takes no longer
 *   watts      idle + sum over models of rate x joules per frame, at the rates of the throughput model
 *
 * Waiting is left out of the deadline, as in a plan's `latencyMs`: simulate the plan to see responses under load.
 */

import { demandOf } from '../../core/demand.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { PlacementKernel, PlacementProblem } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { Estimator } from '../../estimators/estimator.ts';
import { recordOf } from '../whole-models.ts';

export interface Constraints {
  /** [M] seconds; Infinity = none. */
  deadlines: Float64Array;
  /** Infinity = none. */
  maxWatts: number;
}

export function isFree({ deadlines, maxWatts }: Constraints): boolean {
  return maxWatts === Number.POSITIVE_INFINITY && deadlines.every((each) => each === Number.POSITIVE_INFINITY);
}

/** @throws HeterodyneError `USAGE` for a cap on power that is not declared */
export function checkPower(problem: PlacementProblem, maxWatts: number, platform: string): void {
  if (maxWatts === Number.POSITIVE_INFINITY) return;
  if (!Number.isNaN(problem.idleWatts) && !problem.activeWatts.every(Number.isNaN)) return;
  throw new HeterodyneError('USAGE', `a cap on power needs power, which ${platform} does not declare`, {
    path: 'maxWatts',
    expected: 'power.idleWatts, and activeWatts of the processors',
    received: 'none',
  });
}

/** W of the whole device; a processor without declared power counts as unbounded when it is used. */
export function wattsOf(prepared: PreparedProblem, placement: Uint8Array, rates: ArrayLike<number>): number {
  const { problem } = prepared;
  let watts = problem.idleWatts;
  for (let m = 0; m < problem.models.length; m++) {
    const record = recordOf(placement, m);
    for (let s = 0; s < record[0]; s++) {
      if (Number.isNaN(problem.activeWatts[record[1 + 2 * s]])) return Number.POSITIVE_INFINITY;
    }
    watts += rates[m] * demandOf(prepared, m, record).joules;
  }
  return watts;
}

/** By how much a placement breaks the constraints, as a share of each, summed; 0 = it keeps them. */
export function violation(
  prepared: PreparedProblem,
  { deadlines, maxWatts }: Constraints,
  placement: Uint8Array,
  rates: ArrayLike<number>,
): number {
  let sum = 0;
  for (let m = 0; m < deadlines.length; m++) {
    if (deadlines[m] === Number.POSITIVE_INFINITY) continue;
    const { latency } = demandOf(prepared, m, recordOf(placement, m));
    // Equal up to rounding is kept.
    if (latency > deadlines[m] * (1 + 1e-12)) sum += latency / deadlines[m] - 1;
  }
  if (maxWatts < Number.POSITIVE_INFINITY) {
    const watts = wattsOf(prepared, placement, rates);
    if (watts > maxWatts * (1 + 1e-12)) sum += watts / maxWatts - 1;
  }
  return sum;
}

/**
 * The throughput model, with placements that break a constraint turned down. Until one keeps all of them, the search
 * walks towards the constraints instead: `found` says whether it arrived.
 */
export function constrainedEstimator(
  kernel: PlacementKernel,
  prepared: PreparedProblem,
  constraints: Constraints,
): Estimator & { found: boolean } {
  const size = kernel.problem.models.length;
  const estimator = {
    id: 'constrained',
    found: false,
    score: ({ count, placements }: { count: number; placements: Uint8Array }) => {
      const { values, rates } = kernel.evaluate(placements);
      const stride = placements.length / count;
      const broken = Float64Array.from({ length: count }, (_, i) =>
        violation(
          prepared,
          constraints,
          placements.subarray(i * stride, (i + 1) * stride),
          rates.subarray(i * size, (i + 1) * size),
        ),
      );
      estimator.found ||= broken.some((each, i) => each === 0 && values[i] > Number.NEGATIVE_INFINITY);
      return values.map((value, i) => {
        if (broken[i] === 0) return value;
        return estimator.found ? Number.NEGATIVE_INFINITY : FAR - broken[i];
      });
    },
  };
  return estimator;
}

/** Below every value of an objective (energy is minus joules). */
const FAR = -1e9;
