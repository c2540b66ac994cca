/** From predicted rates to values of the objective, by the formulas of the throughput model. */
import { type Demand, demandOf } from '../core/demand.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { meanSoloRate, prepareProblem } from '../core/prepared.ts';
import { scoreRates } from '../reference/placement/objective.ts';

/** A function from [count][M] rates of joint placements to their [count] values. */
export function objectiveOfRates(
  problem: PlacementProblem,
): (rates: Float64Array, placements: Uint8Array) => Float64Array {
  const M = problem.models.length;
  // Only energy asks what a placement demands; preparing a problem takes as long as tens of predictions.
  const whole = problem.objective === 'energy' ? prepareProblem(problem) : undefined;
  const known = whole ?? { problem, meanSoloRate: meanSoloRate(problem) };
  const recordAt = (placements: Uint8Array, cell: number) =>
    placements.subarray(cell * PLACEMENT_STRIDE, (cell + 1) * PLACEMENT_STRIDE);
  return (rates, placements) => {
    const values = new Float64Array(rates.length / M);
    for (let i = 0; i < values.length; i++) {
      const demands = whole ? problem.models.map((_, m) => demandOf(whole, m, recordAt(placements, i * M + m))) : NONE;
      values[i] = scoreRates(known, demands, rates, i * M).value;
    }
    return values;
  };
}

const NONE: readonly Demand[] = [];
