/** Published settings of the evolutionary search, and the part of the space that goes with them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceCore, wasmCore } from '../../bindings/core.ts';
import { sumOf } from '../../src/subnets/costs/cost-model.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { genomeFrom } from '../../src/subnets/genotype.ts';
import { encode, inputLayout, slotColumns } from '../../src/subnets/input-layout.ts';
import { EVOLUTION_DEFAULTS, evolutionMethod } from '../../src/subnets/methods/evolution.ts';
import { type EVOLUTION_PRESETS, evolutionPreset } from '../../src/subnets/methods/presets.ts';
import { subnetGraph } from '../../src/subnets/networks/build.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { searchSubnets } from '../../src/subnets/search.ts';
import { type SearchSpace, searchSpace } from '../../src/subnets/space.ts';
import { run } from '../cli/captured.ts';
import { seededPredictor } from './fixtures.ts';

const test = suite('presets of the evolutionary search');
const whole = searchSpace(ofaMbv3([160, 208, 212, 216, 220, 224]));
const part = evolutionPreset('dynamic-ofa', false).choices!;
const narrow = searchSpace(ofaMbv3(part.resolutions, part));

const GENOTYPE = {
  ks: [5, 7, 5, 0, 7, 7, 5, 5, 5, 5, 7, 0, 7, 5, 7, 5, 5, 7, 5, 0],
  e: [4, 6, 6, 0, 4, 4, 4, 6, 6, 4, 6, 0, 4, 6, 4, 6, 4, 4, 6, 0],
  d: [3, 4, 3, 4, 3],
  r: 212,
};
const networkIn = (space: SearchSpace) =>
  referenceCore().subnets({ space: space.numbers, cost: [] }).networks(genomeFrom(space, GENOTYPE));

test('in the narrowed space a network has the inputs, the work and the layers that it has in the whole', () => {
  const row = (space: SearchSpace, name: string) => {
    const layout = inputLayout(space, name);
    return encode(networkIn(space), slotColumns(space, layout), layout.inputs);
  };
  for (const name of ['kernels-first', 'resolution-first']) assert.equal(row(narrow, name), row(whole, name));
  const work = (space: SearchSpace) => sumOf(flopsModel(space).factors, space, networkIn(space));
  assert.is(work(narrow), work(whole));
  const shapes = (space: SearchSpace) =>
    [...subnetGraph(space, networkIn(space), 'n').initializers.values()].map(({ name, shape }) => [name, shape]);
  assert.equal(shapes(narrow), shapes(whole));
});

test('settings are those of the published code', () => {
  const of = (id: (typeof EVOLUTION_PRESETS)[number], unit: 'ms' | 'MFLOPs') => {
    const { mutateProbability, resolutionProbability, initialHalf, population, parents, mutants, generations } = {
      ...EVOLUTION_DEFAULTS,
      ...evolutionPreset(id, false).settings(unit),
    };
    assert.equal([population, parents, mutants, generations], [100, 25, 50, 500]);
    return [mutateProbability, resolutionProbability, initialHalf];
  };
  assert.equal(of('ofa-tutorial', 'ms'), [0.1, 0.1, false]);
  assert.equal(of('ofa-newer', 'ms'), [0.1, 0.5, false]);
  assert.equal(of('dynamic-ofa', 'ms'), [0.4, 0.4, true]);
  assert.equal(of('dynamic-ofa', 'MFLOPs'), [0.1, 0.1, true]);
  assert.is(evolutionPreset('dynamic-ofa', true).choices, undefined);
});

test('dynamic-ofa stays in its part of the space, scores half of the first population, and both cores agree', async () => {
  const predictor = {
    ...{ source: 'seeded', hash: 'seeded', layout: 'kernels-first', checked: true, warnings: [] },
    chain: seededPredictor(narrow, 5, 40),
    close: async () => {},
  };
  const fronts = [wasmCore(), referenceCore()].map((core) => {
    const { settings, id } = evolutionPreset('dynamic-ofa', false);
    const method = evolutionMethod({ ...settings('MFLOPs'), generations: 6 }, id);
    const costs = [{ processor: 'phone', model: flopsModel(narrow) }];
    return searchSubnets({ space: narrow, predictor: async () => predictor, costs, limits: [500], method }, { core });
  });
  const [front, again] = await Promise.all(fronts);
  assert.equal(front, again);
  assert.equal([front.method.preset, front.method.evaluations], ['dynamic-ofa', 50 + 6 * 100]);
  const { genotype, costMflops } = front.results[0];
  const used = (key: string) => [...new Set(genotype[key] as number[])].filter((value) => value !== 0);
  assert.ok(costMflops! <= 500);
  assert.ok(used('ks').every((value) => part.kernels!.includes(value)));
  assert.ok(used('e').every((value) => part.expansions!.includes(value)));
  assert.ok(used('d').every((value) => part.depths!.includes(value)));
  assert.ok(part.resolutions.includes(genotype.r as number));
});

test('a preset is refused where it means nothing', async () => {
  const words = ['search', '--predictor', 'none.onnx', '--costs', 'flops', '--limit', '400'];
  const cases: [string[], RegExp][] = [
    [['--preset', 'ofa-newer'], /without --method evolution/],
    [['--preset', 'ofa-newer', '--method', 'nsga2'], /without --method evolution/],
    [['--preset', 'dynamic-ofa', '--method', 'evolution', '--space', 'ofa-resnet50'], /a part of ofa-mbv3/],
    [['--preset', 'ofa', '--method', 'evolution'], /one of ofa-tutorial/],
  ];
  for (const [more, message] of cases) {
    const { code, err } = await run([...words, ...more]);
    assert.is(code, 64, err);
    assert.match(err, message);
  }
  // Below the minimum of the narrowed space, above that of the whole: answered at once, without any predictor.
  const narrowed = await run([
    ...words.slice(0, -1),
    '200',
    '--method',
    'evolution',
    '--preset',
    'dynamic-ofa',
    '--json',
  ]);
  assert.is(narrowed.code, 2, narrowed.err);
  const { results } = JSON.parse(narrowed.out);
  assert.is(results[0].outcome, 'infeasible');
  assert.ok(results[0].costMflops > 200 && results[0].genotype.ks.every((kernel: number) => kernel !== 3));
});

test.run();
