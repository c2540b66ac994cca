/**
 * An ONNX network as estimator. Its inputs, float32, are one of three; sizes after the batch N may be open, or fixed and
 * at least the problem's (then padded with 0). The output is told apart by its name.
 *
 *   demands [N, M, R]                       seconds of resource r that a frame of model m needs (any name)
 *   demands [N, M, R], analytic [N, M]      the same, and the rates of the throughput model (these names)
 *   image   [N, D, L, M]                    the embedding: cost of block l of model m on the processor d that runs it (any name)
 *
 *   rates   [N, M]                          frames/s of every model: the objective is computed from them
 *   (other) [N] or [N, 1]                   the value of each placement, on any scale that grows with the objective
 *
 * A fixed N below the number of placements means several runs.
 */
import { defaultCore } from '../../bindings/core.ts';
import {
  type OnnxSession,
  type OnnxTensor,
  type OnnxValueInfo,
  openNativeSession,
  openSession,
} from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementKernel, PlacementProblem } from '../core/placement.ts';
import { readOnnxMetadata } from '../models/onnx/metadata.ts';
import { columnsOf, embedder, medianSeconds } from './embedding.ts';
import type { Estimator, EstimatorBatch } from './estimator.ts';
import { objectiveOfRates } from './rates.ts';
import { type EstimatorDocument, estimatorDocument, METADATA_KEY } from './training/schema.ts';

export interface OnnxEstimator extends Estimator {
  /** What the file says of itself, where Heterodyne made it. */
  readonly document?: EstimatorDocument;
  /** Free the network. */
  close(): Promise<void>;
}

export interface OnnxEstimatorOptions {
  /** Default `onnx`. */
  id?: string;
  /** t_ref of the embedding, as in training; default: what the file says, else the median of the problem's own seconds. */
  referenceSeconds?: number;
  /** Kernel of the same problem, for the rates of the throughput model; default: one of its own. */
  kernel?: PlacementKernel;
  /** `web` (default): onnxruntime-web, in Node, Deno and browsers. `native`: onnxruntime-node. */
  runtime?: 'web' | 'native';
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
  const network = await openEstimatorNetwork(model, options);
  try {
    const estimator = network.over(problem);
    const close = async () => {
      await estimator.close();
      await network.close();
    };
    return { ...estimator, close };
  } catch (error) {
    await network.close();
    throw error;
  }
}

/** A loaded network, for the placements of one problem after another. */
export interface EstimatorNetwork {
  readonly document?: EstimatorDocument;
  /** @throws HeterodyneError `BAD_INPUT` inputs or outputs that do not fit the problem */
  over(problem: PlacementProblem, kernel?: PlacementKernel): OnnxEstimator;
  close(): Promise<void>;
}

/** @throws HeterodyneError `NOT_READABLE` (no runtime), `BAD_INPUT` (no model) */
export async function openEstimatorNetwork(
  model: Uint8Array,
  options: OnnxEstimatorOptions = {},
): Promise<EstimatorNetwork> {
  const document = embeddedDocument(model);
  const session = options.runtime === 'native' ? await openNativeSession(model) : await openSession(model);
  return {
    ...(document && { document }),
    over: (problem, kernel) => estimatorOver(session, problem, document, kernel ? { ...options, kernel } : options),
    close: () => session.close(),
  };
}

/** The document that Heterodyne wrote into the file. */
export function embeddedDocument(model: Uint8Array): EstimatorDocument | undefined {
  const text = readOnnxMetadata(model, 'the estimator').get(METADATA_KEY);
  return text === undefined ? undefined : estimatorDocument.parse(text, METADATA_KEY).document;
}

/** Numbers of a batch for one input. */
interface Feed {
  name: string;
  /** Sizes after the batch, and their product. */
  dims: number[];
  width: number;
  values(batch: EstimatorBatch): Float32Array;
}

export function estimatorOver(
  session: OnnxSession,
  problem: PlacementProblem,
  document: EstimatorDocument | undefined,
  options: OnnxEstimatorOptions,
): OnnxEstimator {
  const [output] = session.outputs;
  if (session.outputs.length !== 1) throw unfit('one output', `${session.outputs.length}: ${listed(session.outputs)}`);
  const { feeds, columns, free } = feedsOf(session.inputs, problem, document, options);
  const M = problem.models.length;
  const predictsRates = output.name === 'rates';
  const [open] = session.inputs[0].shape;
  const rows = typeof open === 'number' ? open : OPEN_BATCH;

  /** All of the output, [count][width]. */
  const run = async (batch: EstimatorBatch): Promise<{ values: Float32Array; width: number }> => {
    const all = feeds.map((feed) => feed.values(batch));
    const parts: Float32Array[] = [];
    let width = 1;
    for (let start = 0; start < batch.count; start += rows) {
      const taken = Math.min(rows, batch.count - start);
      const given: Record<string, OnnxTensor> = {};
      // A network of fixed batch gets its rows filled with zeros.
      const filled = typeof open === 'number' ? rows : taken;
      for (const [i, { name, dims, width }] of feeds.entries()) {
        const part = all[i].subarray(start * width, (start + taken) * width);
        const data = filled === taken ? part : new Float32Array(filled * width);
        if (filled !== taken) data.set(part);
        given[name] = { type: 'float32', data, dims: [filled, ...dims] };
      }
      const { data, dims } = (await session.run(given))[output.name];
      width = data.length / filled;
      if (predictsRates ? dims.length !== 2 || width < M : width !== 1) {
        throw unfit(
          predictsRates
            ? `rates [N, models] of ${M} models or more`
            : 'one value per placement, [N] or [N, 1], or an output "rates"',
          `"${output.name}" [${dims.join(', ')}]`,
        );
      }
      parts.push((data as Float32Array).subarray(0, taken * width));
    }
    return { values: parts.length === 1 ? parts[0] : joined(parts), width };
  };
  const rates = async (batch: EstimatorBatch): Promise<Float64Array> => {
    const { values, width } = await run(batch);
    const found = new Float64Array(batch.count * M);
    for (let i = 0; i < batch.count; i++) {
      for (let m = 0; m < M; m++) found[i * M + m] = values[i * width + columns[m]];
    }
    return found;
  };
  const objective = predictsRates ? objectiveOfRates(problem) : undefined;
  return {
    id: options.id ?? 'onnx',
    ...(document && { document }),
    async score(batch) {
      if (objective) return objective(await rates(batch), batch.placements);
      return new Float64Array((await run(batch)).values);
    },
    ...(predictsRates && { rates }),
    async close() {
      free();
    },
  };
}

/** What each input is fed with, by the signatures above. */
function feedsOf(
  inputs: readonly OnnxValueInfo[],
  problem: PlacementProblem,
  document: EstimatorDocument | undefined,
  options: OnnxEstimatorOptions,
): { feeds: Feed[]; columns: number[]; free: () => void } {
  const M = problem.models.length;
  const R = problem.resources;
  const given = columnsOf(problem, 'given');
  const [first] = inputs;
  const demandsInput = inputs.length === 1 ? first : inputs.find(({ name }) => name === 'demands');
  const analyticInput = inputs.find(({ name }) => name === 'analytic');
  const isFloat = inputs.every(({ type }) => type === 'float32');
  if (isFloat && inputs.length === 1 && first.shape.length === 4) {
    const deepest = Math.max(...problem.models.map((each) => each.blocks));
    const dims = sizes(first, [problem.processors, deepest, M]);
    const [processors, blocks, models] = dims;
    const reference = options.referenceSeconds ?? document?.referenceSeconds ?? medianSeconds(problem);
    const columns = document ? columnsOf(problem, 'descending-work') : given;
    const embed = embedder(problem, { processors, blocks, models }, reference, columns);
    return {
      feeds: [{ name: first.name, dims, width: product(dims), values: ({ placements }) => embed(placements) }],
      columns,
      free: () => {},
    };
  }
  const known = inputs.length === 1 || (inputs.length === 2 && analyticInput?.shape.length === 2);
  if (!isFloat || !known || demandsInput?.shape.length !== 3) {
    throw unfit(
      'float32 "image" [N, processors, blocks, models], "demands" [N, models, resources], or "demands" and "analytic" [N, models]',
      listed(inputs),
    );
  }
  const dims = sizes(demandsInput, [M, R]);
  const feeds: Feed[] = [
    {
      name: demandsInput.name,
      dims,
      width: product(dims),
      values: ({ count, demands }) => padded(demands, count, [M, R], dims),
    },
  ];
  if (analyticInput === undefined || inputs.length === 1) return { feeds, columns: given, free: () => {} };
  const analyticDims = sizes(analyticInput, [M]);
  const kernel = options.kernel ?? defaultCore().placement(problem);
  feeds.push({
    name: analyticInput.name,
    dims: analyticDims,
    width: analyticDims[0],
    values: ({ count, placements, analytic = kernel.evaluate(placements).rates }) =>
      padded(analytic, count, [1, M], [1, analyticDims[0]]),
  });
  const free = () => {
    if (options.kernel === undefined) kernel.free();
  };
  return { feeds, columns: given, free };
}

/** Sizes after the batch: those that the network fixes, else the problem's. */
function sizes(input: OnnxValueInfo, least: readonly number[]): number[] {
  return least.map((needed, i) => {
    const size = input.shape[i + 1];
    if (typeof size !== 'number') return needed;
    if (size >= needed) return size;
    throw unfit(`at least ${needed} in dimension ${i + 1} of "${input.name}"`, `${size}, of ${listed([input])}`);
  });
}

/** Rows of [M][R] doubles into the corner of larger float32 ones. */
function padded(values: Float64Array, count: number, [M, R]: number[], [models, resources]: number[]): Float32Array {
  if (M === models && R === resources) return new Float32Array(values);
  const result = new Float32Array(count * models * resources);
  for (let i = 0; i < count; i++) {
    for (let m = 0; m < M; m++) {
      const from = (i * M + m) * R;
      result.set(values.subarray(from, from + R), (i * models + m) * resources);
    }
  }
  return result;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

const listed = (values: readonly OnnxValueInfo[]): string =>
  values.map(({ name, type, shape }) => `"${name}" ${type ?? 'of another type'} [${shape.join(', ')}]`).join(', ');

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
