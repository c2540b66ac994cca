import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/wasm/index.ts';
import { sumOf } from '../../src/subnets/costs/cost-model.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { exchangeRecord, genomeFrom, genotypeOf } from '../../src/subnets/genotype.ts';
import { divisibleBy8, mbShapes, ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { ofaResnet50, STAGE_OUT, STEM_MIDDLE, STEM_OUT } from '../../src/subnets/ofa-resnet50.ts';
import { genomeOf, networkCount, type SearchSpace, searchSpace } from '../../src/subnets/space.ts';

const test = suite('search spaces');
const mbv3 = searchSpace(ofaMbv3());
const resnet = searchSpace(ofaResnet50());

const repeat = <T>(count: number, ...values: T[]): T[] =>
  Array.from({ length: count }, (_, i) => values[i % values.length]);

/** Multiply-accumulates of a genotype, in whole numbers. */
function macs(space: SearchSpace, genotype: unknown): number {
  const genome = genomeFrom(space, genotype);
  const network = wasmCore().subnets({ space: space.numbers, cost: [] }).networks(genome);
  return Math.round(sumOf(flopsModel(space).factors, space, network) * 1e6);
}

const mb = (r: number, k: number[], e: number[], d: number[]) => ({
  ks: repeat(20, ...k),
  e: repeat(20, ...e),
  d: repeat(5, ...d),
  r,
});
const res = (r: number, e: number, w: number, d: number[]) => ({ d, e: repeat(18, e), w: repeat(6, w), r });

test('channels of MobileNetV3 at width 1.2 follow the rule of eights', () => {
  const base = [16, 16, 24, 40, 80, 112, 160, 960, 1280];
  const widened = base.map((channels) => divisibleBy8(channels * 1.2));
  assert.equal(widened, [24, 24, 32, 48, 96, 136, 192, 1152, 1536]);
});

test('feature sizes at the five resolutions', () => {
  const sizes = (r: number) => {
    const { stemSize, blocks } = mbShapes(r);
    return [stemSize, ...blocks.filter(({ position }) => position === 0).map(({ outSize }) => outSize)];
  };
  assert.equal(sizes(160), [80, 40, 20, 10, 10, 5]);
  assert.equal(sizes(176), [88, 44, 22, 11, 11, 6]);
  assert.equal(sizes(192), [96, 48, 24, 12, 12, 6]);
  assert.equal(sizes(208), [104, 52, 26, 13, 13, 7]);
  assert.equal(sizes(224), [112, 56, 28, 14, 14, 7]);
});

test('widths of ResNet50', () => {
  assert.equal(STEM_OUT, [40, 48, 64]);
  assert.equal(STEM_MIDDLE, [24, 24, 32]);
  assert.equal(STAGE_OUT, [
    [168, 208, 256],
    [336, 408, 512],
    [664, 816, 1024],
    [1328, 1640, 2048],
  ]);
});

test('both spaces have the stated number of networks', () => {
  assert.is(networkCount(mbv3) / 5n, 7371n ** 5n);
  assert.is(7371n ** 5n, 21_758_655_492_572_485_851n);
  assert.is(networkCount(resnet) / 8n, 1_639_276_531_308n);
});

test('multiply-accumulates of MobileNetV3 networks', () => {
  const least: Record<number, number> = {
    160: 100_320_888,
    176: 123_656_520,
    192: 142_834_656,
    208: 170_564_736,
    224: 193_078_200,
  };
  const most: Record<number, number> = {
    160: 433_563_888,
    176: 534_157_296,
    192: 621_268_416,
    208: 740_840_160,
    224: 843_101_040,
  };
  for (const r of mbv3.resolutions) {
    assert.is(macs(mbv3, mb(r, [3], [3], [2])), least[r]);
    assert.is(macs(mbv3, mb(r, [7], [6], [4])), most[r]);
  }
  assert.is(macs(mbv3, mb(192, [5], [4], [3])), 284_524_160);
  assert.is(macs(mbv3, mb(176, [3, 5, 7], [3, 3, 4, 4, 6, 6], [2, 3, 4, 3, 2])), 236_653_976);
});

test('multiply-accumulates of ResNet50 networks', () => {
  const least = (r: number) => macs(resnet, res(r, 0.2, 0, [0, 0, 0, 0, 0]));
  const most = (r: number) => macs(resnet, res(r, 0.35, 2, [2, 2, 2, 2, 2]));
  assert.equal([least(128), most(128)], [315_079_552, 2_447_630_336]);
  assert.equal([least(224), most(224)], [962_192_128, 7_491_643_904]);
  assert.equal([least(256), most(256)], [1_256_334_208, 9_784_377_344]);
  assert.is(macs(resnet, res(224, 0.25, 2, [2, 1, 2, 2, 1])), 4_328_824_832);
});

test('spellings of one network have one canonical form', () => {
  const kernel = wasmCore().subnets({ space: mbv3.numbers, cost: [] });
  const one = mb(192, [5], [4], [2, 3, 4, 3, 2]);
  const other = { ...one, ks: [...one.ks], e: [...one.e], wid: null, r: [192] };
  other.ks[2] = 7; // inactive: stage 0 has two blocks
  other.e[3] = 6;
  const [a, b] = [one, other].map((record) => kernel.networks(genomeFrom(mbv3, record)));
  assert.equal(a, b);
  const canonical = genotypeOf(mbv3, genomeOf(mbv3, a), a);
  assert.equal((canonical.ks as number[]).slice(0, 8), [5, 5, 0, 0, 5, 5, 5, 0]);
  assert.equal(kernel.networks(genomeFrom(mbv3, canonical)), a);
  const exchanged = exchangeRecord(mbv3, canonical);
  assert.equal((exchanged.ks as number[]).slice(0, 4), [5, 5, 3, 3]);
  assert.equal(exchanged.r, [192]);
  const stems = [0, 1].map((w) => ({ ...res(224, 0.25, 2, [2, 1, 2, 2, 1]), w: [w, 2, 2, 2, 2, 2] }));
  const [narrow, middle] = stems.map((record) =>
    wasmCore().subnets({ space: resnet.numbers, cost: [] }).networks(genomeFrom(resnet, record)),
  );
  assert.equal(narrow, middle, 'both widths make one stem');
});

test('a genotype outside the space names the place and the choices', () => {
  const bad = [
    [{ ...mb(192, [5], [4], [2]), r: 190 }, '/r', /160, 176, 192, 208, 224/],
    [{ ...mb(192, [5], [4], [2]), ks: repeat(20, 4) }, '/ks/0', /3, 5, 7/],
    [{ ...mb(192, [5], [4], [2]), d: [2, 2] }, '/d', /a list of 5/],
    [{ ...mb(192, [5], [4], [2]), ks: repeat(20, 0) }, '/ks/0', /makes the block active/],
    [{ ...mb(192, [5], [4], [2]), x: 1 }, '/x', /only ks, e, d, r/],
    [null, '', /an object/],
  ] as const;
  for (const [record, path, expected] of bad) {
    try {
      genomeFrom(mbv3, record);
      assert.unreachable(`${path} was accepted`);
    } catch (error) {
      const { path: found, expected: stated } = error as { path: string; expected: string };
      assert.is(found, path);
      assert.match(stated, expected);
    }
  }
});

test.run();
