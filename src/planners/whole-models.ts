/** Placements that leave every model in one piece. */
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';

/** Record of a model with n blocks, whole on processor p. */
export function wholeRecord(p: number, n: number): Uint8Array {
  const record = new Uint8Array(PLACEMENT_STRIDE);
  record.set([1, p, n]);
  return record;
}

/** Seconds of all blocks of model m on processor p; Infinity = p cannot run it. */
export function wholeSeconds({ models }: PlacementProblem, m: number, p: number): number {
  const { blocks, seconds } = models[m];
  let sum = 0;
  for (let b = 0; b < blocks; b++) sum += seconds[p * blocks + b];
  return sum;
}

/** For each processor, in order: all models on it. */
export function allOnOne(problem: PlacementProblem): Uint8Array[] {
  return Array.from({ length: problem.processors }, (_, p) =>
    joinPlacement(problem.models.map((model) => wholeRecord(p, model.blocks))),
  );
}

/** One joint placement from a record per model. */
export function joinPlacement(records: readonly Uint8Array[]): Uint8Array {
  const placement = new Uint8Array(records.length * PLACEMENT_STRIDE);
  for (const [m, record] of records.entries()) placement.set(record, m * PLACEMENT_STRIDE);
  return placement;
}

/** The record of model m in a joint placement: a view. */
export function recordOf(placement: Uint8Array, m: number): Uint8Array {
  return placement.subarray(m * PLACEMENT_STRIDE, (m + 1) * PLACEMENT_STRIDE);
}
