/**
 * MFS, model first: the model with the lowest ceiling chooses first. Reconstructed from the public HAMS slides, which
 * name the routines (ModelAllocations, QueryWorstCaseModel, QueryModel) and not their formulas.
 */
import { firstBest, type GreedyResult, GreedyState } from './greedy-state.ts';
import { nanoseconds } from './loads.ts';
import type { GroupProblem } from './problem.ts';

/** `static`: ceilings of the empty devices. `dynamic`: of the devices as loaded so far (max-min). */
export type MfsRule = 'static' | 'dynamic';

/** ModelAllocations: until all are placed, the worst-case model takes its best device. O(m^2 n). */
export function modelAllocations(problem: GroupProblem, rule: MfsRule = 'static'): GreedyResult {
  const state = new GreedyState(problem);
  for (;;) {
    const model = queryWorstCaseModel(state, rule);
    if (model === undefined) return state.result();
    const device = queryModel(state, model);
    if (device === undefined) return state.result();
    state.assign(model, device);
  }
}

/**
 * QueryWorstCaseModel: of the models without a device the one whose best possible rate is lowest. Ties: the larger
 * regret, then the index. undefined = all are placed, or (dynamic) none can be.
 */
function queryWorstCaseModel(state: GreedyState, rule: MfsRule): number | undefined {
  const ceilings = state.unassigned.flatMap((model) => {
    const ceiling = rule === 'static' ? emptyCeiling(state.problem, model) : loadedCeiling(state, model);
    return ceiling ? [{ model, ...ceiling }] : [];
  });
  return firstBest(
    ceilings,
    (a, b) => nanoseconds(b.seconds) - nanoseconds(a.seconds) || difference(b.regret, a.regret) || a.model - b.model,
  )?.model;
}

/** QueryModel: the device on which the model ends earliest; undefined = none takes it. */
function queryModel(state: GreedyState, model: number): number | undefined {
  return state.bestBid(model)?.device;
}

interface Ceiling {
  /** Of one frame on the best device. */
  seconds: number;
  regret: number;
}

function emptyCeiling({ seconds }: GroupProblem, model: number): Ceiling | undefined {
  const [best = Number.POSITIVE_INFINITY, second = Number.POSITIVE_INFINITY] = [...seconds[model]!].sort(
    (a, b) => a - b,
  );
  return best === Number.POSITIVE_INFINITY ? undefined : { seconds: best, regret: second - best };
}

function loadedCeiling(state: GreedyState, model: number): Ceiling | undefined {
  const bid = state.bestBid(model);
  return bid && { seconds: bid.cost, regret: bid.regret };
}

/** In nanoseconds, where two infinite values are equal. */
function difference(a: number, b: number): number {
  return a === b ? 0 : nanoseconds(a) - nanoseconds(b);
}
