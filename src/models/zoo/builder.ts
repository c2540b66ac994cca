/**
 * Builds the graph of an image network, one layer a call. A layer is named once; its tensors take that name:
 *
 *   conv1 ── node `conv1`, weights `conv1.weight` `conv1.bias`, activation node `conv1_relu`
 *
 * Weights have a shape and no content (see `weights.ts`). Batch normalisation is folded into the convolution before
 * it, as exporters do for inference, or kept as an operator of its own when the caller asks for it.
 */
import { HeterodyneError } from '../../core/errors.ts';
import type { AttributeValue, Graph, Initializer, Operator } from '../graph.ts';

/** A feature map on its way through the network: NCHW without the batch. After `flatten` it is channels x 1 x 1. */
export interface Feature {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** `hard-swish` is x * hard-sigmoid(x) and `silu` x * sigmoid(x), each written as two operators. */
export type Activation = 'none' | 'relu' | 'relu6' | 'sigmoid' | 'hard-sigmoid' | 'hard-swish' | 'silu';

/** One number for both directions, or [vertical, horizontal]. */
export type Extent = number | readonly [number, number];

export interface ConvolutionOptions {
  /** Output channels. */
  channels: number;
  kernel: Extent;
  stride?: number;
  /** Zeros around the input; default 0. `same` = half the kernel, so that stride 1 keeps the size. */
  padding?: Extent | 'same';
  /** Groups of channels; equal to the input channels = depthwise. Default 1. */
  groups?: number;
  /** Batch normalisation after the convolution, default true. */
  normalize?: boolean;
  /** Whether a convolution without normalisation adds a bias, default true. */
  bias?: boolean;
  /** Default `relu`. */
  activation?: Activation;
}

export interface PoolOptions {
  kernel: number;
  stride: number;
  padding?: number;
  /** Round output sizes up instead of down. */
  ceil?: boolean;
}

/** How batch normalisation appears in the graph. */
export type Normalization = 'folded' | 'explicit';

/** Opset 13 is what exporters wrote by default for years; every runtime reads it. */
const OPSET = 13;
/** The epsilon of PyTorch's and Caffe's batch normalisation. */
const EPSILON = Math.fround(1e-5);

export class GraphBuilder {
  readonly #graph: Graph;
  readonly #batch: number;
  readonly #normalization: Normalization;
  readonly #names = new Set<string>();

  constructor(name: string, batch: number, normalization: Normalization) {
    this.#batch = batch;
    this.#normalization = normalization;
    this.#graph = {
      name,
      opset: OPSET,
      inputs: [],
      outputs: [],
      initializers: new Map(),
      operators: [],
      declared: new Map(),
    };
  }

  input(name: string, channels: number, height: number, width: number): Feature {
    this.#graph.inputs.push({ name, type: 'float32', shape: [this.#batch, channels, height, width] });
    return { name, channels, height, width };
  }

  /** Convolution, then batch normalisation, then an activation. */
  conv(name: string, x: Feature, options: ConvolutionOptions): Feature {
    const { channels, stride = 1, groups = 1, normalize = true, bias = true, activation = 'relu' } = options;
    const [kernelHeight, kernelWidth] = pair(options.kernel);
    const [padHeight, padWidth] =
      options.padding === 'same'
        ? ([(kernelHeight - 1) / 2, (kernelWidth - 1) / 2] as const)
        : pair(options.padding ?? 0);
    const explicit = normalize && this.#normalization === 'explicit';
    const inputs = [x.name, this.#weight(`${name}.weight`, [channels, x.channels / groups, kernelHeight, kernelWidth])];
    if (!explicit && (normalize || bias)) inputs.push(this.#weight(`${name}.bias`, [channels]));
    let result: Feature = {
      name: this.#operator(name, 'Conv', inputs, {
        group: int(groups),
        kernel_shape: ints(kernelHeight, kernelWidth),
        pads: ints(padHeight, padWidth, padHeight, padWidth),
        strides: ints(stride, stride),
      }),
      channels,
      height: this.#windows(name, x.height, kernelHeight, stride, padHeight, false),
      width: this.#windows(name, x.width, kernelWidth, stride, padWidth, false),
    };
    if (explicit) result = this.#batchNormalization(`${name}_bn`, result);
    return this.activate(name, result, activation);
  }

  activate(name: string, x: Feature, activation: Activation): Feature {
    switch (activation) {
      case 'none':
        return x;
      case 'relu':
        return { ...x, name: this.#operator(`${name}_relu`, 'Relu', [x.name]) };
      case 'relu6':
        return {
          ...x,
          name: this.#operator(`${name}_relu6`, 'Clip', [x.name, this.#scalar('zero', 0), this.#scalar('six', 6)]),
        };
      case 'sigmoid':
        return { ...x, name: this.#operator(`${name}_sigmoid`, 'Sigmoid', [x.name]) };
      case 'hard-sigmoid':
        // max(0, min(1, x / 6 + 1 / 2)) (MobileNetV3, section 5.2)
        return {
          ...x,
          name: this.#operator(`${name}_hardsigmoid`, 'HardSigmoid', [x.name], {
            alpha: { kind: 'float', value: Math.fround(1 / 6) },
            beta: { kind: 'float', value: 0.5 },
          }),
        };
      case 'hard-swish':
        return this.multiply(`${name}_hardswish`, x, this.activate(name, x, 'hard-sigmoid'));
      case 'silu':
        return this.multiply(`${name}_silu`, x, this.activate(name, x, 'sigmoid'));
    }
  }

  maxPool(name: string, x: Feature, options: PoolOptions): Feature {
    return this.#pool(name, 'MaxPool', x, options, {});
  }

  /** `countPadding`: zeros of the border count in the mean (PyTorch's default, not TensorFlow's). */
  averagePool(name: string, x: Feature, options: PoolOptions & { countPadding: boolean }): Feature {
    return this.#pool(name, 'AveragePool', x, options, { count_include_pad: int(options.countPadding ? 1 : 0) });
  }

  globalAveragePool(name: string, x: Feature): Feature {
    return {
      name: this.#operator(name, 'GlobalAveragePool', [x.name]),
      channels: x.channels,
      height: 1,
      width: 1,
    };
  }

  flatten(name: string, x: Feature): Feature {
    return {
      name: this.#operator(name, 'Flatten', [x.name], { axis: int(1) }),
      channels: x.channels * x.height * x.width,
      height: 1,
      width: 1,
    };
  }

  /** Fully connected layer on a flattened feature. */
  linear(name: string, x: Feature, features: number, activation: Activation = 'none'): Feature {
    const weight = this.#weight(`${name}.weight`, [features, x.channels]);
    const bias = this.#weight(`${name}.bias`, [features]);
    const output = this.#operator(name, 'Gemm', [x.name, weight, bias], { transB: int(1) });
    return this.activate(name, { name: output, channels: features, height: 1, width: 1 }, activation);
  }

  add(name: string, a: Feature, b: Feature, activation: Activation = 'none'): Feature {
    return this.activate(name, { ...a, name: this.#operator(name, 'Add', [a.name, b.name]) }, activation);
  }

  /** Element by element; `gate` may be one number per channel. */
  multiply(name: string, x: Feature, gate: Feature): Feature {
    return { ...x, name: this.#operator(name, 'Mul', [x.name, gate.name]) };
  }

  /** Along channels. */
  concat(name: string, parts: Feature[]): Feature {
    const first = parts[0]!;
    const names = parts.map((part) => part.name);
    return {
      name: this.#operator(name, 'Concat', names, { axis: int(1) }),
      channels: parts.reduce((sum, part) => sum + part.channels, 0),
      height: first.height,
      width: first.width,
    };
  }

  /** Squeeze-and-excitation (Hu et al., CVPR 2018): channel gates from the pooled map, through `squeezed` channels. */
  squeezeExcite(name: string, x: Feature, squeezed: number, inner: Activation, gate: Activation): Feature {
    const plain = { kernel: 1, normalize: false } as const;
    const pooled = this.globalAveragePool(`${name}_pool`, x);
    const reduced = this.conv(`${name}_reduce`, pooled, { ...plain, channels: squeezed, activation: inner });
    const gates = this.conv(`${name}_expand`, reduced, { ...plain, channels: x.channels, activation: gate });
    return this.multiply(`${name}_scale`, x, gates);
  }

  /** The graph, ending in `logits`. */
  finish(logits: Feature): Graph {
    const last = this.#graph.operators.find((operator) => operator.outputs[0] === logits.name)!;
    last.outputs[0] = 'logits';
    this.#graph.outputs.push({ name: 'logits', type: 'float32', shape: [this.#batch, logits.channels] });
    return this.#graph;
  }

  #pool(
    name: string,
    type: 'MaxPool' | 'AveragePool',
    x: Feature,
    { kernel, stride, padding = 0, ceil = false }: PoolOptions,
    further: Record<string, AttributeValue>,
  ): Feature {
    return {
      name: this.#operator(name, type, [x.name], {
        ceil_mode: int(ceil ? 1 : 0),
        ...further,
        kernel_shape: ints(kernel, kernel),
        pads: ints(padding, padding, padding, padding),
        strides: ints(stride, stride),
      }),
      channels: x.channels,
      height: this.#windows(name, x.height, kernel, stride, padding, ceil),
      width: this.#windows(name, x.width, kernel, stride, padding, ceil),
    };
  }

  #batchNormalization(name: string, x: Feature): Feature {
    const inputs = [x.name];
    for (const part of ['scale', 'bias', 'mean', 'var']) inputs.push(this.#weight(`${name}.${part}`, [x.channels]));
    const epsilon: AttributeValue = { kind: 'float', value: EPSILON };
    return { ...x, name: this.#operator(name, 'BatchNormalization', inputs, { epsilon }) };
  }

  /** Positions of a window of `kernel` along `size`; with `ceil` the last one may hang over, but begins inside. */
  #windows(layer: string, size: number, kernel: number, stride: number, padding: number, ceil: boolean): number {
    const steps = (size + 2 * padding - kernel) / stride;
    let windows = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    if (ceil && (windows - 1) * stride >= size + padding) windows--;
    if (size + 2 * padding < kernel || windows < 1) {
      throw new HeterodyneError('USAGE', `The resolution is too small for ${this.#graph.name}`, {
        path: 'resolution',
        expected: `at least ${kernel} pixels before layer "${layer}"`,
        received: `${size + 2 * padding}`,
      });
    }
    return windows;
  }

  #operator(name: string, type: string, inputs: string[], attributes: Record<string, AttributeValue> = {}): string {
    if (this.#names.has(name)) throw new HeterodyneError('INTERNAL', `Two layers are named "${name}"`);
    this.#names.add(name);
    const operator: Operator = {
      name,
      type,
      domain: '',
      inputs,
      outputs: [name],
      attributes: new Map(Object.entries(attributes)),
    };
    this.#graph.operators.push(operator);
    return name;
  }

  #weight(name: string, shape: number[]): string {
    this.#graph.initializers.set(name, { name, type: 'float32', shape });
    return name;
  }

  /** A constant that all operators share. */
  #scalar(name: string, value: number): string {
    if (!this.#graph.initializers.has(name)) {
      const data = new Uint8Array(4);
      new DataView(data.buffer).setFloat32(0, value, true);
      const initializer: Initializer = { name, type: 'float32', shape: [], data };
      this.#graph.initializers.set(name, initializer);
    }
    return name;
  }
}

function pair(extent: Extent): readonly [number, number] {
  return typeof extent === 'number' ? [extent, extent] : extent;
}

function int(value: number): AttributeValue {
  return { kind: 'int', value };
}

function ints(...value: number[]): AttributeValue {
  return { kind: 'ints', value };
}
