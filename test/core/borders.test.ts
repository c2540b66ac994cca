import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LEAST_MAGNITUDE, MOST_MAGNITUDE } from '../../src/core/magnitudes.ts';
import type { PlacementProblem, PlacementSearch } from '../../src/core/placement.ts';
import { Random } from '../../src/reference/random.ts';
import { cores } from './cores.ts';
import { problemFrom, randomProblem } from './problems.ts';

const test = suite('numbers at the borders of what is legal');

/** What a search knows, with the bits of its numbers. */
const found = (search: PlacementSearch) => ({
  status: search.status(),
  best: search.best(),
  values: [...search.top().values],
});

/** Costs, weights and rates of a problem at the largest and the least that may be. */
function atTheBorders(seed: number): PlacementProblem {
  const random = new Random(seed);
  const edge = () => [0, LEAST_MAGNITUDE, 1e-9, 1, MOST_MAGNITUDE][random.below(5)];
  const factor = () => [LEAST_MAGNITUDE, 1, MOST_MAGNITUDE][random.below(3)];
  const problem = randomProblem(seed, { processors: 1 + random.below(4), models: 1 + random.below(6) });
  for (const model of problem.models) {
    model.seconds.forEach((_, i) => {
      if (random.below(3) === 0) model.seconds[i] = edge();
    });
    if (random.below(3) === 0) model.outputBytes.fill(MOST_MAGNITUDE);
    if (random.below(3) === 0) model.shareWeight = factor();
    if (random.below(3) === 0) model.callsPerFrame = factor();
    model.rateLimit = [LEAST_MAGNITUDE, 10, MOST_MAGNITUDE][random.below(3)];
    model.value = edge();
  }
  if (random.below(3) === 0) problem.transferSeconds.fill(MOST_MAGNITUDE);
  if (random.below(3) === 0) problem.activeWatts.fill(MOST_MAGNITUDE);
  return problem;
}

test('both cores search problems at the borders alike, and no score is infinite or undefined', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const problem = atTheBorders(seed);
    let searches: PlacementSearch[];
    try {
      searches = cores.map((core) =>
        core.placement(problem).search({ seed, batch: 4, granularity: seed % 3 === 0 ? 'layer' : 'segment' }),
      );
    } catch (error) {
      assert.match(String(error), /no processor can run|needs more than/);
      continue;
    }
    for (const phase of ['tree', 'polish'] as const) {
      for (const search of searches) search.run(phase, 60, 240);
      const [reference, wasm] = searches.map(found);
      assert.equal(wasm, reference, `problem ${seed}, ${phase}`);
      for (const value of reference.values) assert.ok(Math.abs(value) < Infinity, `problem ${seed}: ${value}`);
    }
  }
});

test('models that cost nothing and come at a rate are planned beside others', () => {
  const free = new Array(9).fill(0);
  const rising = free.map((_, i) => 0.002 * i);
  const problem = problemFrom([
    { seconds: [free, free, free] },
    { seconds: [free, free, free] },
    { seconds: [free.map(() => 0.01), rising, rising.toReversed()] },
  ]);
  for (const model of problem.models.slice(0, 2)) model.rateLimit = model.soloRate = 10;
  for (const core of cores) {
    const { bestValue, evaluations } = core.placement(problem).search({ seed: 1 }).run('tree', 1000, 3000);
    assert.is(evaluations, 1000, core.id);
    const { bestValue: optimum } = core.placement(problem).exact().run(1e6);
    assert.ok(Math.abs(bestValue - optimum) <= 1e-9 * optimum, `${core.id}: ${bestValue} of ${optimum}`);
  }
});

test('numbers that products of a few would carry out of range are refused with their place', () => {
  const cases: [(problem: PlacementProblem) => void, string][] = [
    [({ models }) => (models[0].seconds[1] = 5e-324), '/models/0/seconds/1'],
    [({ models }) => (models[0].seconds[1] = 1e300), '/models/0/seconds/1'],
    [({ models }) => (models[0].outputBytes[0] = 1e31), '/models/0/outputBytes/0'],
    [({ models }) => (models[0].shareWeight = 1e-31), '/models/0/shareWeight/0'],
    [({ models }) => (models[0].rateLimit = Number.MIN_VALUE), '/models/0/rateLimit/0'],
    [({ transferSeconds }) => (transferSeconds[1] = Number.MAX_VALUE), '/transferSeconds/1'],
  ];
  for (const [change, path] of cases) {
    const problem = randomProblem(3, { models: 2, processors: 2, blocks: 4 });
    change(problem);
    for (const core of cores) {
      assert.throws(
        () => core.placement(problem),
        (error: { code: string; path: string }) => error.code === 'BAD_INPUT' && error.path === path,
        path,
      );
    }
  }
});

test('scores from outside that are no numbers to search with are refused, and the search goes on', () => {
  for (const core of cores) {
    const search = core
      .placement(randomProblem(3, { models: 2, processors: 2, blocks: 4, objective: 'throughput' }))
      .search();
    const { count } = search.selectLeaves(4);
    for (const wrong of [Infinity, 1e31, -1e31]) {
      assert.throws(() => search.backup(new Float64Array(count).fill(wrong)), /cannot be/);
    }
    search.backup(Float64Array.from({ length: count }, (_, i) => [Number.NaN, -Infinity, 1e30, -1e30][i % 4]));
    assert.is(search.run('tree', 20, 100).bestValue, 1e30, core.id);
  }
});

test.run();
