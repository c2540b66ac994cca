/** Measured costs of calls and tensors between processes, as the throughput model takes them: no kernel knows of them. */
import type { PlacementProblem } from '../core/placement.ts';
import { handoverOf } from '../profiles/handover.ts';
import type { Profile, ProfileModel } from '../profiles/schema.ts';
import { cutSeconds } from '../profiles/whole-models.ts';
import type { ProblemNames } from './memory-bound.ts';

/**
 * Every stage but the first follows a transfer, so its call is charged there, with the bytes that leave the one processor
 * and reach the other; the first stage always holds block 0, whose cost bears its call. What a cut costs beside that is half
 * the one processor's, half the other's.
 *
 * @param problem is changed; a profile without measured handover leaves it as it is
 * @param models those of the problem
 * @returns [P] seconds that block 0 bears
 */
export function chargeHandover(
  problem: PlacementProblem,
  names: ProblemNames,
  profile: Profile,
  models: readonly ProfileModel[],
): Float64Array {
  const P = problem.processors;
  const costs = names.processors.map((id) => handoverOf(profile, id));
  const callSeconds = Float64Array.from(costs, (each) => each.callSeconds);
  if (profile.handover === undefined) return callSeconds;
  for (const { seconds, blocks } of problem.models) {
    for (let p = 0; p < P; p++) seconds[p * blocks]! += callSeconds[p]!;
  }
  const cuts = names.processors.map((id) => cutSeconds(models, id));
  for (const [p, from] of costs.entries()) {
    for (const [q, to] of costs.entries()) {
      if (p === q) continue;
      problem.transferSeconds[p * P + q] = to.callSeconds + (cuts[p]! + cuts[q]!) / 2;
      problem.transferSecondsPerByte[p * P + q] = from.outOfSecondsPerByte + to.intoSecondsPerByte;
    }
  }
  return callSeconds;
}
