/**
 * Ejection chains: a model leaves the most loaded device and pushes another one off its new place, and so on, until a
 * model finds room or the chain closes. Moves and swaps are chains of length one and two; longer ones lead out of the
 * local optima that repair ends in, and with one model per device they are the augmenting paths of a matching.
 */
import { deviceUses, frameSeconds, nanoseconds } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';
import { compareVectors, loadVector, repair } from './repair.ts';

/** Links that one search looks at, over all its branches. */
const MOST_LINKS = 4000;

/** Chains and repair in turn, until neither helps. */
export function chainRepair(problem: GroupProblem, start: Assignment): Assignment {
  let assignment = repair(problem, start);
  for (;;) {
    const better = bestChain(problem, assignment);
    if (!better) return assignment;
    assignment = repair(problem, better);
  }
}

/** The assignment after the best chain from the most loaded device; undefined = none makes it better. */
function bestChain(problem: GroupProblem, assignment: Assignment): Assignment | undefined {
  const { models, devices, seconds } = problem;
  const uses = deviceUses(problem, assignment);
  const times = uses.map((use, j) => nanoseconds(frameSeconds(problem, j, use)));
  const limit = Math.max(...times);
  const worst = times.indexOf(limit);
  const after = [...assignment];
  let bestVector = loadVector(problem, uses);
  let best: Assignment | undefined;
  let links = 0;
  const visited = new Set<number>();

  /** Whether device j, as `after` has it now, keeps its limits and stays below the longest time. */
  const holds = (j: number): boolean => {
    let count = 0;
    let load = 0;
    let longest = 0;
    let memoryBytes = 0;
    after.forEach((at, i) => {
      if (at !== j) return;
      count++;
      load += seconds[i]![j]!;
      longest = Math.max(longest, seconds[i]![j]!);
      memoryBytes += models[i]!.memoryBytes;
    });
    if (count > devices[j]!.cap || memoryBytes > devices[j]!.memoryBytes) return false;
    return nanoseconds(frameSeconds(problem, j, { count, load, longest, memoryBytes })) < limit;
  };
  const consider = () => {
    const vector = loadVector(problem, deviceUses(problem, after));
    if (compareVectors(vector, bestVector) >= 0) return;
    bestVector = vector;
    best = [...after];
  };
  /** Finds a place for a model that has left its device. A chain may close on the first device from its second link on. */
  const place = (model: number, first: boolean) => {
    for (let to = 0; to < devices.length && links < MOST_LINKS; to++) {
      if (visited.has(to) || (first && to === worst) || seconds[model]![to] === Number.POSITIVE_INFINITY) continue;
      links++;
      after[model] = to;
      if (holds(to)) consider();
      if (to !== worst) {
        visited.add(to);
        for (let other = 0; other < models.length; other++) {
          if (after[other] !== to || other === model) continue;
          after[other] = -1;
          if (holds(to)) place(other, false);
          after[other] = to;
        }
        visited.delete(to);
      }
      after[model] = -1;
    }
  };

  for (const [model, at] of assignment.entries()) {
    if (at !== worst) continue;
    place(model, true);
    after[model] = worst;
  }
  return best;
}
