/**
 * What a layer and its factors cost, in multiply-accumulates.
 *
 *   convolution C -> N, k x k, g groups  =  k x 1 (C -> K, vertical stride)  then  1 x k (K -> N, horizontal stride)
 *   dense layer M -> N                   =  M -> K  then  K -> N
 *
 * The vertical pass still computes every column of its input: `columns` = the input's width, or, as published tables
 * count, the horizontal stride times the output's width. K counts all groups together.
 */

export interface ConvolutionSize {
  kind: 'separable';
  /** Input and output channels of all groups. */
  inputs: number;
  outputs: number;
  kernel: readonly [height: number, width: number];
  groups: number;
  batch: number;
  /** Height and width of the output. */
  output: readonly [height: number, width: number];
  columns: number;
}

export interface DenseSize {
  kind: 'svd';
  inputs: number;
  outputs: number;
  /** Vectors that pass through in one inference. */
  batch: number;
}

export type LayerSize = ConvolutionSize | DenseSize;

export function fullMacs(size: LayerSize): number {
  if (size.kind === 'svd') return size.batch * size.inputs * size.outputs;
  const [height, width] = size.output;
  const [down, across] = size.kernel;
  return size.batch * height * width * (size.inputs / size.groups) * size.outputs * down * across;
}

/** Of both factors together, at a rank of all groups together. */
export function factoredMacs(size: LayerSize, rank: number): number {
  return rank * macsPerRank(size);
}

function macsPerRank(size: LayerSize): number {
  if (size.kind === 'svd') return size.batch * (size.inputs + size.outputs);
  const { batch, inputs, outputs, groups, columns } = size;
  const [height, width] = size.output;
  const [down, across] = size.kernel;
  const vertical = height * columns * down * (inputs / groups);
  const horizontal = height * width * across * (outputs / groups);
  return batch * (vertical + horizontal);
}

/** K*: from this rank on the factors cost as much as the layer. */
export function breakEvenRank(size: LayerSize): number {
  return fullMacs(size) / macsPerRank(size);
}

/** The rank of a whole matrix, all groups together: factors of that rank lose nothing. */
export function fullRank(size: LayerSize): number {
  if (size.kind === 'svd') return Math.min(size.inputs, size.outputs);
  const [down, across] = size.kernel;
  const { groups } = size;
  return groups * Math.min((size.inputs / groups) * down, across * (size.outputs / groups));
}

/** Every group has the same rank, and at least 1. */
export function roundedRank(size: LayerSize, rank: number): number {
  const groups = size.kind === 'svd' ? 1 : size.groups;
  const perGroup = Math.max(1, Math.round(rank / groups));
  return Math.min(groups * perGroup, fullRank(size));
}
