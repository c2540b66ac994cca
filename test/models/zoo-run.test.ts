/**
 * Every network of the zoo, written with seeded weights and run by ONNX Runtime at its own resolution. Three files
 * of half a gigabyte (VGG) run on Node only: the runtime is the same WebAssembly on Deno, and its memory never shrinks.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSession } from '../../bindings/onnx/index.ts';
import type { Graph } from '../../src/models/graph.ts';
import { onnxByteLength, writeOnnx } from '../../src/models/onnx/write.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { ZOO, zooModel } from '../../src/models/zoo/zoo.ts';

const test = suite('zoo in ONNX Runtime');
const ON_DENO = 'Deno' in globalThis;
const LARGE = 3e8;

/** Logits of one image of smooth stripes. */
async function logitsOf(graph: Graph): Promise<{ dims: readonly number[]; data: Float32Array }> {
  const session = await openSession(writeOnnx(graph, zooWeights(graph, 1)));
  try {
    const dims = graph.inputs[0]!.shape as number[];
    const image = new Float32Array(dims.reduce((product, size) => product * size, 1));
    for (let i = 0; i < image.length; i++) image[i] = Math.sin(0.37 * i);
    const { logits } = await session.run({ input: { type: 'float32', data: image, dims } });
    return { dims: logits!.dims, data: logits!.data as Float32Array };
  } finally {
    await session.close();
  }
}

for (const entry of ZOO) {
  const graph = zooModel(entry.name);
  if (ON_DENO && onnxByteLength(graph) > LARGE) continue;
  test(`${entry.name} loads, runs and gives finite logits of the right shape`, async () => {
    const { dims, data } = await logitsOf(graph);
    assert.equal(dims, [1, 1000]);
    assert.ok(data.every(Number.isFinite));
    // Ordinary numbers: neither vanished nor exploded on the way.
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest > 1e-3 && largest < 1e3, `largest logit ${largest}`);
    assert.ok(new Set(data).size > 100, 'the logits are all alike');
  });
}

test('batch, resolution, classes and explicit normalisation run, too', async () => {
  for (const name of ['mobilenet-v3-large', 'googlenet', 'resnet-34']) {
    const graph = zooModel(name, { batch: 2, resolution: 97, classes: 10, normalization: 'explicit' });
    const { dims, data } = await logitsOf(graph);
    assert.equal(dims, [2, 10]);
    assert.ok(data.every(Number.isFinite));
  }
});

test.run();
