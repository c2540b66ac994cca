/** From predicted rates to values of the objective, by the formulas of the throughput model. */
import { demandOf } from '../core/demand.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { prepareProblem } from '../core/prepared.ts';
import { scoreRates } from '../reference/placement/objective.ts';

/** A function from [count][M] rates of joint placements to their [count] values. Prepares the problem once. */
export function objectiveOfRates(
  problem: PlacementProblem,
): (rates: Float64Array, placements: Uint8Array) => Float64Array {
  const prepared = prepareProblem(problem);
  const M = problem.models.length;
  return (rates, placements) => {
    const count = rates.length / M;
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      // Only energy asks what a placement demands.
      const demands =
        problem.objective === 'energy'
          ? problem.models.map((_, m) => {
              const at = (i * M + m) * PLACEMENT_STRIDE;
              return demandOf(prepared, m, placements.subarray(at, at + PLACEMENT_STRIDE));
            })
          : [];
      values[i] = scoreRates(prepared, demands, rates.subarray(i * M, (i + 1) * M)).value;
    }
    return values;
  };
}
