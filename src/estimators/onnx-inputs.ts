/**
 * What the inputs of a network are fed with: placements as numbers, by the signatures that `onnx.ts` states. Written into
 * rooms that are used again and again, for a search asks every few microseconds.
 */
import { defaultCore } from '../../bindings/core.ts';
import type { OnnxValueInfo } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { PLACEMENT_STRIDE, type PlacementKernel, type PlacementProblem } from '../core/placement.ts';
import { columnsOf, embedder, medianSeconds } from './embedding.ts';
import type { EstimatorBatch } from './estimator.ts';
import type { EstimatorDocument } from './training/schema.ts';

/** Numbers of placements for one input. */
export interface Feed {
  name: string;
  /** Sizes after the batch, and their product. */
  dims: number[];
  width: number;
  /** Those of `count` placements from `start` on, to the beginning of `room`. */
  write(batch: EstimatorBatch, start: number, count: number, room: Float32Array): void;
}

export interface Feeds {
  feeds: Feed[];
  /** Of every model: its column in the network. */
  columns: number[];
  /** The throughput model, where its rates are among the features: whoever feeds sees to it that a batch has them. */
  analyticOf?: (placements: Uint8Array) => Float64Array;
  free: () => void;
}

export interface FeedOptions {
  /** t_ref of the embedding; default: what the document says, else the median of the problem's own seconds. */
  referenceSeconds?: number;
  /** Kernel of the same problem; default: one of its own. */
  kernel?: PlacementKernel;
}

/** @throws HeterodyneError `BAD_INPUT` inputs of other shapes */
export function feedsOf(
  inputs: readonly OnnxValueInfo[],
  problem: PlacementProblem,
  document: EstimatorDocument | undefined,
  options: FeedOptions,
): Feeds {
  const M = problem.models.length;
  const R = problem.resources;
  const given = columnsOf(problem, 'given');
  const [first] = inputs;
  const demandsInput = inputs.length === 1 ? first : inputs.find(({ name }) => name === 'demands');
  const analyticInput = inputs.find(({ name }) => name === 'analytic');
  const isFloat = inputs.every(({ type }) => type === 'float32');
  const known = inputs.length === 1 || (inputs.length === 2 && analyticInput?.shape.length === 2);
  const imageInput = inputs.length === 1 ? first : inputs.find(({ name }) => name === 'image');
  if (isFloat && known && imageInput?.shape.length === 4) {
    const columns = columnsOf(problem, document ? 'descending-work' : 'given');
    const image = imageFeed(imageInput, problem, document, options, columns);
    return withAnalytic([image], columns, inputs.length === 2 ? analyticInput : undefined, problem, options);
  }
  if (!isFloat || !known || demandsInput?.shape.length !== 3) {
    throw unfit(
      'float32 "image" [N, processors, blocks, models] or "demands" [N, models, resources], either with or without "analytic" [N, models]',
      listed(inputs),
    );
  }
  const dims = sizes(demandsInput, [M, R]);
  const feeds: Feed[] = [
    {
      name: demandsInput.name,
      dims,
      width: product(dims),
      write: ({ demands }, start, count, room) => pad(demands, start, count, [M, R], dims, room),
    },
  ];
  return withAnalytic(feeds, given, inputs.length === 2 ? analyticInput : undefined, problem, options);
}

/** With the rates of the throughput model beside the other features, in the same columns. */
function withAnalytic(
  feeds: Feed[],
  columns: number[],
  input: OnnxValueInfo | undefined,
  problem: PlacementProblem,
  options: FeedOptions,
): Feeds {
  if (input === undefined) return { feeds, columns, free: () => {} };
  const M = problem.models.length;
  const [width] = sizes(input, [M]);
  const kernel = options.kernel ?? defaultCore().placement(problem);
  const write: Feed['write'] = ({ analytic = NONE }, start, count, room) => {
    if (width > M) room.fill(0, 0, count * width);
    for (let i = 0; i < count; i++) {
      for (let m = 0; m < M; m++) room[i * width + columns[m]] = analytic[(start + i) * M + m];
    }
  };
  const free = () => {
    if (options.kernel === undefined) kernel.free();
  };
  const analyticOf = (placements: Uint8Array) => kernel.evaluate(placements).rates;
  return { feeds: [...feeds, { name: input.name, dims: [width], width, write }], columns, analyticOf, free };
}

const NONE = new Float64Array(0);

function imageFeed(
  input: OnnxValueInfo,
  problem: PlacementProblem,
  document: EstimatorDocument | undefined,
  options: FeedOptions,
  columns: readonly number[],
): Feed {
  const M = problem.models.length;
  const deepest = Math.max(...problem.models.map((each) => each.blocks));
  const dims = sizes(input, [problem.processors, deepest, M]);
  const [processors, blocks, models] = dims;
  const reference = options.referenceSeconds ?? document?.referenceSeconds ?? medianSeconds(problem);
  const embed = embedder(problem, { processors, blocks, models }, reference, columns);
  const record = M * PLACEMENT_STRIDE;
  const write: Feed['write'] = ({ placements }, start, count, room) =>
    embed(placements.subarray(start * record, (start + count) * record), room);
  return { name: input.name, dims, width: product(dims), write };
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

/** Rows [count][M][R] of doubles, the first of them row `start`, into the corner of larger float32 ones. */
function pad(
  values: Float64Array,
  start: number,
  count: number,
  [M, R]: number[],
  [models, resources]: number[],
  room: Float32Array,
): void {
  const first = start * M * R;
  if (M === models && R === resources) {
    room.set(values.subarray(first, first + count * M * R));
    return;
  }
  room.fill(0, 0, count * models * resources);
  for (let row = 0; row < count * M; row++) {
    const i = Math.floor(row / M);
    const from = first + row * R;
    room.set(values.subarray(from, from + R), (i * models + (row % M)) * resources);
  }
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

export const listed = (values: readonly OnnxValueInfo[]): string =>
  values.map(({ name, type, shape }) => `"${name}" ${type ?? 'of another type'} [${shape.join(', ')}]`).join(', ');

export function unfit(expected: string, received: string): HeterodyneError {
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
