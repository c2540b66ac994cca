/** The training kernels: WebAssembly against the reference to the bit, and gradients against differences of values. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Adam,
  cosineRate,
  huber,
  Parameters,
  ReferenceTraining,
  softmaxCrossEntropy,
  Tape,
  type Tensor,
  type TrainingKernels,
  WasmTraining,
} from '../../bindings/training/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { Random } from '../../src/reference/random.ts';

const test = suite('training kernels');

const noise = (random: Random, length: number, scale = 2): Float32Array =>
  Float32Array.from({ length }, () => (random.unit() - 0.5) * scale);

/** A pass over one layer or a few, from an input that learns through a first pointwise layer. */
interface Case {
  name: string;
  channels: number;
  images: number;
  height: number;
  width: number;
  build(tape: Tape, parameters: Parameters): (x: Tensor) => Tensor;
}

const convolutionCase = (kernel: number, stride: number, padding: number, size: [number, number]): Case => ({
  name: `convolution ${kernel}x${kernel}, stride ${stride}, padding ${padding}, ${size.join('x')}`,
  channels: 5,
  images: 3,
  height: size[0],
  width: size[1],
  build(tape, parameters) {
    const weights = parameters.add('w', [9, 5, kernel, kernel], 'kaiming');
    return (x) => tape.convolution(x, weights, { stride, padding });
  },
});

const depthwiseCase = (side: number, kernel: number, stride: number, size: [number, number]): Case => ({
  name: `depthwise ${kernel} of ${side}, stride ${stride}, ${size.join('x')}`,
  channels: 3,
  images: 2,
  height: size[0],
  width: size[1],
  build(tape, parameters) {
    const weights = parameters.add('w', [4, side, side], 'kaiming');
    return (x) => tape.depthwise(x, weights, { kernel, stride });
  },
});

const plain = { channels: 3, images: 4, height: 5, width: 3 };
const CASES: Case[] = [
  convolutionCase(3, 1, 1, [7, 6]),
  convolutionCase(3, 2, 1, [7, 6]),
  convolutionCase(7, 2, 3, [5, 2]),
  convolutionCase(1, 2, 0, [5, 5]),
  convolutionCase(1, 1, 0, [3, 3]),
  convolutionCase(5, 1, 0, [6, 9]),
  depthwiseCase(3, 3, 1, [6, 7]),
  depthwiseCase(5, 5, 2, [9, 8]),
  depthwiseCase(7, 3, 1, [5, 5]),
  depthwiseCase(5, 5, 1, [2, 2]),
  {
    name: 'elastic convolution',
    ...plain,
    build(tape, parameters) {
      const weights = parameters.add('w', [12, 7, 3, 3], 'kaiming');
      return (x) => tape.convolution(x, weights, { outputs: 6 });
    },
  },
  {
    name: 'batch norm and the activations',
    ...plain,
    build(tape, parameters) {
      const norm = parameters.batchNorm('n', 4);
      return (x) =>
        tape.activation(tape.activation(tape.activation(tape.batchNorm(x, norm), 'gelu'), 'hard-swish'), 'relu');
    },
  },
  {
    name: 'largest of windows, then a residual sum',
    ...plain,
    build(tape) {
      return (x) => {
        const y = tape.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
        return tape.add(y, tape.activation(y, 'gelu'));
      };
    },
  },
  {
    name: 'global pool and dense',
    ...plain,
    build(tape, parameters) {
      const weights = parameters.add('w', [11, 3], 'xavier');
      const bias = parameters.add('b', [11], 0.1);
      return (x) => tape.dense(tape.globalPool(x), weights, bias);
    },
  },
  {
    name: 'sums along both sides, spread again, masked',
    ...plain,
    build(tape) {
      return (x) => {
        const mask = tape.input(
          Float32Array.from({ length: x.length / x.channels }, (_, i) => (i % 3 === 0 ? 0 : 1)),
          { ...x, channels: 1 },
        );
        const rows = tape.spread(tape.sum(x, 'width', 0.5), 'width', x.width);
        const columns = tape.spread(tape.sum(x, 'height', 0.25), 'height', x.height);
        return tape.masked(tape.add(x, tape.activation(tape.add(rows, columns), 'gelu')), mask);
      };
    },
  },
];

/** Loss (a fixed random combination of the outputs) after `shift` along `direction`, with everything that came out. */
function pass(kernels: TrainingKernels, { build, ...shape }: Case, shift = 0) {
  const random = new Random(7);
  const parameters = new Parameters(kernels, 3);
  const tape = new Tape(kernels);
  const { channels } = shape;
  const mix = parameters.add('mix', [channels, channels], 'xavier');
  const body = build(tape, parameters);
  const directions = parameters.all.map(({ length }) => noise(random, length));
  for (const [i, parameter] of parameters.all.entries()) {
    const value = parameters.value(parameter);
    kernels.write(
      parameter.at,
      value.map((x, j) => x + shift * directions[i][j]),
    );
  }
  const x = tape.input(noise(random, channels * shape.images * shape.height * shape.width), shape);
  const y = body(tape.dense(x, mix));
  const weights = noise(random, y.length, 1);
  const output = tape.values(y);
  const loss = output.reduce((sum, value, i) => sum + value * weights[i], 0);
  tape.backward(y, weights);
  const gradients = parameters.all.map(({ gradient, length }) => kernels.read(gradient, length));
  const slope = gradients.reduce(
    (sum, gradient, i) => sum + gradient.reduce((inner, g, j) => inner + g * directions[i][j], 0),
    0,
  );
  const norms = [...parameters.norms.values()].flatMap(({ mean, variance }) => [mean, variance]);
  return { output, loss, gradients, slope, norms };
}

for (const each of CASES) {
  test(`${each.name}: both implementations give the same bits`, () => {
    const wasm = pass(new WasmTraining(), each);
    const reference = pass(new ReferenceTraining(), each);
    assert.ok(wasm.output.some((value) => value !== 0));
    assert.equal(wasm.output, reference.output);
    assert.equal(wasm.gradients, reference.gradients);
    assert.equal(wasm.norms, reference.norms);
  });

  test(`${each.name}: the gradient is the slope of the loss`, () => {
    const { slope } = pass(new WasmTraining(), each);
    // Windows and relu have kinks: a large step may cross one, a small one drowns in rounding.
    const measured = [1e-2, 1e-3, 1e-4, 3e-5].map((step) => {
      const [up, down] = [step, -step].map((shift) => pass(new WasmTraining(), each, shift).loss);
      return (up - down) / (2 * step);
    });
    const nearest = Math.min(...measured.map((each) => Math.abs(each - slope)));
    assert.ok(nearest < 0.01 * Math.max(1, Math.abs(slope)), `${slope}, measured ${measured}`);
  });
}

test('products of matrices larger than one block agree with float64, and to the bit with the reference', () => {
  const random = new Random(5);
  const [rows, columns, depth] = [13, 141, 1037];
  const a = noise(random, rows * depth);
  const b = noise(random, depth * columns);
  const results = [new WasmTraining(), new ReferenceTraining()].map((kernels) => {
    const [at, bt, ct, dt] = [rows * depth, depth * columns, rows * columns, rows * rows].map((n) =>
      kernels.allocate(n),
    );
    kernels.write(at, a);
    kernels.write(bt, b);
    const shape = { rows, columns, depth };
    kernels.matmul({ a: at, aRow: depth, aDepth: 1, b: bt, bRow: columns, c: ct, cRow: columns, ...shape });
    const once = kernels.read(ct, rows * columns);
    kernels.matmul({
      a: at,
      aRow: depth,
      aDepth: 1,
      b: bt,
      bRow: columns,
      c: ct,
      cRow: columns,
      ...shape,
      accumulate: true,
    });
    kernels.matmulRows({ a: at, aRow: depth, b: at, bRow: depth, c: dt, cRow: rows, rows, columns: rows, depth });
    return { once, twice: kernels.read(ct, rows * columns), squares: kernels.read(dt, rows * rows) };
  });
  assert.equal(results[0], results[1]);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += a[i * depth + k] * b[k * columns + j];
      assert.ok(Math.abs(results[0].once[i * columns + j] - sum) < 1e-3);
    }
  }
});

test('GELU is within 1e-6 of the exact one', () => {
  const kernels = new WasmTraining();
  const tape = new Tape(kernels, { training: false });
  // Known values of x P(x), from tables of the normal distribution.
  const known: [number, number][] = [
    [-6, -5.9193e-9],
    [-3, -0.00404969],
    [-1, -0.15865525],
    [-0.5, -0.15426877],
    [0, 0],
    [0.5, 0.34573123],
    [1, 0.84134475],
    [3, 2.99595031],
    [6, 6],
  ];
  const x = tape.input(
    Float32Array.from(known, ([at]) => at),
    { channels: 1, images: 1, height: 1, width: known.length },
  );
  const y = tape.values(tape.activation(x, 'gelu'));
  for (const [i, [at, value]] of known.entries()) assert.ok(Math.abs(y[i] - value) < 1e-6, `${at}: ${y[i]}`);
});

test('losses: value and gradient', () => {
  const outputs = Float32Array.of(1, 2, -1, 0.5);
  const loss = huber(outputs, Float32Array.of(0, 0, 0, 9), Float32Array.of(1, 1, 1, 0), 1);
  assert.ok(Math.abs(loss.value - (0.5 + 1.5 + 0.5) / 3) < 1e-7);
  assert.equal(
    [...loss.gradient].map((g) => Math.round(g * 3)),
    [1, 1, -1, 0],
  );
  const logits = Float32Array.of(2, 0, 1, 3);
  const entropy = softmaxCrossEntropy(logits, [0, 1]);
  const expected = (Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.exp(-3))) / 2;
  assert.ok(Math.abs(entropy.value - expected) < 1e-7);
  assert.is(entropy.correct, 2);
  const step = 1e-3;
  for (let i = 0; i < 4; i++) {
    const at = (shift: number) =>
      softmaxCrossEntropy(
        logits.map((value, j) => value + (i === j ? shift : 0)),
        [0, 1],
        0.1,
      ).value;
    const slope = softmaxCrossEntropy(logits, [0, 1], 0.1).gradient[i];
    assert.ok(Math.abs((at(step) - at(-step)) / (2 * step) - slope) < 1e-3);
  }
});

/** A few steps of Adam on a small classifier. */
function train(kernels: TrainingKernels, steps: number) {
  const parameters = new Parameters(kernels, 1);
  const stem = parameters.add('stem', [6, 2, 3, 3], 'kaiming');
  const norm = parameters.batchNorm('norm', 6);
  const wide = parameters.add('depthwise', [6, 3, 3], 'kaiming');
  const head = parameters.add('head', [3, 6], 'xavier');
  const bias = parameters.add('bias', [3], 0);
  const adam = new Adam(parameters, { weightDecay: 1e-4 });
  const tape = new Tape(kernels);
  const random = new Random(11);
  const images = 12;
  const labels = Array.from({ length: images }, (_, n) => n % 3);
  const data = noise(random, 2 * images * 36, 0.5);
  for (const [n, label] of labels.entries()) for (let p = 0; p < 12; p++) data[n * 36 + label * 12 + p] += 1;
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    tape.reset();
    parameters.zeroGradients();
    const x = tape.input(data, { channels: 2, images, height: 6, width: 6 });
    const one = tape.activation(tape.batchNorm(tape.convolution(x, stem), norm), 'relu');
    const two = tape.add(one, tape.activation(tape.depthwise(one, wide), 'hard-swish'));
    const y = tape.dense(tape.globalPool(tape.maxPool(two, { kernel: 2, stride: 2, padding: 0 })), head, bias);
    const { value, gradient } = softmaxCrossEntropy(tape.values(y), labels);
    losses.push(value);
    tape.backward(y, gradient);
    parameters.clipGradients(1);
    adam.step(cosineRate(step, steps, 0.05, 0.001));
  }
  return { losses, saved: parameters.save(), parameters };
}

test('training learns, the same bits in both implementations', () => {
  const wasm = train(new WasmTraining(), 12);
  const reference = train(new ReferenceTraining(), 12);
  assert.ok(wasm.losses[11] < 0.5 * wasm.losses[0], wasm.losses.join(' '));
  assert.equal(wasm.losses, reference.losses);
  assert.equal(wasm.saved, reference.saved);
});

test('saved parameters come back whole, and those of another network are refused', () => {
  const { saved, parameters } = train(new WasmTraining(), 2);
  const before = parameters.save();
  for (const { at, length } of parameters.all) parameters.kernels.fill(at, length, 9);
  parameters.restore(saved);
  assert.equal(parameters.save(), before);
  const other = new Parameters(new WasmTraining(), 1);
  other.add('stem', [5], 0);
  assert.throws(
    () => other.restore(saved),
    (error: unknown) => error instanceof HeterodyneError,
  );
});

test('the cosine schedule goes from the first rate to the last', () => {
  assert.ok(Math.abs(cosineRate(0, 11, 0.01, 1e-4) - 0.01) < 1e-12);
  assert.ok(Math.abs(cosineRate(10, 11, 0.01, 1e-4) - 1e-4) < 1e-12);
  assert.ok(Math.abs(cosineRate(5, 11, 0.01, 1e-4) - (0.01 + 1e-4) / 2) < 1e-12);
  for (let i = 0; i <= 20; i++) {
    const expected = 0.5 * (1 + Math.cos((Math.PI * i) / 20));
    assert.ok(Math.abs(cosineRate(i, 21, 1, 0) - expected) < 1e-14);
  }
});

test.run();
