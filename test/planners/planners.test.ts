import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { OBJECTIVES, PLACEMENT_STRIDE, type PlacementProblem } from '../../src/core/placement.ts';
import { demandReader } from '../../src/estimators/demands.ts';
import { analyticEstimator, type Estimator } from '../../src/estimators/estimator.ts';
import type { Planner, PlannerContext } from '../../src/planners/planner.ts';
import { plannerById, planners } from '../../src/planners/registry.ts';
import { seedPlacements } from '../../src/planners/seeds.ts';
import { Random } from '../../src/reference/random.ts';
import { cores } from '../core/cores.ts';
import { problemFrom, randomProblem, tinyProblem } from '../core/problems.ts';

/** Random networks of the catalogue's depths on unequal processors. */
function mix(seed: number, changes: Partial<PlacementProblem> = {}): PlacementProblem {
  const random = new Random(seed);
  const layers = [8, 15, 12, 18, 34, 13, 16, 19, 18, 17, 23];
  return problemFrom(
    Array.from({ length: 3 + random.below(3) }, () => {
      const n = layers[random.below(layers.length)];
      const base = Array.from({ length: n }, () => 1e-3 * (0.2 + 3 * random.unit()));
      return {
        seconds: [4, 1, 2].map((slowness) => base.map((t) => t * slowness * (0.6 + 0.8 * random.unit()))),
        outputBytes: base.map(() => 1e6 * random.unit()),
      };
    }),
    { transferSecondsPerByte: new Float64Array(9).fill(1e-9), ...changes },
  );
}

/** Planners that work within a number of evaluations; `exact` goes on until it has a proof. */
const budgeted = planners.filter((planner) => planner.id !== 'exact');

async function rejection(run: () => Promise<unknown>): Promise<HeterodyneError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

for (const core of cores) {
  const test = suite(`planners (${core.id})`);
  const planOf = (planner: Planner, problem: PlacementProblem, context: Partial<PlannerContext> = {}) => {
    const kernel = core.placement(problem);
    return planner.plan({ kernel, evaluations: 200, ...context }).finally(() => kernel.free());
  };
  const mcts = plannerById('mcts');

  test('every planner finds, counts and remembers as it says', async () => {
    for (const planner of budgeted) {
      for (const seed of [1, 2, 3]) {
        const problem = mix(seed);
        const kernel = core.placement(problem);
        const result = await planner.plan({ kernel, evaluations: 120, seed });
        const scores = kernel.evaluate(result.placement);
        assert.is(result.value, scores.values[0], planner.id);
        assert.is(scores.excess[0], 0);
        assert.ok(result.evaluations <= 120 && result.simulations <= 480, planner.id);
        if (['random', 'hill-climb', 'genetic', 'mcts'].includes(planner.id)) {
          assert.is(result.evaluations, 120, planner.id);
          assert.is(result.stoppedBy, 'evaluations');
        }
        assert.is(result.history.at(-1)?.value, result.value);
        for (const [i, point] of result.history.entries()) {
          assert.ok(
            i === 0 || point.value > result.history[i - 1].value || point.value === result.history[i - 1].value,
          );
          assert.ok(point.evaluations >= 1 && point.evaluations <= result.evaluations);
        }
        kernel.free();
      }
    }
  });

  test('the same seed gives the same result, another seed another search', async () => {
    for (const planner of budgeted) {
      const once = await planOf(planner, mix(5), { seed: 33 });
      const again = await planOf(planner, mix(5), { seed: 33 });
      assert.equal(once, again, planner.id);
    }
    const placements = new Set<string>();
    for (let seed = 0; seed < 4; seed++)
      placements.add((await planOf(plannerById('random'), mix(5), { seed })).placement.join());
    assert.ok(placements.size > 1);
  });

  test('mcts finds the optimum of the tiny problem for every objective and transfer cost', async () => {
    const optima = {
      throughput: [208.3333, 194.4444],
      min: [142.8571, 142.8571],
      'geometric-mean': [176.7767, 158.1139],
    };
    for (const [objective, values] of Object.entries(optima)) {
      for (const transfer of [0, 1]) {
        for (const seeds of [true, false]) {
          const problem = tinyProblem(transfer, objective as 'min');
          const { value } = await planOf(mcts, problem, { evaluations: 400, options: { seeds } });
          assert.ok(Math.abs(value - values[transfer]) < 0.01, `${objective} ${transfer} ${seeds}: ${value}`);
        }
      }
    }
  });

  test('exact proves optima, refuses what it cannot end, and bounds what time cut', async () => {
    const exact = plannerById('exact');
    for (const objective of ['throughput', 'min', 'geometric-mean'] as const) {
      const proven = await planOf(exact, tinyProblem(1, objective));
      assert.ok(proven.exhaustive && proven.stoppedBy === 'exhausted');
      assert.is(proven.value, (await planOf(mcts, tinyProblem(1, objective), { evaluations: 5000 })).value);
    }
    assert.is((await rejection(() => planOf(exact, mix(5)))).code, 'LIMIT');
    const cut = await planOf(exact, mix(5), { timeLimitMs: 30 });
    assert.is(cut.stoppedBy, 'time');
    assert.ok((cut.bound ?? 0) >= cut.value);
  });

  test('a space smaller than the budget is searched out, and then the search ends', async () => {
    const result = await planOf(mcts, tinyProblem(1, 'throughput'), { evaluations: 5000 });
    assert.is(result.stoppedBy, 'exhausted');
    assert.is(result.evaluations, 189);
  });

  test('a space of one has a plan', async () => {
    const problem = problemFrom([{ seconds: [[0.004]] }]);
    for (const planner of budgeted) {
      const result = await planOf(planner, problem);
      assert.is(result.value, 250, planner.id);
      assert.equal(Array.from(result.placement.subarray(0, 3)), [1, 0, 1]);
    }
  });

  test('every objective, layer granularity and both selection rules are served', async () => {
    for (const objective of OBJECTIVES) {
      const problem = mix(8, { objective, idleWatts: 1, activeWatts: Float64Array.of(1, 4, 3) });
      for (const planner of budgeted) assert.ok(Number.isFinite((await planOf(planner, problem)).value), objective);
    }
    for (const search of [
      { granularity: 'layer' },
      { selection: 'uct', exploration: 0.5 },
      { backup: 'mean' },
    ] as const) {
      const result = await planOf(mcts, mix(8), { options: { search } });
      assert.is(result.evaluations, 200);
    }
  });

  test('random problems with limits are planned, or refused with the reason', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const problem = randomProblem(seed);
      for (const planner of budgeted) {
        try {
          const { placement } = await planOf(planner, problem, { evaluations: 40, seed });
          const kernel = core.placement(problem);
          assert.is(kernel.evaluate(placement).excess[0], 0, `${planner.id} ${seed}`);
          kernel.free();
        } catch (error) {
          assert.instance(error, HeterodyneError);
          assert.is(
            (error as HeterodyneError).code,
            'INFEASIBLE',
            `${planner.id} ${seed}: ${(error as Error).message}`,
          );
        }
      }
    }
  });

  test('a narrow feasible region is found by walking towards the limits', async () => {
    const problem = mix(12);
    const M = problem.models.length;
    for (const model of problem.models) model.weightBytes.fill(1e6);
    // One model fits each of the first two processors: the others must be whole on the third.
    problem.maxModels = Uint32Array.of(1, 1, M);
    problem.poolProcessors = Uint32Array.of(0b001, 0b010);
    problem.poolBytes = Float64Array.of(3e6, 3e6);
    for (const seeds of [true, false]) {
      const { placement } = await planOf(mcts, problem, { options: { seeds } });
      assert.ok(placement);
    }
  });

  test('what cannot fit is refused, saying by how much', async () => {
    const problem = mix(3);
    for (const model of problem.models) model.weightBytes.fill(1e6);
    problem.poolProcessors = Uint32Array.of(0b111);
    problem.poolBytes = Float64Array.of(5e6);
    const total = problem.models.reduce((sum, model) => sum + model.blocks, 0);
    for (const planner of budgeted) {
      const error = await rejection(() => planOf(planner, problem));
      assert.is(error.code, 'INFEASIBLE', planner.id);
      assert.match(error.message, `${total - 5}.0 MB too much`);
    }
  });

  test('a signal ends a search with the best so far', async () => {
    for (const id of ['mcts', 'random', 'hill-climb', 'genetic']) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 30);
      const start = performance.now();
      const result = await planOf(plannerById(id), mix(6), { evaluations: 1e9, signal: controller.signal });
      const elapsed = performance.now() - start;
      assert.is(result.stoppedBy, 'abort', id);
      assert.ok(result.partial && result.value > 0);
      assert.ok(elapsed < 5000, `${id} took ${elapsed} ms`);
    }
    const aborted = await planOf(mcts, mix(6), { signal: AbortSignal.abort() });
    assert.ok(aborted.partial && aborted.value > 0);
  });

  test('a time limit and patience end a search', async () => {
    assert.is((await planOf(mcts, mix(6), { evaluations: 1e9, timeLimitMs: 20 })).stoppedBy, 'time');
    assert.is((await planOf(mcts, mix(6), { evaluations: 1e6, patience: 300 })).stoppedBy, 'no-improvement');
    const full = await planOf(mcts, mix(6), { evaluations: 1e6, options: { memoryBytes: 24 * 1024 } });
    assert.is(full.stoppedBy, 'memory');
  });

  test('progress grows to 1 and results do not depend on pauses', async () => {
    const seen: number[] = [];
    const evaluations = 4000;
    const quiet = await planOf(mcts, mix(9), { evaluations });
    const watched = await planOf(mcts, mix(9), {
      evaluations,
      onProgress: ({ progress }) => {
        seen.push(progress);
        // Uses up the slice, so that the search pauses at other places.
        const until = performance.now() + 3;
        while (performance.now() < until);
      },
    });
    assert.equal(watched, quiet);
    assert.is(seen.at(-1), 1);
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i] >= seen[i - 1] && seen[i] >= 0);
  });

  test('an outside estimator steers the search, and the model checks its favourites', async () => {
    for (const id of ['mcts', 'random', 'hill-climb', 'genetic', 'single-best', 'mosaic-dp']) {
      const problem = mix(4, { objective: 'min' });
      const kernel = core.placement(problem);
      const M = problem.models.length;
      const R = problem.resources;
      let scored = 0;
      // Least sum of squared loads: near the best minimum, yet not the same.
      const estimator: Estimator = {
        id: 'squares',
        async score({ count, demands }) {
          scored += count;
          return Float64Array.from({ length: count }, (_, i) => {
            let squares = 0;
            for (let r = 0; r < R; r++) {
              let load = 0;
              for (let m = 0; m < M; m++) load += demands[(i * M + m) * R + r];
              squares += load * load;
            }
            return -squares;
          });
        },
      };
      const result = await plannerById(id).plan({ kernel, evaluations: 200, estimator });
      assert.is(scored, result.evaluations, id);
      assert.is(result.value, kernel.evaluate(result.placement).values[0]);
      assert.ok(result.verification && result.verification.checked >= 1 && result.verification.checked <= 8);
      const raw = await plannerById(id).plan({ kernel, evaluations: 200, estimator, options: { verify: 'none' } });
      assert.ok(raw.value < 0 && raw.verification === undefined);
      kernel.free();
    }
  });

  test('the analytic model as an outside estimator finds what the core finds', async () => {
    const problem = mix(7);
    const kernel = core.placement(problem);
    const inside = await mcts.plan({ kernel, evaluations: 300 });
    const outside = await mcts.plan({ kernel, evaluations: 300, estimator: analyticEstimator(kernel) });
    assert.is(outside.evaluations, inside.evaluations);
    assert.ok(outside.value >= 0.9 * inside.value);
    kernel.free();
  });

  test('seeds are executable, distinct, and no more than allowed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const kernel = core.placement(randomProblem(seed));
      const seeds = seedPlacements(kernel, 12);
      assert.ok(seeds.length <= 12);
      assert.is(new Set(seeds.map((placement) => placement.join())).size, seeds.length);
      for (const placement of seeds) assert.ok(kernel.evaluate(placement).excess[0] < Number.POSITIVE_INFINITY);
      kernel.free();
    }
  });

  test('a plan in use is a floor under the next one', async () => {
    const problem = mix(10);
    const long = await planOf(mcts, problem, { evaluations: 3000 });
    const next = await planOf(mcts, problem, { evaluations: 20, options: { startFrom: long.placement } });
    assert.ok(next.value >= long.value);
    const broken = long.placement.slice();
    broken[0] = 0;
    assert.is((await rejection(() => planOf(mcts, problem, { options: { startFrom: broken } }))).code, 'USAGE');
  });

  test('16 models on 8 processors are planned', async () => {
    const random = new Random(4);
    const models = Array.from({ length: 16 }, () => ({
      seconds: Array.from({ length: 8 }, () => Array.from({ length: 20 }, () => 1e-3 * (0.1 + random.unit()))),
    }));
    const problem = problemFrom(models);
    for (const planner of budgeted) assert.ok((await planOf(planner, problem)).value > 0, planner.id);
  });

  test('demands read from placements are those that a search hands out', () => {
    const kernel = core.placement(mix(2));
    const leaves = kernel.search({ seed: 5 }).selectLeaves(16);
    assert.ok(leaves.count > 0);
    assert.is(leaves.placements.length, leaves.count * kernel.problem.models.length * PLACEMENT_STRIDE);
    assert.equal(demandReader(kernel.problem)(leaves.placements), leaves.demands);
    kernel.free();
  });

  test.run();
}

const registry = suite('planner registry');

registry('an unknown planner is refused with the nearest name', async () => {
  const error = await rejection(async () => plannerById('mtcs'));
  assert.is(error.code, 'USAGE');
  assert.match(error.hint ?? '', 'mcts');
});

registry('ids are unique, and a budget must be a whole number', async () => {
  assert.is(new Set(planners.map((planner) => planner.id)).size, planners.length);
  const kernel = cores[0].placement(tinyProblem(0, 'min'));
  for (const planner of budgeted) {
    assert.is((await rejection(() => planner.plan({ kernel, evaluations: 0 }))).code, 'USAGE');
  }
});

registry.run();
