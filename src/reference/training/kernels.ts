/** The training contract in plain TypeScript: every operation rounded to float32, every sum in the stated order. */
import { HeterodyneError } from '../../core/errors.ts';
import type {
  Activation,
  AdamStep,
  ColumnsShape,
  DepthwiseShape,
  MatrixProduct,
  Normalization,
  RowProduct,
  TrainingKernels,
  WindowShape,
} from '../../core/training.ts';
import { activated, slope } from './activation.ts';
import * as convolution from './convolution.ts';
import { f, laneSum } from './lanes.ts';
import { matmul, matmulRows } from './matmul.ts';

/** As many cells as the other implementation grants: 1 GiB. */
const MOST_CELLS = 1 << 28;

export class ReferenceTraining implements TrainingKernels {
  readonly id = 'reference';
  readonly version = 'reference-1';
  #memory = new Float32Array(1 << 16);
  /** Address 0 stays free: it means "none". */
  #top = 16;

  allocate(cells: number): number {
    const address = this.#top;
    this.#top += (cells + 15) & ~15;
    if (this.#top > MOST_CELLS) {
      throw new HeterodyneError('LIMIT', `training has no room for ${cells} further numbers`, {
        expected: 'at most 1 GiB in all',
        hint: 'train with smaller batches or a smaller network',
      });
    }
    if (this.#top > this.#memory.length) {
      const larger = new Float32Array(Math.max(this.#top, 2 * this.#memory.length));
      larger.set(this.#memory);
      this.#memory = larger;
    }
    return address;
  }

  write(at: number, values: Float32Array): void {
    this.#memory.set(values, at);
  }

  read(at: number, count: number): Float32Array {
    return this.#memory.slice(at, at + count);
  }

  matmul(product: MatrixProduct): void {
    matmul(this.#memory, product);
  }

  matmulRows(product: RowProduct): void {
    matmulRows(this.#memory, product);
  }

  imageToColumns(shape: ColumnsShape): void {
    convolution.imageToColumns(this.#memory, shape);
  }

  columnsToImage(shape: ColumnsShape): void {
    convolution.columnsToImage(this.#memory, shape);
  }

  depthwise(x: number, weights: number, y: number, shape: DepthwiseShape): void {
    convolution.depthwise(this.#memory, x, weights, y, shape);
  }

  depthwiseInputGradient(dy: number, weights: number, dx: number, shape: DepthwiseShape): void {
    convolution.depthwiseInputGradient(this.#memory, dy, weights, dx, shape);
  }

  depthwiseWeightGradient(x: number, dy: number, dw: number, shape: DepthwiseShape): void {
    convolution.depthwiseWeightGradient(this.#memory, x, dy, dw, shape);
  }

  channelMoments(x: number, channels: number, columns: number, mean: number, variance: number): void {
    const memory = this.#memory;
    for (let c = 0; c < channels; c++, x += columns) {
      const row = x;
      const centre = f(laneSum(columns, (j) => memory[row + j]) / columns);
      const square = (j: number): number => {
        const off = f(memory[row + j] - centre);
        return f(off * off);
      };
      // Whole vectors in lanes, then the rest one by one.
      const whole = columns & ~3;
      let squares = laneSum(whole, square);
      for (let j = whole; j < columns; j++) squares = f(squares + square(j));
      memory[mean + c] = centre;
      memory[variance + c] = f(squares / columns);
    }
  }

  normalize(x: number, y: number, channels: number, columns: number, norm: Normalization): void {
    const memory = this.#memory;
    for (let c = 0; c < channels; c++) {
      const [mean, inverse, gamma, beta] = [norm.mean, norm.inverse, norm.gamma, norm.beta].map((at) => memory[at + c]);
      for (let j = c * columns; j < (c + 1) * columns; j++) {
        memory[y + j] = f(f(f(f(memory[x + j] - mean) * inverse) * gamma) + beta);
      }
    }
  }

  normalizeGradient(
    x: number,
    dy: number,
    dx: number,
    channels: number,
    columns: number,
    norm: Normalization & { dGamma: number; dBeta: number },
  ): void {
    const memory = this.#memory;
    for (let c = 0; c < channels; c++) {
      const row = c * columns;
      const mean = memory[norm.mean + c];
      const inverse = memory[norm.inverse + c];
      const unit = (j: number) => f(f(memory[x + row + j] - mean) * inverse);
      const product = laneSum(columns, (j) => f(memory[dy + row + j] * unit(j)));
      const total = laneSum(columns, (j) => memory[dy + row + j]);
      memory[norm.dGamma + c] += product;
      memory[norm.dBeta + c] += total;
      if (dx === 0) continue;
      const scale = f(memory[norm.gamma + c] * inverse);
      const meanTotal = f(total / columns);
      const meanProduct = f(product / columns);
      for (let j = 0; j < columns; j++) {
        const inner = f(f(memory[dy + row + j] - meanTotal) - f(unit(j) * meanProduct));
        memory[dx + row + j] += f(scale * inner);
      }
    }
  }

  activate(kind: Activation, x: number, y: number, count: number): void {
    for (let j = 0; j < count; j++) this.#memory[y + j] = activated(kind, this.#memory[x + j]);
  }

  activateGradient(kind: Activation, x: number, dy: number, dx: number, count: number): void {
    const memory = this.#memory;
    for (let j = 0; j < count; j++) memory[dx + j] += f(memory[dy + j] * slope(kind, memory[x + j]));
  }

  maxPool(x: number, y: number, winners: number, planes: number, shape: WindowShape): void {
    convolution.maxPool(this.#memory, x, y, winners, planes, shape);
  }

  maxPoolGradient(dy: number, winners: number, dx: number, planes: number, pixels: number, outputs: number): void {
    const places = new Int32Array(this.#memory.buffer);
    for (let o = 0; o < planes * outputs; o++) {
      const plane = Math.floor(o / outputs);
      this.#memory[dx + plane * pixels + places[winners + o]] += this.#memory[dy + o];
    }
  }

  sumAxis(x: number, y: number, outer: number, length: number, inner: number, factor: number): void {
    const memory = this.#memory;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = (l: number) => memory[x + (o * length + l) * inner + i];
        let sum = 0;
        if (inner === 1) sum = laneSum(length, at);
        else for (let l = 0; l < length; l++) sum = f(sum + at(l));
        memory[y + o * inner + i] += f(f(factor) * sum);
      }
    }
  }

  spreadAxis(y: number, x: number, outer: number, length: number, inner: number, factor: number): void {
    const memory = this.#memory;
    for (let cell = 0; cell < outer * length * inner; cell++) {
      const o = Math.floor(cell / (length * inner));
      memory[x + cell] += f(f(factor) * memory[y + o * inner + (cell % inner)]);
    }
  }

  fill(at: number, count: number, value: number): void {
    this.#memory.fill(value, at, at + count);
  }

  add(a: number, b: number, y: number, count: number): void {
    for (let j = 0; j < count; j++) this.#memory[y + j] = this.#memory[a + j] + this.#memory[b + j];
  }

  scale(x: number, factor: number, count: number): void {
    for (let j = 0; j < count; j++) this.#memory[x + j] *= f(factor);
  }

  addBias(y: number, bias: number, rows: number, columns: number): void {
    for (let j = 0; j < rows * columns; j++) this.#memory[y + j] += this.#memory[bias + Math.floor(j / columns)];
  }

  sumRows(x: number, sums: number, rows: number, columns: number): void {
    for (let r = 0; r < rows; r++) {
      this.#memory[sums + r] += laneSum(columns, (j) => this.#memory[x + r * columns + j]);
    }
  }

  addMasked(x: number, mask: number, y: number, rows: number, columns: number): void {
    const memory = this.#memory;
    for (let j = 0; j < rows * columns; j++) memory[y + j] += f(memory[x + j] * memory[mask + (j % columns)]);
  }

  sumOfSquares(x: number, count: number): number {
    return laneSum(count, (j) => f(this.#memory[x + j] * this.#memory[x + j]));
  }

  adam(step: AdamStep): void {
    const memory = this.#memory;
    const [rate, beta1, beta2, epsilon] = [step.rate, step.beta1, step.beta2, step.epsilon].map(f);
    const [decay, first, second] = [step.decay, step.firstCorrection, step.secondCorrection].map(f);
    for (let j = 0; j < step.count; j++) {
      const weight = memory[step.weights + j];
      const g = f(memory[step.gradient + j] + f(decay * weight));
      const m = f(f(beta1 * memory[step.first + j]) + f(f(1 - beta1) * g));
      const v = f(f(beta2 * memory[step.second + j]) + f(f(1 - beta2) * f(g * g)));
      memory[step.first + j] = m;
      memory[step.second + j] = v;
      const size = f(f(Math.sqrt(f(v * second))) + epsilon);
      memory[step.weights + j] = f(weight - f(f(rate * f(m * first)) / size));
    }
  }
}
