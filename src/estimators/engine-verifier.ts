/** Placements judged by the engine: queues, noise and contention in virtual time. */
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { simulateThroughput } from '../engine/throughput.ts';
import { DEFAULT_EFFECTS, DEFAULT_FRAMES, DEFAULT_IN_FLIGHT, engineEffects } from './dataset/labels.ts';
import type { Verifier } from './estimator.ts';
import { objectiveOfRates } from './rates.ts';

/** @param most placements that it judges, 1 to 8 */
export function engineVerifier(problem: PlacementProblem, most: number, seed = 1): Verifier {
  const effects = engineEffects(DEFAULT_EFFECTS);
  const size = problem.models.length * PLACEMENT_STRIDE;
  const objective = objectiveOfRates(problem);
  return {
    id: 'engine',
    most,
    score(placements) {
      const rates: number[] = [];
      for (let at = 0; at < placements.length; at += size) {
        const found = simulateThroughput(problem, placements.subarray(at, at + size), {
          frames: DEFAULT_FRAMES,
          inFlight: DEFAULT_IN_FLIGHT,
          seed,
          ...effects,
        });
        rates.push(...found.rates);
      }
      return objective(Float64Array.from(rates), placements);
    },
  };
}
