/**
 * The X calculator: how each model answers a row's operating point. Twin of assembly/control/response.ts.
 *
 * Left to ask of approximation: `r = sigma / SpeedUp(point)`. r <= 1: the original. Otherwise the variant of least loss
 * with SpeedUp >= r (ties: the faster, then the first); where none is, the fastest, and the model counts as infeasible in
 * that row. Variants that can be an answer are ascending in both, so it is the first that is fast enough.
 */
import type { ControlModel } from '../../core/control.ts';

export const INFEASIBLE = 0x100;

/** Variant, plus {@link INFEASIBLE} where it does not suffice. */
export function respond({ variantSpeedUp }: ControlModel, answers: Uint32Array, residual: number): number {
  for (const variant of answers) if (variantSpeedUp[variant] >= residual) return variant;
  return answers[answers.length - 1] | INFEASIBLE;
}
