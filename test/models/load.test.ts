import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { blockModel, hashBytes, loadOnnxModel } from '../../src/models/load.ts';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { zooModel } from '../../src/models/zoo/zoo.ts';
import { node, sketch, weights } from './graphs.ts';

const test = suite('loading models');

async function rejected(promise: Promise<unknown>): Promise<HeterodyneError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('a model read from its file equals the model of its graph', async () => {
  const graph = zooModel('squeezenet');
  const bytes = writeOnnx(graph, zooWeights(graph, 1));
  const options = { name: 'squeezenet', source: 'squeezenet.onnx' };
  const loaded = await loadOnnxModel(bytes, options);
  assert.equal(loaded, blockModel(graph, { ...options, hash: loaded.hash }));
  assert.is(loaded.hash, createHash('sha256').update(bytes).digest('hex'));
  assert.is(loaded.blocks.length, 18);
  assert.is(loaded.batch, 1);
  assert.equal(loaded.inputs, [{ name: 'input', type: 'float32', shape: [1, 3, 224, 224], bytes: 602112 }]);
  assert.equal(loaded.outputs, [{ name: 'logits', type: 'float32', shape: [1, 1000], bytes: 4000 }]);
  assert.is(loaded.weightBytes, 4 * loaded.parameters);
});

test('parameters are those of the publication, with batch normalisation in the graph or folded away', () => {
  // torchvision documentation, tables of classification weights: number of parameters.
  const published: Record<string, number> = {
    alexnet: 61100840,
    'resnet-50': 25557032,
    'vgg-16': 138357544,
    'mobilenet-v2': 3504872,
  };
  for (const [name, expected] of Object.entries(published)) {
    const model = blockModel(zooModel(name, { normalization: 'explicit' }), { name, source: `zoo:${name}`, hash: '' });
    assert.is(model.parameters, expected);
    assert.ok(model.activationBytes >= Math.max(...model.blocks.map((block) => block.outputBytes)));
  }
});

test('half precision halves what is stored and moved, not the work', () => {
  const load = (precision?: 'float16'): ReturnType<typeof blockModel> =>
    blockModel(zooModel('mobilenet-v1'), { name: 'm', source: 'zoo:mobilenet-v1', hash: '', precision });
  const [full, half] = [load(), load('float16')];
  assert.is(half.precision, 'float16');
  assert.is(half.weightBytes * 2, full.weightBytes);
  assert.is(half.activationBytes * 2, full.activationBytes);
  assert.is(half.blocks[0]!.outputBytes * 2, full.blocks[0]!.outputBytes);
  assert.is(half.macs, full.macs);
});

test('the digest of the platform and the one in JavaScript agree', async () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i % 251);
  const expected = createHash('sha256').update(bytes).digest('hex');
  assert.is(await hashBytes(bytes), expected);
  const real = globalThis.crypto;
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true, writable: true });
  try {
    assert.is(await hashBytes(bytes), expected);
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: real, configurable: true, writable: true });
  }
});

test('errors say which file they are about', async () => {
  const graph = sketch({
    inputs: { x: ['batch', 'length'] },
    constants: [{ ...weights('w', 1), data: new Uint8Array(4) }],
    nodes: [node('Mul', 'x w', 'y')],
    outputs: 'y',
  });
  const open = await rejected(loadOnnxModel(writeOnnx(graph), { name: 'm', source: 'folder/m.onnx' }));
  assert.is(open.code, 'USAGE');
  assert.is(open.source, 'folder/m.onnx');
  assert.match(open.hint!, '--shape x=1x128');
  const none = await rejected(loadOnnxModel(new Uint8Array(3), { name: 'm', source: 'folder/m.onnx' }));
  assert.is(none.code, 'BAD_INPUT');
  assert.is(none.source, 'folder/m.onnx');
});

// Multiply-accumulates in millions: torchvision documentation (GFLOPS column), and thop for the second decimal.
const EXPORTS = [
  { file: 'squeezenet1_1.onnx', least: 345, most: 360, blocks: 18 },
  { file: 'mobilenet_v2.onnx', least: 298, most: 304, blocks: 26 },
  { file: 'mobilenet_v3_small.onnx', least: 56, most: 58, blocks: 19 },
];

for (const { file, least, most, blocks } of EXPORTS) {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(new URL(`../../../shared/data/models/${file}`, import.meta.url)));
  } catch {
    console.log(`  skipped: ${file} is not at hand`);
    continue;
  }

  test(`${file}, as PyTorch exports it, loads with known shapes and the published work`, async () => {
    const model = await loadOnnxModel(bytes, { name: file, source: file, batch: 2 });
    assert.equal(model.outputs[0]!.shape, [2, 1000]);
    assert.is(model.batch, 2);
    const millions = model.macs / 2 / 1e6;
    assert.ok(millions > least && millions < most, `${millions} M`);
    assert.is(model.blocks.length, blocks);
    assert.ok(model.blocks.every((block) => block.outputs.length === 1));
    assert.equal(model.warnings, []);
  });

  test(`every tensor inside ${file} has the shape that ONNX Runtime gives it`, async () => {
    const graph = readOnnx(bytes);
    const shapes = inferShapes(graph, { batch: 1 });
    const inner = graph.operators.flatMap((operator) => operator.outputs).filter((name) => name !== '');
    graph.outputs = inner.map((name) => ({ name, type: shapes.tensors.get(name)!.type }));
    const session = await openSession(writeOnnx(graph), { optimize: false });
    try {
      const [input] = shapes.inputs;
      const data = new Float32Array(input!.bytes / 4);
      const results = await session.run({ [input!.name]: { type: 'float32', data, dims: input!.shape } });
      for (const name of inner) {
        const { type, shape } = shapes.tensors.get(name)!;
        assert.equal({ type, shape }, { type: results[name]!.type, shape: [...results[name]!.dims] }, name);
      }
      assert.ok(inner.length > 80);
    } finally {
      await session.close();
    }
  });
}

test.run();
