import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Actuator, Controller, ControlState } from '../../src/controllers/controller.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { createController } from '../../src/controllers/registry.ts';
import type { ControlSystem } from '../../src/controllers/system.ts';

const test = suite('the control loop');

function twoPoints(variantChange: 'block' | 'frame' = 'block'): ControlSystem {
  const seconds = Float64Array.of(0.01, 0.02, 0.005, 0.01);
  const instance = (name: string) => ({
    name,
    blocks: 2,
    deadlineSeconds: 0.05,
    periodSeconds: 0.1,
    criticality: 0,
    weight: 1,
    variants: [
      { name: 'original', loss: 0, seconds },
      { name: 'small', loss: 0.1, seconds: seconds.map((s) => s / 2) },
    ],
  });
  return {
    instances: [instance('a'), instance('b')],
    points: [
      { id: 'slow', levels: Int32Array.of(0, 0), busyWatts: 5, idleWatts: 2 },
      { id: 'max', levels: Int32Array.of(1, 1), busyWatts: 9, idleWatts: 3 },
    ],
    domains: [
      { name: 'gpu', delaySeconds: 0.005, stallSeconds: 0 },
      { name: 'emc', delaySeconds: 0.008, stallSeconds: 0 },
    ],
    reference: 1,
    start: 0,
    variantChange,
    canSkip: true,
  };
}

function recorder(): Actuator & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    setPoint: (point, now) => calls.push(`point ${point} at ${now}`),
    setVariant: (i, v, now) => calls.push(`variant ${i} ${v} at ${now}`),
    skipFrame: (i, now) => calls.push(`skip ${i} at ${now}`),
    wakeAt: (at) => calls.push(`wake ${at}`),
  };
}

const asking = (react: Controller['react']): Controller => ({ id: 'test', reasons: ['asked'], react });

test('state follows the oldest frame of each instance', () => {
  const loop = new ControlLoop(
    twoPoints(),
    asking(() => {}),
    recorder(),
  );
  const { state } = loop;
  loop.released(0, 0, 1);
  loop.released(0, 1, 1.1);
  assert.equal([state.busy[0], state.frame[0], state.waiting[0], state.busy[1]], [1, 0, 1, 0]);
  assert.is(state.deadlineAt[0], 1.05);
  loop.blockEnded(0, 1, 0, 0.02, 1.12);
  assert.is(state.position[0], 0);
  loop.blockEnded(0, 0, 0, 0.02, 1.13);
  assert.is(state.position[0], 1);
  loop.frameEnded(0, 0, 1.15);
  assert.equal([state.frame[0], state.position[0], state.waiting[0], state.missed[0]], [1, 1, 0, 1]);
  assert.ok(Math.abs(state.lastResponseSeconds[0] - 0.15) < 1e-12);
  loop.setActive(0, false, 1.2);
  assert.equal([state.busy[0], state.active[0]], [0, 0]);
});

test('a wanted point is asked for once and holds after its slowest domain', () => {
  const actuator = recorder();
  const loop = new ControlLoop(twoPoints(), createController('max-n', twoPoints()), actuator);
  loop.released(0, 0, 1);
  loop.released(1, 0, 1.001);
  assert.equal(actuator.calls, ['point 1 at 1']);
  assert.is(loop.state.effectiveAt, 1.008);
  assert.is(loop.state.point, 0);
  loop.pointHolds(1, 1.008);
  assert.is(loop.state.point, 1);
});

test('a variant holds from the frame just released, else from the next block or frame', () => {
  for (const change of ['block', 'frame'] as const) {
    let wish = 1;
    const loop = new ControlLoop(
      twoPoints(change),
      asking((_s, _c, _i, request) => {
        request.variants[0] = wish;
        request.reason = 0;
      }),
      recorder(),
    );
    loop.released(0, 0, 0);
    assert.is(loop.state.variant[0], 1);
    wish = 0;
    loop.released(1, 0, 0.001);
    assert.is(loop.state.variant[0], 1, 'block 0 runs as it began');
    loop.blockEnded(0, 0, 0, 0.01, 0.01);
    assert.is(loop.state.variant[0], change === 'block' ? 0 : 1);
    loop.frameEnded(0, 0, 0.02);
    assert.is(loop.state.variant[0], 0);
  }
});

test('every wished skip is carried out, though each answer calls the controller again', () => {
  const actuator = recorder();
  let loop: ControlLoop;
  const skipping: Actuator = {
    ...actuator,
    skipFrame: (i, now) => {
      actuator.skipFrame(i, now);
      loop.frameSkipped(i, 0, now);
    },
  };
  const controller = asking((_s: ControlState, cause, _i, request) => {
    if (cause === 'mode-set') request.skip.fill(1);
  });
  loop = new ControlLoop(twoPoints(), controller, skipping);
  loop.released(0, 0, 0);
  loop.released(1, 0, 0);
  loop.setMode('min-energy', 0.01);
  assert.equal(actuator.calls, ['skip 0 at 0.01', 'skip 1 at 0.01']);
  assert.equal([...loop.state.skipped], [1, 1]);
});

test('unknown controllers, parameters and modes are refused with the way out', () => {
  const system = twoPoints();
  assert.throws(
    () => createController('max-m', system),
    (e: Error & { hint: string }) => /max-n/.test(e.hint),
  );
  assert.throws(() => createController('max-n', system, { speed: 1 }), /no parameter/);
  const loop = new ControlLoop(system, createController('max-n', system), recorder());
  assert.throws(() => loop.setMode('fast' as 'balanced', 0), /no mode/);
});

test.run();
