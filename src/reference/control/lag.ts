/** LAG and required speed-up at block boundaries; twin of assembly/control/lag.ts. */
import type { ControlInput, PreparedControl } from '../../core/control.ts';

/**
 * LAG in clock form, `sum of the sub-deadlines of the blocks done - time since release`: it charges waiting and contention
 * by itself. Positive = ahead.
 */
export function lagOf({ models }: PreparedControl, { elapsed, position }: ControlInput, m: number): number {
  const { deadlinePrefix, slack } = models[m];
  return deadlinePrefix[position[m]] + slack - elapsed[m];
}

/**
 * Speed-up over the reference that the next H blocks need: `sigma = factor * sum e / (sum d + LAG - margin)`, relative to
 * reference times and therefore comparable with SpeedUp (the pace ratio `sum d / ...` is not). Infinity = hopeless.
 */
export function requiredSpeedUp(prepared: PreparedControl, input: ControlInput, m: number, lag: number): number {
  const { referencePrefix, deadlinePrefix } = prepared.models[m];
  const first = input.position[m];
  const end = Math.min(first + prepared.problem.horizon, referencePrefix.length - 1);
  const available = deadlinePrefix[end] - deadlinePrefix[first] + lag - input.margin[m];
  if (!(available > 0)) return Number.POSITIVE_INFINITY;
  return (input.factor[m] * (referencePrefix[end] - referencePrefix[first])) / available;
}
