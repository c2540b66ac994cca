/**
 * The training contract: what the kernels compute that train a network, in float32 numbers. Two implementations keep it
 * to the bit, `bindings/training` (AssemblyScript, SIMD) and `src/reference/training` (plain TypeScript, for reading).
 *
 * All numbers lie in one memory that the kernels own; an address counts float32 cells, and so does every step. Arrays
 * are row-major. Activations lie channel by channel, [C][N][H][W] (N images), so that a channel over all images is one
 * row and a convolution one matrix product with long rows.
 *
 * Order of sums: along the depth of `matmul`, one after the other; everywhere else in four lanes, element j of a row in
 * lane j mod 4, joined as (0 + 1) + (2 + 3). Every product and every sum is rounded to float32.
 */

/** A window that slides over images. */
export interface WindowShape {
  height: number;
  width: number;
  /** Side of the square window. */
  kernel: number;
  stride: number;
  /** Zeros (for pooling: nothing) around the image. */
  padding: number;
}

/** Side of the output of a window over a side of `size`. */
export function windowOutput(size: number, { kernel, stride, padding }: WindowShape): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

export interface MatrixProduct {
  /** A[i][k] = a[i * aRow + k * aDepth]: may stand transposed. */
  a: number;
  aRow: number;
  aDepth: number;
  /** B[depth][columns], rows bRow apart. */
  b: number;
  bRow: number;
  /** C[rows][columns], rows cRow apart. */
  c: number;
  cRow: number;
  rows: number;
  columns: number;
  depth: number;
  /** C += A B instead of C = A B. */
  accumulate?: boolean;
}

export interface RowProduct {
  /** A[rows][depth], rows aRow apart. */
  a: number;
  aRow: number;
  /** B[columns][depth], rows bRow apart. */
  b: number;
  bRow: number;
  /** C[rows][columns] += A B^T. */
  c: number;
  cRow: number;
  rows: number;
  columns: number;
  depth: number;
}

/** Lines (rows of output pixels, n * outputHeight + oh) of images and their columns. */
export interface ColumnsShape extends WindowShape {
  image: number;
  columns: number;
  channels: number;
  /** Cells between two channels of the image. */
  plane: number;
  firstLine: number;
  lines: number;
}

export interface DepthwiseShape extends WindowShape {
  channels: number;
  images: number;
  /** Cells between the weights of two channels, and between two rows of one kernel. */
  channelStep: number;
  rowStep: number;
}

export const ACTIVATIONS = ['relu', 'gelu', 'hard-swish'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export interface AdamStep {
  weights: number;
  gradient: number;
  /** Running means of the gradient and of its square. */
  first: number;
  second: number;
  count: number;
  rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Times the weight, added to the gradient. */
  decay: number;
  /** 1 / (1 - beta^t). */
  firstCorrection: number;
  secondCorrection: number;
}

export interface TrainingKernels {
  readonly id: 'wasm' | 'reference';
  /** Hash of the implementation's code. */
  readonly version: string;

  /**
   * Address of that many zero cells, a multiple of 16; room is rounded up to whole vectors of four. Never given back.
   *
   * @throws HeterodyneError `LIMIT` when there is no memory left
   */
  allocate(cells: number): number;
  write(at: number, values: Float32Array): void;
  /** A copy. */
  read(at: number, count: number): Float32Array;

  matmul(product: MatrixProduct): void;
  matmulRows(product: RowProduct): void;

  /** columns[(c K + i) K + j][line][ow] = image[c][n][oh stride + i - padding][ow stride + j - padding], 0 outside. */
  imageToColumns(shape: ColumnsShape): void;
  /** The way back: adds every column to the pixels it came from. */
  columnsToImage(shape: ColumnsShape): void;

  /** y = x * w, one kernel a channel. */
  depthwise(x: number, weights: number, y: number, shape: DepthwiseShape): void;
  /** dx += dy back through w. */
  depthwiseInputGradient(dy: number, weights: number, dx: number, shape: DepthwiseShape): void;
  /** dw += x and dy multiplied. */
  depthwiseWeightGradient(x: number, dy: number, dw: number, shape: DepthwiseShape): void;

  /** Mean and biased variance of every row of x[channels][columns]. */
  channelMoments(x: number, channels: number, columns: number, mean: number, variance: number): void;
  /** y = (x - mean) * inverse * gamma + beta. */
  normalize(x: number, y: number, channels: number, columns: number, norm: Normalization): void;
  /** Gradients of `normalize` when mean and inverse are those of x itself; dx = 0 leaves the input's out. */
  normalizeGradient(
    x: number,
    dy: number,
    dx: number,
    channels: number,
    columns: number,
    norm: Normalization & { dGamma: number; dBeta: number },
  ): void;

  activate(kind: Activation, x: number, y: number, count: number): void;
  /** dx += dy f'(x). */
  activateGradient(kind: Activation, x: number, dy: number, dx: number, count: number): void;

  /** y and the place of each winner in its plane (as 32-bit integers), for [planes][height][width]. */
  maxPool(x: number, y: number, winners: number, planes: number, shape: WindowShape): void;
  maxPoolGradient(dy: number, winners: number, dx: number, planes: number, pixels: number, outputs: number): void;
  /** y[o][i] += factor * sum over l of x[o][l][i]; in lanes where inner is 1, else one after the other. */
  sumAxis(x: number, y: number, outer: number, length: number, inner: number, factor: number): void;
  /** x[o][l][i] += factor * y[o][i]. */
  spreadAxis(y: number, x: number, outer: number, length: number, inner: number, factor: number): void;

  fill(at: number, count: number, value: number): void;
  /** y = a + b. */
  add(a: number, b: number, y: number, count: number): void;
  scale(x: number, factor: number, count: number): void;
  /** y[r][c] += bias[r]. */
  addBias(y: number, bias: number, rows: number, columns: number): void;
  /** sums[r] += the sum of row r. */
  sumRows(x: number, sums: number, rows: number, columns: number): void;
  /** y[r][c] += x[r][c] mask[c]. */
  addMasked(x: number, mask: number, y: number, rows: number, columns: number): void;
  sumOfSquares(x: number, count: number): number;

  adam(step: AdamStep): void;
}

/** Addresses of one number a channel each. */
export interface Normalization {
  mean: number;
  /** 1 / sqrt(variance + epsilon). */
  inverse: number;
  gamma: number;
  beta: number;
}
