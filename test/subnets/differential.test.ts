import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random, referenceCore, wasmCore } from '../../bindings/core.ts';
import { slotValues } from '../../src/core/subnet-checks.ts';
import type { SubnetKernel, SubnetProblem, SubnetSearch } from '../../src/core/subnets.ts';
import { extremesOf } from '../../src/subnets/extremes.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { ofaResnet50 } from '../../src/subnets/ofa-resnet50.ts';
import { genomeOf, type SearchSpace, searchSpace } from '../../src/subnets/space.ts';
import { seededCosts, seededPredictor } from './fixtures.ts';

const test = suite('sub-networks: wasm against reference');
const SPACES = [searchSpace(ofaMbv3()), searchSpace(ofaResnet50())];

const sameBits = (a: Float32Array | Float64Array, b: Float32Array | Float64Array, what: string) =>
  assert.equal(
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    what,
  );

function problemOf(space: SearchSpace, seed: number, width: number): SubnetProblem {
  return {
    space: space.numbers,
    cost: seededCosts(space, seed).factors,
    predictor: seededPredictor(space, seed, width),
  };
}

function randomGenomes(space: SearchSpace, count: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const { choices } = space.numbers;
  return Uint8Array.from({ length: count * choices.length }, (_, i) => random.below(choices[i % choices.length]));
}

const both = (problem: SubnetProblem): [SubnetKernel, SubnetKernel] => [
  referenceCore().subnets(problem),
  wasmCore().subnets(problem),
];

function sameState(one: SubnetSearch, other: SubnetSearch, what: string): void {
  assert.equal(other.status(), one.status(), what);
  for (const get of ['scored', 'population', 'best'] as const) {
    const a = one[get]();
    const b = other[get]();
    assert.equal(b, a, `${what}: ${get}`);
  }
}

/** Both searches step by step, in slices of draws of their own. */
function compare(searches: [SubnetSearch, SubnetSearch], generations: number, what: string): void {
  const [one, other] = searches;
  for (let step = 0; one.status().generation < generations; step++) {
    assert.ok(step < 400 * generations, `${what} makes progress`);
    // Slices of draws differ, results must not.
    while (one.advance(50).state === 'drawing');
    while (other.advance(7000).state === 'drawing');
    if (one.status().state === 'capped') break;
    assert.equal(other.batch(), one.batch(), `${what}: batch`);
    one.score();
    other.score();
    sameState(one, other, `${what} ${step}`);
  }
  sameState(one, other, what);
}

test('networks, costs and scores have the same bits, in any batch', () => {
  for (const space of SPACES) {
    for (const width of [400, 33, 160]) {
      const kernels = both(problemOf(space, width, width));
      const genomes = randomGenomes(space, 45, width);
      const [networks, others] = kernels.map((kernel) => kernel.networks(genomes));
      assert.equal(others, networks);
      const [a, b] = kernels.map((kernel) => ({ costs: kernel.costs(networks), scores: kernel.scores(networks) }));
      sameBits(a.costs, b.costs, 'costs');
      sameBits(a.scores, b.scores, 'scores');
      const size = space.numbers.slots.length;
      const alone = Float32Array.from(
        { length: 45 },
        (_, i) => kernels[1].scores(networks.slice(i * size, (i + 1) * size))[0],
      );
      sameBits(alone, b.scores, 'one by one');
      const base = networks.slice(0, size);
      const [near, nearToo] = kernels.map((kernel) => kernel.scoresNear(base, networks));
      sameBits(near, nearToo, 'near');
      const alias = space.numbers.alias;
      near.forEach((score, i) => {
        if (alias && networks[i * size + alias.slot] === alias.to) return;
        assert.ok(Math.abs(score - b.scores[i]) < 1e-5, `${score} near ${b.scores[i]}`);
      });
    }
  }
});

test('evolution gives the same generations', () => {
  for (const [s, space] of SPACES.entries()) {
    const problem = problemOf(space, 7, 80);
    const { least, most } = extremesOf(space, problem.cost);
    for (let seed = 1; seed <= 3; seed++) {
      const options = {
        seed,
        population: 20,
        parents: 5,
        mutants: 10,
        crossovers: 10 + seed,
        mutateProbability: 0.1,
        resolutionProbability: 0.5,
        limit: least.cost + (most.cost - least.cost) * (0.2 + 0.1 * seed),
        floor: -Infinity,
        initialHalf: seed === 3,
        maxDraws: 100_000,
      };
      const [one, other] = both(problem);
      compare([one.evolution(options), other.evolution(options)], 12, `space ${s}, seed ${seed}`);
    }
  }
});

test('a floor redraws children in rounds, and an impossible one ends at the cap', () => {
  const [space] = SPACES;
  const problem = problemOf(space, 3, 80);
  const [one, other] = both(problem);
  const scores = one.scores(one.networks(randomGenomes(space, 200, 5))).sort();
  const options = {
    seed: 2,
    population: 12,
    parents: 4,
    mutants: 6,
    crossovers: 6,
    mutateProbability: 0.1,
    resolutionProbability: 0.1,
    limit: Infinity,
    floor: scores[150],
    initialHalf: false,
    maxDraws: 300,
  };
  compare([one.evolution(options), other.evolution(options)], 4, 'floor');
  const impossible = { ...options, floor: scores[199] + 0.25 };
  const searches = [one.evolution(impossible), other.evolution(impossible)] as [SubnetSearch, SubnetSearch];
  compare(searches, 2, 'impossible floor');
  assert.is(searches[1].status().state, 'capped');
  const noRoom = other.evolution({ ...options, limit: 1e-9 });
  assert.is(noRoom.advance(1e6).state, 'capped');
  assert.is(noRoom.status().draws, 300);
});

test('NSGA-II gives the same generations, never a network twice and never one over the limit', () => {
  let repairs = 0;
  for (const [s, space] of SPACES.entries()) {
    const problem = problemOf(space, 11, 80);
    const [one, other] = both(problem);
    const { least } = extremesOf(space, problem.cost);
    const random = new Random(4);
    const size = space.numbers.slots.length;
    const genomes = randomGenomes(space, 4000, 21);
    const genes = space.numbers.choices.length;
    const costs = one.costs(one.networks(genomes));
    const limit = costs.slice().sort()[40];
    const feasible = [...costs.keys()].filter((i) => costs[i] <= limit).slice(0, 24);
    const options = {
      seed: 5 + s,
      mutateProbability: 0.1,
      resolutionProbability: 0.1,
      limit,
      evaluations: 1000,
      worth: slotValues(space.numbers).map((values) => Float64Array.from({ length: values + 1 }, () => random.unit())),
      initial: Uint8Array.from(feasible.flatMap((i) => [...genomes.slice(i * genes, (i + 1) * genes)])),
      cheapest: genomeOf(space, least.network),
    };
    const searches: [SubnetSearch, SubnetSearch] = [one.front(options), other.front(options)];
    compare(searches, 15, `space ${s}`);
    const seen = new Set<string>();
    const again = other.front(options);
    while (again.status().generation < 15) {
      while (again.advance(500).state === 'drawing');
      again.score();
      const { count, networks, costs: found } = again.scored();
      for (let i = 0; i < count; i++) {
        const key = networks.slice(i * size, (i + 1) * size).join();
        assert.not(seen.has(key), 'a network came twice');
        seen.add(key);
        assert.ok(found[i] <= limit);
      }
    }
    repairs += again.status().repairs;
  }
  assert.ok(repairs > 0, 'children over the limit were repaired');
});

test('ranks of non-dominated sorting are those of the definition, with ties', () => {
  const kernels = both({ space: SPACES[0].numbers, cost: [] });
  const random = new Random(9);
  for (const [n, values] of [
    [1, 5],
    [60, 4],
    [300, 1e9],
    [257, 40],
  ]) {
    const costs = Float64Array.from({ length: n }, () => random.below(Math.min(values, 2e6)) - 2);
    const scores = Float64Array.from({ length: n }, () => -random.below(Math.min(values, 2e6)) * 0.5);
    const [reference, wasm] = kernels.map((kernel) => kernel.rankFronts(costs, scores));
    assert.equal(wasm, reference);
    // Peeling: a front is what nobody left dominates.
    const left = new Set(costs.keys());
    for (let rank = 0; left.size > 0; rank++) {
      const dominated = (p: number) =>
        [...left].some(
          (q) => costs[q] <= costs[p] && scores[q] >= scores[p] && (costs[q] < costs[p] || scores[q] > scores[p]),
        );
      const front = [...left].filter((p) => !dominated(p));
      for (const p of front) {
        assert.is(wasm[p], rank);
        left.delete(p);
      }
    }
  }
});

test.run();
