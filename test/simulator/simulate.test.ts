import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Arrival } from '../../src/engine/options.ts';
import { type Decision, firstDifference, recorder } from '../../src/simulator/decisions.ts';
import { FrameLog, wilson } from '../../src/simulator/metrics.ts';
import type { ScenarioEvent } from '../../src/simulator/scenario.ts';
import { simulate } from '../../src/simulator/simulate.ts';
import { clockedSubject } from './subjects.ts';

const near = (actual: number | undefined, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);
const every50: Arrival = { kind: 'periodic', periodSeconds: 0.05, inFlight: 4, deadlineSeconds: 0.03 };
const scenario = (...events: ScenarioEvent[]) => ({ kind: 'scenario' as const, schemaVersion: 1, events });

const test = suite('simulator');

test('a plan alone: response times, utilization and joules follow from its costs', async () => {
  const { models, device } = await simulate(clockedSubject([[0.01, 0.01]], [every50]), { seconds: 10 });
  const [model] = models;
  assert.is(model.finished, 200);
  near(model.responseMs?.p999, 20);
  assert.is(model.deadline?.missed, 0);
  near(device.utilization[0].share, 0.4);
  near(device.energy?.joules, 10 + 4 * 9, 1e-6);
  near(device.energy?.mjPerFrame, (46 * 1000) / 200, 1e-6);
  near(model.activeMjPerFrame, 180, 1e-6);
});

test('a subject may be simulated again: it stays what it was', async () => {
  const subject = clockedSubject([[0.01, 0.01]], [every50]);
  const options = { seconds: 2, decisionSeconds: 0.002, controller: { id: 'ondemand' } };
  const first = await simulate(subject, options);
  assert.equal(await simulate(subject, options), first);
  assert.ok(first.device.pointSwitches > 0);
});

test('a closed loop that can keep no deadline gives frames up, and time goes on', async () => {
  const hopeless: Arrival = { kind: 'closed', inFlight: 2, deadlineSeconds: 0.005 };
  const { models } = await simulate(
    clockedSubject(
      [
        [0.01, 0.01],
        [0.001, 0.001],
      ],
      [hopeless, every50],
    ),
    { seconds: 2, controller: { id: 'predictive' } },
  );
  const [late, other] = models;
  assert.ok(late.givenUp > 0 && late.released < 2000, `${late.released} frames in 2 s`);
  assert.is(late.released, late.finished + late.givenUp + late.unfinished);
  assert.ok(other.finished > 30, `${other.finished} frames of the other model`);
});

test('a job that comes and goes makes frames late for as long as it stays', async () => {
  const job: ScenarioEvent = { type: 'job', atMs: 1000, untilMs: 2000, processor: 'gpu', slowdown: 2 };
  const { models } = await simulate(clockedSubject([[0.01, 0.01]], [every50]), { seconds: 5, scenario: scenario(job) });
  assert.is(models[0].deadline?.missed, 20);
  assert.is(models[0].deadline?.bursts.longest, 20);
  assert.is(models[0].deadline?.bursts.count, 1);
  near(models[0].deadline?.worstTardinessMs, 10);
});

test('slow-downs of jobs at the same time multiply, and a lost processor holds everything', async () => {
  const events: ScenarioEvent[] = [
    { type: 'job', atMs: 0, untilMs: 1000, processor: 'gpu', slowdown: 1.2 },
    { type: 'job', atMs: 0, untilMs: 500, processor: 'gpu', slowdown: 1.25 },
    { type: 'processor-lost', atMs: 2000, untilMs: 2100, processor: 'gpu' },
  ];
  const result = await simulate(clockedSubject([[0.02]], [every50]), { seconds: 1, scenario: scenario(...events) });
  near(result.models[0].responseMs?.worst, 30);
  near(result.models[0].responseMs?.p50, 24);
  const held = await simulate(clockedSubject([[0.02]], [every50]), { seconds: 3, scenario: scenario(...events) });
  near(held.models[0].responseMs?.worst, 120, 1e-6);
});

test('a thermal cap holds the clocks down whoever asks for more, and lets go', async () => {
  const cap: ScenarioEvent = { type: 'thermal-cap', atMs: 1000, untilMs: 2000, operatingPoint: 'slow' };
  for (const controller of [undefined, { id: 'max-n' }]) {
    const { models, device } = await simulate(clockedSubject([[0.01, 0.01]], [every50]), {
      seconds: 4,
      scenario: scenario(cap),
      ...(controller && { controller }),
    });
    assert.is(models[0].deadline?.missed, 20);
    assert.is(device.pointSwitches, 2);
    near(models[0].responseMs?.p50, 20);
    near(models[0].responseMs?.worst, 40);
  }
});

test('a model comes and goes as the scenario says', async () => {
  const events: ScenarioEvent[] = [{ type: 'model-removed', atMs: 1001, model: 'model-1' }];
  const { models } = await simulate(clockedSubject([[0.01], [0.01]], [every50, every50]), {
    seconds: 2,
    scenario: scenario(...events),
  });
  assert.is(models[0].finished, 40);
  assert.is(models[1].finished, 21);
});

test('a controller sets the clocks: the lowest cost less energy and more time', async () => {
  const subject = clockedSubject([[0.005, 0.005]], [every50]);
  const run = (id: string) =>
    simulate(subject, { seconds: 10, controller: { id }, noise: { blockSigma: 0.05 }, seed: 4 });
  const fast = await run('max-n');
  const slow = await run('min-clock');
  assert.is(slow.decisions, 1);
  assert.ok((slow.device.energy?.joules ?? 0) < (fast.device.energy?.joules ?? 0));
  assert.ok((slow.models[0].responseMs?.p50 ?? 0) > 1.9 * (fast.models[0].responseMs?.p50 ?? 0));
});

test('the same seed gives the same figures and decisions, another seed does not', async () => {
  const run = async (seed: number) => {
    const decisions: Decision[] = [];
    const options = { seconds: 2, controller: { id: 'min-clock' }, noise: { blockSigma: 0.1 }, seed };
    const result = await simulate(clockedSubject([[0.01, 0.01]], [every50]), {
      ...options,
      onDecision: recorder(decisions),
    });
    const trace = {
      kind: 'decisions' as const,
      schemaVersion: 1,
      controller: 'min-clock',
      planHash: '',
      seed: 0,
      models: [],
      operatingPoints: [],
      decisions,
    };
    return { result, trace };
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  assert.equal(one.result, again.result);
  assert.is(firstDifference(one.trace, again.trace), undefined);
  assert.not.equal(one.result.models, other.result.models);
  assert.match(firstDifference(one.trace, { ...other.trace, decisions: [] }) ?? '', /1 decisions there, 0 here/);
});

test('a mode that is set in mid-run is decided on at once, and has its effect within one epoch', async () => {
  const small = { share: 0.5, loss: 0.1 };
  const run = async (id: string) => {
    const decisions: Decision[] = [];
    const { models } = await simulate(clockedSubject([[0.01, 0.01]], [every50], small), {
      seconds: 2,
      controller: { id, mode: 'max-accuracy' },
      scenario: scenario({ type: 'mode', atMs: 1010, mode: 'min-energy' }),
      onDecision: recorder(decisions),
    });
    const set = decisions.find(({ cause }) => cause === 'mode-set');
    assert.is(set?.atMs, 1010, id);
    assert.is(set?.mode, 'min-energy');
    return { decisions, models };
  };
  await run('neuos');
  const { decisions, models } = await run('predictive');
  const asking = decisions.filter(({ asks }) => asks.point !== undefined || asks.variants !== undefined);
  assert.ok(asking.length > 0 && asking.every(({ atMs }) => atMs >= 1010), 'all accuracy is kept before');
  assert.equal(asking[0].asks.variants, [{ model: 0, variant: 1 }]);
  assert.is(asking[0].atMs, 1010);
  // From the next frame on, released at 1050 ms, the slow clock holds.
  assert.is(decisions.find(({ atMs }) => atMs > 1049)?.point, 0);
  assert.is(models[0].deadline?.missed, 0);
  near(models[0].loss.mean, 0.05, 0.003);
});

test('an aborted run gives what there is', async () => {
  const controller = new AbortController();
  const { seconds, models } = await simulate(clockedSubject([[0.01]], [{ kind: 'closed', inFlight: 2 }]), {
    seconds: 90_000,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  assert.ok(seconds > 0 && seconds < 90_000);
  near(models[0].throughputPerS, 100, 0.1);
  const at = await simulate(clockedSubject([[0.01]], [every50]), { seconds: 10, signal: AbortSignal.abort() });
  assert.ok(at.seconds > 0 && at.seconds < 10);
});

test('a name that is not there is refused with its place', async () => {
  const event: ScenarioEvent = { type: 'job', atMs: 0, processor: 'npu', slowdown: 2 };
  try {
    await simulate(clockedSubject([[0.01]], [every50]), { seconds: 1, scenario: scenario(event) });
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), 'no "npu"');
    assert.is((error as { path?: string }).path, '/events/0/processor');
  }
});

test('percentiles, bursts and intervals of a known list of frames', () => {
  const log = new FrameLog();
  for (let i = 1; i <= 1000; i++) log.ended(0, 0.99, 2, 0, i / 1000);
  const { responseMs, deadline } = log.metrics('m', 0.99, 0, 1);
  near(responseMs?.p50, 500);
  near(responseMs?.p95, 950);
  near(responseMs?.p999, 999);
  near(responseMs?.mean, 500.5, 1e-9);
  assert.is(deadline?.missed, 10);
  assert.is(deadline?.bursts.longest, 10);
  // Newcombe's worked example of the score interval: 15 of 148.
  const [low, high] = wilson(15, 148);
  near(low, 0.0624, 5e-5);
  near(high, 0.1605, 5e-5);
  assert.equal(wilson(0, 10)[0], 0);
});

test.run();
