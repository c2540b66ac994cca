import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineVerifier } from '../../src/estimators/engine-verifier.ts';
import { onnxEstimator, openEstimatorNetwork } from '../../src/estimators/onnx.ts';
import { shippedEstimator } from '../../src/estimators/shipped/registry.ts';
import { GraphBuilder } from '../../src/estimators/training/graph-builder.ts';
import { HeterodyneError, plan, planDocument, writeOnnx } from '../../src/index.ts';
import type { PlanRequest } from '../../src/planners/request.ts';
import { tinyProblem } from '../core/problems.ts';

const test = suite('plans with a learned estimator');

const REQUEST: PlanRequest = {
  platform: 'hikey970',
  models: ['alexnet', 'mobilenet-v1', 'squeezenet'],
  evaluations: 150,
  estimator: (problem, kernel) => onnxEstimator(shippedEstimator('hikey970'), problem, { id: 'hikey970', kernel }),
};

/** A network that gives every model the same fixed rate. */
function constantRates(rate: number, inputs = ['demands', 'analytic']): Uint8Array {
  const builder = new GraphBuilder();
  const zero = builder.add('Mul', [inputs[1] ?? inputs[0], builder.constant(0)]);
  builder.add('Add', [zero, builder.constant(rate)], {}, 'rates');
  const shapes = [
    ['n', 'm', 'r'],
    ['n', 'm'],
  ];
  return writeOnnx(
    builder.build(
      'constant',
      inputs.map((name, i) => ({ name, shape: shapes[i] })),
      { name: 'rates', shape: ['n', 'm'] },
      new Map(),
    ),
  );
}

test('the shipped estimator steers the search, and the engine judges its favourites', async () => {
  const document = await plan({ ...REQUEST, verifier: (problem) => engineVerifier(problem, 4) });
  const { estimator, estimate, verified, rankDisagreements, evaluations } = document.planner;
  assert.is(estimator, 'hikey970');
  assert.is(evaluations, 150);
  assert.equal([verified?.by, verified?.checked, rankDisagreements?.checked], ['engine', 4, 4]);
  const mean = (estimate?.ratesPerS ?? []).reduce((sum, rate) => sum + rate, 0) / 3;
  assert.ok(Math.abs((estimate?.value ?? 0) - mean) < 1e-9);
  // The estimator learned the engine, so they agree where the throughput model need not.
  assert.ok(Math.abs((estimate?.value ?? 0) / (verified?.value ?? 1) - 1) < 0.15);
  assert.equal(planDocument.problems(document), []);
});

test('the same request gives the same bytes', async () => {
  const write = async () => planDocument.write(await plan(REQUEST));
  assert.is(await write(), await write());
});

test('an estimate above the bound is said', async () => {
  const estimator =
    (rate: number): PlanRequest['estimator'] =>
    (problem) =>
      onnxEstimator(constantRates(rate), problem);
  const high = await plan({ ...REQUEST, estimator: estimator(1e6) });
  assert.is(high.planner.estimate?.aboveBound, true);
  assert.ok(high.warnings.some(({ code }) => code === 'ESTIMATE_ABOVE_BOUND'));
  const low = await plan({ ...REQUEST, estimator: estimator(0.5) });
  assert.is(low.planner.estimate?.aboveBound, undefined);
  assert.not.ok(low.warnings.some(({ code }) => code === 'ESTIMATE_ABOVE_BOUND'));
});

test('rates become the objective that was asked for', async () => {
  const network = await openEstimatorNetwork(constantRates(3));
  for (const [objective, value] of [
    ['throughput', 3],
    ['min', 3],
    ['geometric-mean', 3],
    ['weighted', 3],
  ] as const) {
    const problem = tinyProblem(1, objective);
    const batch = {
      count: 2,
      placements: new Uint8Array(48),
      demands: new Float64Array(12),
      analytic: new Float64Array(4),
    };
    const [first, second] = await network.over(problem).score(batch);
    assert.ok(Math.abs(first - value) < 1e-4, `${objective}: ${first}`);
    assert.is(first, second);
  }
  await network.close();
});

test('a wrong signature is refused by name and shape', async () => {
  const problem = tinyProblem(1, 'throughput');
  const refused = async (model: Uint8Array): Promise<HeterodyneError> => {
    try {
      await onnxEstimator(model, problem);
    } catch (error) {
      assert.instance(error, HeterodyneError, String(error));
      return error as HeterodyneError;
    }
    throw new Error('it was taken');
  };
  const error = await refused(constantRates(1, ['loads', 'speeds']));
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.message, /"loads" float32 \[n, m, r\], "speeds" float32 \[n, m\]/);
  assert.match(error.expected ?? '', /"demands" \[N, models, resources\]/);
  assert.is((await refused(new Uint8Array([1, 2, 3]))).code, 'BAD_INPUT');
});

test.run();
