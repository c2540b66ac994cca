/** Placements judged by running them: all models at the same time on the processors of this host, by the clock. */
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementProblem } from '../core/placement.ts';
import type { ExecutePlacement } from '../execution/throughput.ts';
import { placedModels } from './dataset/labels.ts';
import type { Verifier } from './estimator.ts';
import { objectiveOfRates } from './rates.ts';

export interface ExecutionVerifierOptions {
  /** Placements that it judges, 1 to 8. */
  most: number;
  /** How long each of them runs, s. */
  seconds: number;
  /** Processor ids, in the problem's order. */
  processors: readonly string[];
  /** Runs `work` with the models of the problem, in its order, ready for execution. */
  execution: <T>(work: (execute: ExecutePlacement) => Promise<T>) => Promise<T>;
  onProgress?: (share: number) => void;
}

/** Placements take turns, so that what else the machine does meets all of them alike. */
const ROUNDS = 2;

/**
 * Rates are those of closed loops, at most the rate limit of each model: what a placement can carry.
 *
 * @throws (its `score`) HeterodyneError `INFEASIBLE` when no placement ended enough frames in its time
 */
export function executionVerifier(problem: PlacementProblem, options: ExecutionVerifierOptions): Verifier {
  const { most, seconds, processors, execution, onProgress } = options;
  const { models } = problem;
  const M = models.length;
  const objective = objectiveOfRates(problem);
  return {
    id: 'execution',
    most,
    score: (placements) =>
      execution(async (execute) => {
        const placed = placedModels(placements, processors, M);
        const count = placed.length;
        /** Rates of every round, [round][count][M]. */
        const rounds = Array.from({ length: ROUNDS }, () => new Float64Array(count * M));
        for (const [round, rates] of rounds.entries()) {
          for (const [i, each] of placed.entries()) {
            const found = await execute(each, { seconds: seconds / ROUNDS });
            for (const [m, { callsPerFrame, rateLimit }] of models.entries()) {
              rates[i * M + m] = Math.min(rateLimit, found[m] / callsPerFrame);
            }
            onProgress?.((round * count + i + 1) / (ROUNDS * count));
          }
        }
        const mean = rounds[0].map((_, cell) => rounds.reduce((sum, rates) => sum + rates[cell], 0) / ROUNDS);
        const values = objective(mean, placements);
        // A model that ended too few frames has no rate: nothing can be said for its placement.
        for (let i = 0; i < count; i++) {
          if (rounds.some((rates) => rates.subarray(i * M, (i + 1) * M).includes(0)))
            values[i] = Number.NEGATIVE_INFINITY;
        }
        if (values.some((value) => value > Number.NEGATIVE_INFINITY)) return values;
        throw new HeterodyneError('INFEASIBLE', `none of ${count} placements ended enough frames in ${seconds} s`, {
          path: 'verify',
          expected: 'a few frames of every model',
          received: 'fewer, even in 20 times the time',
          hint: 'let each run longer, or verify by the engine',
        });
      }),
  };
}
