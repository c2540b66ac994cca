/** What the zoo's networks cost: multiply-accumulates against published counts, blocks against the catalogue. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { cutIntoBlocks } from '../../src/models/blocks.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { sumOf } from '../../src/models/work/operator-work.ts';
import { graphHash } from '../../src/models/zoo/hash.ts';
import { loadZooModel, type ZooLoadOptions } from '../../src/models/zoo/load.ts';
import { ZOO, type ZooOptions, zooModel } from '../../src/models/zoo/zoo.ts';

const test = suite('zoo work');

function blocksOf(name: string, options?: ZooOptions) {
  const graph = zooModel(name, options);
  const shapes = inferShapes(graph);
  assert.equal(shapes.warnings, []);
  assert.equal(
    shapes.outputs.map(({ name: output, shape }) => [output, shape]),
    [['logits', graph.outputs[0]!.shape]],
  );
  return cutIntoBlocks(graph, shapes);
}

function macsOf(name: string, options?: ZooOptions): number {
  return blocksOf(name, options).reduce((sum, block) => sum + sumOf(block.work.macs), 0);
}

for (const entry of ZOO) {
  test(`${entry.name} has the published multiply-accumulates (${entry.published.source})`, () => {
    const macs = macsOf(entry.name);
    assert.ok(Math.abs(macs / entry.published.macs - 1) < 0.005, `${macs} against ${entry.published.macs}`);
    assert.is(macsOf(entry.name, { normalization: 'explicit' }), macs);
    assert.is(macsOf(entry.name, { batch: 3 }), 3 * macs);
  });
}

/**
 * Units of the catalogue of OmniBoost (its released code gives numbers alone; the units are our reading). It counts
 * 12 for ResNet-34, which no grouping of 16 residual blocks explains, and 34 for ResNet-101, one less than the way of
 * counting that gives 18 for ResNet-50.
 */
const UNITS: Record<string, [count: number, units: string]> = {
  alexnet: [8, '5 convolutions, 3 fully connected'],
  'mobilenet-v1': [15, 'convolution, 13 pairs, fully connected'],
  'resnet-34': [18, 'stem, 16 residual blocks, fully connected'],
  'resnet-50': [18, 'stem, 16 residual blocks, fully connected'],
  'resnet-101': [35, 'stem, 33 residual blocks, fully connected'],
  'vgg-13': [13, '10 convolutions, 3 fully connected'],
  'vgg-16': [16, '13 convolutions, 3 fully connected'],
  'vgg-19': [19, '16 convolutions, 3 fully connected'],
  squeezenet: [18, 'convolution, 8 squeezes, 8 expansions, convolution'],
  'inception-v3': [17, '5 convolutions, 11 modules, fully connected'],
  'inception-v4': [23, '3 convolutions, 3 stem modules, 16 modules, fully connected'],
};

for (const [name, [count, units]] of Object.entries(UNITS)) {
  test(`${name} falls into ${count} blocks: ${units}`, () => {
    assert.is(blocksOf(name).length, count);
    assert.is(blocksOf(name, { normalization: 'explicit' }).length, count);
  });
}

test('the blocks of a network hold all of its weights', () => {
  for (const entry of ZOO) {
    let weights = 0;
    for (const { shape } of zooModel(entry.name).initializers.values()) weights += shape.reduce((a, b) => a * b, 4);
    const held = blocksOf(entry.name).reduce((sum, block) => sum + block.weightBytes, 0);
    // The two constants of ReLU6 are no weights, whichever way they are counted.
    assert.ok(Math.abs(held - weights) <= 8 * 64, `${entry.name}: ${held} of ${weights}`);
  }
});

test('a zoo network is loaded by name, with its place of origin, hash, work and parameters', () => {
  const model = loadZooModel('resnet50', { batch: 2 });
  assert.is(model.name, 'resnet-50');
  assert.is(model.source, 'zoo:resnet-50');
  assert.is(model.hash, graphHash(zooModel('resnet-50', { batch: 2 })));
  assert.is(model.batch, 2);
  assert.is(model.blocks.length, 18);
  assert.equal(
    model.inputs.map((input) => input.shape),
    [[2, 3, 224, 224]],
  );
  assert.is(loadZooModel('resnet-50', { normalization: 'explicit' }).parameters, 25_557_032);
  const coarse = loadZooModel('resnet-50', { name: 'eyes', granularity: 5 });
  assert.is(coarse.name, 'eyes');
  assert.is(coarse.blocks.length, 5);
});

test('an input shape stands for batch and resolution, and must fit', () => {
  const model = loadZooModel('resnet-34', { shapes: { input: [4, 3, 160, 160] } });
  assert.equal(
    [...model.inputs, ...model.outputs].map((tensor) => tensor.shape),
    [
      [4, 3, 160, 160],
      [4, 1000],
    ],
  );
  const misfits: ZooLoadOptions[] = [
    { shapes: { input: [1, 3, 224, 160] } },
    { shapes: { input: [1, 1, 224, 224] } },
    { shapes: { input: [3, 224, 224] } },
    { shapes: { input: [4, 3, 224, 224] }, batch: 2 },
    { shapes: { pixels: [1, 3, 224, 224] } },
  ];
  for (const misfit of misfits) {
    try {
      loadZooModel('resnet-34', misfit);
      assert.unreachable(JSON.stringify(misfit));
    } catch (error) {
      assert.instance(error, HeterodyneError);
      assert.is((error as HeterodyneError).code, 'USAGE');
    }
  }
});

test.run();
