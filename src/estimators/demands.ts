/**
 * Placements in seconds: what the stages of a model cost, and what one frame demands of every resource. Features of
 * given placements equal those that a search hands out, to the bit.
 */
import { demandOf } from '../core/demand.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { type PreparedProblem, placementCount, prepareProblem } from '../core/prepared.ts';

/** A run of blocks on one processor; one call of the model. */
export interface StageCost {
  processor: number;
  /** Blocks first .. end - 1. */
  first: number;
  end: number;
  seconds: number;
  /** Of the transfer into the stage; 0 for the first. */
  transferSeconds: number;
  /** Resource that carries the transfer, or -1: what the processor uses. */
  transferResource: number;
}

/** Stages of model m placed as in `record`. */
export function stageCosts(prepared: PreparedProblem, m: number, record: Uint8Array): StageCost[] {
  const { problem } = prepared;
  const { outputBytes } = problem.models[m];
  const { secondsPrefix, blocks } = prepared.models[m];
  const stages: StageCost[] = [];
  let first = 0;
  for (let s = 0; s < record[0]; s++) {
    const processor = record[1 + 2 * s];
    const end = record[2 + 2 * s];
    const row = processor * (blocks + 1);
    const hop = s > 0 ? record[2 * s - 1] * problem.processors + processor : -1;
    stages.push({
      processor,
      first,
      end,
      seconds: secondsPrefix[row + end] - secondsPrefix[row + first],
      transferSeconds:
        hop < 0 ? 0 : problem.transferSeconds[hop] + outputBytes[first - 1] * problem.transferSecondsPerByte[hop],
      transferResource: hop < 0 ? -1 : problem.transferResource[hop],
    });
    first = end;
  }
  return stages;
}

/** [R] seconds of each resource that one frame of model m demands. */
export function demandRow(prepared: PreparedProblem, m: number, record: Uint8Array): Float64Array {
  return demandOf(prepared, m, record).row;
}

/**
 * A function from joint placements [count][M] records to [count][M][R] seconds of each resource per frame. Prepares
 * the problem once, unless that is given. Placements must be executable.
 */
export function demandReader(
  problem: PlacementProblem,
  prepared = prepareProblem(problem),
): (placements: Uint8Array) => Float64Array {
  const M = problem.models.length;
  const R = problem.resources;
  return (placements) => {
    const count = placementCount(placements, M);
    const demands = new Float64Array(count * M * R);
    for (let row = 0; row < count * M; row++) {
      const record = placements.subarray(row * PLACEMENT_STRIDE, (row + 1) * PLACEMENT_STRIDE);
      demands.set(demandRow(prepared, row % M, record), row * R);
    }
    return demands;
  };
}
