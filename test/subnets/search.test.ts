import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceCore, wasmCore } from '../../bindings/core.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { frontDocument } from '../../src/subnets/front-schema.ts';
import { pickLevels } from '../../src/subnets/levels.ts';
import { evolutionMethod } from '../../src/subnets/methods/evolution.ts';
import { exactSurrogateMethod } from '../../src/subnets/methods/exact-surrogate.ts';
import { nsga2Method } from '../../src/subnets/methods/nsga2.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import type { AccuracyPredictor } from '../../src/subnets/predictor.ts';
import { type SubnetRequest, searchSubnets } from '../../src/subnets/search.ts';
import { searchSpace } from '../../src/subnets/space.ts';
import { seededCosts, seededPredictor } from './fixtures.ts';

const test = suite('sub-network search');
const space = searchSpace(ofaMbv3());
const chain = seededPredictor(space, 5, 80);
const predictor: AccuracyPredictor = {
  source: 'seeded',
  hash: 'seeded',
  layout: 'kernels-first',
  checked: true,
  chain,
  close: async () => {},
  warnings: [],
};
const request = (limits: number[], more: Partial<SubnetRequest> = {}): SubnetRequest => ({
  space,
  predictor: async () => predictor,
  costs: [{ processor: 'phone', model: seededCosts(space, 1) }],
  limits,
  evaluations: 3000,
  ...more,
});

for (const method of [exactSurrogateMethod({ samples: 300 }), nsga2Method(), evolutionMethod({ generations: 12 })]) {
  test(`${method.id}: every limit is kept, equal seeds give equal bytes, both cores agree`, async () => {
    const limits = [22, 30, 45];
    const ask = request(limits, { method, seed: 3 });
    const [once, again, reference] = [
      await searchSubnets(ask, { core: wasmCore() }),
      await searchSubnets(ask, { core: wasmCore() }),
      await searchSubnets({ ...ask, evaluations: 1200 }, { core: referenceCore() }),
    ];
    const short = await searchSubnets({ ...ask, evaluations: 1200 }, { core: wasmCore() });
    assert.is(frontDocument.write(again), frontDocument.write(once));
    assert.is(frontDocument.write(short), frontDocument.write(reference));
    once.results.forEach((result, i) => {
      assert.is(result.outcome, 'found');
      assert.ok(result.costMs! <= limits[i]);
      assert.ok(i === 0 || method.id === 'evolution' || result.accuracy! >= once.results[i - 1].accuracy!);
    });
  });
}

test('a search that its time limit ends gives the best so far, and says so', async () => {
  for (const method of [nsga2Method(), evolutionMethod({ generations: 1e6 })]) {
    const began = performance.now();
    const front = await searchSubnets(request([30], { method, evaluations: 1e6, timeLimitMs: 400 }));
    assert.ok(performance.now() - began < 30_000, method.id);
    assert.is(front.method.partial, true, method.id);
    assert.ok(front.method.evaluations < 1e6);
    assert.ok(front.warnings.some(({ code }) => code === 'TIME_LIMIT'));
    assert.is(front.results[0].outcome, 'found', method.id);
  }
});

test('a search that stalls ends by itself, sooner the fewer barren generations it may have', async () => {
  for (const method of [exactSurrogateMethod({ samples: 300 }), nsga2Method(), evolutionMethod({ generations: 300 })]) {
    const counts: number[] = [];
    for (const stall of [1, 8, undefined]) {
      const ask = request([22, 40], { method, evaluations: 70_000, ...(stall !== undefined && { stall }) });
      const front = await searchSubnets(ask);
      assert.is(front.method.partial, undefined, 'it was not stopped from outside');
      assert.is(front.method.stall, stall);
      for (const { outcome } of front.results) assert.is(outcome, 'found', method.id);
      counts.push(front.method.evaluations);
    }
    const [at1, at8, full] = counts;
    assert.ok(at1 < at8 && at8 <= full && at1 < full / 2, `${method.id}: ${counts}`);
  }
});

test('a limit that no network keeps is answered without any predictor, with a network that costs the minimum', async () => {
  const never = async (): Promise<AccuracyPredictor> => assert.unreachable('the predictor was loaded') as never;
  const front = await searchSubnets(request([1, 2], { predictor: never }));
  const [{ least }] = front.processors;
  for (const result of front.results) {
    assert.is(result.outcome, 'infeasible');
    assert.is(result.costMs, least.costMs);
    assert.equal(result.genotype, least.genotype);
  }
  assert.is(front.method.evaluations, 0);
});

test('a limit above the dearest network is unconstrained, a missed floor is stated with the best found', async () => {
  const front = await searchSubnets(request([1e6], { evaluations: 1500 }));
  assert.is(front.results[0].outcome, 'unconstrained');
  const missed = await searchSubnets(request([30], { minAccuracy: 0.99, evaluations: 1500 }));
  assert.is(missed.results[0].outcome, 'not-found');
  assert.ok(missed.results[0].accuracy! < 0.99 && missed.results[0].costMs! <= 30);
});

test('two processors get a front and a ladder each', async () => {
  const costs = [1, 2].map((seed) => ({ processor: `p${seed}`, model: seededCosts(space, seed) }));
  const front = await searchSubnets(request([], { costs, levels: { levels: 4 } }));
  assert.equal(
    front.ladders!.map(({ processor }) => processor),
    ['p1', 'p2'],
  );
  for (const { processor, levels } of front.ladders!) {
    assert.ok(levels.length >= 2 && levels.length <= 4);
    levels.forEach((place, level) => {
      const own = front.front[place];
      assert.is(own.processor, processor);
      if (level === 0) return;
      const below = front.front[levels[level - 1]];
      assert.ok(own.accuracy > below.accuracy && own.costMs! >= 1.05 * below.costMs!);
    });
  }
});

test('work as the cost: limits are in millions of multiply-accumulates', async () => {
  const front = await searchSubnets(request([250], { costs: [{ processor: 'any', model: flopsModel(space) }] }));
  const [result] = front.results;
  assert.ok(result.costMflops! <= 250);
  assert.is(result.macs, Math.round(result.costMflops! * 1e6));
});

test('resolutions that the predictor cannot tell apart are one: the cheapest is searched', async () => {
  const wide = searchSpace(ofaMbv3([160, 164, 168, 172]));
  const more = { space: wide, costs: [{ processor: 'p', model: seededCosts(wide, 1) }], evaluations: 1000 };
  const own = { ...predictor, chain: seededPredictor(wide, 5, 80) };
  const ask = request([30], { ...more, predictor: async () => own });
  const [result] = (await searchSubnets(ask)).results;
  assert.is(result.resolution, 160);
  assert.equal(result.equivalentResolutions, [164, 168, 172]);
  const [exact] = (await searchSubnets({ ...ask, exactResolution: true })).results;
  assert.is(exact.equivalentResolutions, undefined);
});

test('aborting gives the best so far', async () => {
  const abort = new AbortController();
  const onProgress = () => abort.abort();
  const front = await searchSubnets(request([30], { evaluations: 1e6 }), { signal: abort.signal, onProgress });
  assert.is(front.method.partial, true);
  assert.ok(front.method.evaluations < 1e6);
  assert.ok(front.results[0].costMs! <= 30);
});

test('limits that are to be kept with a probability are kept by mean and spread together', async () => {
  const model = seededCosts(space, 1);
  const variances = model.factors.map(({ slots, table }) => ({ slots, table: table.map((cost) => (0.1 * cost) ** 2) }));
  const ask = (limit: number, risk?: number) =>
    request([limit], { costs: [{ processor: 'p', model: { ...model, variances } }], evaluations: 1500, risk });
  const [mean] = (await searchSubnets(ask(30))).results;
  // Kept on average and no more: the spread breaks it.
  const limit = mean.costMs! * (1 + 1e-9);
  const [kept] = (await searchSubnets(ask(limit, 0.95))).results;
  assert.is(kept.outcome, 'found');
  assert.ok(Math.abs(kept.riskMs! - (kept.costMs! + 1.645 * kept.costSigmaMs!)) < 1e-2);
  assert.ok(kept.riskMs! <= limit && kept.costMs! < mean.costMs!);
  const unknown = request([30], { risk: 0.95 });
  await searchSubnets(unknown).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /how much they vary/),
  );
});

test('measured networks calibrate latencies and accuracies, beside what table and predictor say', async () => {
  const plain = await searchSubnets(request([22, 45], { evaluations: 1500 }));
  const measured = [plain.front[0], plain.front.at(-1)!].map(({ genotype, costMs, accuracy }) => ({
    genotype,
    latencyMs: 5 + 2 * costMs!,
    accuracy: accuracy - 0.05,
  }));
  const { processors, results } = await searchSubnets(request([30], { evaluations: 1500, measured }));
  const { calibration } = processors[0];
  assert.ok(Math.abs(calibration!.offsetMs - 5) < 1e-6 && Math.abs(calibration!.factor - 2) < 1e-6);
  const [{ costMs, calibratedMs, accuracy, calibratedAccuracy }] = results;
  assert.ok(Math.abs(calibratedMs! - (5 + 2 * costMs!)) < 1e-6);
  assert.ok(Math.abs(calibratedAccuracy! - (accuracy! - 0.05)) < 1e-5);
});

test('levels lie apart by cost or by accuracy, and never closer than the ratio asked for', () => {
  const front = Array.from({ length: 50 }, (_, i) => ({ cost: 10 + i, accuracy: 0.7 + 0.1 * (1 - 0.9 ** i) }));
  const byCost = pickLevels(front, { levels: 5, spacing: 'cost', leastRatio: 1 });
  assert.equal(byCost, [0, 12, 24, 36, 49]);
  const byAccuracy = pickLevels(front, { levels: 5, spacing: 'accuracy', leastRatio: 1.1 });
  assert.ok(byAccuracy[1] < byCost[1]);
  byAccuracy.forEach((place, i) => {
    assert.ok(i === 0 || front[place].cost >= 1.1 * front[byAccuracy[i - 1]].cost);
  });
  assert.equal(pickLevels([], { levels: 3, spacing: 'cost', leastRatio: 1 }), []);
});

test.run();
