/** What is written is read again as it was, and real files survive reading and writing. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSession } from '../../bindings/onnx/index.ts';
import type { Graph } from '../../src/models/graph.ts';
import { loadOnnxModel } from '../../src/models/load.ts';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { ZOO, zooModel } from '../../src/models/zoo/zoo.ts';

const test = suite('onnx round trip');

const MODELS = new URL('../../../shared/data/models/', import.meta.url);
const have = existsSync(MODELS);
if (!have) console.log('onnx round trip: no PyTorch exports at hand, their tests are skipped');

function withoutContent(graph: Graph): Graph {
  const initializers = [...graph.initializers.values()].map(({ name, type, shape }) => ({ name, type, shape }));
  return { ...graph, initializers: new Map(initializers.map((initializer) => [initializer.name, initializer])) };
}

test('every network of the zoo is read as it was written', () => {
  for (const entry of ZOO) {
    // Small images and few classes keep the fully connected layers of AlexNet and VGG small.
    const graph = zooModel(entry.name, { resolution: entry.resolution === 299 ? 299 : 64, classes: 10 });
    const weights = zooWeights(graph, 3);
    const read = readOnnx(writeOnnx(graph, weights));
    assert.equal(withoutContent(read), withoutContent(graph), entry.name);
    const name = graph.operators[0]!.inputs[1]!;
    const first = [...weights(graph.initializers.get(name)!)!] as Uint8Array[];
    assert.equal(read.initializers.get(name)!.data, first[0]);
  }
});

test('explicit batch normalisation and a batch are read as they were written', () => {
  const graph = zooModel('mobilenet-v3-large', { batch: 4, normalization: 'explicit' });
  const read = readOnnx(writeOnnx(graph, zooWeights(graph, 3)));
  assert.equal(withoutContent(read), withoutContent(graph));
});

for (const file of have ? ['mobilenet_v2', 'mobilenet_v3_small', 'squeezenet1_1'] : []) {
  test(`${file} from PyTorch computes the same after reading and writing`, async () => {
    const original = new Uint8Array(readFileSync(new URL(`${file}.onnx`, MODELS)));
    const graph = readOnnx(original);
    const copy = writeOnnx(graph);
    assert.equal(readOnnx(copy), graph);
    const image = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(0.37 * i));
    const results = [];
    for (const bytes of [original, copy]) {
      const session = await openSession(bytes);
      const input = session.inputs[0]!.name;
      const result = await session.run({ [input]: { type: 'float32', data: image, dims: [1, 3, 224, 224] } });
      await session.close();
      results.push(result[session.outputs[0]!.name]);
    }
    assert.equal(results[1], results[0]);
  });
}

for (const [file, name] of have
  ? ([
      ['mobilenet_v2', 'mobilenet-v2'],
      ['squeezenet1_1', 'squeezenet'],
    ] as const)
  : []) {
  test(`${name} of the zoo has the work and the blocks of PyTorch's export`, async () => {
    const bytes = new Uint8Array(readFileSync(new URL(`${file}.onnx`, MODELS)));
    const exported = await loadOnnxModel(bytes, { name, source: file });
    const built = loadZooModel(name);
    const figures = (model: typeof built) => ({
      macs: model.macs,
      activationBytes: model.activationBytes,
      blocks: model.blocks.map((block) => [block.work, block.activationBytes, block.outputBytes]),
    });
    assert.equal(figures(built), figures(exported));
    // Untrained biases are all zero, and the exporter stores equal tensors once: under 1 % of the weights.
    assert.ok(exported.weightBytes <= built.weightBytes && exported.weightBytes > 0.99 * built.weightBytes);
  });
}

test.run();
