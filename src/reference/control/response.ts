/**
 * The X calculator: how each model answers a row's operating point. Twin of assembly/control/response.ts.
 *
 * Left to ask of approximation: `r = sigma / SpeedUp(point)`. r <= 1: the original. Otherwise the variant of least loss
 * with SpeedUp >= r (ties: the first); where none is, the fastest, and the model counts as infeasible in that row.
 */
import type { ControlModel } from '../../core/control.ts';

export const INFEASIBLE = 0x100;

/** Variant, plus {@link INFEASIBLE} where it does not suffice. */
export function respond({ variantSpeedUp, variantLoss }: ControlModel, residual: number): number {
  if (residual <= 1) return 0;
  let best = -1;
  let fastest = 0;
  for (let v = 0; v < variantSpeedUp.length; v++) {
    if (variantSpeedUp[v] > variantSpeedUp[fastest]) fastest = v;
    if (variantSpeedUp[v] >= residual && (best < 0 || variantLoss[v] < variantLoss[best])) best = v;
  }
  return best >= 0 ? best : fastest | INFEASIBLE;
}
