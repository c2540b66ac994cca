import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/wasm/index.ts';
import { CONTROL_RULES, type ControlKernel, type ControlProblem, paretoIndex } from '../../src/core/control.ts';
import type { Core } from '../../src/core/placement.ts';
import { findByScan, findInIndex } from '../../src/reference/control/delta.ts';
import { referenceCore } from '../../src/reference/index.ts';
import { Random } from '../../src/reference/random.ts';
import { bruteForce } from './brute-force.ts';
import { randomChoice, randomProblem, randomState } from './cohorts.ts';

const CORES: Core[] = [wasmCore(), referenceCore()];

const near = (actual: number, expected: number) =>
  assert.ok(
    actual === expected || Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

/** D = 30 ms, e = (5, 10, 5) ms. */
function chain(subDeadline: ControlProblem['subDeadline'], horizon: number): ControlProblem {
  return {
    models: [
      {
        referenceSeconds: Float64Array.of(0.005, 0.01, 0.005),
        deadlineSeconds: 0.03,
        weight: 1,
        tableAt: Uint32Array.of(0, 0, 0),
        variantSpeedUp: Float64Array.of(1),
        variantLoss: Float64Array.of(0),
      },
    ],
    tables: [Float32Array.of(1)],
    powerUp: Float32Array.of(1),
    busyWatts: Float64Array.of(5),
    idleWatts: Float64Array.of(2),
    fastest: 0,
    subDeadline,
    horizon,
  };
}

/** Rows A to F, two networks with the needs 10/9 and 4/7: one block of 1 s each, with the deadlines that ask for that. */
function example(): ControlProblem {
  const speedUp = Float32Array.of(0.6, 0.85, 1, 1.2, 1.5, 1.8);
  const network = (deadlineSeconds: number) => ({
    referenceSeconds: Float64Array.of(1),
    deadlineSeconds,
    weight: 1,
    tableAt: Uint32Array.of(0),
    variantSpeedUp: Float64Array.of(1, 1.3, 1.6, 2),
    variantLoss: Float64Array.of(0, 0.4, 0.9, 2.1),
  });
  return {
    models: [network(0.9), network(1.75)],
    tables: [speedUp],
    powerUp: Float32Array.of(0.55, 0.8, 1, 1.3, 1.8, 2.4),
    busyWatts: new Float64Array(6).fill(5),
    idleWatts: new Float64Array(6).fill(2),
    fastest: 5,
    subDeadline: 'proportional',
    horizon: 255,
  };
}

const rowOf = ({ output }: ControlKernel, row: number) => 'ABCDEF'[output.point[row]];

for (const core of CORES) {
  const test = suite(`control decisions, ${core.id}`);

  test('LAG and required speed-up are those of the worked table', () => {
    const all = Number.POSITIVE_INFINITY;
    const cases = [
      { horizon: 1, done: 1, elapsed: 7.5, lag: 0, sigma: 10 / 15 },
      { horizon: all, done: 1, elapsed: 7.5, lag: 0, sigma: 15 / 22.5 },
      { horizon: 1, done: 1, elapsed: 9, lag: -1.5, sigma: 10 / 13.5 },
      { horizon: all, done: 1, elapsed: 9, lag: -1.5, sigma: 15 / 21 },
      { horizon: 1, done: 1, elapsed: 5, lag: 2.5, sigma: 10 / 17.5 },
      { horizon: all, done: 1, elapsed: 5, lag: 2.5, sigma: 15 / 25 },
      { horizon: 1, done: 2, elapsed: 27, lag: -4.5, sigma: 5 / 3 },
      { horizon: all, done: 2, elapsed: 27, lag: -4.5, sigma: 5 / 3 },
      { horizon: 1, done: 1, elapsed: 22.5, lag: -15, sigma: Number.POSITIVE_INFINITY },
      { horizon: all, done: 1, elapsed: 22.5, lag: -15, sigma: 15 / 7.5 },
    ];
    for (const { horizon, done, elapsed, lag, sigma } of cases) {
      const kernel = core.control(chain('proportional', horizon));
      kernel.input.position[0] = done;
      // A hair under 22.5 ms would leave a sliver of time: the table's case is exact.
      kernel.input.elapsed[0] = elapsed === 22.5 ? 0.0075 + 0.015 + 1e-18 : elapsed / 1000;
      kernel.decide(0);
      near(kernel.output.lag[0], lag / 1000);
      near(kernel.output.requiredSpeedUp[0], sigma);
    }
  });

  test('front-loaded sub-deadlines hold the same frame to be ahead', () => {
    const kernel = core.control(chain('front-loaded', 1));
    kernel.input.position[0] = 1;
    kernel.input.elapsed[0] = 0.009;
    kernel.decide(0);
    near(kernel.output.lag[0], 0.006);
    near(kernel.output.requiredSpeedUp[0], 10 / 16);
  });

  test('the required speed-up is the pace ratio times sum e / sum d, not the pace ratio', () => {
    const kernel = core.control(chain('proportional', 1));
    kernel.input.position[0] = 1;
    kernel.input.elapsed[0] = 0.009;
    kernel.decide(0);
    const pace = 15 / 13.5;
    near(kernel.output.requiredSpeedUp[0], (pace * 20) / 30);
    assert.ok(Math.abs(kernel.output.requiredSpeedUp[0] - pace) > 0.3);
  });

  test('margin and contention ask for more speed', () => {
    const kernel = core.control(chain('proportional', 255));
    kernel.input.margin[0] = 0.01;
    kernel.input.factor[0] = 1.5;
    kernel.decide(0);
    near(kernel.output.requiredSpeedUp[0], (1.5 * 20) / 20);
  });

  test('a model without blocks left takes no part', () => {
    const kernel = core.control(example());
    kernel.input.position[0] = 1;
    kernel.decide(2);
    assert.ok(Number.isNaN(kernel.output.lag[0]));
    assert.equal([...kernel.output.point.subarray(0, kernel.rows)], [0, 2, 5]);
  });

  test('the worked decision: candidates, losses and all modes', () => {
    const kernel = core.control(example());
    kernel.choose({ objective: 'power' });
    const chosen = (mode: 'min-energy' | 'max-accuracy' | 'balanced', balanced = 'trend-residual' as const) => {
      kernel.choose({ mode, balanced });
      return rowOf(kernel, kernel.decide(2));
    };
    assert.is(chosen('min-energy'), 'A');
    const { output } = kernel;
    near(output.requiredSpeedUp[0], 10 / 9);
    near(output.requiredSpeedUp[1], 4 / 7);
    assert.equal(
      Array.from({ length: kernel.rows }, (_, row) => rowOf(kernel, row)),
      ['A', 'C', 'D', 'F'],
    );
    assert.equal([...output.loss.subarray(0, 4)], [2.1, 0.4, 0, 0]);
    assert.equal([...output.infeasible.subarray(0, 4)], [0, 0, 0, 0]);
    assert.equal([output.variant[0], output.variant[1], output.variant[16]], [3, 0, 1]);
    assert.is(chosen('max-accuracy'), 'D');
    assert.is(rowOf(kernel, kernel.runnerUp), 'F');
    assert.is(chosen('balanced'), 'C');
    assert.is(CONTROL_RULES[kernel.rule], 'trend-residual');
    kernel.choose({ balanced: 'ideal-distance' });
    assert.is(rowOf(kernel, kernel.decide(2)), 'C');
    assert.is(CONTROL_RULES[kernel.rule], 'ideal-distance');
  });

  test('with A and D alone no line can be fitted: the ideal point decides, and its tie goes to the lower power', () => {
    const problem = example();
    for (const key of ['busyWatts', 'idleWatts', 'powerUp'] as const)
      problem[key] = problem[key].filter((_, k) => k === 0 || k === 3) as never;
    problem.tables = [Float32Array.of(0.6, 1.2)];
    problem.fastest = 1;
    const kernel = core.control(problem);
    kernel.choose({ mode: 'balanced', objective: 'power' });
    assert.is(kernel.decide(1), 0);
    assert.is(CONTROL_RULES[kernel.rule], 'ideal-distance');
  });

  test('where no variant can save the frame, the row that is least late wins', () => {
    const problem = example();
    problem.models[0].deadlineSeconds = 0.2;
    const kernel = core.control(problem);
    kernel.choose({ mode: 'min-energy' });
    assert.is(rowOf(kernel, kernel.decide(2)), 'F');
    assert.is(CONTROL_RULES[kernel.rule], 'least-tardiness');
  });

  test('tables that change are seen by the scan', () => {
    const problem = example();
    const kernel = core.control(problem);
    kernel.choose({ search: 'scan', objective: 'power', mode: 'max-accuracy' });
    assert.is(rowOf(kernel, kernel.decide(2)), 'D');
    kernel.setTable(
      0,
      problem.tables[0].map((speed) => speed / 1.5),
    );
    assert.is(rowOf(kernel, kernel.decide(2)), 'F');
  });

  test('problems over the limits and broken tables are refused', () => {
    const code = (change: (problem: ControlProblem) => void) => {
      const problem = example();
      change(problem);
      try {
        core.control(problem);
        return 'taken';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    assert.is(
      code(() => {}),
      'taken',
    );
    assert.is(
      code((p) => p.models.push(...Array.from({ length: 15 }, () => p.models[0]))),
      'LIMIT',
    );
    assert.is(
      code((p) => (p.powerUp = new Float32Array(65_537).fill(1))),
      'LIMIT',
    );
    assert.is(
      code((p) => (p.tables[0][1] = Number.NaN)),
      'BAD_INPUT',
    );
    assert.is(
      code((p) => (p.models[0].tableAt[0] = 1)),
      'BAD_INPUT',
    );
    assert.is(
      code((p) => (p.models = [])),
      'BAD_INPUT',
    );
    for (const change of [
      (p: ControlProblem) => (p.horizon = 1.5),
      (p: ControlProblem) => (p.fastest = 0.5),
      (p: ControlProblem) => (p.models[0].weight = Number.NaN),
      (p: ControlProblem) => (p.models[0].variantLoss[1] = Number.NaN),
      (p: ControlProblem) => (p.models[0].deadlineSeconds = Number.POSITIVE_INFINITY),
      (p: ControlProblem) => (p.models[0].referenceSeconds[0] = 5e-324),
    ])
      assert.is(code(change), 'BAD_INPUT');
    assert.throws(() => core.control(example()).choose({ epochSeconds: Number.NaN }), /epochSeconds/);
    assert.throws(
      () =>
        core
          .control({
            ...example(),
            powerUp: new Float32Array(70).fill(1),
            busyWatts: new Float64Array(70).fill(1),
            idleWatts: new Float64Array(70).fill(1),
            tables: [new Float32Array(70).fill(1)],
          })
          .choose({ candidates: 'all' }),
      /70/,
    );
  });

  test.run();
}

const both = suite('control kernels against each other');

both('10,000 random cohorts are decided as brute force over all operating points decides them, by both', () => {
  const random = new Random(7);
  const seen = new Set<number>();
  for (let p = 0; p < 500; p++) {
    const problem = randomProblem(random, p % 50 === 0 ? 2500 : 60);
    const kernels = CORES.map((core) => core.control(problem));
    for (let s = 0; s < 20; s++) {
      const choice = randomChoice(random, problem.powerUp.length);
      const current = random.below(problem.powerUp.length);
      randomState(random, problem, kernels);
      const expected = bruteForce(problem, choice, kernels[0].input, current);
      for (const kernel of kernels) {
        kernel.choose(choice);
        const row = kernel.decide(current);
        const label = `problem ${p}, state ${s}`;
        assert.equal([...kernel.output.point.subarray(0, kernel.rows)], expected.points, label);
        assert.is(kernel.output.point[row], expected.point, label);
        const variants = kernel.output.variant.subarray(row * 16, row * 16 + problem.models.length);
        assert.equal([...variants], expected.variants, label);
        seen.add(kernel.rule);
      }
    }
  }
  assert.is(seen.size, CONTROL_RULES.length, 'every rule was met');
});

both('wasm and reference give the same bits', () => {
  const random = new Random(21);
  for (let p = 0; p < 200; p++) {
    const problem = randomProblem(random, p % 25 === 0 ? 3000 : 60);
    const kernels = CORES.map((core) => core.control(problem));
    for (let s = 0; s < 20; s++) {
      const choice = randomChoice(random, problem.powerUp.length);
      const current = random.below(problem.powerUp.length);
      randomState(random, problem, kernels);
      const rows = kernels.map((kernel) => {
        kernel.choose(choice);
        return [kernel.decide(current), kernel.rows, kernel.runnerUp, kernel.rule];
      });
      assert.equal(rows[0], rows[1]);
      const [wasm, reference] = kernels.map(({ output }) => output);
      const used = rows[0][1];
      for (const key of ['lag', 'requiredSpeedUp'] as const)
        assert.equal(
          [...wasm[key].subarray(0, problem.models.length)],
          [...reference[key].subarray(0, problem.models.length)],
        );
      for (const key of ['point', 'power', 'loss', 'tardiness', 'infeasible', 'misses'] as const)
        assert.equal([...wasm[key].subarray(0, used)], [...reference[key].subarray(0, used)], key);
      for (let k = 0; k < used; k++)
        for (let m = 0; m < problem.models.length; m++)
          assert.is(wasm.variant[16 * k + m], reference.variant[16 * k + m]);
    }
  }
});

both('the index answers as the scan over all points does, to the last bit of the need', () => {
  const random = new Random(5);
  for (let round = 0; round < 200; round++) {
    const points = 1 + random.below(500);
    const speedUp = Float32Array.from({ length: points }, () => 0.2 + random.below(40) / 10);
    const powerUp = Float32Array.from({ length: points }, () => 0.2 + random.below(40) / 10);
    const index = paretoIndex(speedUp, powerUp);
    for (let i = 0; i < 50; i++) {
      const at = speedUp[random.below(points)];
      const sigma = at * (1 + (random.below(3) - 1) * 1e-15) || at;
      assert.is(findInIndex(index, sigma), findByScan(speedUp, powerUp, sigma));
    }
    assert.is(findInIndex(index, Number.POSITIVE_INFINITY), findByScan(speedUp, powerUp, Number.POSITIVE_INFINITY));
  }
});

both('both indices find the same point for needs at, just above and just below a SpeedUp of the table', () => {
  const random = new Random(9);
  for (let round = 0; round < 100; round++) {
    const points = 1 + random.below(400);
    const table = () => Float32Array.from({ length: points }, () => 0.05 + 4 * random.unit() ** 3);
    const problem: ControlProblem = { ...chain('proportional', 255), fastest: 0 };
    problem.models[0].referenceSeconds = Float64Array.of(1);
    problem.models[0].deadlineSeconds = 1;
    problem.models[0].tableAt = Uint32Array.of(0);
    problem.tables = [table()];
    problem.powerUp = table();
    problem.busyWatts = new Float64Array(points).fill(5);
    problem.idleWatts = new Float64Array(points).fill(2);
    const kernels = CORES.map((core) => core.control(problem));
    for (const kernel of kernels) kernel.choose({ search: 'index' });
    const at = problem.tables[0][random.below(points)];
    for (const need of [at, at * (1 - 2 ** -52), at * (1 + 2 ** -52), 1e-45, 0, 5, 1e300]) {
      const rows = kernels.map((kernel) => {
        kernel.input.factor[0] = need;
        kernel.decide(0);
        assert.is(kernel.output.requiredSpeedUp[0], need);
        return [...kernel.output.point.subarray(0, kernel.rows)];
      });
      assert.equal(rows[0], rows[1], `${points} points, need ${need}`);
    }
  }
});

both.run();
