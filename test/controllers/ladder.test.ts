import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DISTURBED_FROM,
  DISTURBED_TO,
  LIMIT_MS,
  ladderSystem,
  runLadder,
  STORED_MS,
} from '../../bench/control/ladder-fixture.ts';
import type { Actuator } from '../../src/controllers/controller.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { Regime } from '../../src/controllers/regime.ts';
import { createController } from '../../src/controllers/registry.ts';
import { Noise } from '../../src/engine/noise.ts';

const test = suite('the ladder');
const SEEDS = 400;

test('a disturbance is answered by the moves 4 to 2 and, after its end, 2 to 4, in at least 95 % of 400 seeds', () => {
  const downs: number[] = [];
  const ups: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { moves, frames } = runLadder(seed);
    assert.not.ok(
      frames.some(({ level }) => level === 3),
      `seed ${seed} visits level 3`,
    );
    if (moves.map(({ from, to }) => `${from}-${to}`).join(' ') !== '4-2 2-4') continue;
    downs.push(moves[0].atMs - 1000 * DISTURBED_FROM);
    ups.push(moves[1].atMs - 1000 * DISTURBED_TO);
  }
  assert.ok(downs.length >= 0.95 * SEEDS, `${downs.length} of ${SEEDS}`);
  downs.sort((a, b) => a - b);
  assert.ok(downs[0] > 0 && downs[downs.length - 1] <= 1100, `down after ${downs[0]} to ${downs.at(-1)} ms`);
  assert.ok(Math.abs(downs[downs.length >> 1] - 650) < 100, `median ${downs[downs.length >> 1]} ms`);
  assert.ok(Math.min(...ups) > 0 && Math.max(...ups) <= 2500, `up after ${Math.max(...ups)} ms`);
});

test('nothing moves in 200 runs without a disturbance', () => {
  for (let seed = 1; seed <= 200; seed++)
    assert.equal(runLadder(seed, { factor: () => 0.9 }).moves, [], `seed ${seed}`);
});

test('where no level fits it ends on level 1 and says which limit would hold', () => {
  const reported: number[] = [];
  for (let seed = 1; seed <= 50; seed++) {
    const run = runLadder(seed, { factor: () => 1.5 });
    assert.is(run.frames.at(-1)?.level, 1, `seed ${seed}`);
    assert.ok(run.infeasible);
    const late = run.frames.slice(-100).map(({ latencyMs }) => latencyMs);
    reported.push(late.reduce((sum, ms) => sum + ms, 0) / late.length);
  }
  const mean = reported.reduce((sum, ms) => sum + ms, 0) / reported.length;
  assert.ok(Math.abs(mean - 61.7) < 0.3, `${mean} ms`);
});

test('the original rule takes one level at a time and needs longer', () => {
  const { moves } = runLadder(1, { controller: 'ladder-one-step' });
  assert.equal(
    moves.slice(0, 2).map(({ from, to }) => [from, to]),
    [
      [4, 3],
      [3, 2],
    ],
  );
  assert.ok(moves[1].atMs - 1000 * DISTURBED_FROM > 3 * 1100);
});

test('the accuracy floor alone chooses the fastest level that keeps it', () => {
  const run = runLadder(1, { parameters: { goal: 'latency', mostLoss: 0.03, maxLevel: 0, startLevel: 0 }, seconds: 1 });
  assert.ok(run.frames.every(({ level }) => level === 3));
});

test('a dominated level and contradictory bounds are refused', () => {
  const system = ladderSystem();
  system.instances[0].variants[1].loss = 0.5;
  assert.throws(() => createController('ladder', system), /dominated/);
  assert.throws(() => createController('ladder', ladderSystem(), { minLevel: 5, maxLevel: 3 }), /above maxLevel/);
});

test('a disturbance of two networks on one device moves one of them at a time', () => {
  const one = ladderSystem();
  const system = { ...one, instances: [one.instances[0], { ...one.instances[0], name: 'second' }] };
  const moves: { frame: number; instance: number }[] = [];
  let frame = 0;
  const actuator: Actuator = {
    setPoint() {},
    setVariant: (instance) => moves.push({ frame, instance }),
    skipFrame() {},
    wakeAt() {},
  };
  const loop = new ControlLoop(
    system,
    createController('ladder', system, { limitMs: LIMIT_MS, startLevel: 4, maxLevel: 4 }),
    actuator,
  );
  const noise = new Noise(4);
  let now = 0;
  for (frame = 0; frame < 400; frame++) {
    for (let i = 0; i < 2; i++) {
      loop.released(i, frame, now);
      const stored = STORED_MS[5 - loop.state.variant[i]];
      const latency = (stored / 1000) * (frame < 100 ? 0.9 : 1.233) * noise.factor(0.02);
      loop.frameEnded(i, frame, now + latency);
    }
    now += 0.07;
  }
  const later = moves.filter((move) => move.frame > 0);
  assert.is(new Set(later.map(({ instance }) => instance)).size, 2, 'both end below the limit');
  // Ten frames of its own, the first of which ended in the round of the other's move.
  assert.ok(Math.abs(later[1].frame - later[0].frame) >= 9, JSON.stringify(later));
});

test('a regime follows a step within ten samples and keeps its spread', () => {
  const noise = new Noise(2);
  const regime = new Regime();
  for (let i = 0; i < 300; i++) regime.add(0.02 * noise.normal());
  assert.ok(Math.abs(regime.spread - 0.02) < 0.01, `${regime.spread}`);
  assert.ok(Math.abs(regime.p95() - 1.645 * 0.02) < 0.01);
  const steps = regime.steps;
  for (let i = 0; i < 14; i++) regime.add(0.3 + 0.02 * noise.normal());
  assert.ok(regime.steps > steps);
  assert.ok(Math.abs(regime.mean - 0.3) < 0.05, `${regime.mean}`);
});

test.run();
