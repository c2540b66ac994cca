import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { controllers } from '../../src/controllers/registry.ts';
import type { Arrival } from '../../src/engine/options.ts';
import type { Replan } from '../../src/simulator/replanning.ts';
import { stagesText, withReplans } from '../../src/simulator/replanning.ts';
import type { ScenarioEvent } from '../../src/simulator/scenario.ts';
import { simulate } from '../../src/simulator/simulate.ts';
import type { Subject } from '../../src/simulator/subject.ts';
import { problemFrom } from '../core/problems.ts';
import { recordsOf } from '../engine/placements.ts';

const every100: Arrival = { kind: 'periodic', periodSeconds: 0.1, inFlight: 2, deadlineSeconds: 0.1 };
const scenario = (...events: ScenarioEvent[]) => ({ kind: 'scenario' as const, schemaVersion: 1, events });
const LOST: ScenarioEvent = { type: 'processor-lost', atMs: 1000, untilMs: 3000, processor: 'gpu' };

/** Two models, one on each of two processors; the second model also in a form that needs half the time. */
function twoProcessors(arrivals: Arrival[] = [every100, every100]): Subject {
  const problem = problemFrom([{ seconds: [[0.01], [0.02]] }, { seconds: [[0.03], [0.02]] }], {
    idleWatts: 1,
    activeWatts: Float64Array.of(9, 5),
  });
  const placement = recordsOf([
    [1, 0, 1],
    [1, 1, 1],
  ]);
  const smaller = { ...problem.models[1], seconds: problem.models[1].seconds.map((seconds) => seconds / 2) };
  return {
    problem,
    placement,
    models: arrivals.map((arrival, m) => ({
      name: ['camera', 'radar'][m],
      arrival,
      criticality: 0,
      weight: 1,
      original: 'original',
      variants: m === 0 ? [] : [{ name: 'small', loss: 0.02, model: smaller, record: recordsOf([[1, 1, 1]]) }],
    })),
    servers: ['gpu', 'cpu'],
    points: [{ id: 'max', levels: new Int32Array(0) }],
    reference: 0,
    start: 0,
  };
}

async function replanned(subject: Subject, events: ScenarioEvent[], replanSeconds = 0) {
  const names = {
    models: subject.models.map(({ name }) => name),
    variants: subject.models.map(({ original }) => original),
    processors: subject.servers,
    resources: subject.servers,
    pools: [],
  };
  const document = scenario(...events);
  const request = { objective: 'throughput' as const, subject, names, scenario: document, seconds: 5, replanSeconds };
  const made = await withReplans({ ...request, evaluations: 50 });
  return { ...made, run: { seconds: 5, scenario: document } };
}

const moved = ({ moves }: Replan) =>
  moves.map(({ model, kind, from, to }) => `${model} ${kind}: ${stagesText(from)} > ${stagesText(to)}`);

const test = suite('replanning in virtual time');

test("a lost processor's model goes on elsewhere, and returns with the processor", async () => {
  const { subject, replans, run } = await replanned(twoProcessors(), [LOST]);
  assert.equal(replans.map(moved), [['camera forced: gpu 0-0 > cpu 0-0'], ['camera back: cpu 0-0 > gpu 0-0']]);
  const { models, phases = [] } = await simulate(subject, run);
  assert.is(models[0].deadline?.missed, 1, 'the frame that was under way');
  assert.is(models[1].deadline?.missed, 0);
  assert.equal(
    phases.map(({ fromMs, untilMs, events }) => [fromMs, untilMs, events.length]),
    [
      [0, 1000, 0],
      [1000, 3000, 2],
      [3000, 5000, 2],
    ],
  );
  assert.ok(Math.abs(phases[1].models[0].throughputPerS - 10) <= 0.5);

  const standing = await simulate(twoProcessors(), run);
  assert.ok((standing.models[0].deadline?.missed ?? 0) >= 19, 'without a new placement two seconds are lost');
});

test('planning takes its time: until then everything stands', async () => {
  const { subject, replans, run } = await replanned(twoProcessors(), [LOST], 0.5);
  assert.equal(
    replans.map(({ atMs, holdsAtMs }) => [atMs, holdsAtMs]),
    [
      [1000, 1500],
      [3000, 3500],
    ],
  );
  const { phases = [] } = await simulate(subject, run);
  assert.equal(
    phases.map(({ models }) => models[0].finished > 0),
    [true, false, true, true, true],
  );
});

test('where a model goes, another takes the processor that becomes free when that pays', async () => {
  const events: ScenarioEvent[] = [{ type: 'model-removed', atMs: 2000, model: 'radar' }];
  const subject = twoProcessors();
  subject.placement.set(recordsOf([[1, 1, 1]]), 0);
  const { replans } = await replanned(subject, events);
  assert.equal(replans.map(moved), [['camera moved: cpu 0-0 > gpu 0-0']]);
});

test('where nothing can run what is left, all stands still, and it is said', async () => {
  const lastTwo: ScenarioEvent[] = [LOST, { ...LOST, processor: 'cpu', atMs: 1500, untilMs: 2500 }];
  const { subject, replans, warnings, run } = await replanned(twoProcessors(), lastTwo);
  assert.equal(
    replans.map(({ infeasible }) => infeasible ?? false),
    [false, true, false, false],
  );
  assert.is(warnings[0].code, 'REPLAN_INFEASIBLE');
  const { models } = await simulate(subject, run);
  assert.ok(models[0].finished > 30 && models[1].finished > 35);
});

test('no form may be placed where it cannot run', async () => {
  const subject = twoProcessors();
  subject.models[1].variants[0].model.seconds[0] = Number.POSITIVE_INFINITY;
  const { replans } = await replanned(subject, [{ ...LOST, processor: 'cpu' }]);
  assert.ok(replans[0].infeasible, 'the small form of the radar runs on the cpu alone');
});

test('every controller goes on under the new placement, and the same run gives the same result', async () => {
  const { subject, run } = await replanned(twoProcessors(), [LOST]);
  for (const { id, clairvoyant } of controllers) {
    if (clairvoyant) continue;
    const options = { ...run, noise: { blockSigma: 0.05 }, controller: { id } };
    const first = await simulate(subject, options);
    assert.ok(first.models[0].finished >= 40, `${id}: ${first.models[0].finished} frames`);
    assert.equal(first, await simulate(subject, options));
  }
});

test.run();
