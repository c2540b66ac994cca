import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { embedder, medianSeconds } from '../../src/estimators/embedding.ts';
import { onnxEstimator } from '../../src/estimators/onnx.ts';
import type { AttributeValue, Dimension, Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { plannerById } from '../../src/planners/registry.ts';
import { cores } from '../core/cores.ts';
import { problemFrom, tinyProblem } from '../core/problems.ts';

const test = suite('onnx estimator');

const axes = (...value: number[]): Map<string, AttributeValue> =>
  new Map<string, AttributeValue>([
    ['axes', { kind: 'ints', value }],
    ['keepdims', { kind: 'int', value: 0 }],
  ]);

/** Minus the largest load: sums over models, then the maximum over resources. Grows with the least rate. */
const minusLargestLoad = (shape: Dimension[]): Graph => ({
  name: 'minus-largest-load',
  opset: 11,
  inputs: [{ name: 'demands', type: 'float32', shape }],
  outputs: [{ name: 'value', type: 'float32', shape: [shape[0]] }],
  initializers: new Map(),
  operators: [
    { name: 'sum', type: 'ReduceSum', domain: '', inputs: ['demands'], outputs: ['loads'], attributes: axes(1) },
    { name: 'max', type: 'ReduceMax', domain: '', inputs: ['loads'], outputs: ['largest'], attributes: axes(1) },
    { name: 'neg', type: 'Neg', domain: '', inputs: ['largest'], outputs: ['value'], attributes: new Map() },
  ],
  declared: new Map(),
});

/** The sum of an image. */
const sumOfImage = (shape: Dimension[]): Graph => ({
  name: 'sum-of-image',
  opset: 11,
  inputs: [{ name: 'image', type: 'float32', shape }],
  outputs: [{ name: 'value', type: 'float32', shape: [shape[0]] }],
  initializers: new Map(),
  operators: [
    { name: 'sum', type: 'ReduceSum', domain: '', inputs: ['image'], outputs: ['value'], attributes: axes(1, 2, 3) },
  ],
  declared: new Map(),
});

const problem = tinyProblem(1, 'min');
const core = cores[1];

test('a network over demands leads mcts to the optimum that it describes', async () => {
  const kernel = core.placement(problem);
  for (const shape of [
    ['n', 2, 3],
    ['n', 'm', 'r'],
    [5, 4, 3],
  ] as Dimension[][]) {
    const estimator = await onnxEstimator(writeOnnx(minusLargestLoad(shape)), problem);
    const result = await plannerById('mcts').plan({ kernel, evaluations: 150, estimator });
    assert.ok(Math.abs(Math.min(...kernel.evaluate(result.placement).rates) - 142.8571) < 0.001, shape.join());
    const { rates } = kernel.evaluate(kernel.sample('uniform', 1));
    assert.is(rates.length, 2);
    await estimator.close();
  }
  kernel.free();
});

test('a network over the embedding sees the cost of the processor that runs a block', async () => {
  const kernel = core.placement(problem);
  const reference = medianSeconds(problem);
  const estimator = await onnxEstimator(writeOnnx(sumOfImage(['n', 3, 5, 2])), problem);
  const placements = kernel.sample('stratified', 70);
  const values = await estimator.score({ count: 70, placements, demands: new Float64Array(0) });
  for (let i = 0; i < 70; i++) {
    let sum = 0;
    for (let m = 0; m < 2; m++) {
      const record = placements.subarray((i * 2 + m) * 12, (i * 2 + m + 1) * 12);
      const { blocks, seconds } = problem.models[m];
      for (let b = 0, s = 0; b < blocks; b++) {
        while (b >= record[2 + 2 * s]) s++;
        sum += Math.log(1 + seconds[record[1 + 2 * s] * blocks + b] / reference);
      }
    }
    assert.ok(Math.abs(values[i] - sum) < 1e-5 * sum, `${values[i]}, not ${sum}`);
  }
  await estimator.close();
  kernel.free();
});

test('the embedding of an AlexNet on one processor fills that channel alone', () => {
  const rows = [1, 2, 3].map((slow) => Array.from({ length: 8 }, (_, b) => slow * (b + 1) * 1e-3));
  const alexnet = problemFrom([{ seconds: rows }]);
  const image = (record: number[]) =>
    embedder(
      alexnet,
      { processors: 3, blocks: 35, models: 11 },
      1e-3,
    )(Uint8Array.from({ length: 12 }, (_, i) => record[i] ?? 0));
  const cell = (images: Float32Array, d: number, l: number, m: number) => images[(d * 35 + l) * 11 + m];
  const whole = image([1, 1, 8]);
  for (let d = 0; d < 3; d++) {
    for (let l = 0; l < 35; l++) {
      for (let m = 0; m < 11; m++) {
        const expected = d === 1 && l < 8 && m === 0 ? Math.fround(Math.log(1 + 2 * (l + 1))) : 0;
        assert.ok(Math.abs(cell(whole, d, l, m) - expected) < 1e-6);
      }
    }
  }
  const split = image([2, 0, 4, 2, 8]);
  assert.ok(Math.abs(cell(split, 0, 3, 0) - Math.log(5)) < 1e-6 && cell(split, 0, 4, 0) === 0);
  assert.ok(Math.abs(cell(split, 2, 4, 0) - Math.log(16)) < 1e-6 && cell(split, 2, 3, 0) === 0);
  assert.ok(split.subarray(35 * 11, 2 * 35 * 11).every((x) => x === 0));
});

test('networks of other shapes are refused', async () => {
  for (const graph of [minusLargestLoad(['n', 1, 3]), sumOfImage(['n', 3, 2, 2]), minusLargestLoad(['n', 2])]) {
    try {
      await onnxEstimator(writeOnnx(graph), problem);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, HeterodyneError, String(error));
      assert.is((error as HeterodyneError).code, 'BAD_INPUT');
    }
  }
});

test.run();
