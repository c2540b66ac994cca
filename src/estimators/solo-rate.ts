/** What a model reaches when it has the device for itself. */
import { PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from '../core/placement.ts';
import { prepareProblem } from '../core/prepared.ts';
import { bestOptions } from '../core/ranked-options.ts';

/** Chains looked at when no processor runs a model whole: those with the least slowest stage. */
const CHAINS = 64;

/**
 * Best rate of model m alone on one processor, frames/s: 1 / max(seconds of the processor, seconds of its DRAM), over
 * the processors that run every block and can hold the model; 0 when there is none. The arrival rate does not limit it.
 */
export function soloRateOnOne(problem: PlacementProblem, model: PlacementModel): number {
  const n = model.blocks;
  const need = model.weightBytes.reduce((sum, x) => sum + x, 0) + model.activationBytes;
  const traffic = model.dramBytes.reduce((sum, x) => sum + x, 0);
  let best = 0;
  for (let p = 0; p < problem.processors; p++) {
    const seconds = model.seconds.subarray(p * n, (p + 1) * n).reduce((sum, x) => sum + x, 0);
    if (seconds === Number.POSITIVE_INFINITY || !fits(problem, p, need)) continue;
    const dram = problem.dramResource[p] < 0 ? 0 : traffic * problem.dramSecondsPerByte[p];
    best = Math.max(best, 1 / (Math.max(seconds, dram) * model.callsPerFrame));
  }
  return best;
}

function fits(problem: PlacementProblem, p: number, bytes: number): boolean {
  return problem.poolProcessors.every((pool, q) => (pool & (1 << p)) === 0 || bytes <= problem.poolBytes[q]);
}

/**
 * Best rate of each of `models` over chains of processors, ignoring all other models, frames/s.
 *
 * @throws HeterodyneError `INFEASIBLE` when no chain of `maxStages` processors can run a model
 */
export function soloRatesOnChains(problem: PlacementProblem, models: readonly number[]): Map<number, number> {
  const rates = new Map<number, number>();
  if (models.length === 0) return rates;
  // The preparation wants some solo rate; it does not depend on it.
  const known = problem.models.map((model) => ({ ...model, soloRate: model.soloRate > 0 ? model.soloRate : 1 }));
  const prepared = prepareProblem({ ...problem, models: known });
  for (const m of models) {
    const options = bestOptions(prepared, m, CHAINS);
    let best = 0;
    for (let i = 0; i < options.length; i += PLACEMENT_STRIDE) {
      best = Math.max(best, chainRate(problem, problem.models[m], options.subarray(i, i + PLACEMENT_STRIDE)));
    }
    rates.set(m, best);
  }
  return rates;
}

/** Frames/s of a model alone in the stages of `record`: the busiest resource limits it, or the sum of all stages. */
function chainRate(problem: PlacementProblem, model: PlacementModel, record: Uint8Array): number {
  const P = problem.processors;
  const row = new Float64Array(problem.resources);
  const occupy = (p: number, seconds: number): void => {
    for (let r = 0; r < row.length; r++) if (problem.processorUses[p] & (1 << r)) row[r] += seconds;
  };
  let total = 0;
  let first = 0;
  for (let s = 0; s < record[0]; s++) {
    const p = record[1 + 2 * s];
    const end = record[2 + 2 * s];
    if (s > 0) {
      const hop = record[2 * s - 1] * P + p;
      const transfer =
        problem.transferSeconds[hop] + model.outputBytes[first - 1] * problem.transferSecondsPerByte[hop];
      if (problem.transferResource[hop] < 0) occupy(p, transfer);
      else row[problem.transferResource[hop]] += transfer;
      total += transfer;
    }
    for (let b = first; b < end; b++) {
      const seconds = model.seconds[p * model.blocks + b];
      occupy(p, seconds);
      total += seconds;
      if (problem.dramResource[p] >= 0) {
        row[problem.dramResource[p]] += model.dramBytes[b] * problem.dramSecondsPerByte[p];
      }
    }
    first = end;
  }
  const busiest = row.reduce((most, seconds) => Math.max(most, seconds), 0);
  return 1 / (model.callsPerFrame * Math.max(busiest, problem.depthOne ? total : 0));
}
