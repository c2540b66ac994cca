import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { createController } from '../../src/controllers/registry.ts';
import type { ControlSystem } from '../../src/controllers/system.ts';

const test = suite('the heuristic of the published NeuOS code, rebuilt');
const POINTS = 101;
const BLOCKS = 20;

/** Point k needs 2 - k / 100 ms a block; deadlines allow 1.5 ms. */
function system(instances: number): ControlSystem {
  const variant = (name: string, loss: number, share: number) => ({
    name,
    loss,
    seconds: Float64Array.from(
      { length: POINTS * BLOCKS },
      (_, cell) => share * (0.002 - 1e-5 * Math.floor(cell / BLOCKS)),
    ),
  });
  return {
    instances: Array.from({ length: instances }, (_, i) => ({
      name: `net-${i}`,
      blocks: BLOCKS,
      deadlineSeconds: 0.0015 * BLOCKS,
      periodSeconds: 1,
      criticality: 0,
      weight: 1,
      variants: [variant('original', 0, 1), variant('small', 0.1, 0.5)],
    })),
    points: Array.from({ length: POINTS }, (_, k) => ({
      id: `${k}`,
      levels: Int32Array.of(k),
      busyWatts: 5 + k / 100,
      idleWatts: 2,
    })),
    domains: [{ name: 'gpu', delaySeconds: 0.001, stallSeconds: 0 }],
    reference: POINTS - 1,
    start: 50,
    variantChange: 'block',
    canSkip: false,
  };
}

/** Wished points after blocks that end at the given times, ms; one instance. */
function wishes(endsMs: readonly number[], mode: 'max-accuracy' | 'min-energy' = 'max-accuracy') {
  const points: number[] = [];
  const variants: number[] = [];
  const control = system(1);
  const parameters = { up: 100, down: 10, configurations: 1000 };
  const loop = new ControlLoop(
    control,
    createController('neuos-heuristic', control, parameters),
    {
      setPoint: (point) => void points.push(point),
      setVariant: (_, v) => void variants.push(v),
      skipFrame() {},
      wakeAt() {},
    },
    { mode },
  );
  loop.released(0, 0, 0);
  endsMs.forEach((ms, block) => {
    loop.blockEnded(0, 0, block, 0.001, ms / 1000);
  });
  return { points, variants };
}

test('behind: 100 entries up; ahead: 10 down; at the ends of the list it stays', () => {
  assert.equal(wishes([2, 4, 6, 8, 10, 12, 14]).points, [60, 70, 80, 90, 100], 'a tenth of the list at each boundary');
  assert.equal(wishes([1, 2, 3]).points, [49, 48, 47]);
  assert.equal(wishes([1, 2, 5]).points, [49, 48, 58]);
});

test('how far behind plays no part: slack saturates', () => {
  assert.equal(wishes([1.6]).points, wishes([16]).points);
});

test('originals alone in max-accuracy; else who is behind takes the one smaller level, and leaves it when ahead', () => {
  assert.equal(wishes([2, 4, 4.1]).variants, []);
  assert.equal(wishes([2, 4, 4.1], 'min-energy').variants, [1, 0]);
});

test('in balanced the mean over all networks decides', () => {
  const control = system(2);
  const points: number[] = [];
  const actuator = {
    setPoint: (point: number) => void points.push(point),
    setVariant() {},
    skipFrame() {},
    wakeAt() {},
  };
  const loop = new ControlLoop(control, createController('neuos-heuristic', control), actuator, { mode: 'balanced' });
  loop.released(0, 0, 0);
  loop.released(1, 0, 0);
  loop.blockEnded(1, 0, 9, 0.001, 0.001);
  const before = points.length;
  loop.blockEnded(0, 0, 0, 0.002, 0.002);
  assert.is(
    points.length - before,
    0,
    'the other network is far ahead, so one entry down the long list: no other point',
  );
  loop.setMode('max-accuracy', 0.002);
  loop.blockEnded(0, 0, 1, 0.002, 0.0045);
  assert.ok((points.at(-1) ?? 0) > 50, 'for itself it is behind');
});

test.run();
