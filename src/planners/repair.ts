/** A way into the feasible region when memory is scarce: change one model at a time while the excess does not grow. */

import { Random } from '../../bindings/core.ts';
import type { PlacementKernel } from '../core/placement.ts';
import { recordOf } from './whole-models.ts';

/** Changes tried before the walk starts anew elsewhere. */
const STEPS_PER_START = 200;

/**
 * A placement within all limits, or the one nearest to them that was met.
 *
 * @param tries placements looked at, at most
 */
export function repair(
  kernel: PlacementKernel,
  seed: number,
  tries: number,
): { placement: Uint8Array; excess: number } {
  const choices = new Random(~seed);
  kernel.seed(seed);
  const models = kernel.problem.models.length;
  const start = () => {
    const placement = kernel.sample('stratified', 1);
    return { placement, excess: kernel.evaluate(placement).excess[0] };
  };
  let current = start();
  let best = current;
  for (let i = 1; i < tries && best.excess > 0; i++) {
    if (i % STEPS_PER_START === 0) current = start();
    else {
      const placement = current.placement.slice();
      const m = choices.below(models);
      recordOf(placement, m).set(kernel.sampleModel('stratified', m));
      const excess = kernel.evaluate(placement).excess[0];
      if (excess <= current.excess) current = { placement, excess };
    }
    if (current.excess < best.excess) best = current;
  }
  return best;
}
