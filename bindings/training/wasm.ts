/** The training kernels on WebAssembly with SIMD. The contract counts cells, the module bytes. */
import { instantiateSync } from '@assemblyscript/loader';
import { HeterodyneError } from '../../src/core/errors.ts';
import {
  ACTIVATIONS,
  type Activation,
  type AdamStep,
  type ColumnsShape,
  type DepthwiseShape,
  type MatrixProduct,
  type Normalization,
  type RowProduct,
  type TrainingKernels,
  type WindowShape,
} from '../../src/core/training.ts';
import type { Depthwise, TrainingExports, Window } from './exports.ts';
import { TRAINING_BASE64, TRAINING_HASH } from './training.generated.ts';

/** Bytes of a cell. */
const CELL = 4;

let compiled: WebAssembly.Module | undefined;

function moduleBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(TRAINING_BASE64), (character) => character.charCodeAt(0));
}

/** Whether this host runs the module: WebAssembly with SIMD. */
export function isSupported(): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  return compiled !== undefined || WebAssembly.validate(moduleBytes());
}

const windowOf = ({ height, width, kernel, stride, padding }: WindowShape): Window => [
  height,
  width,
  kernel,
  stride,
  padding,
];
const depthwiseOf = (shape: DepthwiseShape): Depthwise => [shape.channels, shape.images, ...windowOf(shape)];

/** One memory of its own; it goes as a whole when the object does. */
export class WasmTraining implements TrainingKernels {
  readonly id = 'wasm';
  readonly version = `wasm-${TRAINING_HASH}`;
  readonly #exports: TrainingExports;

  constructor() {
    compiled ??= new WebAssembly.Module(moduleBytes());
    this.#exports = instantiateSync<TrainingExports>(compiled).exports;
  }

  allocate(cells: number): number {
    const address = this.#exports.allocate(((cells + 3) & ~3) * CELL) >>> 0;
    if (address === 0) {
      throw new HeterodyneError('LIMIT', `training has no room for ${cells} further numbers`, {
        expected: 'at most 1 GiB in all',
        hint: 'train with smaller batches or a smaller network',
      });
    }
    return address / CELL;
  }

  write(at: number, values: Float32Array): void {
    new Float32Array(this.#exports.memory.buffer, at * CELL, values.length).set(values);
  }

  read(at: number, count: number): Float32Array {
    return new Float32Array(this.#exports.memory.buffer, at * CELL, count).slice();
  }

  matmul({ a, aRow, aDepth, b, bRow, c, cRow, rows, columns, depth, accumulate }: MatrixProduct): void {
    this.#exports.matmul(
      a * CELL,
      aRow * CELL,
      aDepth * CELL,
      b * CELL,
      bRow * CELL,
      c * CELL,
      cRow * CELL,
      rows,
      columns,
      depth,
      accumulate ? 1 : 0,
    );
  }

  matmulRows({ a, aRow, b, bRow, c, cRow, rows, columns, depth }: RowProduct): void {
    this.#exports.matmulRows(a * CELL, aRow * CELL, b * CELL, bRow * CELL, c * CELL, cRow * CELL, rows, columns, depth);
  }

  imageToColumns(shape: ColumnsShape): void {
    const { image, columns, channels, plane, firstLine, lines } = shape;
    this.#exports.imageToColumns(image * CELL, columns * CELL, channels, plane, ...windowOf(shape), firstLine, lines);
  }

  columnsToImage(shape: ColumnsShape): void {
    const { image, columns, channels, plane, firstLine, lines } = shape;
    this.#exports.columnsToImage(columns * CELL, image * CELL, channels, plane, ...windowOf(shape), firstLine, lines);
  }

  depthwise(x: number, weights: number, y: number, shape: DepthwiseShape): void {
    const { channelStep, rowStep } = shape;
    this.#exports.depthwise(
      x * CELL,
      weights * CELL,
      channelStep * CELL,
      rowStep * CELL,
      y * CELL,
      ...depthwiseOf(shape),
    );
  }

  depthwiseInputGradient(dy: number, weights: number, dx: number, shape: DepthwiseShape): void {
    const { channelStep, rowStep } = shape;
    this.#exports.depthwiseInputGradient(
      dy * CELL,
      weights * CELL,
      channelStep * CELL,
      rowStep * CELL,
      dx * CELL,
      ...depthwiseOf(shape),
    );
  }

  depthwiseWeightGradient(x: number, dy: number, dw: number, shape: DepthwiseShape): void {
    const { channelStep, rowStep } = shape;
    this.#exports.depthwiseWeightGradient(
      x * CELL,
      dy * CELL,
      dw * CELL,
      channelStep * CELL,
      rowStep * CELL,
      ...depthwiseOf(shape),
    );
  }

  channelMoments(x: number, channels: number, columns: number, mean: number, variance: number): void {
    this.#exports.channelMoments(x * CELL, channels, columns, mean * CELL, variance * CELL);
  }

  normalize(x: number, y: number, channels: number, columns: number, norm: Normalization): void {
    const { mean, inverse, gamma, beta } = norm;
    this.#exports.normalize(
      x * CELL,
      y * CELL,
      channels,
      columns,
      mean * CELL,
      inverse * CELL,
      gamma * CELL,
      beta * CELL,
    );
  }

  normalizeGradient(
    x: number,
    dy: number,
    dx: number,
    channels: number,
    columns: number,
    norm: Normalization & { dGamma: number; dBeta: number },
  ): void {
    const { mean, inverse, gamma, dGamma, dBeta } = norm;
    this.#exports.normalizeGradient(
      x * CELL,
      dy * CELL,
      dx * CELL,
      channels,
      columns,
      mean * CELL,
      inverse * CELL,
      gamma * CELL,
      dGamma * CELL,
      dBeta * CELL,
    );
  }

  activate(kind: Activation, x: number, y: number, count: number): void {
    this.#exports.activate(ACTIVATIONS.indexOf(kind), x * CELL, y * CELL, count);
  }

  activateGradient(kind: Activation, x: number, dy: number, dx: number, count: number): void {
    this.#exports.activateGradient(ACTIVATIONS.indexOf(kind), x * CELL, dy * CELL, dx * CELL, count);
  }

  maxPool(x: number, y: number, winners: number, planes: number, shape: WindowShape): void {
    this.#exports.maxPool(x * CELL, y * CELL, winners * CELL, planes, ...windowOf(shape));
  }

  maxPoolGradient(dy: number, winners: number, dx: number, planes: number, pixels: number, outputs: number): void {
    this.#exports.maxPoolGradient(dy * CELL, winners * CELL, dx * CELL, planes, pixels, outputs);
  }

  sumAxis(x: number, y: number, outer: number, length: number, inner: number, factor: number): void {
    this.#exports.sumAxis(x * CELL, y * CELL, outer, length, inner, factor);
  }

  spreadAxis(y: number, x: number, outer: number, length: number, inner: number, factor: number): void {
    this.#exports.spreadAxis(y * CELL, x * CELL, outer, length, inner, factor);
  }

  fill(at: number, count: number, value: number): void {
    this.#exports.fill(at * CELL, count, value);
  }

  add(a: number, b: number, y: number, count: number): void {
    this.#exports.add(a * CELL, b * CELL, y * CELL, count);
  }

  scale(x: number, factor: number, count: number): void {
    this.#exports.scale(x * CELL, factor, count);
  }

  addBias(y: number, bias: number, rows: number, columns: number): void {
    this.#exports.addBias(y * CELL, bias * CELL, rows, columns);
  }

  sumRows(x: number, sums: number, rows: number, columns: number): void {
    this.#exports.sumRows(x * CELL, sums * CELL, rows, columns);
  }

  addMasked(x: number, mask: number, y: number, rows: number, columns: number): void {
    this.#exports.addMasked(x * CELL, mask * CELL, y * CELL, rows, columns);
  }

  sumOfSquares(x: number, count: number): number {
    return this.#exports.sumOfSquares(x * CELL, count);
  }

  adam(step: AdamStep): void {
    this.#exports.adam(
      step.weights * CELL,
      step.gradient * CELL,
      step.first * CELL,
      step.second * CELL,
      step.count,
      step.rate,
      step.beta1,
      step.beta2,
      step.epsilon,
      step.decay,
      step.firstCorrection,
      step.secondCorrection,
    );
  }
}
