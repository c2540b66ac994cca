import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlacementProblem } from '../../src/core/placement.ts';
import { cores } from './cores.ts';
import { plainModel, problemFrom } from './problems.ts';

const near = (actual: number, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

/**
 * Rows d[m][p] as a placement: one processor per non-zero column, one block on each, so that the row arises as it is.
 */
function ratesOf(
  core: (typeof cores)[number],
  rows: number[][],
  change: (problem: PlacementProblem) => void = () => {},
) {
  const P = rows[0].length;
  const models = rows.map((row, m) => {
    const used = row.map((d, p) => ({ d, p })).filter(({ d }) => d > 0);
    const model = plainModel(
      `m${m}`,
      row.map(() => used.map(() => Number.POSITIVE_INFINITY)),
    );
    for (const [b, { d, p }] of used.entries()) model.seconds[p * used.length + b] = d;
    return { model, record: [used.length, ...used.flatMap(({ p }, b) => [p, b + 1])] };
  });
  const problem = problemFrom([{ seconds: rows[0].map(() => [1]) }], { maxStages: Math.min(P, 5) });
  problem.models = models.map(({ model }) => model);
  change(problem);
  const kernel = core.placement(problem);
  const placement = new Uint8Array(models.length * 12);
  for (const [m, { record }] of models.entries()) placement.set(record, m * 12);
  const scores = kernel.evaluate(placement);
  kernel.free();
  return { ...scores, rates: Array.from(scores.rates) };
}

for (const core of cores) {
  const test = suite(`throughput model (${core.id})`);

  test('T1: one model alone has the reciprocal of its time', () => {
    near(ratesOf(core, [[0.1]]).rates[0], 10);
  });

  test('T2: two models share a processor max-min fairly, not in proportion to speed', () => {
    const { rates } = ratesOf(core, [[0.1], [0.3]]);
    near(rates[0], 2.5);
    near(rates[1], 2.5);
  });

  test('T3: filling goes on for models that are not stopped', () => {
    const { rates, values } = ratesOf(core, [
      [0.1, 0],
      [0.1, 0.5],
      [0, 0.25],
    ]);
    near(rates[0], 8.666667);
    near(rates[1], 1.333333);
    near(rates[2], 1.333333);
    near(values[0], 3.777778);
    const geometric = ratesOf(
      core,
      [
        [0.1, 0],
        [0.1, 0.5],
        [0, 0.25],
      ],
      (problem) => {
        problem.objective = 'geometric-mean';
      },
    );
    near(geometric.values[0], 2.488341);
    const jain = rates.reduce((a, b) => a + b) ** 2 / (3 * rates.reduce((a, b) => a + b * b, 0));
    near(jain, 0.544256);
  });

  test('T4: weights scale the shares', () => {
    const { rates } = ratesOf(core, [[0.1], [0.3]], (problem) => {
      problem.models[1].shareWeight = 2;
    });
    near(rates[0], 1.428571);
    near(rates[1], 2.857143);
  });

  test('T5: a pipeline runs at its slowest stage, with one request in flight at the sum', () => {
    near(ratesOf(core, [[0.02, 0.05, 0.03]]).rates[0], 20);
    const depthOne = ratesOf(core, [[0.02, 0.05, 0.03]], (problem) => {
      problem.depthOne = true;
    });
    near(depthOne.rates[0], 10);
  });

  test('T6: a stage of one model slows the pipeline of another', () => {
    const { rates } = ratesOf(core, [
      [0.02, 0.05, 0.03],
      [0, 0.05, 0],
    ]);
    near(rates[0], 10);
    near(rates[1], 10);
  });

  test('T7: DRAM is shared, and left out of the latency of one request in flight', () => {
    const rows = [
      [0.02, 0.05, 0.03],
      [0.01, 0, 0.04],
      [0, 0.02, 0],
    ];
    const withDram = (problem: PlacementProblem) => {
      problem.resources = 4;
      problem.dramResource.fill(3);
      problem.dramSecondsPerByte.fill(1e-9);
      problem.models[0].dramBytes[0] = 4e6;
      problem.models[1].dramBytes[1] = 4e6;
    };
    for (const rate of ratesOf(core, rows, withDram).rates) near(rate, 14.285714);
    const { rates } = ratesOf(core, rows, (problem) => {
      withDram(problem);
      problem.depthOne = true;
    });
    near(rates[0], 10);
    near(rates[1], 17.5);
    near(rates[2], 25);
  });

  test('a rate limit holds exactly, and others take what it leaves', () => {
    const { rates } = ratesOf(core, [[0.1], [0.1]], (problem) => {
      problem.models[0].rateLimit = 3;
    });
    assert.is(rates[0], 3);
    near(rates[1], 7);
  });

  test('with equal weights the least rate is the reciprocal of the largest load', () => {
    const { rates } = ratesOf(core, [
      [0.02, 0.05],
      [0.03, 0.01],
    ]);
    near(Math.min(...rates), 1 / 0.06, 1e-12);
  });

  test.run();
}
