/**
 * Placements as images for a network: X[d][l][m] = E[d][l][m] where block l of the model in column m runs on processor d,
 * else 0. E are the profiled seconds t behind ln(1 + t / t_ref), so that fast and slow blocks both leave a trace.
 */
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { cellOf, columnOrder, type ImageSize, meanWork } from './training/cnn.ts';

/** Median of the finite seconds above 0: the reference of a table that comes without one. */
export function medianSeconds(problem: PlacementProblem): number {
  const all = problem.models
    .flatMap((model) => Array.from(model.seconds))
    .filter((seconds) => seconds > 0 && seconds < Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
  return all.length === 0 ? 1 : all[Math.floor((all.length - 1) / 2)];
}

/** Columns of the image by model: `given` as in the workload, `descending-work` as networks of ours learn it. */
export type ColumnOrder = 'given' | 'descending-work';

/** Column of every model. */
export function columnsOf(problem: PlacementProblem, order: ColumnOrder): number[] {
  const models = problem.models.map((_, m) => m);
  if (order === 'given') return models;
  const work = problem.models.map(({ seconds, blocks }) => meanWork(seconds, problem.processors, blocks));
  const columns: number[] = [];
  for (const [column, m] of columnOrder(work).entries()) columns[m] = column;
  return columns;
}

/**
 * A function from joint placements [count][M] records to images [count][processors][blocks][models], in fresh memory or at
 * the beginning of `room`.
 */
export function embedder(
  problem: PlacementProblem,
  size: ImageSize,
  referenceSeconds: number,
  columns: readonly number[] = columnsOf(problem, 'given'),
): (placements: Uint8Array, room?: Float32Array) => Float32Array {
  const M = problem.models.length;
  const cells = problem.models.map((model) =>
    Float32Array.from(model.seconds, (seconds) => cellOf(seconds, referenceSeconds)),
  );
  const image = size.processors * size.blocks * size.models;
  return (placements, room) => {
    const count = placements.length / (M * PLACEMENT_STRIDE);
    const images = room ?? new Float32Array(count * image);
    if (room) room.fill(0, 0, count * image);
    for (let i = 0; i < count; i++) {
      for (let m = 0; m < M; m++) {
        const at = (i * M + m) * PLACEMENT_STRIDE;
        const { blocks } = problem.models[m];
        let block = 0;
        for (let s = 0; s < placements[at]; s++) {
          const processor = placements[at + 1 + 2 * s];
          for (; block < placements[at + 2 + 2 * s]; block++) {
            images[i * image + (processor * size.blocks + block) * size.models + columns[m]] =
              cells[m][processor * blocks + block];
          }
        }
      }
    }
    return images;
  };
}
