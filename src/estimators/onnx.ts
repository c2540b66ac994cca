/**
 * An ONNX network as estimator. One input, told apart by its rank; one output, the value of each placement.
 *
 *   [N, M, R]      seconds of resource r that a frame of model m demands
 *   [N, D, L, M]   the embedding: cost of block l of model m where it runs on processor d
 *   -> [N], [N, 1]
 *
 * A fixed N below the number of placements means several runs; other fixed sizes above the problem's are padded with 0.
 */
import { type OnnxSession, type OnnxValueInfo, openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementProblem } from '../core/placement.ts';
import { embedder, medianSeconds } from './embedding.ts';
import type { Estimator, EstimatorBatch } from './estimator.ts';

export interface OnnxEstimator extends Estimator {
  /** Free the network. */
  close(): Promise<void>;
}

export interface OnnxEstimatorOptions {
  /** Default `onnx`. */
  id?: string;
  /** t_ref of the embedding, as in training; default: the median of the problem's own seconds. */
  referenceSeconds?: number;
}

/** Placements run through the network at once where it leaves the number open. */
const OPEN_BATCH = 64;

/**
 * Open a network for the placements of `problem`.
 *
 * @throws HeterodyneError `NOT_READABLE` (no runtime), `BAD_INPUT` (no model, or inputs and outputs of other shapes)
 */
export async function onnxEstimator(
  model: Uint8Array,
  problem: PlacementProblem,
  options: OnnxEstimatorOptions = {},
): Promise<OnnxEstimator> {
  const session = await openSession(model);
  try {
    return estimatorOver(session, problem, options);
  } catch (error) {
    await session.close();
    throw error;
  }
}

function estimatorOver(session: OnnxSession, problem: PlacementProblem, options: OnnxEstimatorOptions): OnnxEstimator {
  const [input] = session.inputs;
  const [output] = session.outputs;
  if (session.inputs.length !== 1 || session.outputs.length !== 1 || input.type !== 'float32') {
    throw unfit(
      'one float32 input and one output',
      `${session.inputs.length} inputs, ${session.outputs.length} outputs`,
    );
  }
  const M = problem.models.length;
  const R = problem.resources;
  let dims: number[];
  let features: (batch: EstimatorBatch) => Float32Array;
  if (input.shape.length === 3) {
    dims = sizes(input, [M, R]);
    features = ({ count, demands }) => padded(demands, count, [M, R], dims);
  } else if (input.shape.length === 4) {
    const deepest = Math.max(...problem.models.map((each) => each.blocks));
    dims = sizes(input, [problem.processors, deepest, M]);
    const [processors, blocks, models] = dims;
    const reference = options.referenceSeconds ?? medianSeconds(problem);
    const embed = embedder(problem, { processors, blocks, models }, reference);
    features = ({ placements }) => embed(placements);
  } else throw unfit('[N, models, resources] or [N, processors, blocks, models]', `[${input.shape.join(', ')}]`);

  const width = dims.reduce((product, size) => product * size, 1);
  const [open] = input.shape;
  const rows = typeof open === 'number' ? open : OPEN_BATCH;
  return {
    id: options.id ?? 'onnx',
    async score(batch) {
      const all = features(batch);
      const values = new Float64Array(batch.count);
      for (let start = 0; start < batch.count; start += rows) {
        const taken = Math.min(rows, batch.count - start);
        // A network of fixed batch gets its rows filled with zeros.
        const data = new Float32Array((typeof open === 'number' ? rows : taken) * width);
        data.set(all.subarray(start * width, (start + taken) * width));
        const answer = await session.run({
          [input.name]: { type: 'float32', data, dims: [data.length / width, ...dims] },
        });
        const { data: scores, dims: found } = answer[output.name];
        if (scores.length !== data.length / width) {
          throw unfit('one value per placement: [N] or [N, 1]', `[${found.join(', ')}]`);
        }
        for (let i = 0; i < taken; i++) values[start + i] = Number(scores[i]);
      }
      return values;
    },
    close: () => session.close(),
  };
}

/** Sizes after the batch: those that the network fixes, else the problem's. */
function sizes(input: OnnxValueInfo, least: readonly number[]): number[] {
  return least.map((needed, i) => {
    const size = input.shape[i + 1];
    if (typeof size !== 'number') return needed;
    if (size >= needed) return size;
    throw unfit(`at least ${needed} in dimension ${i + 1} of "${input.name}"`, String(size));
  });
}

/** Rows of [M][R] doubles into the corner of larger float32 ones. */
function padded(values: Float64Array, count: number, [M, R]: number[], [models, resources]: number[]): Float32Array {
  const result = new Float32Array(count * models * resources);
  for (let i = 0; i < count; i++) {
    for (let m = 0; m < M; m++) {
      const from = (i * M + m) * R;
      result.set(values.subarray(from, from + R), (i * models + m) * resources);
    }
  }
  return result;
}

function unfit(expected: string, received: string): HeterodyneError {
  return new HeterodyneError(
    'BAD_INPUT',
    `the network cannot estimate this problem: expected ${expected}, found ${received}`,
    {
      path: 'estimator',
      expected,
      received,
      hint: 'train or export it for as many models, processors and blocks as the workload and platform have, or more',
    },
  );
}
