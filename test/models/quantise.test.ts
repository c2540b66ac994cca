/** Half precision and 8-bit integers, held against arithmetic by hand and against ONNX Runtime. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSession } from '../../bindings/onnx/index.ts';
import { syntheticFeeds } from '../../src/execution/artefacts/calibration.ts';
import { OutputComparison } from '../../src/execution/artefacts/output-error.ts';
import { calibrate } from '../../src/execution/artefacts/ranges.ts';
import { artefactRuntime } from '../../src/execution/artefacts/runtime.ts';
import type { CuttableModel } from '../../src/models/cut.ts';
import { cuttable, cuttableZoo } from '../../src/models/cuttable.ts';
import type { Graph } from '../../src/models/graph.ts';
import { decompose } from '../../src/models/low-rank/factorise.ts';
import { findLayers } from '../../src/models/low-rank/layers.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { toFloat16 } from '../../src/models/quantise/float16.ts';
import { quantiseModel, tensorsToCalibrate } from '../../src/models/quantise/int8.ts';
import { activationScale, quantiseSymmetric } from '../../src/models/quantise/scales.ts';
import { halfToNumber, numberToHalf } from '../../src/models/shapes/values.ts';
import { constant, int64, node, sketch } from './graphs.ts';

const test = suite('quantise');

test('every half-precision number survives, and what lies between goes to the nearest, ties to even', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = halfToNumber(bits);
    if (!Number.isNaN(value)) assert.is(numberToHalf(value), bits);
    else assert.is(numberToHalf(value), 0x7e00);
  }
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)];
    const middle = (low + high) / 2;
    assert.is(numberToHalf(middle), bits % 2 === 0 ? bits : bits + 1);
    assert.is(numberToHalf(middle + (high - low) / 8), bits + 1);
    assert.is(numberToHalf(-(middle - (high - low) / 8)), bits | 0x8000);
  }
  assert.equal([numberToHalf(65519), numberToHalf(65520), numberToHalf(1e9)], [0x7bff, 0x7c00, 0x7c00]);
});

test('weights are off by half a step of their own channel at most', () => {
  const weights = Float32Array.from({ length: 24 }, (_, i) => (i < 12 ? Math.sin(i) : 100 * Math.cos(i)));
  for (const [channels, stride] of [
    [2, 12],
    [3, 4],
    [1, 24],
  ] as const) {
    for (const bits of [7, 8] as const) {
      const { values, scales } = quantiseSymmetric(weights, channels, stride, bits);
      for (const [i, weight] of weights.entries()) {
        const scale = scales[Math.floor(i / stride) % channels]!;
        assert.ok(Math.abs(values[i]! * scale - weight) <= scale / 2 + 1e-5 * Math.abs(weight), `${i}`);
      }
      assert.is(Math.max(...values.map(Math.abs)), bits === 8 ? 127 : 63);
    }
  }
  assert.equal([...quantiseSymmetric(new Float32Array(4), 2, 2, 8).scales], [1, 1]);
});

test('activations keep zero exact, whatever their range', () => {
  for (const [least, most] of [
    [0, 6],
    [-1, 3],
    [2, 5],
    [-4, -1],
    [0, 0],
  ] as const) {
    const { scale, zero } = activationScale({ least, most });
    assert.ok(Number.isInteger(zero) && zero >= 0 && zero <= 255 && scale > 0);
    assert.ok((255 - zero) * scale >= Math.max(0, most) - scale && -zero * scale <= Math.min(0, least) + scale);
  }
});

/** Root mean square error of a form against the original, both run without rewriting. */
async function errorOf(model: CuttableModel, form: Graph): Promise<number> {
  const feeds = syntheticFeeds(model.blocked.inputs, 2, 3);
  const comparison = new OutputComparison();
  const sessions = await Promise.all(
    [model.graph, form].map((graph) => openSession(writeOnnx(graph, model.weightsOf), { optimize: false })),
  );
  for (const each of feeds) comparison.add(await sessions[0]!.run(each), await sessions[1]!.run(each));
  for (const session of sessions) await session.close();
  return comparison.result().relativeRms;
}

for (const name of ['squeezenet', 'mobilenet-v3-large']) {
  test(`${name} keeps its outputs in float16, in 8-bit weights and in 8-bit arithmetic`, async () => {
    const model = cuttableZoo(name, { resolution: 64, classes: 10 });
    const half = toFloat16(model);
    const halfError = await errorOf(model, half.graph);
    assert.ok(halfError > 0 && halfError < 0.005, `float16: ${halfError}`);
    assert.is(half.clamped, 0);
    const weights = quantiseModel(model);
    assert.ok(weights.quantised > 20, `${weights.quantised}`);
    const weightError = await errorOf(model, weights.graph);
    assert.ok(weightError > 0 && weightError < 0.08, `weights: ${weightError}`);
    const samples = syntheticFeeds(model.blocked.inputs, 2, 3);
    const ranges = await calibrate(model, tensorsToCalibrate(model), samples, await artefactRuntime('web'));
    const full = quantiseModel(model, { ranges });
    const fullError = await errorOf(model, full.graph);
    assert.ok(fullError > 0 && fullError < 0.15, `arithmetic: ${fullError}`);
    const bytes = [model.graph, half.graph, weights.graph].map((graph) => writeOnnx(graph, model.weightsOf).length);
    assert.ok(bytes[1]! < 0.55 * bytes[0]! && bytes[2]! < 0.35 * bytes[0]!, `${bytes}`);
  });
}

test('operators without a half form, casts, constants and shared weights come out right', async () => {
  const square = Array.from({ length: 16 }, (_, i) => Math.cos(1.3 * i));
  const graph = sketch({
    inputs: { x: [2, 4] },
    constants: [
      constant('w', 'float32', [4, 4], square),
      constant('limit', 'float32', [], [3]),
      constant('huge', 'float32', [], [1e6]),
      int64('axes', 1),
      int64('end', 1),
    ],
    nodes: [
      node('MatMul', 'x w', 'a'),
      // The same matrix, read along its other side.
      node('Gemm', 'a w', 'b', { transB: 1 }),
      node('Constant', '', 'c', { value: { tensor: constant('', 'float32', [1], [0.5]) } }),
      node('Mul', 'b c', 'd'),
      node('Cast', 'd', 'whole', { to: 7 }),
      node('Cast', 'whole', 'real', { to: 1 }),
      node('Min', 'd huge', 'm'),
      node('CumSum', 'm end', 'sums'),
      node('Add', 'sums real', 'y'),
    ],
    outputs: 'y d',
  });
  const model = cuttable(graph, { name: 'm', source: 'm', hash: '' });
  const half = toFloat16(model);
  assert.is(half.clamped, 1);
  assert.ok((await errorOf(model, half.graph)) < 0.01);
  const { graph: small, quantised } = quantiseModel(model);
  assert.is(quantised, 2);
  assert.ok((await errorOf(model, small)) < 0.05);
});

test('tensors whose names are those that a rewriting would give, and shared biases, do no harm', async () => {
  const square = Array.from({ length: 16 }, (_, i) => Math.cos(1.3 * i));
  const names = ['w_scale', 'w_quantized', 'w_fp16', 'a_fp16'];
  const graph = sketch({
    inputs: { x: [2, 4] },
    constants: [
      constant('w', 'float32', [4, 4], square),
      constant('bias', 'float32', [4], [1, 2, 3, 4]),
      ...names.map((name) => constant(name, 'float32', [4], [0.1, 0.2, 0.3, 0.4])),
    ],
    nodes: [
      node('Gemm', 'x w bias', 'a'),
      node('Relu', 'a', 'r'),
      node('Gemm', 'r w bias', 'b'),
      node('Sum', `b ${names.join(' ')}`, 'y'),
    ],
    outputs: 'y',
  });
  const model = cuttable(graph, { name: 'm', source: 'm', hash: '' });
  const samples = syntheticFeeds(model.blocked.inputs, 4, 3);
  const ranges = await calibrate(model, tensorsToCalibrate(model), samples, await artefactRuntime('web'));
  assert.ok((await errorOf(model, toFloat16(model).graph)) < 0.01);
  assert.ok((await errorOf(model, quantiseModel(model, { ranges }).graph)) < 0.05);
});

test('weights that are no numbers are refused', () => {
  const weights = [1, 2, Number.NaN, 4];
  const constants = [constant('w', 'float32', [2, 2], weights)];
  const graph = sketch({ inputs: { x: [1, 2] }, constants, nodes: [node('MatMul', 'x w', 'y')], outputs: 'y' });
  const model = cuttable(graph, { name: 'm', source: 'm', hash: '' });
  assert.throws(() => quantiseModel(model), /"w" are damaged/);
  assert.throws(() => decompose(findLayers(model)[0]!, 1).next(), /"w" are damaged/);
});

test('an operator set without quantised tensors is refused', () => {
  const graph = sketch({ opset: 9, inputs: { x: [1, 1] }, nodes: [node('Relu', 'x', 'y')], outputs: 'y' });
  const model = cuttable(graph, { name: 'm', source: 'm', hash: '' });
  assert.throws(() => quantiseModel(model), /knows no quantised tensors/);
});

test.run();
