import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, HeterodyneError } from '../../src/core/errors.ts';
import { contentHash } from '../../src/documents/canonical.ts';
import { plan } from '../../src/planners/plan.ts';
import type { Plan } from '../../src/planners/schema.ts';
import { hikey970 } from '../../src/platforms/hikey970.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { type Timeline, type TimelineOptions, timeline } from '../../src/report/timeline.ts';
import { plainPlan, problemsOf, randomPlan, widePlan } from './plans.ts';

const test = suite('timeline');
const MS = 1e6;

const onTrack = ({ tracks, slices }: Timeline, id: string) =>
  slices
    .filter(({ track }) => tracks[track].id === id)
    .map(({ kind, frame, startNs, endNs }) => [kind, frame, startNs / MS, endNs / MS]);

const codes = ({ warnings }: Timeline) => warnings.map(({ code }) => code);

function fails(document: Plan, options: TimelineOptions, code: ErrorCode): void {
  try {
    timeline(document, options);
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, code);
    return;
  }
  assert.unreachable('accepted');
}

/** Everything that must hold whatever the plan: order within tracks and frames, and lengths. */
function checkOrder(document: Plan, drawn: Timeline, platform?: Platform): void {
  const { window, tracks, slices } = drawn;
  const ends = new Float64Array(tracks.length);
  const resourceEnds = new Map<string, { endNs: number; track: number }>();
  const progress = new Map<string, { endNs: number; stage: number }>();
  for (const slice of slices) {
    const { track, kind, model, frame, stage, startNs, endNs, wholeNs } = slice;
    assert.ok([startNs, endNs, wholeNs].every(Number.isSafeInteger), 'whole nanoseconds');
    assert.ok(startNs >= window.startNs && endNs <= window.endNs && endNs > startNs, 'within the window');
    assert.ok(wholeNs >= endNs - startNs);
    assert.ok(
      wholeNs === endNs - startNs || startNs === window.startNs || endNs === window.endNs,
      'cut at the edges alone',
    );
    assert.ok(startNs >= ends[track], `${tracks[track].id} does two things at once`);
    ends[track] = endNs;
    const uses = platform?.processors.find(({ id }) => id === tracks[track].id)?.uses ?? [tracks[track].id];
    for (const resource of uses) {
      if (platform?.resources.find(({ id }) => id === resource)?.kind === 'dram') continue;
      const last = resourceEnds.get(resource);
      assert.ok(!last || last.track === track || startNs >= last.endNs, `${resource} is used twice at once`);
      resourceEnds.set(resource, { endNs, track });
    }
    const before = progress.get(`${model} ${frame}`);
    assert.ok(!before || (startNs >= before.endNs && stage >= before.stage), 'a frame runs ahead of itself');
    progress.set(`${model} ${frame}`, { endNs, stage });
    const planned = document.models[model];
    const { callsPerFrame } = drawn.models[model];
    const ms = kind === 'stage' ? planned.stages[stage].latencyMs : planned.stages[stage - 1].transferMs;
    assert.ok(Math.abs(wholeNs - ms * callsPerFrame * MS) <= 1.001, 'as long as planned');
    if (kind === 'stage') assert.is(tracks[track].id, planned.stages[stage].processor);
  }
  for (const queue of drawn.queues) {
    assert.is(queue[0].atNs, window.startNs);
    queue.forEach(({ atNs, waiting }, i) => {
      assert.ok(Number.isSafeInteger(waiting) && waiting >= 0);
      assert.ok(i === 0 || (atNs > queue[i - 1].atNs && atNs < window.endNs && waiting !== queue[i - 1].waiting));
    });
  }
}

test('one model on one processor runs at its release, at its rate', () => {
  const drawn = timeline(plainPlan(['cpu'], [{ name: 'a', perS: 50, stages: [['cpu', 10, 0]] }]));
  assert.equal(drawn.window, { startNs: 30 * MS, endNs: 90 * MS });
  assert.equal(onTrack(drawn, 'cpu'), [
    ['stage', 2, 40, 50],
    ['stage', 3, 60, 70],
    ['stage', 4, 80, 90],
  ]);
  assert.equal(drawn.tracks, [{ id: 'cpu', kind: 'processor', plannedUtilization: 0.5, busyNs: 30 * MS }]);
  const [model] = drawn.models;
  assert.is(model.completed, 3);
  assert.is(model.latencyMs, 10);
  assert.ok(Math.abs((model.achievedPerS as number) - 50) < 1e-9);
  assert.equal(drawn.frames, [
    { model: 0, frame: 2, releaseNs: 40 * MS, finishNs: 50 * MS },
    { model: 0, frame: 3, releaseNs: 60 * MS, finishNs: 70 * MS },
    { model: 0, frame: 4, releaseNs: 80 * MS, finishNs: 90 * MS },
  ]);
});

test('two models on a full processor take turns, and the one that waits is counted', () => {
  const stages: [string, number, number][] = [['cpu', 10, 0]];
  const drawn = timeline(
    plainPlan(
      ['cpu'],
      [
        { name: 'a', perS: 50, stages },
        { name: 'b', perS: 50, stages },
      ],
    ),
  );
  assert.is(drawn.tracks[0].busyNs, drawn.window.endNs - drawn.window.startNs);
  assert.equal(
    drawn.slices.map(({ model }) => model),
    [0, 1, 0, 1, 0, 1].map((m) => (drawn.slices[0].model === 0 ? m : 1 - m)),
  );
  assert.equal(drawn.queues[0], [{ atNs: drawn.window.startNs, waiting: 0 }]);
  const late = timeline(
    plainPlan(
      ['cpu'],
      [
        { name: 'long', perS: 10, stages: [['cpu', 60, 0]] },
        { name: 'short', perS: 10, stages: [['cpu', 20, 0]] },
      ],
    ),
  );
  // Released 50 ms after the long one began, the short one waits 10 ms.
  const [begins] = late.slices.filter(({ model }) => model === 1);
  assert.ok(late.queues[0].some(({ atNs, waiting }) => waiting === 1 && atNs === begins.startNs - 10 * MS));
  assert.ok(late.queues[0].some(({ atNs, waiting }) => waiting === 0 && atNs === begins.startNs));
  assert.is(late.models[1].latencyMs, 30);
});

const pipeline = (changes?: Partial<Plan>) =>
  plainPlan(
    ['cpu', 'gpu'],
    [
      {
        name: 'a',
        perS: 50,
        stages: [
          ['cpu', 8, 4],
          ['gpu', 6, 0],
        ],
      },
    ],
    changes,
  );

test('a transfer without a link is shown on its receiver, right before the stage', () => {
  const drawn = timeline(pipeline());
  const of = (frame: number) =>
    drawn.slices.filter((slice) => slice.frame === frame).map(({ kind, track }) => [kind, track]);
  const { frame } = drawn.slices[0];
  assert.equal(of(frame + 1), [
    ['stage', 0],
    ['transfer', 1],
    ['stage', 1],
  ]);
  assert.is(drawn.tracks.length, 2);
});

test('a transfer over a link is shown on the link, with the platform or by what the utilization leaves out', () => {
  const processors = [
    { id: 'cpu', utilization: 0.4, memoryBytes: 0 },
    { id: 'gpu', utilization: 0.3, memoryBytes: 0 },
  ];
  const device = {
    id: 'by-hand',
    resources: ['cores', 'shaders', 'bus'].map((id) => ({ id, kind: 'npu' })),
    processors: [
      { id: 'cpu', uses: ['cores'] },
      { id: 'gpu', uses: ['shaders'] },
    ],
    links: [{ from: 'gpu', to: 'cpu', resource: 'bus', latencyMs: 0, bidirectional: true }],
  } as unknown as Platform;
  for (const [id, options] of [
    ['bus', { platform: device }],
    ['cpu-gpu', {}],
  ] as const) {
    const drawn = timeline(pipeline({ processors }), options);
    assert.equal(drawn.warnings, []);
    const { busyNs, ...link } = drawn.tracks[2];
    assert.equal(link, { id, kind: 'link', plannedUtilization: 0.2 });
    assert.is(busyNs, 12 * MS);
    assert.ok(onTrack(drawn, id).every(([kind]) => kind === 'transfer'));
  }
});

test('calls of one frame are one slice, as long as all of them', () => {
  const drawn = timeline(plainPlan(['cpu'], [{ name: 'a', perS: 10, calls: 7, stages: [['cpu', 2, 0]] }]));
  assert.is(drawn.models[0].callsPerFrame, 7);
  assert.is(drawn.slices[0].wholeNs, 14 * MS);
});

test('achieved rates equal the plan within 2 %, and busy shares within 0.5 points, for random plans', () => {
  let drawnPlans = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = randomPlan(seed);
    if (!random) continue;
    const { plan: document, platform, shares } = random;
    assert.equal(problemsOf(document), [], `seed ${seed}`);
    const drawn = timeline(document, { platform, frames: 120 });
    checkOrder(document, drawn, platform);
    if (shares) continue;
    drawnPlans++;
    assert.not(codes(drawn).includes('RATE_NOT_REACHED'), `seed ${seed}`);
    const length = drawn.window.endNs - drawn.window.startNs;
    for (const { name, plannedPerS, achievedPerS = 0 } of drawn.models) {
      assert.ok(
        Math.abs(achievedPerS / plannedPerS - 1) < 0.02,
        `seed ${seed} ${name}: ${achievedPerS} of ${plannedPerS}`,
      );
    }
    for (const { id, plannedUtilization, busyNs } of drawn.tracks) {
      const share = busyNs / length;
      assert.ok(Math.abs(share - plannedUtilization) < 0.005, `seed ${seed} ${id}: ${share} of ${plannedUtilization}`);
    }
  }
  assert.ok(drawnPlans > 100);
});

test('a mix of the zoo on a real board keeps its rates, its shares and its order', async () => {
  const document = await plan({
    platform: hikey970,
    models: ['alexnet', 'mobilenet-v1', 'squeezenet'],
    objective: 'min',
    evaluations: 100,
    baselines: [],
  });
  const long = timeline(document, { platform: hikey970, frames: 100 });
  checkOrder(document, long, hikey970);
  assert.equal(long.warnings, []);
  const length = long.window.endNs - long.window.startNs;
  for (const { name, plannedPerS, achievedPerS = 0, completed, plannedLatencyMs, latencyMs = 0 } of long.models) {
    assert.ok(Math.abs(achievedPerS / plannedPerS - 1) < 0.01, `${name}: ${achievedPerS} of ${plannedPerS}`);
    assert.ok(Math.abs(completed / ((plannedPerS * length) / 1e9) - 1) < 0.02, `${name} completes ${completed}`);
    assert.ok(latencyMs >= plannedLatencyMs * (1 - 1e-6), 'waiting makes no frame faster');
  }
  long.tracks.forEach(({ id, busyNs }, p) => {
    assert.ok(Math.abs(busyNs / length - document.processors[p].utilization) < 0.005, id);
  });
  const short = timeline(document, { platform: hikey970 });
  assert.ok(
    short.models.every(({ completed }) => completed >= 2),
    'two frames of every model in the default window',
  );
});

test('16 models on 8 processors keep order, also where two processors share their cores', async () => {
  const { plan: document, platform } = await widePlan();
  const drawn = timeline(document, { platform });
  checkOrder(document, drawn, platform);
  assert.equal(
    drawn.warnings.filter(({ code }) => code !== 'RATE_NOT_REACHED'),
    [],
  );
  assert.ok(drawn.models.every(({ completed }) => completed >= 2));
});

test('processors that exclude each other pairwise fall short, and the timeline says so', () => {
  // Each pair shares a resource: only one of three can run at a time, though no resource is planned above 1.
  const document = plainPlan(
    ['x', 'y', 'z'],
    ['x', 'y', 'z'].map((id) => ({ name: `on-${id}`, perS: 50, stages: [[id, 10, 0]] })),
  );
  const platform = {
    id: 'triangle',
    resources: ['ab', 'bc', 'ca'].map((id) => ({ id, kind: 'npu' })),
    processors: [
      { id: 'x', uses: ['ab', 'bc'] },
      { id: 'y', uses: ['bc', 'ca'] },
      { id: 'z', uses: ['ca', 'ab'] },
    ],
  } as unknown as Platform;
  const drawn = timeline(document, { platform });
  checkOrder(document, drawn, platform);
  assert.equal(codes(drawn), ['RATE_NOT_REACHED', 'RATE_NOT_REACHED', 'RATE_NOT_REACHED']);
  for (const { achievedPerS = 0 } of drawn.models) assert.ok(Math.abs(achievedPerS - 100 / 3) < 1, `${achievedPerS}`);
  assert.equal(codes(timeline(document)), [], 'without the platform they are independent');
});

test('stages in circles through full processors do not pile up', () => {
  // Preferring last stages would let queues grow without end (Rybko and Stolyar, 1992): last stages need 91 % of each.
  const document = plainPlan(
    ['p', 'q'],
    [
      {
        name: 'a',
        perS: 100,
        stages: [
          ['p', 0.9, 0],
          ['q', 9.1, 0],
        ],
      },
      {
        name: 'b',
        perS: 100,
        stages: [
          ['q', 0.9, 0],
          ['p', 9.1, 0],
        ],
      },
    ],
  );
  const drawn = timeline(document, { window: { startMs: 60_000, endMs: 60_100 } });
  for (const { latencyMs = Number.POSITIVE_INFINITY } of drawn.models) assert.ok(latencyMs < 40, `${latencyMs} ms`);
  for (const { plannedUtilization } of drawn.tracks) assert.ok(Math.abs(plannedUtilization - 1) < 1e-9);
});

test('lengths are rounded in turn, so that no time is gained or lost over many frames', () => {
  const third = 1 / 3;
  const document = plainPlan(['cpu'], [{ name: 'a', perS: 1000, stages: [['cpu', third, 0]] }]);
  const drawn = timeline(document, { window: { startMs: 0, endMs: 9000 } });
  assert.is(drawn.slices.length, 9000);
  assert.is(drawn.tracks[0].busyNs, 3e9);
});

test('a given window is shown as given, from the first release on', () => {
  const document = pipeline();
  const drawn = timeline(document, { window: { startMs: 0, endMs: 15.5 } });
  assert.equal(drawn.window, { startNs: 0, endNs: 15.5 * MS });
  assert.equal(onTrack(drawn, 'cpu'), [['stage', 0, 0, 8]]);
  assert.equal(onTrack(drawn, 'gpu'), [
    ['transfer', 0, 8, 12],
    ['stage', 0, 12, 15.5],
  ]);
  assert.is(drawn.slices[2].wholeNs, 6 * MS);
  assert.is(drawn.frames[0].finishNs, 18 * MS);
  assert.is(drawn.models[0].completed, 0);
  assert.is(drawn.models[0].latencyMs, undefined);
  fails(document, { window: { startMs: 5, endMs: 5 } }, 'USAGE');
  fails(document, { window: { startMs: -1, endMs: 5 } }, 'USAGE');
  fails(document, { window: { startMs: 0, endMs: Number.NaN } }, 'USAGE');
  fails(document, { window: { startMs: 0, endMs: 1e9 } }, 'LIMIT');
});

test('a window for very unequal rates is cut short, and says so', () => {
  const document = plainPlan(
    ['cpu', 'gpu'],
    [
      { name: 'slow', perS: 0.1, stages: [['cpu', 5000, 0]] },
      { name: 'fast', perS: 1000, stages: [['gpu', 0.5, 0]] },
    ],
  );
  const drawn = timeline(document, { sliceLimit: 500 });
  assert.ok(drawn.slices.length <= 510 && drawn.slices.length >= 490, `${drawn.slices.length}`);
  assert.equal(codes(drawn), ['WINDOW_SHORT']);
  const whole = timeline(document, { sliceLimit: 40_000 });
  assert.equal(codes(whole), []);
  assert.is(whole.models[0].completed, 3);
});

test('models that never run, or faster than a nanosecond, are left out and named', () => {
  const document = plainPlan(
    ['cpu'],
    [
      { name: 'never', perS: 0, stages: [['cpu', 1, 0]] },
      { name: 'free', perS: 1e300, stages: [['cpu', 0, 0]] },
      { name: 'real', perS: 10, stages: [['cpu', 1, 0]] },
    ],
  );
  const drawn = timeline(document);
  assert.equal(codes(drawn), ['NOT_DRAWN', 'NOT_DRAWN']);
  assert.ok(drawn.slices.every(({ model }) => model === 2));
  assert.is(drawn.models[0].periodNs, Number.POSITIVE_INFINITY);
  const nothing = timeline(plainPlan(['cpu'], [{ name: 'never', perS: 0, stages: [['cpu', 1, 0]] }]));
  assert.equal(nothing.slices, []);
  const free = timeline(plainPlan(['cpu'], [{ name: 'free', perS: 10, stages: [['cpu', 0, 0]] }]));
  assert.equal(free.slices, []);
  assert.is(free.models[0].completed, 2, 'those between the first and the last instant');
});

test('a platform that the plan was not made for is refused, or found by its sums', () => {
  fails(pipeline(), { platform: hikey970 }, 'BAD_INPUT');
  const processors = [
    { id: 'cpu', utilization: 0.4, memoryBytes: 0 },
    { id: 'gpu', utilization: 0.45, memoryBytes: 0 },
  ];
  assert.equal(codes(timeline(pipeline({ processors }))), ['UTILIZATION_DIFFERS']);
});

test('the same plan gives the same timeline, on every host', () => {
  const { plan: document, platform } = randomPlan(33) as NonNullable<ReturnType<typeof randomPlan>>;
  const { window, slices, frames, queues } = timeline(document, { platform });
  assert.equal(timeline(document, { platform }).slices, slices);
  assert.is(contentHash({ window, slices, frames, queues }), GOLDEN);
});

const GOLDEN = 'de6e6c604bb8532c726237276b7fea1eddd9565a31bc5d10626ce76b5d9f39e8';

test.run();
