/** Pieces of a network, run one after another in ONNX Runtime, give what the whole gives, to the bit. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { type CuttableModel, cutModel, cutPiece, stageModels } from '../../src/models/cut.ts';
import { cuttable, cuttableOnnx, cuttableZoo } from '../../src/models/cuttable.ts';
import type { Graph } from '../../src/models/graph.ts';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { Random } from '../../src/reference/random.ts';
import { constant, int64, node, sketch } from './graphs.ts';
import { feedsOf, randomCuts, runStages, runWhole } from './stages.ts';

const test = suite('cut');

const EXPORTED = new URL('../../../shared/data/models/mobilenet_v3_small.onnx', import.meta.url);

async function agreesInPieces(model: CuttableModel, seed: number): Promise<void> {
  const random = new Random(seed);
  const feeds = feedsOf(model);
  const whole = await runWhole(model, feeds);
  for (let i = 0; i < 3; i++) {
    const cuts = randomCuts(random, model.blocked.blocks.length, 4);
    assert.equal(await runStages(model, cuts, feeds), whole, `${model.blocked.name} at ${cuts}`);
  }
}

for (const name of ['squeezenet', 'mobilenet-v3-large', 'googlenet', 'resnet-34']) {
  test(`${name} computes the same at three random placements`, async () => {
    const options = { resolution: 64, classes: 10, granularity: 'operator' as const };
    await agreesInPieces(cuttableZoo(name, { ...options, seed: 3 }), 7);
  });
}

if (existsSync(EXPORTED)) {
  test("PyTorch's MobileNet v3 computes the same at three random placements", async () => {
    const bytes = new Uint8Array(readFileSync(EXPORTED));
    await agreesInPieces(await cuttableOnnx(bytes, { name: 'm', source: 'm.onnx' }), 9);
  });
} else console.log("cut: PyTorch's MobileNet v3 is not at hand, its test is skipped");

/** Four dense layers; the cut falls after each. */
function awkward(): Graph {
  const square = (name: string) =>
    constant(
      name,
      'float32',
      [4, 4],
      Array.from({ length: 16 }, (_, i) => Math.cos(i * 1.7)),
    );
  const branch = (scale: string): Graph => ({
    ...sketch({ inputs: {}, nodes: [node('Mul', `a ${scale}`, `chosen_${scale}`)], outputs: `chosen_${scale}` }),
    name: scale,
  });
  return sketch({
    inputs: { x: ['batch', 4] },
    constants: [
      square('w1'),
      square('w2'),
      square('w3'),
      square('w4'),
      constant('two', 'float32', [], [2]),
      constant('three', 'float32', [], [3]),
      constant('yes', 'bool', [], [1]),
      int64('zero', 0),
      int64('four', 4),
    ],
    nodes: [
      node('MatMul', 'x w1', 'a'),
      node('Shape', 'a', 'shape'),
      node('Gather', 'shape zero', 'rows'),
      // A constant that two stages compute, and an output that is done after the first of them.
      node('Transpose', 'w2', 'w2t', { perm: [1, 0] }),
      node('Neg', 'a', 'early'),
      node('MatMul', 'a w2t', 'b'),
      node('Concat', 'rows four', 'target', { axis: 0 }),
      node('Reshape', 'b target', 'c'),
      node('MatMul', 'c w3', 'd'),
      node('If', 'yes', 'e', { then_branch: { graph: branch('two') }, else_branch: { graph: branch('three') } }),
      node('Add', 'd e', 'f'),
      node('MatMul', 'f w2t', 'g'),
      node('Reshape', 'g target', 'h'),
      node('MatMul', 'h w4', 'y'),
    ],
    outputs: 'y early',
  });
}

test('shapes, captured tensors, shared constants and early results survive every cut', async () => {
  const model = cuttable(awkward(), {
    name: 'm',
    source: 'm',
    hash: '',
    batch: 3,
    granularity: 'operator',
    maxLive: 4,
  });
  const count = model.blocked.blocks.length;
  assert.ok(count >= 4, `${count} blocks`);
  const feeds = feedsOf(model);
  const whole = await runWhole(model, feeds);
  assert.equal(Object.keys(whole), ['y', 'early']);
  const all = Array.from({ length: count - 1 }, (_, i) => i + 1);
  for (const cuts of [...all.map((cut) => [cut]), all]) {
    assert.equal(await runStages(model, cuts, feeds), whole, `${cuts}`);
  }
});

test('a piece holds its own weights alone, with names, types and numeric shapes', () => {
  const model = cuttableZoo('squeezenet', { resolution: 64, classes: 10 });
  const { blocks } = model.blocked;
  let weights = 0;
  for (const piece of stageModels(
    model,
    blocks.slice(1).map((block) => block.index),
  )) {
    const read = readOnnx(writeOnnx(piece.graph, model.weightsOf));
    assert.equal(
      read.inputs.map(({ name, type, shape }) => ({ name, type, shape })),
      piece.inputs.map(({ name, type, shape }) => ({ name, type, shape })),
    );
    assert.is(read.operators.length, blocks[piece.firstBlock]!.operators.length);
    assert.equal(
      piece.outputs.map(({ name }) => name),
      blocks[piece.lastBlock]!.outputs,
    );
    weights += read.initializers.size;
  }
  assert.is(weights, model.graph.initializers.size);
});

test('equal cuts give equal bytes, and the whole is a piece, too', () => {
  const make = () => cuttableZoo('squeezenet', { resolution: 64, classes: 10 });
  const { bytes, inputs, outputs } = cutModel(make(), 0, make().blocked.blocks.length - 1);
  assert.equal(cutModel(make(), 0, make().blocked.blocks.length - 1).bytes, bytes);
  assert.equal([inputs.map(({ name }) => name), outputs.map(({ name }) => name)], [['input'], ['logits']]);
});

test('versions of other operator sets are kept', () => {
  const graph = sketch({
    inputs: { x: [1, 4] },
    constants: [constant('w', 'float32', [4, 4], new Array(16).fill(1))],
    nodes: [node('MatMul', 'x w', 'y'), { ...node('ai.onnx.ml:Scaler', 'y', 'z'), opset: 3 }],
    outputs: 'z',
  });
  graph.outputs[0]!.shape = [1, 4];
  const read = readOnnx(writeOnnx(graph));
  assert.is(read.operators[1]!.opset, 3);
  assert.is(read.operators[0]!.opset, undefined);
});

test('ranges and cuts that do not exist are refused', () => {
  const model = cuttableZoo('squeezenet', { resolution: 64 });
  const count = model.blocked.blocks.length;
  const refused = (action: () => unknown): void =>
    assert.throws(action, (error: unknown) => error instanceof HeterodyneError && error.code === 'USAGE');
  for (const [first, last] of [
    [-1, 0],
    [1, 0],
    [0, count],
    [0.5, 1],
  ] as const)
    refused(() => cutPiece(model, first, last));
  for (const cuts of [[0], [count], [2, 2], [3, 1]]) refused(() => stageModels(model, cuts));
});

test.run();
