/**
 * The HiKey970's numbers against the images/s that arXiv:1908.11450 is quoted with for the Kirin 970. The figures are
 * second-hand and the SqueezeNet version is unknown, so the test asks for closeness, not equality.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cutIntoBlocks } from '../../src/models/blocks.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { ZOO, zooModel } from '../../src/models/zoo/zoo.ts';
import { platformById, platformIds } from '../../src/platforms/registry.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { blockedModel } from '../profiles/fixtures.ts';

const test = suite('calibration');

const IMAGES_PER_S: Record<string, Record<string, number>> = {
  alexnet: { little: 2.2, big: 7.6, gpu: 32.5 },
  'mobilenet-v1': { little: 6.5, big: 17.7, gpu: 29.1 },
  'resnet-50': { little: 1.5, big: 2.8, gpu: 8.4 },
  squeezenet: { little: 6.8, big: 15.7, gpu: 43.0 },
};

/** Images/s of a whole network on each processor that runs all of it. */
function imagesPerS(name: string, platform: Platform): Record<string, number> {
  const graph = zooModel(name);
  const model = blockedModel(name, cutIntoBlocks(graph, inferShapes(graph)));
  const [{ blocks }] = rooflineProfile([model], platform).models;
  const rates: Record<string, number> = {};
  for (const { id } of platform.processors) {
    const costs = blocks.map((block) => block.costs[id]);
    if (costs.includes('unsupported')) continue;
    rates[id] = 1000 / costs.reduce((sum, cost) => sum + (cost === 'unsupported' ? 0 : cost.latencyMs.mean), 0);
  }
  return rates;
}

test('on the HiKey970 the roofline is within 30 % of every published rate, and 12 % on average', () => {
  const { platform } = platformById('hikey970');
  let logError = 0;
  for (const [name, published] of Object.entries(IMAGES_PER_S)) {
    const rates = imagesPerS(name, platform);
    for (const [id, rate] of Object.entries(published)) {
      const factor = rates[id] / rate;
      assert.ok(factor > 1 / 1.3 && factor < 1.3, `${name} on ${id}: ${rates[id].toFixed(1)} images/s, not ${rate}`);
      logError += Math.abs(Math.log(factor)) / 12;
    }
  }
  assert.ok(logError < Math.log(1.12), `mean factor ${Math.exp(logError)}`);
});

test('every network of the zoo can run on every shipped platform, at 0.1 to 10,000 images/s', () => {
  for (const id of platformIds()) {
    const { platform } = platformById(id, { cores: 4, memoryBytes: 8e9 });
    for (const { name } of ZOO) {
      const rates = Object.values(imagesPerS(name, platform));
      assert.ok(rates.length > 0, `${name} on ${id}`);
      for (const rate of rates) assert.ok(rate > 0.1 && rate < 10_000, `${name} on ${id}: ${rate}`);
    }
  }
});

test.run();
