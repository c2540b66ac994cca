/** Features of given placements, for estimators: the same rows that a search hands out with its leaves. */
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { placementCount, prepareProblem } from '../core/prepared.ts';
import { demandOf } from '../reference/placement/demand.ts';

/**
 * A function from joint placements [count][M] records to [count][M][R] seconds of each resource per frame. Prepares
 * the problem once. Placements must be executable.
 */
export function demandReader(problem: PlacementProblem): (placements: Uint8Array) => Float64Array {
  const prepared = prepareProblem(problem);
  const M = problem.models.length;
  const R = problem.resources;
  return (placements) => {
    const count = placementCount(placements, M);
    const demands = new Float64Array(count * M * R);
    for (let row = 0; row < count * M; row++) {
      const record = placements.subarray(row * PLACEMENT_STRIDE, (row + 1) * PLACEMENT_STRIDE);
      demands.set(demandOf(prepared, row % M, record).row, row * R);
    }
    return demands;
  };
}
