import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import { executionVerifier } from '../../src/estimators/execution-verifier.ts';
import type { PlacedModel } from '../../src/execution/throughput.ts';
import { defaultCore, HeterodyneError } from '../../src/index.ts';
import { mcts } from '../../src/planners/mcts.ts';
import { tinyProblem } from '../core/problems.ts';

const test = suite('verification by execution');

const problem = tinyProblem(0, 'throughput');
/** Both models whole on processor 0; X in two pieces on 1 and 2, Y whole on 2. */
const placements = new Uint8Array(4 * PLACEMENT_STRIDE);
for (const [i, record] of [
  [1, 0, 3],
  [1, 0, 2],
  [2, 1, 1, 2, 3],
  [1, 2, 2],
].entries()) {
  placements.set(record, i * PLACEMENT_STRIDE);
}
const options = { most: 8, seconds: 3, processors: ['a', 'b', 'c'] };

test('placements run in turns, twice, for half the time each', async () => {
  const seen: [string, number][] = [];
  const text = (placed: readonly PlacedModel[]) =>
    placed.map(({ stages }) => stages.map((s) => `${s.processor}${s.firstBlock}-${s.lastBlock}`).join('>')).join(' ');
  const { score } = executionVerifier(problem, {
    ...options,
    execution: (work) =>
      work(async (placed, { seconds }) => {
        seen.push([text(placed), seconds]);
        return Float64Array.of(seen.length, 10);
      }),
  });
  const values = await score(placements);
  const [whole, split] = ['a0-2 a0-1', 'b0-0>c1-2 c0-1'];
  assert.equal(seen, [
    [whole, 1.5],
    [split, 1.5],
    [whole, 1.5],
    [split, 1.5],
  ]);
  // Mean of rounds 1 and 3, then 2 and 4, each with the other model's 10.
  assert.equal([...values], [6, 6.5]);
});

test('calls per frame divide, rate limits cap', async () => {
  const [first, second] = problem.models;
  const wished = {
    ...problem,
    models: [
      { ...first, callsPerFrame: 4 },
      { ...second, rateLimit: 5 },
    ],
  };
  const { score } = executionVerifier(wished, {
    ...options,
    execution: (work) => work(async () => Float64Array.of(8, 100)),
  });
  assert.equal([...(await score(placements))], [3.5, 3.5]);
});

test('a model that ends too few frames rules its placement out; all of them, the verification', async () => {
  const judged = async (rates: (run: number) => number[]) => {
    let run = 0;
    const { score } = executionVerifier(problem, {
      ...options,
      execution: (work) => work(async () => Float64Array.from(rates(run++))),
    });
    return score(placements);
  };
  assert.equal([...(await judged((run) => (run === 3 ? [4, 0] : [4, 2])))], [3, Number.NEGATIVE_INFINITY]);
  await judged(() => [0, 7]).then(
    () => assert.unreachable(),
    (error) => {
      assert.instance(error, HeterodyneError);
      assert.is((error as HeterodyneError).code, 'INFEASIBLE');
    },
  );
});

test('an interrupted verification leaves the favourite of the estimator, unverified', async () => {
  const kernel = defaultCore().placement(problem);
  const stop = new AbortController();
  const estimator = {
    id: 'formula',
    score: ({ placements }: { placements: Uint8Array }) => kernel.evaluate(placements).values,
  };
  const execution = async () => {
    stop.abort();
    throw stop.signal.reason;
  };
  const verify = executionVerifier(problem, { ...options, execution });
  const request = { kernel, estimator, evaluations: 40, signal: stop.signal, options: { verify } };
  const result = await mcts.plan(request);
  assert.is(result.verification, undefined);
  assert.is(result.value, kernel.evaluate(result.placement).values[0]);
  kernel.free();
});

test.run();
