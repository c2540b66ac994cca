import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { completionCounts } from '../../src/core/completion-counts.ts';
import { OBJECTIVES, PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import { prepareProblem } from '../../src/core/prepared.ts';
import { cores } from './cores.ts';
import { problemFrom, tinyProblem } from './problems.ts';

/** All placement records of a model with n blocks on P processors, in plain words. */
export function enumeratePlacements(n: number, P: number, maxStages: number): Uint8Array[] {
  const records: Uint8Array[] = [];
  const extend = (stages: [number, number][], first: number) => {
    if (first === n) {
      records.push(
        Uint8Array.from({ length: PLACEMENT_STRIDE }, (_, i) =>
          i === 0 ? stages.length : (stages.flat()[i - 1] ?? 0),
        ),
      );
      return;
    }
    if (stages.length === maxStages) return;
    for (let p = 0; p < P; p++) {
      if (stages.some(([q]) => q === p)) continue;
      for (let e = first + 1; e <= n; e++) extend([...stages, [p, e]], e);
    }
  };
  extend([], 0);
  return records;
}

const ones = (n: number, P: number) => ({ seconds: Array.from({ length: P }, () => new Array(n).fill(0.001)) });

for (const core of cores) {
  const test = suite(`placement space (${core.id})`);

  const count = (n: number, P: number, maxStages = Math.min(P, 5)) =>
    core.placement(problemFrom([ones(n, P)], { maxStages })).optionCounts()[0];

  test('placements are counted as the closed form says', () => {
    assert.equal(
      [1, 2, 3, 4].map((n) => count(n, 3)),
      [3, 9, 21, 39],
    );
    const catalogue: [number, number][] = [
      [8, 171],
      [15, 633],
      [12, 399],
      [18, 921],
      [34, 3369],
      [13, 471],
      [16, 723],
      [19, 1029],
      [17, 819],
      [23, 1521],
    ];
    for (const [n, legal] of catalogue) assert.is(count(n, 3), legal);
    assert.is(count(8, 2), 16);
    assert.is(count(8, 4), 1432);
    assert.is(count(8, 3, 2), 45);
  });

  test('joint spaces are the products', () => {
    const joint = (layers: number[]) => layers.reduce((product, n) => product * count(n, 3), 1);
    assert.is(joint([8, 15, 12]), 43_188_957);
    assert.is(joint([8, 18, 16, 18]), 104_870_579_553);
    assert.is(joint([8, 15, 18, 16, 17]), 59_031_205_153_011);
  });

  test('every placement of the tiny problem is found, with its optimum, for each objective and transfer cost', () => {
    const expected = {
      0: { throughput: [208.3333, 1], min: [142.8571, 6], 'geometric-mean': [176.7767, 2] },
      1: { throughput: [194.4444, 1], min: [142.8571, 1], 'geometric-mean': [158.1139, 1] },
    } as const;
    const joint: Uint8Array[] = [];
    for (const x of enumeratePlacements(3, 3, 3))
      for (const y of enumeratePlacements(2, 3, 3)) joint.push(Uint8Array.of(...x, ...y));
    assert.is(joint.length, 189);
    const all = new Uint8Array(189 * 2 * PLACEMENT_STRIDE);
    for (const [i, placement] of joint.entries()) all.set(placement, i * 2 * PLACEMENT_STRIDE);
    for (const transfer of [0, 1] as const) {
      for (const objective of ['throughput', 'min', 'geometric-mean'] as const) {
        const scores = core.placement(tinyProblem(transfer, objective)).evaluate(all);
        // `min` carries a tie term of at most 1e-6 relative: compare the pure minimum.
        const values =
          objective === 'min'
            ? joint.map((_, i) => Math.min(scores.rates[2 * i], scores.rates[2 * i + 1]))
            : [...scores.values];
        const best = Math.max(...values);
        const [value, ways] = expected[transfer][objective];
        assert.ok(Math.abs(best - value) < 1e-4, `${objective}, transfer ${transfer}: ${best}`);
        assert.is(
          values.filter((v) => v > best * (1 - 1e-9)).length,
          ways,
          `${objective}, transfer ${transfer}: number of optima`,
        );
      }
      const means = core.placement(tinyProblem(transfer, 'throughput')).evaluate(all).values;
      const average = means.reduce((a, b) => a + b) / 189;
      assert.ok(Math.abs(average - [95.8941, 88.3804][transfer]) < 1e-4, `average ${average}`);
      const sorted = [...means].sort((a, b) => b - a);
      assert.ok(Math.abs(sorted[1] - [202.381, 177.7778][transfer]) < 1e-3, `second best ${sorted[1]}`);
    }
  });

  test('the optimum of the tiny problem without transfers is X on B, Y on G then L', () => {
    const kernel = core.placement(tinyProblem(0, 'throughput'));
    const { rates } = kernel.evaluate(
      Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0),
    );
    assert.ok(Math.abs(rates[0] - 83.3333) < 1e-3 && Math.abs(rates[1] - 333.3333) < 1e-3);
    for (const [p, mean] of [38.4615, 50, 55.5556].entries()) {
      const one = Uint8Array.of(1, p, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, p, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      assert.ok(Math.abs(kernel.evaluate(one).values[0] - mean) < 1e-4);
    }
  });

  test('uniform samples are uniform, also where a processor cannot run a block', () => {
    const partial = ones(4, 3);
    partial.seconds[1][2] = Number.POSITIVE_INFINITY;
    for (const model of [ones(4, 3), partial]) {
      const kernel = core.placement(problemFrom([model], { maxStages: 3 }));
      kernel.seed(7);
      const options = kernel.optionCounts()[0];
      const draws = 400 * options;
      const seen = new Map<string, number>();
      const samples = kernel.sample('uniform', draws);
      for (let i = 0; i < draws; i++) {
        const key = samples.slice(i * PLACEMENT_STRIDE, (i + 1) * PLACEMENT_STRIDE).join();
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      assert.is(seen.size, options, 'every placement turns up');
      let chiSquare = 0;
      for (const n of seen.values()) chiSquare += (n - 400) ** 2 / 400;
      // Mean options - 1, variance twice that: six standard deviations.
      assert.ok(
        chiSquare < options - 1 + 6 * Math.sqrt(2 * (options - 1)),
        `chi-square ${chiSquare} of ${options} placements`,
      );
    }
  });

  test('samples are legal: contiguous, every processor at most once, only where it runs', () => {
    const partial = ones(9, 4);
    partial.seconds[0][0] = partial.seconds[3][8] = Number.POSITIVE_INFINITY;
    const kernel = core.placement(problemFrom([partial, ones(1, 4), ones(30, 4)], { maxStages: 4 }));
    for (const kind of ['uniform', 'stratified'] as const) {
      const { excess } = kernel.evaluate(kernel.sample(kind, 300));
      assert.ok(excess.every((x) => x === 0));
    }
  });

  test('records that no placement can have are not executable', () => {
    const kernel = core.placement(tinyProblem(0, 'throughput'));
    const y = [1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (const x of [[2, 1, 1, 1, 3], [1, 0, 2], [2, 0, 2, 1, 2], [0], [4, 0, 1, 1, 2, 2, 3], [1, 7, 3], [1, 0, 4]]) {
      const record = Uint8Array.of(...x, ...new Array(PLACEMENT_STRIDE - x.length).fill(0), ...y);
      const scores = kernel.evaluate(record);
      assert.is(scores.excess[0], Number.POSITIVE_INFINITY, `${x}`);
      assert.is(scores.values[0], Number.NEGATIVE_INFINITY);
    }
  });

  test('there is a formula for every objective', () => {
    for (const objective of OBJECTIVES) {
      const problem = tinyProblem(0, objective);
      problem.idleWatts = 1;
      problem.activeWatts.fill(2);
      const { values } = core.placement(problem).evaluate(core.placement(problem).sample('uniform', 5));
      assert.ok(values.every(Number.isFinite), objective);
    }
  });

  test.run();
}

const layers = suite('completion counts');

layers('agree with the closed form where everything is supported', () => {
  const n = 34;
  const prepared = prepareProblem(problemFrom([ones(n, 3)], { maxStages: 3 }));
  const counts = completionCounts(prepared, 0);
  // N(l, c, V): l blocks left, c = processor 0, V by how many processors are free.
  const N = (l: number, used: number) => counts[((l * 3 + 0) << 3) + used];
  assert.is(N(7, 0b001), 57);
  assert.is(N(7, 0b011), 8);
  assert.is(N(7, 0b111), 1);
  assert.is(N(33, 0b001), 1123);
});

layers.run();
