import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random, wasmCore } from '../../bindings/core.ts';
import { slotValues } from '../../src/core/subnet-checks.ts';
import { Archive, hypervolume } from '../../src/subnets/archive.ts';
import { TradeOffSolver } from '../../src/subnets/dynamic-programming.ts';
import type { ElasticSpace } from '../../src/subnets/elastic-space.ts';
import { extremesOf } from '../../src/subnets/extremes.ts';
import { movesFrom } from '../../src/subnets/moves.ts';
import { FeasibleSampler } from '../../src/subnets/sampling.ts';
import { networkCount, networkKey, type SearchSpace, searchSpace } from '../../src/subnets/space.ts';
import { Surrogate, worthOf } from '../../src/subnets/surrogate.ts';
import { factor } from './fixtures.ts';

const test = suite('exact parts of sub-network search');

/** Two stages of up to three blocks; with widths, costs depend on neighbouring stages. */
function smallSpace(widths: boolean): SearchSpace {
  const stage = (name: string) => ({
    name,
    blocks: 3,
    depths: [1, 2, 3],
    genes: [
      { key: 'ks', choices: [3, 5] },
      { key: 'e', choices: [3, 6] },
    ],
    ...(widths && { width: { key: 'w', choices: [0, 1] } }),
  });
  const definition: ElasticSpace = {
    kind: 'elastic-space',
    schemaVersion: 1,
    name: 'small',
    resolutions: [32, 64],
    ...(widths && { globals: [{ key: 'stem', choices: [0, 1, 2] }], merged: { key: 'stem', from: 0, to: 1 } }),
    stages: [stage('one'), stage('two')],
  };
  return searchSpace(definition);
}

function randomCosts(space: SearchSpace, random: Random) {
  const { resolutionSlot, stages, globalSlots } = space;
  const draw = () => 0.1 + random.unit();
  const fixed = factor(space, [resolutionSlot, ...globalSlots], draw);
  const blocks = stages.flatMap(({ blockSlots, widthSlot }, s) =>
    blockSlots.map((slot, position) => {
      const before = s > 0 && position === 0 && stages[s - 1].widthSlot >= 0 ? [stages[s - 1].widthSlot] : [];
      const own = widthSlot < 0 ? [] : [widthSlot];
      return factor(space, [resolutionSlot, slot, ...before, ...own], (_, form) => (form < 0 ? 0 : draw()));
    }),
  );
  return [fixed, ...blocks];
}

/** All networks of a small space, each once. */
function everyNetwork(space: SearchSpace): Uint8Array[] {
  const { choices } = space.numbers;
  const kernel = wasmCore().subnets({ space: space.numbers, cost: [] });
  const total = choices.reduce((product, count) => product * count, 1);
  const found = new Map<string, Uint8Array>();
  const chunk = new Uint8Array(4096 * choices.length);
  for (let start = 0; start < total; start += 4096) {
    const count = Math.min(4096, total - start);
    for (let i = 0; i < count; i++) {
      let rest = start + i;
      for (let g = 0; g < choices.length; g++) {
        chunk[i * choices.length + g] = rest % choices[g];
        rest = Math.floor(rest / choices[g]);
      }
    }
    const networks = kernel.networks(chunk.subarray(0, count * choices.length));
    const size = space.numbers.slots.length;
    for (let i = 0; i < count; i++) {
      const network = networks.slice(i * size, (i + 1) * size);
      found.set(networkKey(network), network);
    }
  }
  return [...found.values()];
}

for (const widths of [false, true]) {
  const space = smallSpace(widths);
  const what = widths ? 'with widths' : 'without widths';
  const random = new Random(widths ? 2 : 1);
  const factors = randomCosts(space, random);
  const kernel = wasmCore().subnets({ space: space.numbers, cost: factors });
  const all = everyNetwork(space);
  const costs = all.map((network) => kernel.costs(network)[0]);

  test(`a small space ${what} has as many networks as counted`, () => {
    assert.is(BigInt(all.length), networkCount(space));
  });

  test(`extremes ${what} are those of all networks`, () => {
    const { least, most } = extremesOf(space, factors);
    const close = (a: number, b: number) => Math.abs(a - b) < 1e-9;
    assert.ok(close(least.cost, Math.min(...costs)));
    assert.ok(close(most.cost, Math.max(...costs)));
    assert.ok(close(kernel.costs(least.network)[0], least.cost));
    assert.ok(close(kernel.costs(most.network)[0], most.cost));
  });

  test(`dynamic programming ${what} finds the front of all networks`, () => {
    const worth = slotValues(space.numbers).map((values) =>
      Float64Array.from({ length: values + 1 }, (_, v) => (v === 0 ? 0 : random.unit())),
    );
    const limit = Infinity;
    const fronts = new TradeOffSolver(space, factors).fronts({ worth, resolutions: [0, 1], limit });
    fronts.forEach((front, r) => {
      const points = all
        .map((network, i) => ({ cost: costs[i], worth: worthOf(worth, network), r: network[space.resolutionSlot] - 1 }))
        .filter((point) => point.r === r)
        .sort((a, b) => a.cost - b.cost || b.worth - a.worth);
      const expected: typeof points = [];
      for (const point of points)
        if (expected.length === 0 || point.worth > expected.at(-1)!.worth + 1e-9) expected.push(point);
      const found = Array.from({ length: front.count }, (_, i) => front.at(i));
      assert.is(found.length, expected.length);
      found.forEach((each, i) => {
        assert.ok(Math.abs(each.cost - expected[i].cost) < 1e-9);
        assert.ok(Math.abs(each.worth - expected[i].worth) < 1e-9);
        assert.ok(Math.abs(kernel.costs(each.network)[0] - each.cost) < 1e-9, 'the network costs what is said');
        assert.ok(Math.abs(worthOf(worth, each.network) - each.worth) < 1e-9, 'and is worth it');
      });
    });
  });

  test(`moves ${what} lead to legal networks that differ in one decision`, () => {
    const keys = new Set(all.map(networkKey));
    for (const network of all.slice(0, 200)) {
      for (const { slots, values } of movesFrom(space, network, [0, 1])) {
        const changed = network.slice();
        slots.forEach((slot, i) => {
          changed[slot] = values[i];
        });
        assert.ok(keys.has(networkKey(changed)));
        assert.not.equal(changed, network);
      }
    }
  });

  test(`samples within a limit ${what} are uniform over what the rounded test admits`, () => {
    const sorted = costs.slice().sort((a, b) => a - b);
    const limit = sorted[Math.floor(sorted.length / (widths ? 60 : 8))];
    const sampler = new FeasibleSampler(space, factors, [0, 1], limit);
    const feasible = costs.filter((cost) => cost <= limit).length;
    assert.ok(sampler.count <= feasible && sampler.count >= 0.9 * feasible, `${sampler.count} of ${feasible}`);
    const hits = new Map<string, number>();
    const draws = 20 * sampler.count;
    const draw = new Random(5);
    for (let i = 0; i < draws; i++) {
      const network = kernel.networks(sampler.draw(draw)!);
      assert.ok(kernel.costs(network)[0] <= limit);
      const key = networkKey(network);
      hits.set(key, (hits.get(key) ?? 0) + 1);
    }
    // Chi-square: mean = degrees of freedom, deviation = sqrt(2 x degrees).
    const degrees = sampler.count - 1;
    let chi = (sampler.count - hits.size) * 20;
    for (const count of hits.values()) chi += (count - 20) ** 2 / 20;
    assert.ok(Math.abs(chi - degrees) < 4 * Math.sqrt(2 * degrees), `chi-square ${chi} for ${degrees} degrees`);
  });
}

test('an additive score is recovered by the surrogate', () => {
  const space = smallSpace(true);
  const random = new Random(3);
  const truth = slotValues(space.numbers).map((values) =>
    Float64Array.from({ length: values + 1 }, () => random.unit()),
  );
  for (const worth of truth) worth[0] = 0;
  const surrogate = new Surrogate(space);
  const all = everyNetwork(space);
  for (const network of all.filter((_, i) => i % 7 === 0)) surrogate.add(network, 0.5 + worthOf(truth, network), 1);
  const fitted = surrogate.worth();
  const offset = worthOf(fitted, all[0]) - worthOf(truth, all[0]);
  for (const network of all) assert.ok(Math.abs(worthOf(fitted, network) - worthOf(truth, network) - offset) < 1e-3);
});

test('the archive never gives a larger limit a worse network, and its hypervolume is the dominated area', () => {
  const archive = new Archive(1, [2, 3.3, 5], 10);
  const random = new Random(8);
  const points = Array.from({ length: 500 }, (_, i) => ({ i, cost: 1 + 5 * random.unit(), score: random.unit() }));
  for (const { i, cost, score } of points) archive.offer(Uint8Array.of(i & 255, i >> 8), score, cost);
  for (const limit of [2, 3.3, 5]) {
    const best = Math.max(...points.filter(({ cost }) => cost <= limit).map(({ score }) => score));
    assert.is(archive.best(limit)!.score, best);
  }
  const front = archive.front();
  assert.ok(front.every((each, i) => i === 0 || (each.cost > front[i - 1].cost && each.score > front[i - 1].score)));
  const steps = [
    { network: new Uint8Array(), cost: 1, score: 0.5 },
    { network: new Uint8Array(), cost: 2, score: 0.8 },
  ];
  assert.ok(Math.abs(hypervolume(steps, { cost: 4, score: 0.4 }) - (3 * 0.1 + 2 * 0.3)) < 1e-12);
});

test.run();
