/**
 * Placements as images for a network: X[d][l][m] = E[d][l][m] where block l of model m runs on processor d, else 0.
 * E are the profiled seconds t behind ln(1 + t / t_ref), so that fast and slow blocks both leave a trace.
 */
import { log } from '../../bindings/core.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';

/** Sizes of one image: processors, blocks, models. Larger than the problem = padded with zeros. */
export interface EmbeddingSize {
  processors: number;
  blocks: number;
  models: number;
}

/** Median of the finite seconds above 0: the reference of a table that comes without one. */
export function medianSeconds(problem: PlacementProblem): number {
  const all = problem.models
    .flatMap((model) => Array.from(model.seconds))
    .filter((seconds) => seconds > 0 && seconds < Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
  return all.length === 0 ? 1 : all[Math.floor((all.length - 1) / 2)];
}

/** A function from joint placements [count][M] records to images [count][processors][blocks][models]. */
export function embedder(
  problem: PlacementProblem,
  size: EmbeddingSize,
  referenceSeconds: number,
): (placements: Uint8Array) => Float32Array {
  const M = problem.models.length;
  const cells = problem.models.map((model) =>
    Float32Array.from(model.seconds, (seconds) => log(1 + seconds / referenceSeconds)),
  );
  const image = size.processors * size.blocks * size.models;
  return (placements) => {
    const count = placements.length / (M * PLACEMENT_STRIDE);
    const images = new Float32Array(count * image);
    for (let i = 0; i < count; i++) {
      for (let m = 0; m < M; m++) {
        const at = (i * M + m) * PLACEMENT_STRIDE;
        const { blocks } = problem.models[m];
        let block = 0;
        for (let s = 0; s < placements[at]; s++) {
          const processor = placements[at + 1 + 2 * s];
          for (; block < placements[at + 2 + 2 * s]; block++) {
            images[i * image + (processor * size.blocks + block) * size.models + m] =
              cells[m][processor * blocks + block];
          }
        }
      }
    }
    return images;
  };
}
