/** What a joint placement keeps resident, and by how much it exceeds limits: the same sums as in the core, by name. */
import type { PlacementKernel, PlacementProblem } from '../core/placement.ts';
import { recordOf } from './whole-models.ts';

export interface Occupancy {
  /** [P] bytes of weights and working memory. */
  processorBytes: Float64Array;
  /** [P] models with a stage there. */
  processorModels: Uint32Array;
  /** [Q] bytes of all processors that share the pool. */
  poolBytes: Float64Array;
}

/** Weights stay where their block runs; working memory is charged once for every stage. */
export function occupancyOf(problem: PlacementProblem, placement: Uint8Array): Occupancy {
  const P = problem.processors;
  const processorBytes = new Float64Array(P);
  const processorModels = new Uint32Array(P);
  for (const [m, model] of problem.models.entries()) {
    const record = recordOf(placement, m);
    let first = 0;
    for (let s = 0; s < record[0]; s++) {
      const p = record[1 + 2 * s];
      const end = record[2 + 2 * s];
      for (let b = first; b < end; b++) processorBytes[p] += model.weightBytes[b];
      processorBytes[p] += model.activationBytes;
      processorModels[p]++;
      first = end;
    }
  }
  const poolBytes = Float64Array.from(problem.poolProcessors, (members) => {
    let bytes = 0;
    for (let p = 0; p < P; p++) if (members & (1 << p)) bytes += processorBytes[p];
    return bytes;
  });
  return { processorBytes, processorModels, poolBytes };
}

/** Every limit that a placement breaks, in words. */
export function brokenLimits(
  kernel: PlacementKernel,
  placement: Uint8Array,
  names: { processors: readonly string[]; pools: readonly string[] } = namesByNumber(kernel.problem),
): string[] {
  const { problem } = kernel;
  const { processorModels, poolBytes } = occupancyOf(problem, placement);
  const broken: string[] = [];
  for (const [q, bytes] of poolBytes.entries()) {
    const over = bytes - problem.poolBytes[q];
    if (over > 0)
      broken.push(
        `${megabytes(bytes)} in ${names.pools[q]}, which has ${megabytes(problem.poolBytes[q])}: ${megabytes(over)} too much`,
      );
  }
  for (const [p, models] of processorModels.entries()) {
    if (models > problem.maxModels[p])
      broken.push(`${models} models on ${names.processors[p]}, which holds ${problem.maxModels[p]}`);
  }
  if (problem.objective === 'energy') {
    const { rates } = kernel.evaluate(placement);
    for (const [m, model] of problem.models.entries()) {
      if (rates[m] < model.rateFloor * (1 - 1e-9))
        broken.push(`${model.name} reaches ${rates[m].toPrecision(3)}/s of the ${model.rateFloor}/s demanded`);
    }
  }
  return broken;
}

function namesByNumber(problem: PlacementProblem) {
  return {
    processors: Array.from({ length: problem.processors }, (_, p) => `processor ${p}`),
    pools: Array.from(problem.poolBytes, (_, q) => `memory ${q}`),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
