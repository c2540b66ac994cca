import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Forecast } from '../../src/controllers/forecast.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { Remaining } from '../../src/controllers/remaining.ts';
import { Slowdown } from '../../src/controllers/slowdown.ts';
import type { ControlSystem } from '../../src/controllers/system.ts';
import { Random } from '../../src/reference/random.ts';

const test = suite('the forecast');

/** Two networks of 10 and 20 ms at the slow point, half that at the fast one. */
function system(deadlines: [number, number], periodSeconds = Number.POSITIVE_INFINITY): ControlSystem {
  const instance = (name: string, seconds: number, deadlineSeconds: number) => ({
    name,
    blocks: 1,
    deadlineSeconds,
    periodSeconds,
    criticality: 0,
    weight: 1,
    variants: [{ name: 'original', loss: 0, seconds: Float64Array.of(seconds, seconds / 2) }],
  });
  return {
    instances: [instance('a', 0.01, deadlines[0]), instance('b', 0.02, deadlines[1])],
    points: [
      { id: 'slow', levels: Int32Array.of(0), busyWatts: 5, idleWatts: 2 },
      { id: 'max', levels: Int32Array.of(1), busyWatts: 9, idleWatts: 3 },
    ],
    domains: [{ name: 'gpu', delaySeconds: 0.01, stallSeconds: 0 }],
    reference: 1,
    start: 0,
    variantChange: 'block',
    canSkip: true,
  };
}

const NEVER = Number.POSITIVE_INFINITY;

/** Both frames released now. */
function forecast(
  deadlines: [number, number],
  course: { point: number; delay: number; correction?: number; slowdown?: number },
  period?: number,
) {
  const control = system(deadlines, period);
  const idle = { id: 'idle', reasons: [], react() {} };
  const loop = new ControlLoop(control, idle, { setPoint() {}, setVariant() {}, skipFrame() {}, wakeAt() {} });
  loop.released(0, 0, 0);
  loop.released(1, 0, 0);
  const made = new Forecast(control, new Remaining(control));
  const keeps = made.run(
    loop.state,
    new Int32Array(2),
    { correction: NEVER, rescue: new Int32Array(2), slowdown: 1, ...course },
    true,
  );
  return { keeps, misses: made.misses, tardiness: made.tardiness };
}

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test('frames that share the processor end when processor sharing says so', () => {
  // 20 ms for the short one (half speed), then the long one alone: 30 ms.
  const late = forecast([0.001, 0.001], { point: 0, delay: 0 });
  assert.is(late.misses, 2);
  near(late.tardiness, 0.019 + 0.029);
  assert.is(forecast([0.0201, 0.0301], { point: 0, delay: 0 }).keeps, true);
  assert.is(forecast([0.0199, 0.0301], { point: 0, delay: 0 }).keeps, false);
  assert.is(forecast([0.0201, 0.0299], { point: 0, delay: 0 }).keeps, false);
});

test('a faster point helps from the time it holds', () => {
  // 10 ms at the slow point serve 5 ms of each; the rest runs twice as fast: 15 and 20 ms.
  near(forecast([0.001, 0.001], { point: 1, delay: 0.01 }).tardiness, 0.014 + 0.019);
});

test('a correction counts like a second change', () => {
  near(forecast([0.001, 0.001], { point: 0, delay: 0, correction: 0.01 }).tardiness, 0.014 + 0.019);
});

test('a slow-down stretches everything', () => {
  near(forecast([0.001, 0.001], { point: 0, delay: 0, slowdown: 1.5 }).tardiness, 0.029 + 0.044);
});

test('releases to come take their share and have deadlines of their own', () => {
  // Next frames at 25 ms: the long one (5 ms left) shares with the next short one; both of those are on time at 60 ms only.
  const alone = forecast([0.06, 0.031], { point: 0, delay: 0 });
  const busy = forecast([0.06, 0.031], { point: 0, delay: 0 }, 0.025);
  assert.is(alone.keeps, true);
  assert.is(busy.keeps, false);
});

test('the slow-down follows its samples, and its tail is their quantile', () => {
  const slowdown = new Slowdown();
  const random = new Random(6);
  const samples: number[] = [];
  for (let i = 0; i < 500; i++) {
    const ratio = random.below(10) === 0 ? 1.3 : 1 + 0.02 * random.unit();
    samples.push(ratio);
    slowdown.add(ratio);
  }
  const last = samples.slice(-128).sort((a, b) => a - b);
  assert.is(slowdown.tail(0.98), last[Math.floor(0.98 * 128)]);
  for (let i = 0; i < 50; i++) slowdown.add(1.2);
  assert.ok(Math.abs(slowdown.mean - 1.2) < 1e-3);
});

test.run();
