/**
 * The delta calculator: for a required speed-up the point of least power that reaches it; where none does, the fastest.
 * Ties: the higher SpeedUp, the lower point. Twin of assembly/control/delta.ts.
 */
import type { ControlIndex } from '../../core/control.ts';

/** By binary search over the Pareto points. */
export function findInIndex({ speedUp, point }: ControlIndex, sigma: number): number {
  let low = 0;
  let high = speedUp.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (speedUp[middle] >= sigma) high = middle;
    else low = middle + 1;
  }
  return point[Math.min(low, speedUp.length - 1)];
}

/** By looking at every point. */
export function findByScan(speedUp: Float32Array, powerUp: Float32Array, sigma: number): number {
  let best = -1;
  for (let k = 0; k < speedUp.length; k++) {
    if (speedUp[k] < sigma) continue;
    if (best < 0 || powerUp[k] < powerUp[best]) best = k;
    else if (powerUp[k] === powerUp[best] && speedUp[k] > speedUp[best]) best = k;
  }
  if (best >= 0) return best;
  best = 0;
  for (let k = 1; k < speedUp.length; k++) {
    if (speedUp[k] > speedUp[best] || (speedUp[k] === speedUp[best] && powerUp[k] < powerUp[best])) best = k;
  }
  return best;
}
