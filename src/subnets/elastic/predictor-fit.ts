/**
 * An accuracy predictor fitted to measured sub-networks: a small perceptron on the one-hot input of `input-layout.ts`,
 * trained on the whole set at once, written as a plain chain that the core's kernels take.
 */
import { Adam, cosineRate, huber, Parameters, Tape } from '../../../bindings/training/index.ts';
import type { TrainingKernels } from '../../core/training.ts';
import type { Graph, Initializer, Operator } from '../../models/graph.ts';
import { writeOnnx } from '../../models/onnx/write.ts';

export interface PredictorFit {
  /** ONNX file: input `architecture` [batch, inputs], output `accuracy` [batch, 1]. */
  onnx: Uint8Array;
  /** Predictions for rows of the same layout. */
  predict(rows: Float32Array): Float32Array;
}

const STEPS = 1500;
const RATE = 0.01;
const HIDDEN = 32;

/** @param rows [count][inputs], one-hot  @param targets [count] accuracies as fractions */
export function fitPredictor(
  kernels: TrainingKernels,
  rows: Float32Array,
  targets: readonly number[],
  seed: number,
): PredictorFit {
  const count = targets.length;
  const inputs = rows.length / count;
  const mean = targets.reduce((sum, x) => sum + x, 0) / count;
  const spread = Math.sqrt(targets.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count) || 1;
  const scaled = Float32Array.from(targets, (x) => (x - mean) / spread);
  const parameters = new Parameters(kernels, seed);
  const first = parameters.add('0.weight', [HIDDEN, inputs], 'xavier');
  const firstBias = parameters.add('0.bias', [HIDDEN], 0);
  const last = parameters.add('2.weight', [1, HIDDEN], 'xavier');
  const lastBias = parameters.add('2.bias', [1], 0);
  const forward = (tape: Tape, values: Float32Array, images: number) => {
    const x = tape.input(columnsOf(values, images, inputs), { channels: inputs, images, height: 1, width: 1 });
    return tape.dense(tape.activation(tape.dense(x, first, firstBias), 'relu'), last, lastBias);
  };
  const adam = new Adam(parameters, { weightDecay: 3e-3 });
  const tape = new Tape(kernels);
  const everyOne = new Float32Array(count).fill(1);
  for (let step = 0; step < STEPS; step++) {
    tape.reset();
    parameters.zeroGradients();
    const outputs = forward(tape, rows, count);
    tape.backward(outputs, huber(tape.values(outputs), scaled, everyOne, 1).gradient);
    adam.step(cosineRate(step, STEPS, RATE, RATE / 100));
  }
  const value = (parameter: typeof first, scale = 1, shift = 0) =>
    Float32Array.from(parameters.value(parameter), (x) => x * scale + shift);
  const weights = {
    '0.weight': value(first),
    '0.bias': value(firstBias),
    '2.weight': value(last, spread),
    '2.bias': value(lastBias, spread, mean),
  };
  return {
    onnx: chainOnnx(inputs, weights),
    predict(asked) {
      const predicting = new Tape(kernels, { training: false });
      const outputs = forward(predicting, asked, asked.length / inputs);
      return predicting.values(outputs).map((z) => z * spread + mean);
    },
  };
}

/** [count][inputs] as [inputs][count]. */
function columnsOf(rows: Float32Array, count: number, inputs: number): Float32Array {
  return Float32Array.from(rows, (_, at) => rows[(at % count) * inputs + Math.floor(at / count)]);
}

function chainOnnx(inputs: number, weights: Readonly<Record<string, Float32Array>>): Uint8Array {
  const shapes: Record<string, number[]> = {
    '0.weight': [HIDDEN, inputs],
    '0.bias': [HIDDEN],
    '2.weight': [1, HIDDEN],
    '2.bias': [1],
  };
  const operator = (name: string, type: string, from: string[], to: string): Operator => ({
    name,
    type,
    domain: '',
    inputs: from,
    outputs: [to],
    attributes: new Map(type === 'Gemm' ? [['transB', { kind: 'int', value: 1 }]] : []),
  });
  const graph: Graph = {
    name: 'accuracy predictor',
    opset: 13,
    inputs: [{ name: 'architecture', type: 'float32', shape: ['batch', inputs] }],
    outputs: [{ name: 'accuracy', type: 'float32', shape: ['batch', 1] }],
    initializers: new Map(
      Object.entries(weights).map(([name, values]): [string, Initializer] => [
        name,
        { name, type: 'float32', shape: shapes[name], data: new Uint8Array(values.buffer) },
      ]),
    ),
    operators: [
      operator('0', 'Gemm', ['architecture', '0.weight', '0.bias'], 'hidden'),
      operator('1', 'Relu', ['hidden'], 'rectified'),
      operator('2', 'Gemm', ['rectified', '2.weight', '2.bias'], 'accuracy'),
    ],
    declared: new Map(),
  };
  return writeOnnx(graph);
}
