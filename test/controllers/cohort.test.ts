import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boardOf, cohortOf } from '../../bench/control/cohort.ts';
import { replay } from '../../bench/control/replay.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { controllers, createController } from '../../src/controllers/registry.ts';

const test = suite('controllers on the event engine');

const board = boardOf('jetson-tx2');
const NOISE = { blockSigma: 0.05, frameSigma: 0.03, bursts: { meanGapSeconds: 2, meanSeconds: 0.1, slowdown: 1.3 } };
const usual = { delays: true, approximation: true, decisionSeconds: 1e-5 };

test('every controller runs a mixed cohort, and the same seed gives the same run', () => {
  const cohort = cohortOf(board, [0, 1, 2], { ...usual, factor: 1.5 });
  for (const { id } of controllers) {
    const run = () => replay(cohort, { controller: id, mode: 'balanced', seed: 3, frames: 20, noise: NOISE });
    const first = run();
    assert.ok(first.frames > 50 && first.joules > 0, id);
    assert.equal(run(), first, id);
  }
});

test('predictive misses less than the NeuOS-style controller with actuation delays on, at no more energy', () => {
  const cohort = cohortOf(board, [0, 1, 2], { ...usual, factor: 1.5 });
  const run = (controller: string) =>
    replay(cohort, { controller, mode: 'max-accuracy', seed: 5, frames: 150, noise: NOISE });
  const ours = run('predictive');
  const theirs = run('neuos');
  assert.ok(ours.missed / ours.frames < 0.01, `${ours.missed} of ${ours.frames}`);
  assert.ok(theirs.missed / theirs.frames > 0.05, `${theirs.missed} of ${theirs.frames}`);
  assert.ok(ours.joules / ours.frames < theirs.joules / theirs.frames);
});

test('predictive keeps what highest clocks keep, for much less energy', () => {
  const cohort = cohortOf(board, [0, 1, 2], { ...usual, factor: 2 });
  const run = (controller: string) =>
    replay(cohort, { controller, mode: 'max-accuracy', seed: 9, frames: 60, noise: NOISE });
  const ours = run('predictive');
  const highest = run('max-n');
  assert.is(ours.missed, 0);
  assert.ok(ours.joules < 0.7 * highest.joules, `${ours.joules} J against ${highest.joules} J`);
});

test('with loose deadlines no deadline-aware method misses, with impossible ones all do', () => {
  const ideal = { delays: false, decisionSeconds: 0 };
  const loose = cohortOf(board, [1, 2], { ...ideal, approximation: true, factor: 3 });
  const tight = cohortOf(board, [2], { ...ideal, approximation: false, factor: 0.8 });
  for (const controller of ['predictive', 'neuos', 'predjoule-like', 'apnet-like', 'alert-like', 'static-best']) {
    const easy = replay(loose, { controller, mode: 'max-accuracy', seed: 1, frames: 100 });
    assert.ok(easy.missed / easy.frames <= 0.02, `${controller}: ${easy.missed} of ${easy.frames}`);
    const hard = replay(tight, { controller, mode: 'max-accuracy', seed: 1, frames: 50 });
    assert.ok(hard.missed / hard.frames >= 0.98, `${controller}: ${hard.missed} of ${hard.frames}`);
  }
});

test('a mode that is switched in mid-run is acted upon at once', () => {
  const { control } = cohortOf(board, [0, 1], { ...usual, factor: 2 });
  for (const id of ['predictive', 'neuos']) {
    const variants: number[][] = [];
    const loop = new ControlLoop(
      control,
      createController(id, control),
      {
        setPoint: () => {},
        setVariant: (i, v) => variants.push([i, v]),
        skipFrame: () => {},
        wakeAt: () => {},
      },
      { mode: 'max-accuracy' },
    );
    loop.released(0, 0, 0);
    loop.released(1, 0, 0);
    const before = loop.state.wantedPoint;
    const modes: string[] = [];
    const decided = new ControlLoop(
      control,
      createController(id, control),
      {
        setPoint: () => {},
        setVariant: () => {},
        skipFrame: () => {},
        wakeAt: () => {},
      },
      { mode: 'max-accuracy', listener: (_c, state) => modes.push(state.mode) },
    );
    decided.released(0, 0, 0);
    decided.setMode('min-energy', 0.001);
    assert.is(modes.at(-1), 'min-energy', id);
    loop.setMode('min-energy', 0.001);
    assert.ok(variants.some(([, v]) => v > 0) || loop.state.wantedPoint !== before, id);
  }
});

test.run();
