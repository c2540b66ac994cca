/**
 * A forward pass that remembers how to go back. Each function computes at once and notes its gradient; `backward` plays
 * the notes in reverse. Tensors live until `reset`, which frees all of them for the next pass, so shapes may differ from
 * pass to pass (elastic networks). The same code runs on both implementations of the kernels.
 */
import { HeterodyneError } from '../../src/core/errors.ts';
import {
  type Activation,
  type DepthwiseShape,
  type TrainingKernels,
  type WindowShape,
  windowOutput,
} from '../../src/core/training.ts';
import type { BatchNorm, Parameter } from './parameters.ts';
import {
  axisOf,
  CALL_WORK,
  COLUMN_CELLS,
  channelParts,
  chunksOf,
  partsOf,
  type Tensor,
  type TensorShape,
} from './pieces.ts';
import { Workspace } from './workspace.ts';

export interface ConvolutionOptions {
  /** Default 1. */
  stride?: number;
  /** Default (kernel - 1) / 2. */
  padding?: number;
  /** Use the first so many output channels of the weights; default all. Inputs: as many as x has. */
  outputs?: number;
}

export interface DepthwiseOptions {
  stride?: number;
  padding?: number;
  /** Use the middle of the weights' kernel, of this side; default the whole. */
  kernel?: number;
}

export interface NormOptions {
  /** Share of the new batch in the running statistics; default 0.1. */
  momentum?: number;
  /** Default 1e-5. */
  epsilon?: number;
}

export class Tape {
  readonly kernels: TrainingKernels;
  /** Whether batch norms use the batch (true) or the running statistics (false). */
  readonly training: boolean;
  readonly #space: Workspace;
  #notes: (() => void)[] = [];

  /** `training: false` records nothing: for predictions. */
  constructor(kernels: TrainingKernels, options: { training?: boolean } = {}) {
    this.kernels = kernels;
    this.training = options.training ?? true;
    this.#space = new Workspace(kernels);
  }

  /** Forget all tensors; their memory serves the next pass. */
  reset(): void {
    this.#notes = [];
    this.#space.reset();
  }

  input(values: Float32Array, shape: TensorShape): Tensor {
    const tensor = this.#tensor(shape, false);
    if (values.length !== tensor.length) {
      throw new HeterodyneError('INTERNAL', `an input of ${values.length} numbers for ${tensor.length} cells`);
    }
    this.kernels.write(tensor.at, values);
    return tensor;
  }

  values(tensor: Tensor): Float32Array {
    return this.kernels.read(tensor.at, tensor.length);
  }

  /** Gradient of a tensor after `backward`. */
  gradient(tensor: Tensor): Float32Array {
    return tensor.gradient === 0 ? new Float32Array(tensor.length) : this.kernels.read(tensor.gradient, tensor.length);
  }

  /** Go back from `output`, whose gradient is given; gradients of parameters are added to what they hold. */
  backward(output: Tensor, gradient: Float32Array): void {
    for (const step of this.backwardSteps(output, gradient)) step();
  }

  /** The same, layer by layer, for callers that pause in between. */
  *backwardSteps(output: Tensor, gradient: Float32Array): Generator<() => void> {
    this.kernels.write(this.#gradientOf(output), gradient);
    while (this.#notes.length > 0) yield this.#notes.pop() as () => void;
  }

  /** Weights [out][in][k][k], all inputs to all outputs. */
  convolution(x: Tensor, weights: Parameter, options: ConvolutionOptions = {}): Tensor {
    const kernel = weights.shape[2];
    const { stride = 1, padding = (kernel - 1) >> 1, outputs = weights.shape[0] } = options;
    const shape: WindowShape = { height: x.height, width: x.width, kernel, stride, padding };
    const y = this.#tensor(
      {
        channels: outputs,
        images: x.images,
        height: windowOutput(x.height, shape),
        width: windowOutput(x.width, shape),
      },
      true,
    );
    const { kernels } = this;
    const row = weights.length / weights.shape[0];
    const depth = x.channels * kernel * kernel;
    const pixels = y.images * y.height * y.width;
    const direct = kernel === 1 && stride === 1 && padding === 0;
    const chunks = chunksOf(y, direct ? COLUMN_CELLS / 2048 : depth);
    const columns = direct ? 0 : this.#space.scratch(0, depth * chunks.largest);
    const plane = x.images * x.height * x.width;
    /** Columns of a chunk of lines: the image itself where a window is one pixel. */
    const columnsOf = (firstLine: number, lines: number): { b: number; bRow: number } => {
      if (direct) return { b: x.at + firstLine * y.width, bRow: plane };
      kernels.imageToColumns({ ...shape, image: x.at, columns, channels: x.channels, plane, firstLine, lines });
      return { b: columns, bRow: lines * y.width };
    };
    for (const { firstLine, lines } of chunks.list) {
      kernels.matmul({
        a: weights.at,
        aRow: row,
        aDepth: 1,
        ...columnsOf(firstLine, lines),
        c: y.at + firstLine * y.width,
        cRow: pixels,
        rows: outputs,
        columns: lines * y.width,
        depth,
      });
    }
    this.#note(y, () => {
      const towards = direct ? 0 : this.#space.scratch(1, depth * chunks.largest);
      for (const { firstLine, lines } of chunks.list) {
        const dy = y.gradient + firstLine * y.width;
        const wide = lines * y.width;
        const { b, bRow } = columnsOf(firstLine, lines);
        const rows = outputs;
        kernels.matmulRows({
          a: dy,
          aRow: pixels,
          b,
          bRow,
          c: weights.gradient,
          cRow: row,
          rows,
          columns: depth,
          depth: wide,
        });
        if (!x.learns) continue;
        const image = this.#gradientOf(x);
        const back = {
          a: weights.at,
          aRow: 1,
          aDepth: row,
          b: dy,
          bRow: pixels,
          rows: depth,
          columns: wide,
          depth: rows,
        };
        if (direct) {
          kernels.matmul({ ...back, c: image + firstLine * y.width, cRow: plane, accumulate: true });
        } else {
          kernels.matmul({ ...back, c: towards, cRow: wide });
          kernels.columnsToImage({
            ...shape,
            image,
            columns: towards,
            channels: x.channels,
            plane,
            firstLine,
            lines,
          });
        }
      }
    });
    return y;
  }

  /** Weights [channels][k][k], one kernel a channel; of more channels than x has, the first are used. */
  depthwise(x: Tensor, weights: Parameter, options: DepthwiseOptions = {}): Tensor {
    const side = weights.shape[1];
    const { stride = 1, kernel = side } = options;
    const { padding = (kernel - 1) >> 1 } = options;
    const shape: WindowShape = { height: x.height, width: x.width, kernel, stride, padding };
    const y = this.#tensor({ ...x, height: windowOutput(x.height, shape), width: windowOutput(x.width, shape) }, true);
    const { kernels } = this;
    const corner = ((side - kernel) >> 1) * (side + 1);
    const plane = x.images * x.height * x.width;
    const outPlane = y.images * y.height * y.width;
    const forEachPart = (run: (channel: number, part: DepthwiseShape) => void) => {
      const together = Math.max(1, Math.floor(CALL_WORK / (outPlane * kernel * kernel)));
      for (let channel = 0; channel < x.channels; channel += together) {
        const channels = Math.min(together, x.channels - channel);
        run(channel, { ...shape, channels, images: x.images, channelStep: side * side, rowStep: side });
      }
    };
    forEachPart((channel, part) => {
      const own = weights.at + corner + channel * side * side;
      kernels.depthwise(x.at + channel * plane, own, y.at + channel * outPlane, part);
    });
    this.#note(y, () => {
      forEachPart((channel, part) => {
        const place = corner + channel * side * side;
        const dy = y.gradient + channel * outPlane;
        kernels.depthwiseWeightGradient(x.at + channel * plane, dy, weights.gradient + place, part);
        if (x.learns) {
          kernels.depthwiseInputGradient(dy, weights.at + place, this.#gradientOf(x) + channel * plane, part);
        }
      });
    });
    return y;
  }

  /** Weights [out][in] on every pixel, plus bias [out]. */
  dense(x: Tensor, weights: Parameter, bias?: Parameter): Tensor {
    const y = this.convolution(x, { ...weights, shape: [...weights.shape, 1, 1] });
    if (bias === undefined) return y;
    const columns = y.length / y.channels;
    this.kernels.addBias(y.at, bias.at, y.channels, columns);
    // Noted after the product, hence played before it: y's gradient is complete by then.
    this.#note(y, () => this.kernels.sumRows(y.gradient, bias.gradient, y.channels, columns));
    return y;
  }

  /** Over the first channels of `norm` where x has fewer. */
  batchNorm(x: Tensor, norm: BatchNorm, options: NormOptions = {}): Tensor {
    const { momentum = 0.1, epsilon = 1e-5 } = options;
    const y = this.#tensor(x, true);
    const { kernels } = this;
    const columns = x.length / x.channels;
    const mean = this.#space.take(x.channels);
    const inverse = this.#space.take(x.channels);
    const parts = channelParts(x);
    let variance: Float32Array;
    if (this.training) {
      for (const { from, channels } of parts) {
        kernels.channelMoments(x.at + from * columns, channels, columns, mean + from, inverse + from);
      }
      variance = kernels.read(inverse, x.channels);
      const means = kernels.read(mean, x.channels);
      const unbiased = columns > 1 ? columns / (columns - 1) : 1;
      for (let c = 0; c < x.channels; c++) {
        norm.mean[c] += momentum * (means[c] - norm.mean[c]);
        norm.variance[c] += momentum * (variance[c] * unbiased - norm.variance[c]);
      }
    } else {
      kernels.write(mean, norm.mean.subarray(0, x.channels));
      variance = norm.variance.subarray(0, x.channels);
    }
    kernels.write(
      inverse,
      Float32Array.from(variance, (each) => 1 / Math.sqrt(each + epsilon)),
    );
    const at = (from: number) => ({
      mean: mean + from,
      inverse: inverse + from,
      gamma: norm.gamma.at + from,
      beta: norm.beta.at + from,
    });
    for (const { from, channels } of parts) {
      kernels.normalize(x.at + from * columns, y.at + from * columns, channels, columns, at(from));
    }
    this.#note(y, () => {
      const dx = x.learns ? this.#gradientOf(x) : 0;
      for (const { from, channels } of parts) {
        const start = from * columns;
        kernels.normalizeGradient(x.at + start, y.gradient + start, dx === 0 ? 0 : dx + start, channels, columns, {
          ...at(from),
          dGamma: norm.gamma.gradient + from,
          dBeta: norm.beta.gradient + from,
        });
      }
    });
    return y;
  }

  activation(x: Tensor, kind: Activation): Tensor {
    const y = this.#tensor(x, true);
    for (const { start, count } of partsOf(x)) this.kernels.activate(kind, x.at + start, y.at + start, count);
    this.#note(y, () => {
      if (!x.learns) return;
      const dx = this.#gradientOf(x);
      for (const { start, count } of partsOf(x)) {
        this.kernels.activateGradient(kind, x.at + start, y.gradient + start, dx + start, count);
      }
    });
    return y;
  }

  add(a: Tensor, b: Tensor): Tensor {
    const y = this.#tensor(a, true);
    this.kernels.add(a.at, b.at, y.at, y.length);
    this.#note(y, () => {
      for (const x of [a, b]) {
        if (!x.learns) continue;
        const dx = this.#gradientOf(x);
        this.kernels.add(dx, y.gradient, dx, y.length);
      }
    });
    return y;
  }

  maxPool(x: Tensor, window: Pick<WindowShape, 'kernel' | 'stride' | 'padding'>): Tensor {
    const shape: WindowShape = { ...window, height: x.height, width: x.width };
    const y = this.#tensor({ ...x, height: windowOutput(x.height, shape), width: windowOutput(x.width, shape) }, true);
    const winners = this.#space.take(y.length);
    const planes = x.channels * x.images;
    this.kernels.maxPool(x.at, y.at, winners, planes, shape);
    this.#note(y, () => {
      if (!x.learns) return;
      const pixels = x.height * x.width;
      this.kernels.maxPoolGradient(y.gradient, winners, this.#gradientOf(x), planes, pixels, y.height * y.width);
    });
    return y;
  }

  /** Mean of every image: [channels][images][1][1]. */
  globalPool(x: Tensor): Tensor {
    const pixels = x.height * x.width;
    return this.#reduced(
      x,
      { ...x, height: 1, width: 1 },
      { outer: x.channels * x.images, length: pixels, inner: 1 },
      1 / pixels,
    );
  }

  /** factor times the sum along one side: height or width becomes 1. */
  sum(x: Tensor, axis: 'height' | 'width', factor = 1): Tensor {
    return this.#reduced(x, { ...x, [axis]: 1 }, axisOf(x, axis), factor);
  }

  /** Repeats x, whose `axis` is 1, `size` times along it. */
  spread(x: Tensor, axis: 'height' | 'width', size: number): Tensor {
    const y = this.#tensor({ ...x, [axis]: size }, true);
    const { outer, length, inner } = axisOf(y, axis);
    this.kernels.fill(y.at, y.length, 0);
    this.kernels.spreadAxis(x.at, y.at, outer, length, inner, 1);
    this.#note(y, () => {
      if (x.learns) this.kernels.sumAxis(y.gradient, this.#gradientOf(x), outer, length, inner, 1);
    });
    return y;
  }

  /** x times mask, one channel for all channels of x. */
  masked(x: Tensor, mask: Tensor): Tensor {
    const y = this.#tensor(x, true);
    const columns = x.length / x.channels;
    this.kernels.fill(y.at, y.length, 0);
    this.kernels.addMasked(x.at, mask.at, y.at, x.channels, columns);
    this.#note(y, () => {
      if (x.learns) this.kernels.addMasked(y.gradient, mask.at, this.#gradientOf(x), x.channels, columns);
    });
    return y;
  }

  #reduced(
    x: Tensor,
    shape: TensorShape,
    { outer, length, inner }: { outer: number; length: number; inner: number },
    factor: number,
  ): Tensor {
    const y = this.#tensor(shape, true);
    this.kernels.fill(y.at, y.length, 0);
    this.kernels.sumAxis(x.at, y.at, outer, length, inner, factor);
    this.#note(y, () => {
      if (x.learns) this.kernels.spreadAxis(y.gradient, this.#gradientOf(x), outer, length, inner, factor);
    });
    return y;
  }

  /** Remember the way back; skipped where no gradient came. */
  #note(y: Tensor, back: () => void): void {
    if (!this.training) return;
    this.#notes.push(() => {
      if (y.gradient !== 0) back();
    });
  }

  #tensor({ channels, images, height, width }: TensorShape, learns: boolean): Tensor {
    const length = channels * images * height * width;
    return { channels, images, height, width, length, at: this.#space.take(length), gradient: 0, learns };
  }

  #gradientOf(tensor: Tensor): number {
    if (tensor.gradient === 0) {
      tensor.gradient = this.#space.take(tensor.length);
      this.kernels.fill(tensor.gradient, tensor.length, 0);
    }
    return tensor.gradient;
  }
}
