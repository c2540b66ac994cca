/**
 * Iterated local search: a good assignment is shaken, two or three models at random, and improved again; the better one
 * stays. It leads on where repair and chains end, mostly in large groups of alike devices. Seeded, so repeatable.
 */
import { Random } from '../../../bindings/core.ts';
import { Pace } from '../../core/pace.ts';
import { chainRepair } from './chains.ts';
import { groupSeconds, isFeasible, isShorter } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** Most shakes, some milliseconds for twenty models; fewer of a large problem, whose shakes take longer. */
const MOST_KICKS = 32;
const FEWEST_KICKS = 4;
/** Shakes times pairs of model and device. */
const PAIRS = 20_000;
const SEED = 1;

/** @param signal ends it with the best so far */
export async function kicked(problem: GroupProblem, start: Assignment, signal?: AbortSignal): Promise<Assignment> {
  const random = new Random(SEED);
  const pace = new Pace();
  const pairs = problem.models.length * problem.devices.length;
  const kicks = Math.max(FEWEST_KICKS, Math.min(MOST_KICKS, Math.floor(PAIRS / pairs)));
  let best = start;
  for (let kick = 0; kick < kicks && !signal?.aborted; kick++) {
    if (pace.due) await pace.handOver();
    const shaken = shake(problem, best, 2 + random.below(2), random);
    if (!isFeasible(problem, shaken)) continue;
    const better = chainRepair(problem, shaken);
    if (isShorter(groupSeconds(problem, better), groupSeconds(problem, best))) best = better;
  }
  return best;
}

/** Exchanges the devices of random pairs of models, or moves one to a random device. */
function shake({ models, devices }: GroupProblem, start: Assignment, changes: number, random: Random): Assignment {
  const shaken = [...start];
  for (let change = 0; change < changes; change++) {
    const model = random.below(models.length);
    const other = random.below(models.length);
    if (random.below(2) === 0) [shaken[model], shaken[other]] = [shaken[other]!, shaken[model]!];
    else shaken[model] = random.below(devices.length);
  }
  return shaken;
}
