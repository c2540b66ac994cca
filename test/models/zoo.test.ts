import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { countElements, type Graph } from '../../src/models/graph.ts';
import { onnxByteLength, writeOnnx } from '../../src/models/onnx/write.ts';
import { graphHash } from '../../src/models/zoo/hash.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { findZooEntry, ZOO, zooEntry, zooModel } from '../../src/models/zoo/zoo.ts';

const test = suite('zoo');

/** Parameters that training learns: everything but constants and the running statistics of batch normalisation. */
function trainedParameters(graph: Graph): number {
  let sum = 0;
  for (const { name, shape, data } of graph.initializers.values()) {
    if (!data && !/\.(mean|var)$/.test(name)) sum += countElements(shape);
  }
  return sum;
}

function thrown(action: () => unknown): HeterodyneError {
  try {
    action();
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function weightsOf(graph: Graph, seed: number, name: string): Float32Array {
  const content = zooWeights(graph, seed)(graph.initializers.get(name)!)!;
  const pieces = content instanceof Uint8Array ? [content] : [...content];
  return Float32Array.from(pieces.flatMap((piece) => [...new Float32Array(piece.buffer)]));
}

test('the zoo holds the catalogue and four newer networks', () => {
  assert.equal(ZOO.map((entry) => entry.name).sort(), [
    'alexnet',
    'efficientnet-b0',
    'googlenet',
    'inception-v3',
    'inception-v4',
    'mobilenet-v1',
    'mobilenet-v2',
    'mobilenet-v3-large',
    'resnet-101',
    'resnet-34',
    'resnet-50',
    'squeezenet',
    'vgg-13',
    'vgg-16',
    'vgg-19',
  ]);
});

// torchvision counts each parameter, so a single misplaced channel shows; the two other sources round.
const EXACT = new Set(
  ZOO.map((entry) => entry.name).filter((name) => !['mobilenet-v1', 'inception-v4'].includes(name)),
);

for (const entry of ZOO) {
  test(`${entry.name} has the published parameters (${entry.published.source})`, () => {
    const { parameters } = entry.published;
    const explicit = trainedParameters(zooModel(entry.name, { normalization: 'explicit' }));
    if (EXACT.has(entry.name)) assert.is(explicit, parameters);
    else assert.ok(Math.abs(explicit / parameters - 1) < 0.01, `${explicit} against ${parameters}`);
    // Folding batch normalisation drops one number per channel.
    const folded = trainedParameters(zooModel(entry.name));
    assert.ok(folded <= explicit && folded / parameters > 0.99, `${folded} against ${parameters}`);
  });
}

test('names are accepted in other spellings', () => {
  const spellings: Record<string, string> = {
    AlexNet: 'alexnet',
    mobilenet: 'mobilenet-v1',
    mobilenet_v2: 'mobilenet-v2',
    'MobileNetV3-Large': 'mobilenet-v3-large',
    resnet50: 'resnet-50',
    VGG16: 'vgg-16',
    inception_v3: 'inception-v3',
    'SqueezeNet 1.1': 'squeezenet',
    squeezenet1_1: 'squeezenet',
    efficientnet_b0: 'efficientnet-b0',
  };
  for (const [spelling, name] of Object.entries(spellings)) assert.is(zooEntry(spelling).name, name);
  for (const entry of ZOO) assert.is(zooEntry(entry.name), entry);
});

test('an unknown name is a usage error that suggests the nearest network', () => {
  assert.is(findZooEntry('resnet-51'), undefined);
  const error = thrown(() => zooModel('resnet-51'));
  assert.is(error.code, 'USAGE');
  assert.is(error.received, 'resnet-51');
  assert.match(error.hint!, 'did you mean "resnet-50"?');
});

test('batch, resolution and classes shape the graph', () => {
  const graph = zooModel('resnet-50', { batch: 4, resolution: 160, classes: 10 });
  assert.equal(graph.inputs, [{ name: 'input', type: 'float32', shape: [4, 3, 160, 160] }]);
  assert.equal(graph.outputs, [{ name: 'logits', type: 'float32', shape: [4, 10] }]);
  // Fully connected layers on a map, not on its mean, follow the resolution: 512 x 3 x 3 instead of 512 x 7 x 7.
  assert.equal(zooModel('vgg-16', { resolution: 96 }).initializers.get('fc6.weight')!.shape, [4096, 512 * 9]);
});

test('options that mean nothing are refused', () => {
  for (const value of [0, -1, 1.5, Number.NaN, Infinity]) {
    for (const option of ['batch', 'resolution', 'classes']) {
      const error = thrown(() => zooModel('alexnet', { [option]: value }));
      assert.is(error.code, 'USAGE');
      assert.is(error.path, option);
    }
  }
  const tooSmall = thrown(() => zooModel('vgg-19', { resolution: 31 }));
  assert.is(tooSmall.code, 'USAGE');
  assert.is(tooSmall.path, 'resolution');
});

test('every layer and every tensor has a name of its own, and is made before it is read', () => {
  for (const entry of ZOO) {
    const graph = zooModel(entry.name);
    const known = new Set(['input', ...graph.initializers.keys()]);
    const names = new Set<string>();
    for (const operator of graph.operators) {
      assert.not.ok(names.has(operator.name), operator.name);
      names.add(operator.name);
      for (const input of operator.inputs) assert.ok(known.has(input), `${entry.name}: ${input}`);
      for (const output of operator.outputs) {
        assert.not.ok(known.has(output), output);
        known.add(output);
      }
    }
    assert.ok(known.has('logits'));
  }
});

test('the same seed gives the same file on every engine', () => {
  const graph = zooModel('squeezenet');
  const file = writeOnnx(graph, zooWeights(graph, 7));
  assert.is(file.length, onnxByteLength(graph));
  assert.is(bytesToHex(sha256(file)), '0d42052197369db8f28fdda268b20426defa57eb6d5bfa2b6f419b843039a990');
});

test('weights depend on the seed and on the tensor, not on the order of asking', () => {
  const graph = zooModel('squeezenet');
  const first = weightsOf(graph, 1, 'conv1.weight');
  weightsOf(graph, 1, 'conv10.weight');
  assert.equal(weightsOf(graph, 1, 'conv1.weight'), first);
  assert.not.equal(weightsOf(graph, 2, 'conv1.weight'), first);
  // Two layers of one shape.
  assert.not.equal(weightsOf(graph, 1, 'fire2_expand1x1.weight'), weightsOf(graph, 1, 'fire3_expand1x1.weight'));
});

test('weights are spread for the layer that follows: rectifier, shortcut, or nothing', () => {
  const graph = zooModel('resnet-50', { normalization: 'explicit' });
  const widest = (name: string) =>
    weightsOf(graph, 1, name).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const close = (value: number, bound: number) =>
    assert.ok(value <= bound && value > 0.98 * bound, `${value}, ${bound}`);
  close(widest('conv1.weight'), Math.sqrt(6 / (3 * 49)));
  close(widest('conv2_1_conv3.weight'), Math.sqrt(6 / 64) / 2);
  close(widest('fc.weight'), Math.sqrt(3 / 2048));
  const variances = weightsOf(graph, 1, 'conv1_bn.var');
  assert.ok(variances.every((value) => value >= 0.9 && value <= 1.1));
});

test('the hash tells structures apart, and nothing else', () => {
  const hash = graphHash(zooModel('alexnet'));
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.is(graphHash(zooModel('AlexNet', { batch: 1 })), hash);
  const others = [
    zooModel('alexnet', { batch: 2 }),
    zooModel('alexnet', { classes: 999 }),
    zooModel('alexnet', { resolution: 225 }),
    ...ZOO.slice(1).map((entry) => zooModel(entry.name)),
  ];
  assert.is(new Set([hash, ...others.map(graphHash)]).size, others.length + 1);
  // The constants of a network with ReLU6 count by content.
  const clipped = zooModel('mobilenet-v2');
  const before = graphHash(clipped);
  clipped.initializers.get('six')!.data![0] = 1;
  assert.is.not(graphHash(clipped), before);
});

test.run();
