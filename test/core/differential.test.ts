import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/wasm/index.ts';
import type { PlacementKernel, PlacementSearch } from '../../src/core/placement.ts';
import { referenceCore } from '../../src/reference/index.ts';
import { Random } from '../../src/reference/random.ts';
import { randomProblem } from './problems.ts';

const PROBLEMS = 1200;

/** The bits of numbers, so that NaN equals NaN and 0 differs from -0. */
const bits = (numbers: Float64Array) => new BigUint64Array(numbers.buffer, numbers.byteOffset, numbers.length);

function sameNumbers(one: Float64Array, other: Float64Array, what: string) {
  assert.is(one.length, other.length, what);
  const a = bits(one);
  const b = bits(other);
  for (let i = 0; i < a.length; i++)
    if (a[i] !== b[i]) assert.unreachable(`${what}[${i}]: ${one[i]} against ${other[i]}`);
}

function sameSearch(one: PlacementSearch, other: PlacementSearch, what: string) {
  assert.equal(other.status(), one.status(), what);
  assert.equal(other.best(), one.best(), what);
  const a = one.top();
  const b = other.top();
  assert.equal(b.placements, a.placements, what);
  sameNumbers(a.values, b.values, `${what}: top values`);
}

/** Rates through both, one made-up value that is no function of the analytic model. */
function outsideValues(demands: Float64Array, count: number): Float64Array {
  const size = demands.length / Math.max(1, count);
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += demands[i * size + j] * (1 + (j % 7));
    return i % 11 === 10 ? Number.NaN : 1 / (1e-3 + sum);
  });
}

const test = suite('wasm against reference');

test(`${PROBLEMS} random problems give the same bits`, () => {
  const wasm = wasmCore();
  const reference = referenceCore();
  let searched = 0;
  for (let seed = 1; seed <= PROBLEMS; seed++) {
    const problem = randomProblem(seed);
    let kernels: PlacementKernel[];
    try {
      kernels = [reference, wasm].map((core) => core.placement(problem));
    } catch (error) {
      // A random support pattern may leave a block without any processor; both refuse alike.
      assert.match(String(error), /no processor can run|needs more than/);
      continue;
    }
    const what = `problem ${seed}`;
    for (const kernel of kernels) kernel.seed(seed);
    for (const kind of ['uniform', 'stratified'] as const) {
      const [a, b] = kernels.map((kernel) => kernel.sample(kind, 6));
      assert.equal(b, a, what);
      const [x, y] = kernels.map((kernel) => kernel.evaluate(a));
      for (const key of ['values', 'meanRates', 'rates', 'excess'] as const)
        sameNumbers(x[key], y[key], `${what} ${key}`);
    }
    const random = new Random(seed);
    const options = {
      seed,
      granularity: random.below(3) === 0 ? ('layer' as const) : ('segment' as const),
      selection: random.below(4) === 0 ? ('uct' as const) : ('puct' as const),
      rollout: random.below(4) === 0 ? ('uniform' as const) : ('incumbent' as const),
      backup: random.below(3) === 0 ? ('mean' as const) : ('best' as const),
      batch: [1, 4, 16, 64][random.below(4)],
      slots: random.below(4) === 0 ? 64 : 4096,
    };
    // Every other problem is searched in memory that another search has used.
    if (seed % 2 === 0) {
      const before = kernels[1].search({ seed: 2 * seed, batch: 64, slots: 1024 });
      before.run('tree', 30, 100);
      before.selectLeaves(5, 'polish');
      before.free();
    }
    const [one, other] = kernels.map((kernel) => kernel.search(options));
    const seeds = kernels[0].sample('stratified', 3);
    for (const search of [one, other]) search.offer(seeds);
    sameSearch(one, other, `${what} seeds`);
    for (const search of [one, other]) search.run('tree', 60 + random.below(1), 400);
    sameSearch(one, other, `${what} tree ${JSON.stringify(options)}`);
    for (const search of [one, other]) search.run('polish', 15, 60);
    sameSearch(one, other, `${what} polish`);
    for (const phase of ['tree', 'polish'] as const) {
      const [a, b] = [one, other].map((search) => search.selectLeaves(8, phase));
      assert.equal(b, a, `${what} leaves`);
      if (a.count > 0) {
        const rates = one.leafRates();
        sameNumbers(rates, other.leafRates(), `${what} rates of leaves`);
        sameNumbers(kernels[0].evaluate(a.placements).rates, rates, `${what} rates of leaves, scored`);
        const values = outsideValues(a.demands, a.count);
        for (const search of [one, other]) search.backup(values);
      }
      sameSearch(one, other, `${what} backup`);
    }
    assert.is(other.commit(), one.commit(), what);
    for (const search of [one, other]) search.run('tree', 40, 200);
    sameSearch(one, other, `${what} after commit`);
    searched++;
  }
  assert.ok(searched >= 1000, `${searched} problems were searched`);
});

test('a long search gives the same bits', () => {
  const problem = randomProblem(4711, { models: 4, processors: 3, blocks: 14, objective: 'throughput' });
  const [one, other] = [referenceCore(), wasmCore()].map((core) =>
    core.placement(problem).search({ seed: 3, slots: 65_536 }),
  );
  for (const search of [one, other]) search.run('tree', 20_000, 40_000);
  sameSearch(one, other, 'long search');
});

test('a search that was freed answers no more, and is freed once', () => {
  const kernel = wasmCore().placement(randomProblem(3));
  const search = kernel.search({ slots: 1024 });
  search.run('tree', 10, 20);
  search.free();
  search.free();
  for (const call of [() => search.status(), () => search.best(), () => search.top(), () => search.selectLeaves(1)]) {
    assert.throws(call, /freed/);
  }
  const [next, beside] = [kernel.search({ slots: 1024 }), kernel.search({ slots: 1024 })];
  next.run('tree', 10, 20);
  assert.is(next.status().evaluations, 10);
  assert.is(beside.status().evaluations, 0, 'two searches never share memory');
});

test.run();
