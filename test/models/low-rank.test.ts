/** Low-rank factors, held against published arithmetic, another library's decomposition, and ONNX Runtime. */
import { Matrix, SVD } from 'ml-matrix';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OnnxTensor, openSession } from '../../bindings/onnx/index.ts';
import { approximate } from '../../src/execution/artefacts/approximate.ts';
import { syntheticFeeds } from '../../src/execution/artefacts/calibration.ts';
import { outputErrorOf } from '../../src/execution/artefacts/measure.ts';
import { artefactRuntime } from '../../src/execution/artefacts/runtime.ts';
import { alignBlocks } from '../../src/models/align-blocks.ts';
import { cuttable, cuttableZoo } from '../../src/models/cuttable.ts';
import { FreshNames } from '../../src/models/fresh-names.ts';
import type { Graph } from '../../src/models/graph.ts';
import {
  breakEvenRank,
  type ConvolutionSize,
  factoredMacs,
  fullMacs,
  fullRank,
  roundedRank,
} from '../../src/models/low-rank/arithmetic.ts';
import { decompose, factorsOf } from '../../src/models/low-rank/factorise.ts';
import { findLayers } from '../../src/models/low-rank/layers.ts';
import { PUBLISHED_RANKS } from '../../src/models/low-rank/published.ts';
import { energyOf, ranksInOrder, refusedRank } from '../../src/models/low-rank/ranks.ts';
import { layerGraph } from '../../src/models/low-rank/rewrite.ts';
import { inSlices } from '../../src/models/low-rank/slices.ts';
import { energyKept, rankForEnergy, truncatedSvd } from '../../src/models/low-rank/svd.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { Random } from '../../src/reference/random.ts';
import { constant, node, type PlainAttribute, sketch } from './graphs.ts';

const test = suite('low rank');

const near = (a: number, b: number, tolerance: number) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a}, not ${b} within ${tolerance}`);

/** AlexNet with two towers: channels, kernel, groups, output, stride. */
const TWO_TOWERS = [
  [3, 96, 11, 1, 55, 4],
  [96, 256, 5, 2, 27, 1],
  [256, 384, 3, 1, 13, 1],
  [384, 384, 3, 2, 13, 1],
  [384, 256, 3, 2, 13, 1],
].map(([inputs, outputs, k, groups, side, stride]): ConvolutionSize => {
  const shape = { kernel: [k!, k!], output: [side!, side!] } as const;
  const columns = stride! * side!;
  return { kind: 'separable', inputs: inputs!, outputs: outputs!, groups: groups!, batch: 1, columns, ...shape };
});

test("AlexNet's published ranks need the published arithmetic", () => {
  const ranks = PUBLISHED_RANKS.alexnet!;
  const before = TWO_TOWERS.map(fullMacs);
  const after = TWO_TOWERS.map((size, i) => factoredMacs(size, ranks[i]!));
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  assert.is(sum(before), 665_784_864);
  assert.is(sum(after), 125_796_000);
  const left = [27.3, 11.5, 13, 17.4, 43.4];
  for (const [i, share] of left.entries()) near((100 * after[i]!) / before[i]!, share, 0.05);
  const breakEven = [29.3, 349.1, 460.8, 576, 460.8];
  for (const [i, rank] of breakEven.entries()) near(breakEvenRank(TWO_TOWERS[i]!), rank, 0.05);
});

test("VGG-19's published ranks need the published arithmetic", () => {
  const layers = findLayers(cuttableZoo('vgg-19'));
  const ranks = ranksInOrder(layers, PUBLISHED_RANKS['vgg-19']!);
  let before = 0;
  let after = 0;
  for (const { name, size } of layers) {
    if (size.kind !== 'separable') continue;
    before += fullMacs(size);
    after += factoredMacs(size, ranks[name]!);
  }
  assert.equal([before, after], [19_508_428_800, 9_955_319_808]);
  assert.throws(() => ranksInOrder(layers, [8, 40]), /another network/);
});

test('dense layers pay below M N / (M + N), and ranks at K* are refused', () => {
  const size = { kind: 'svd', inputs: 300, outputs: 100, batch: 1 } as const;
  near(breakEvenRank(size), 75, 1e-12);
  assert.equal([refusedRank(size, 74), fullRank(size)], [undefined, 100]);
  assert.ok(refusedRank(size, 75));
  for (const grouped of TWO_TOWERS) {
    const most = Math.ceil(breakEvenRank(grouped));
    assert.ok(refusedRank(grouped, most) && refusedRank(grouped, most - grouped.groups - 1) === undefined);
    assert.is(roundedRank(grouped, 7.3) % grouped.groups, 0);
  }
});

function noise(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => 2 * random.unit() - 1);
}

test('the decomposition is that of another library, and truncation leaves just the tail', async () => {
  const random = new Random(5);
  for (const [rows, columns, rank] of [
    [1, 7, 1],
    [24, 40, 9],
    [40, 24, 24],
    [33, 33, 12],
  ] as const) {
    const matrix = noise(random, rows * columns);
    // Half of the rows repeat others: singular values of zero, and many equal ones.
    if (rows === columns) matrix.copyWithin(16 * columns, 0, 16 * columns);
    const svd = await inSlices(truncatedSvd(matrix, rows, columns, rank));
    const table = Array.from({ length: rows }, (_, i) => [...matrix.subarray(i * columns, (i + 1) * columns)]);
    const { diagonal } = new SVD(new Matrix(table), { autoTranspose: true });
    for (const [i, value] of diagonal.entries()) near(Math.sqrt(svd.squares[i]!), value, 1e-6);
    let rest = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = matrix[i * columns + j]!;
        for (let r = 0; r < svd.rank; r++) {
          sum -= Math.sqrt(svd.squares[r]!) * svd.left[r * rows + i]! * svd.right[r * columns + j]!;
        }
        rest += sum * sum;
      }
    }
    const tail = svd.squares.slice(rank).reduce((a, b) => a + b, 0);
    near(rest, tail, 1e-9);
    near(energyKept(svd, rank), 1 - tail / svd.squares.reduce((a, b) => a + b, 0), 1e-12);
    const enough = rankForEnergy(svd, 0.9);
    assert.ok(energyKept(svd, enough) >= 0.9 && (enough === 1 || energyKept(svd, enough - 1) < 0.9));
  }
});

test('equal and vanishing singular values have vectors of their own', async () => {
  const n = 20;
  const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 3 : 0));
  const { squares, left } = await inSlices(truncatedSvd(identity, n, n, n));
  assert.ok(squares.every((square) => Math.abs(square - 9) < 1e-12));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < n; k++) dot += left[i * n + k]! * left[j * n + k]!;
      near(dot, i === j ? 1 : 0, 1e-12);
    }
  }
  const zero = await inSlices(truncatedSvd(new Float64Array(12), 3, 4, 2));
  assert.ok([...zero.left, ...zero.right, ...zero.squares].every(Number.isFinite));
});

async function runGraph(graph: Graph, feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>> {
  const session = await openSession(writeOnnx(graph), { optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

const SHAPES: [string, string, number[], number[], Record<string, PlainAttribute>][] = [
  [
    'groups, strides and uneven paddings',
    'Conv',
    [2, 6, 11, 14],
    [8, 3, 3, 5],
    { group: 2, strides: [2, 3], pads: [1, 2, 0, 3] },
  ],
  ['dilations', 'Conv', [1, 4, 13, 12], [6, 4, 3, 3], { dilations: [2, 3], pads: [2, 3, 2, 3] }],
  ['a 1x1 kernel with a stride', 'Conv', [1, 8, 9, 9], [12, 8, 1, 1], { strides: [2, 2] }],
  ['a flat kernel', 'Conv', [1, 5, 8, 8], [7, 5, 1, 7], { pads: [0, 3, 0, 3] }],
  ['a transposed scaled Gemm', 'Gemm', [3, 10], [6, 10], { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } }],
  ['a plain Gemm', 'Gemm', [3, 10], [10, 14], {}],
  ['a MatMul over batches', 'MatMul', [2, 3, 10], [10, 6], {}],
];

for (const [what, type, input, weight, attributes] of SHAPES) {
  test(`factors of full rank compute the layer: ${what}`, async () => {
    const random = new Random(11);
    const values = (shape: number[]) => [
      ...noise(
        random,
        shape.reduce((a, b) => a * b, 1),
      ),
    ];
    const outputs =
      type === 'MatMul' ? 0 : type === 'Gemm' && attributes.transB === undefined ? weight[1]! : weight[0]!;
    const graph = sketch({
      inputs: { x: input },
      constants: [
        constant('w', 'float32', weight, values(weight)),
        ...(outputs > 0 ? [constant('b', 'float32', [outputs], values([outputs]))] : []),
      ],
      nodes: [node(type, outputs > 0 ? 'x w b' : 'x w', 'y', attributes)],
      outputs: 'y',
    });
    const model = cuttable(graph, { name: 'm', source: 'm', hash: '' });
    const [layer] = findLayers(model);
    const full = fullRank(layer!.size);
    const decomposition = await inSlices(decompose(layer!, full));
    const feeds = syntheticFeeds(model.blocked.inputs, 1, 2)[0]!;
    const whole = await runGraph(graph, feeds);
    const errors: number[] = [];
    for (const rank of [full, roundedRank(layer!.size, full / 2)]) {
      const { operators, initializers } = factorsOf(layer!, decomposition, rank, new FreshNames(graph));
      const factored = await runGraph(layerGraph(graph, operators, initializers), feeds);
      assert.equal(factored.y!.dims, whole.y!.dims);
      errors.push(outputErrorOf([whole], [factored]).relativeRms);
    }
    assert.ok(errors[0]! < 1e-5, `full rank: ${errors[0]}`);
    assert.ok(errors[1]! > 1e-3 && errors[1]! < 1, `half of it: ${errors[1]}`);
    near(energyOf(decomposition, full), 1, 1e-12);
  });
}

test('what is of low rank is found out, and costs nothing', async () => {
  const random = new Random(3);
  const [rows, rank] = [48, 4];
  const [left, right] = [noise(random, rows * rank), noise(random, rows * rank)];
  const product = Array.from({ length: rows * rows }, (_, at) => {
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += left[Math.floor(at / rows) * rank + r]! * right[(at % rows) * rank + r]!;
    return sum;
  });
  const graph = sketch({
    inputs: { x: [64, rows] },
    constants: [constant('w', 'float32', [rows, rows], product)],
    nodes: [node('MatMul', 'x w', 'y', {}, 'dense')],
    outputs: 'y',
  });
  const model = cuttable(graph, { name: 'm', source: 'm', hash: '' });
  const runtime = await artefactRuntime('web');
  const feeds = syntheticFeeds(model.blocked.inputs, 1, 1)[0]!;
  const options = { runtime, feeds, keepSlow: true, limitMs: 1 };
  const [form] = await approximate(model, [{ kind: 'energy', share: 0.9999 }], options);
  assert.equal([form!.layers[0]!.rank, form!.layers[0]!.applied], [rank, true]);
  assert.ok(form!.layers[0]!.outputError!.relativeRms < 1e-5);
  assert.is(form!.macs, 64 * 2 * rows * rank);
});

test('a network keeps what does not pay; its arithmetic is what a fresh count finds', async () => {
  const model = cuttableZoo('squeezenet', { resolution: 64, classes: 10 });
  const runtime = await artefactRuntime('web');
  const feeds = syntheticFeeds(model.blocked.inputs, 1, 1)[0]!;
  const options = { runtime, feeds, limitMs: 1 };
  const rules = [
    { kind: 'share', share: 0.5 },
    { kind: 'list', ranks: { fire2_expand3x3: 10, fire3_squeeze: 16 } },
  ] as const;
  const [half, listed] = await approximate(model, rules, { ...options, keepSlow: true });
  const bytes = writeOnnx(half!.graph, model.weightsOf);
  const counted = cuttable(half!.graph, { name: 'm', source: 'm', hash: '' }).blocked;
  assert.is(counted.macs, half!.macs);
  assert.ok(
    half!.macs < 0.6 * model.blocked.macs && bytes.length < 0.6 * writeOnnx(model.graph, model.weightsOf).length,
  );
  assert.is(half!.blockTimeRatios.length, model.blocked.blocks.length);
  // More places to cut, the same blocks.
  const aligned = alignBlocks(counted, model.blocked);
  assert.ok(counted.blocks.length > model.blocked.blocks.length);
  const outputs = (blocked: typeof counted) => blocked.blocks.map((block) => block.outputs);
  assert.equal(outputs(aligned), outputs(model.blocked));
  const macsOf = (blocked: typeof counted) =>
    blocked.blocks.flatMap(({ work }) => Object.values(work.macs)).reduce((a, b) => a + b, 0);
  assert.is(macsOf(aligned), counted.macs);
  const operators = aligned.blocks.flatMap((block) => block.operators).sort((a, b) => a - b);
  assert.equal(operators, [...half!.graph.operators.keys()]);
  assert.is(alignBlocks(model.blocked, model.blocked), model.blocked);
  const renamed = model.blocked.blocks.map((block) => ({ ...block, outputs: ['elsewhere'] }));
  assert.is(alignBlocks(counted, { ...model.blocked, blocks: renamed }), counted);
  // A second time: names that the first time took are left alone.
  const again = await approximate(
    cuttable(half!.graph, { name: 'm', source: 'm', hash: '' }, model.weightsOf),
    [{ kind: 'list', ranks: { fire9_expand3x3: 20 } }],
    { ...options, keepSlow: true },
  );
  assert.ok(again[0]!.layers[0]!.applied && Object.keys(await runWithWeights(again[0]!.graph)).length === 1);
  // 16 is beyond K* = 14.2 of that layer.
  assert.equal(
    listed!.layers.map(({ operator, applied, reason }) => [operator, applied, reason]),
    [
      ['fire2_expand3x3', true, undefined],
      ['fire3_squeeze', false, 'the factors need no less arithmetic'],
    ],
  );
  const untouched = (graph: Graph) => graph.operators.filter(({ name }) => !name.startsWith('fire2_expand3x3'));
  assert.equal(untouched(listed!.graph), untouched(model.graph));
  const [whole, other] = [await runWithWeights(model.graph), await runWithWeights(listed!.graph)];
  const { relativeRms } = outputErrorOf([whole], [other]);
  assert.ok(relativeRms > 0 && relativeRms < 1, `${relativeRms}`);

  async function runWithWeights(graph: Graph) {
    const session = await openSession(writeOnnx(graph, model.weightsOf));
    const result = await session.run(feeds);
    await session.close();
    return result;
  }
});

test.run();
