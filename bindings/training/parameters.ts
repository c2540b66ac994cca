/** What is learned: named arrays with their gradients and Adam's running means, and the statistics of batch norms. */
import { HeterodyneError } from '../../src/core/errors.ts';
import type { TrainingKernels } from '../../src/core/training.ts';
import { log } from '../../src/reference/numeric.ts';
import { Random } from '../../src/reference/random.ts';

/** An array of weights in the kernels' memory. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly length: number;
  readonly at: number;
  readonly gradient: number;
  readonly first: number;
  readonly second: number;
}

/** Scale and shift of channels, and the running statistics that stand in for a batch's in use. */
export interface BatchNorm {
  readonly gamma: Parameter;
  readonly beta: Parameter;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * How weights begin. Fan-in and fan-out as for a convolution [out][in][k][k]: `xavier` is uniform within
 * sqrt(6 / (in + out)), `kaiming` normal with variance 2 / in.
 */
export type Initial = 'xavier' | 'kaiming' | number;

/** Everything needed to go on training where it stopped. */
export interface SavedParameters {
  /** Values by name; those of batch norms as NAME.mean and NAME.variance. */
  values: Map<string, Float32Array>;
  /** Adam's running means by name. */
  first: Map<string, Float32Array>;
  second: Map<string, Float32Array>;
}

export class Parameters {
  readonly kernels: TrainingKernels;
  readonly all: Parameter[] = [];
  readonly norms = new Map<string, BatchNorm>();
  readonly #random: Random;

  constructor(kernels: TrainingKernels, seed: number) {
    this.kernels = kernels;
    this.#random = new Random(seed);
  }

  /** Numbers learned, without running statistics. */
  get count(): number {
    return this.all.reduce((sum, { length }) => sum + length, 0);
  }

  add(name: string, shape: readonly number[], initial: Initial): Parameter {
    if (this.all.some((other) => other.name === name)) {
      throw new HeterodyneError('INTERNAL', `two arrays of weights are called "${name}"`, { path: name });
    }
    const length = shape.reduce((product, size) => product * size, 1);
    const [at, gradient, first, second] = Array.from({ length: 4 }, () => this.kernels.allocate(length));
    const parameter = { name, shape, length, at, gradient, first, second };
    this.kernels.write(at, this.#initial(shape, length, initial));
    this.all.push(parameter);
    return parameter;
  }

  batchNorm(name: string, channels: number): BatchNorm {
    const norm = {
      gamma: this.add(`${name}.gamma`, [channels], 1),
      beta: this.add(`${name}.beta`, [channels], 0),
      mean: new Float32Array(channels),
      variance: new Float32Array(channels).fill(1),
    };
    this.norms.set(name, norm);
    return norm;
  }

  value(parameter: Parameter): Float32Array {
    return this.kernels.read(parameter.at, parameter.length);
  }

  zeroGradients(): void {
    for (const { gradient, length } of this.all) this.kernels.fill(gradient, length, 0);
  }

  /** Euclidean length of all gradients together; longer ones are shortened to `most`. */
  clipGradients(most: number): number {
    let squares = 0;
    for (const { gradient, length } of this.all) squares += this.kernels.sumOfSquares(gradient, length);
    const norm = Math.sqrt(squares);
    if (norm > most) for (const { gradient, length } of this.all) this.kernels.scale(gradient, most / norm, length);
    return norm;
  }

  save(): SavedParameters {
    const read = (place: 'at' | 'first' | 'second') =>
      new Map(this.all.map((parameter) => [parameter.name, this.kernels.read(parameter[place], parameter.length)]));
    const values = read('at');
    for (const [name, { mean, variance }] of this.norms) {
      values.set(`${name}.mean`, mean.slice()).set(`${name}.variance`, variance.slice());
    }
    return { values, first: read('first'), second: read('second') };
  }

  /** @throws HeterodyneError `BAD_INPUT` when names or sizes are not those of this network */
  restore(saved: Pick<SavedParameters, 'values'> & Partial<SavedParameters>): void {
    const from = (source: ReadonlyMap<string, Float32Array>, name: string, length: number): Float32Array => {
      const values = source.get(name);
      if (values?.length === length) return values;
      throw new HeterodyneError('BAD_INPUT', `the saved weights do not fit the network at "${name}"`, {
        path: name,
        expected: `${length} numbers`,
        received: values === undefined ? 'none' : String(values.length),
        hint: 'resume with the options that the training began with',
      });
    };
    for (const { name, length, at, first, second } of this.all) {
      this.kernels.write(at, from(saved.values, name, length));
      if (saved.first) this.kernels.write(first, from(saved.first, name, length));
      if (saved.second) this.kernels.write(second, from(saved.second, name, length));
    }
    for (const [name, { mean, variance }] of this.norms) {
      mean.set(from(saved.values, `${name}.mean`, mean.length));
      variance.set(from(saved.values, `${name}.variance`, variance.length));
    }
  }

  #initial(shape: readonly number[], length: number, initial: Initial): Float32Array {
    if (typeof initial === 'number') return new Float32Array(length).fill(initial);
    const area = shape.slice(2).reduce((product, size) => product * size, 1);
    const fanIn = (shape[1] ?? 1) * area;
    const fanOut = shape[0] * area;
    if (initial === 'xavier') {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      return Float32Array.from({ length }, () => (2 * this.#random.unit() - 1) * limit);
    }
    const deviation = Math.sqrt(2 / fanIn);
    return Float32Array.from({ length }, () => this.#normal() * deviation);
  }

  /** Standard normal by Marsaglia's polar method: logarithm and root only, the same everywhere. */
  #normal(): number {
    for (;;) {
      const u = 2 * this.#random.unit() - 1;
      const v = 2 * this.#random.unit() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s);
    }
  }
}

export interface AdamOptions {
  /** Default 0.9, 0.999, 1e-8, 0. */
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}

export class Adam {
  readonly #parameters: Parameters;
  readonly #options: Required<AdamOptions>;
  #steps = 0;
  #power1 = 1;
  #power2 = 1;

  constructor(parameters: Parameters, options: AdamOptions = {}) {
    this.#parameters = parameters;
    this.#options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
  }

  /** Steps done; set when training goes on from a saved state. */
  get steps(): number {
    return this.#steps;
  }

  set steps(steps: number) {
    this.#steps = 0;
    this.#power1 = 1;
    this.#power2 = 1;
    for (let i = 0; i < steps; i++) this.#advance();
  }

  /** Change all weights by their gradients. */
  step(rate: number): void {
    this.#advance();
    const { beta1, beta2, epsilon, weightDecay: decay } = this.#options;
    for (const { at, gradient, first, second, length } of this.#parameters.all) {
      this.#parameters.kernels.adam({
        weights: at,
        gradient,
        first,
        second,
        count: length,
        rate,
        beta1,
        beta2,
        epsilon,
        decay,
        firstCorrection: 1 / (1 - this.#power1),
        secondCorrection: 1 / (1 - this.#power2),
      });
    }
  }

  /** Powers by multiplication: host powers differ between engines. */
  #advance(): void {
    this.#steps++;
    this.#power1 *= this.#options.beta1;
    this.#power2 *= this.#options.beta2;
  }
}

/** `from` at the first of `steps` steps, falling along half a cosine to `to` at the last. */
export function cosineRate(step: number, steps: number, from: number, to: number): number {
  return to + 0.5 * (from - to) * (1 + cosine(steps <= 1 ? 0 : step / (steps - 1)));
}

/** cos(pi x) for 0 <= x <= 1, by its series about 1/2: host cosines may differ in the last bit. */
function cosine(x: number): number {
  const angle = Math.PI * (0.5 - x);
  const square = angle * angle;
  let sum = 0;
  for (let n = 21; n >= 1; n -= 2) sum = 1 - (square / ((n + 1) * (n + 2))) * sum;
  return angle * sum;
}
