/**
 * From a placement problem to the tables that both implementations of the kernels read. Made once a problem, in
 * TypeScript, so that the kernels start from the same bits. Beside it: the checks, the tables of one model, its best
 * options by prior, and the completion counts of `layer` granularity.
 */
import { HeterodyneError } from './errors.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from './placement.ts';
import { type PreparedModel, prepareModel } from './prepared-model.ts';
import { checkLimits, checkNumbers } from './problem-checks.ts';
import { identicalProcessors } from './symmetry.ts';

export interface PreparedProblem {
  readonly problem: PlacementProblem;
  readonly models: readonly PreparedModel[];
  /** R rounded up to even: the stride of a row of resource demands. */
  readonly rowStride: number;
  /** Memory or residency limits can bind at all. */
  readonly constrained: boolean;
  /** Mean of the models' solo rates: scales the tie term of `min`. */
  readonly meanSoloRate: number;
  /** Model indices by descending work: the order of decisions. */
  readonly order: Uint8Array;
  /** [P] the lowest processor that each is identical to; undefined where all differ. */
  readonly identical: Uint8Array | undefined;
}

/** Mean over models of their best solo rates: the scale of a tie under `min`. */
export function meanSoloRate({ models }: PlacementProblem): number {
  return models.reduce((sum, model) => sum + model.soloRate, 0) / models.length;
}

/** Binary limits and sanity of a problem, then its tables. Throws LIMIT, BAD_INPUT, INFEASIBLE, UNBOUNDED_MODEL. */
export function prepareProblem(problem: PlacementProblem): PreparedProblem {
  checkLimits(problem);
  checkNumbers(problem);
  const models = problem.models.map((model, m) => prepareModel(model, m, problem));
  const order = Uint8Array.from(models.keys()).sort((a, b) => models[b].work - models[a].work || a - b);
  return {
    problem,
    models,
    rowStride: problem.resources + (problem.resources & 1),
    constrained: canBind(problem),
    meanSoloRate: meanSoloRate(problem),
    order,
    identical: identicalProcessors(problem),
  };
}

/** Whether any memory or residency limit can be exceeded by some placement. */
function canBind(problem: PlacementProblem): boolean {
  const M = problem.models.length;
  for (let p = 0; p < problem.processors; p++) if (problem.maxModels[p] < M) return true;
  for (let q = 0; q < problem.poolBytes.length; q++) {
    const sharers = bitCount(problem.poolProcessors[q]);
    let most = 0;
    for (const model of problem.models) {
      for (const bytes of model.weightBytes) most += bytes;
      most += model.activationBytes * Math.min(sharers, problem.maxStages);
    }
    if (most > problem.poolBytes[q]) return true;
  }
  return false;
}

export function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

/** Joint placements in a buffer of records. */
export function placementCount(placements: Uint8Array, models: number): number {
  const size = models * PLACEMENT_STRIDE;
  if (placements.length % size !== 0) {
    throw new HeterodyneError('USAGE', `placements take ${size} bytes each, but ${placements.length} bytes were given`);
  }
  return placements.length / size;
}
