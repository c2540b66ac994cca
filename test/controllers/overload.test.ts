import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boardOf, cohortOf } from '../../bench/control/cohort.ts';
import { replay } from '../../bench/control/replay.ts';
import type { ControlRequest } from '../../src/controllers/controller.ts';
import { FirmSkips } from '../../src/controllers/firm-skips.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { createController } from '../../src/controllers/registry.ts';
import { Remaining } from '../../src/controllers/remaining.ts';
import type { ControlSystem } from '../../src/controllers/system.ts';
import { Random } from '../../src/reference/random.ts';

const test = suite('overload');

/** Instances of one block, slower from the first on; two points, the second twice as fast. */
function system(seconds: number[], criticality: number[], deadlineSeconds = 0.05): ControlSystem {
  return {
    instances: seconds.map((s, i) => ({
      name: `net-${i}`,
      blocks: 2,
      deadlineSeconds,
      periodSeconds: 0.1,
      criticality: criticality[i],
      weight: 1,
      variants: [{ name: 'original', loss: 0, seconds: Float64Array.of(2 * s, 2 * s, s, s) }],
    })),
    points: [
      { id: 'slow', levels: Int32Array.of(0), busyWatts: 5, idleWatts: 2 },
      { id: 'max', levels: Int32Array.of(1), busyWatts: 9, idleWatts: 3 },
    ],
    domains: [{ name: 'gpu', delaySeconds: 0.001, stallSeconds: 0 }],
    reference: 1,
    start: 1,
    variantChange: 'block',
    canSkip: true,
  };
}

function watched(control: ControlSystem, parameters: { firm: string }) {
  const skipped: number[] = [];
  const requests: Pick<ControlRequest, 'infeasible' | 'leastDeadlineSeconds'>[] = [];
  const loop: ControlLoop = new ControlLoop(
    control,
    createController('predictive', control, parameters),
    { setPoint() {}, setVariant() {}, skipFrame: (i) => void skipped.push(i), wakeAt() {} },
    {
      listener: (_c, _s, _cause, _i, { infeasible, leastDeadlineSeconds }) =>
        void requests.push({ infeasible, leastDeadlineSeconds }),
    },
  );
  return { loop, skipped, requests };
}

test('whoever skips only what may be skipped keeps m of any k frames, for every m and k tried', () => {
  const random = new Random(3);
  const control = system([0.01], [0]);
  for (const [m, k] of [
    [1, 2],
    [2, 3],
    [1, 5],
    [3, 4],
    [9, 10],
    [31, 32],
  ]) {
    const { loop } = watched(control, { firm: '' });
    const firm = new FirmSkips(`${m}/${k}`, control, new Remaining(control));
    const outcomes: number[] = new Array(k).fill(1);
    for (let frame = 0; frame < 500; frame++) {
      const skip = firm.maySkip(0) && random.below(4) > 0;
      outcomes.push(Number(!skip));
      firm.observe(loop.state, skip ? 'frame-skipped' : 'frame-ended', 0);
    }
    for (let end = k; end <= outcomes.length; end++) {
      const inTime = outcomes.slice(end - k, end).reduce((sum, each) => sum + each, 0);
      assert.ok(inTime >= m, `${m}/${k}: ${inTime} of the frames up to ${end}`);
    }
    assert.ok(outcomes.includes(0), `${m}/${k}: something was skipped`);
  }
});

test('of what may be skipped the least critical goes first, of equals the longest; then nothing more until frames are in time', () => {
  const { loop, skipped } = watched(system([0.01, 0.008, 0.01], [0, 1, 1]), { firm: '1/2' });
  loop.released(0, 0, 0);
  loop.released(1, 0, 0);
  loop.released(2, 0, 0);
  assert.equal(skipped, [2], '56 ms of work in 50 ms');
  loop.frameSkipped(2, 0, 0);
  assert.equal(skipped, [2], 'the other two fit');
  loop.released(2, 1, 0.001);
  assert.equal(skipped, [2, 1], 'a frame of the third was skipped just now');
  loop.frameSkipped(1, 0, 0.001);
  loop.released(1, 1, 0.002);
  assert.equal(skipped, [2, 1, 0], 'now only the most critical one may be');
});

test('without (m,k)-firm deadlines nothing that could be in time is given up', () => {
  const { loop, skipped } = watched(system([0.02, 0.02], [0, 1]), { firm: '' });
  loop.released(0, 0, 0);
  loop.released(1, 0, 0);
  assert.equal(skipped, []);
});

test('where no setting keeps all deadlines, the smallest that would hold is told', () => {
  const { loop, requests } = watched(system([0.02, 0.02], [0, 1]), { firm: '' });
  loop.released(0, 0, 0);
  loop.released(1, 0, 0);
  const { infeasible, leastDeadlineSeconds } = requests[requests.length - 1];
  assert.ok(infeasible);
  assert.ok(
    Math.abs(leastDeadlineSeconds - 0.08) < 1e-9,
    `80 ms of work that share the processor: ${leastDeadlineSeconds}`,
  );
});

test('two networks that ask for 125 % of the device: with 1 of 2 firm nearly every other frame is in time, without far fewer', () => {
  const cohort = cohortOf(boardOf('jetson-tx2'), [2, 2], {
    delays: true,
    approximation: false,
    decisionSeconds: 1e-5,
    factor: 0.8,
  });
  const run = (firm: string) =>
    replay(cohort, {
      controller: 'predictive',
      parameters: { firm },
      mode: 'max-accuracy',
      seed: 3,
      frames: 200,
      noise: { blockSigma: 0.05 },
    });
  const [firm, free] = [run('1/2'), run('')];
  assert.ok(firm.missed / firm.frames < 0.56, `${firm.missed} of ${firm.frames}`);
  assert.ok(firm.longestBurst <= 3, `${firm.longestBurst} in a row`);
  assert.ok(free.missed / free.frames > 0.7, `${free.missed} of ${free.frames}`);
});

test('what is no m/k is refused', () => {
  for (const firm of ['3', '0/2', '2/2', '3/2', '1/33', 'a/b', '1.5/2']) {
    assert.throws(() => createController('predictive', system([0.01], [0]), { firm }), /firm/, firm);
  }
});

test.run();
