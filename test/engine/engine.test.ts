import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlacementProblem } from '../../src/core/placement.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Arrival, EngineHooks, EngineOptions } from '../../src/engine/options.ts';
import { type SystemOptions, systemOf } from '../../src/engine/system.ts';
import { plainModel, problemFrom } from '../core/problems.ts';
import { recordsOf } from './placements.ts';

const near = (actual: number, expected: number, what = '') =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${what} ${actual} is not ${expected}`);

interface Ended {
  model: number;
  frame: number;
  route: number;
  at: number;
}

/** An engine, and the frames that end in it. */
function watched(problem: PlacementProblem, rows: number[][], options: EngineOptions, system: SystemOptions = {}) {
  const ended: Ended[] = [];
  const engine = new Engine(systemOf(problem, recordsOf(rows), system), {
    ...options,
    hooks: {
      ...options.hooks,
      frameEnded(model, frame, route, _released, _deadline, _joules, at) {
        ended.push({ model, frame, route, at });
      },
    },
  });
  return { engine, ended };
}

const once: Arrival = { kind: 'periodic', periodSeconds: 1000 };
const test = suite('engine: events and actions');

test('an urgent frame goes first, and between blocks takes over where that is asked for', () => {
  const seconds = [[0.01, 0.01, 0.01, 0.01]];
  const problem = problemFrom([{ seconds }, { seconds }, { seconds }]);
  problem.models[0].priorityClass = 2;
  problem.models[1].priorityClass = 2;
  const rows = [0, 1, 2].map(() => [1, 0, 4]);
  const arrivals: Arrival[] = [once, once, { ...once, phaseSeconds: 0.015 }];
  const order = (options: EngineOptions) => {
    const { engine, ended } = watched(problem, rows, { arrivals, ...options });
    engine.run(1);
    return ended.map(({ model, at }) => [model, Math.round(at * 1000)]);
  };
  assert.equal(order({}), [
    [0, 40],
    [1, 80],
    [2, 120],
  ]);
  assert.equal(order({ discipline: 'priority' }), [
    [0, 40],
    [2, 80],
    [1, 120],
  ]);
  assert.equal(order({ discipline: 'priority', granularity: 'block', preemptive: true }), [
    [2, 60],
    [0, 80],
    [1, 120],
  ]);
});

test('the earliest deadline goes first', () => {
  const problem = problemFrom([{ seconds: [[0.01]] }, { seconds: [[0.01]] }, { seconds: [[0.01]] }]);
  const arrivals = [1, 0.5, 0.1].map((deadlineSeconds): Arrival => ({ ...once, deadlineSeconds }));
  const { engine, ended } = watched(
    problem,
    [0, 1, 2].map(() => [1, 0, 1]),
    { arrivals, discipline: 'deadline' },
  );
  engine.run(1);
  assert.equal(
    ended.map(({ model }) => model),
    [0, 2, 1],
  );
});

/** One processor under two clocks: level 1 is as given, level 0 takes `slow` times as long. */
function clocked(problem: PlacementProblem, slow: number, delaySeconds: number, stallSeconds: number): SystemOptions {
  const at = (levels: Int32Array) => ({
    problem: {
      ...problem,
      idleWatts: levels[0] === 1 ? 2 : 1,
      models: problem.models.map((model) => ({
        ...model,
        seconds: model.seconds.map((s) => (levels[0] === 1 ? s : s * slow)),
      })),
    },
  });
  return {
    clocks: { domains: [{ name: 'clock', delaySeconds, stallSeconds, servers: 1 }], levels: Int32Array.of(1), at },
  };
}

test('a clock changes after its delay, in mid-block, and its servers stand still for the stall', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }], { idleWatts: 2 });
  const { engine, ended } = watched(problem, [[1, 0, 1]], { arrivals: [once] }, clocked(problem, 2, 0.03, 0.01));
  engine.requestLevels([0]);
  assert.is(engine.levels[0], 1);
  engine.run(0.05);
  assert.is(engine.levels[0], 0);
  engine.run(1);
  // 30 ms at full speed, 10 ms of standing still, then 70 ms of work at half speed.
  near(ended[0].at, 0.03 + 0.01 + 0.14);
  near(engine.meters.idleJoules, 0.03 * 2 + 0.97 * 1, 'joules');
});

test('a change under way is completed before a wish to go back is taken up', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }], { idleWatts: 2 });
  const { engine, ended } = watched(problem, [[1, 0, 1]], { arrivals: [once] }, clocked(problem, 2, 0.03, 0.004));
  engine.requestLevels([0]);
  engine.run(0.02);
  engine.requestLevels([1]);
  engine.run(0.04);
  assert.is(engine.levels[0], 0);
  engine.run(1);
  assert.is(engine.levels[0], 1);
  // 30 ms at full speed, 26 ms at half speed; every change stands still for 4 ms first.
  near(ended[0].at, 0.06 + 0.004 + (0.1 - 0.03 - 0.013));
  near(engine.meters.idleJoules, 0.97 * 2 + 0.03 * 1, 'joules');
});

/** Levels of a clock that takes 5 ms, as `level@ms` when they come to hold; a wish at 0, 0.5, 1.5, 2.5 ... ms. */
function changes(wish: (n: number) => number): string[] {
  const problem = problemFrom([{ seconds: [[1]] }]);
  const found: string[] = [];
  let n = 0;
  const hooks: EngineHooks = {
    levelChanged: (_domain, level, now) => found.push(`${level}@${Math.round(now * 1e6) / 1000}`),
    woken: (now) => {
      engine.requestLevels([wish(n++)]);
      engine.wakeAt(now === 0 ? 0.0005 : now + 0.001);
    },
  };
  const system = systemOf(problem, recordsOf([[1, 0, 1]]), clocked(problem, 2, 0.005, 0));
  const engine = new Engine(system, { arrivals: [once], hooks });
  engine.wakeAt(0);
  engine.run(0.031);
  return found;
}

test('with a new wish every millisecond a clock that takes 5 ms changes every 5 ms, each time to the newest', () => {
  assert.equal(
    changes((n) => (n === 0 ? 0 : n + 1)),
    ['0@5', '6@10', '11@15', '16@20', '21@25', '26@30'],
  );
});

test('who wavers gets what is wanted in the end, and no change where that holds already', () => {
  assert.equal(
    changes((n) => (n < 7 ? n % 2 : 1)),
    ['0@5', '1@10'],
  );
  assert.equal(
    changes((n) => (n < 5 ? n % 2 : 0)),
    ['0@5'],
  );
  assert.equal(
    changes(() => 1),
    [],
  );
});

test('a wish that is made when a level comes to hold goes before an older one that waits', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }]);
  const found: string[] = [];
  const hooks: EngineHooks = {
    levelChanged: (_domain, level, now) => {
      found.push(`${level}@${Math.round(now * 1000)}`);
      if (found.length === 1) engine.requestLevels([3]);
    },
  };
  const system = systemOf(problem, recordsOf([[1, 0, 1]]), clocked(problem, 2, 0.01, 0));
  const engine = new Engine(system, { arrivals: [once], hooks });
  engine.requestLevels([0]);
  engine.requestLevels([2]);
  engine.run(1);
  assert.equal(found, ['0@10', '3@20']);
});

test('a disturbed processor slows down at once; one that vanishes holds its frame until it comes back', () => {
  for (const options of [{}, { discipline: 'time-sliced' as const }]) {
    const problem = problemFrom([{ seconds: [[0.1]] }]);
    const { engine, ended } = watched(problem, [[1, 0, 1]], { arrivals: [once], ...options });
    engine.run(0.02);
    engine.disturb(0, 2);
    engine.run(0.06);
    engine.disturb(0, Number.POSITIVE_INFINITY);
    engine.run(0.5);
    engine.disturb(0, 1);
    engine.run(1);
    near(ended[0].at, 0.5 + 0.06);
    near(engine.meters.busySeconds[0], 0.06 + 0.06, 'busy');
  }
});

test('what changes between two runs holds from the first moment of the second, where speeds are shared too', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }, { seconds: [[0.1]] }]);
  const rows = [
    [1, 0, 1],
    [1, 0, 1],
  ];
  const { engine, ended } = watched(problem, rows, { arrivals: [once, once], discipline: 'time-sliced' });
  engine.run(0.1);
  engine.disturb(0, 2);
  engine.run(1);
  near(ended[0].at, 0.3);
  near(ended[1].at, 0.3);
});

test('a model comes, goes, and changes its variant from the next release on', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }, { seconds: [[0.1]] }]);
  const small = { model: plainModel('small', [[0.05]]), record: recordsOf([[1, 0, 1]]) };
  const arrivals: Arrival[] = [
    { kind: 'closed', inFlight: 1 },
    { kind: 'closed', inFlight: 1, active: false },
  ];
  const rows = [
    [1, 0, 1],
    [1, 0, 1],
  ];
  const { engine, ended } = watched(problem, rows, { arrivals }, { variants: [[small], []] });
  engine.wakeAt(0.15);
  engine.run(0.15);
  engine.setRoute(0, 1);
  engine.run(0.299);
  engine.setActive(1, true);
  engine.run(0.551);
  engine.setActive(1, false);
  engine.run(0.85);
  const text = ended.map(({ model, route, at }) => `${model}.${route}@${Math.round(at * 1000)}`);
  assert.equal(text.slice(0, 7), ['0.0@100', '0.0@200', '0.1@250', '0.1@300', '1.0@400', '0.1@450', '1.0@550']);
  assert.equal(
    ended.filter(({ model, at }) => model === 1 && at > 0.71).length,
    0,
    'frames under way end, no further ones begin',
  );
});

test('a frame that is given up ends with its block, a waiting one never begins', () => {
  const problem = problemFrom([{ seconds: [[0.01, 0.01, 0.01]] }]);
  const left: string[] = [];
  const { engine, ended } = watched(problem, [[1, 0, 3]], {
    arrivals: [{ kind: 'periodic', periodSeconds: 0.02, inFlight: 3 }],
    granularity: 'block',
    hooks: { givenUp: (_m, frame, _r, _released, _d, _j, now) => void left.push(`${frame}@${Math.round(now * 1000)}`) },
  });
  engine.run(0.045);
  engine.giveUp(0, 1);
  engine.giveUp(0, 2);
  engine.run(0.0999);
  assert.equal(left, ['1@50', '2@50']);
  assert.equal(
    ended.map(({ frame, at }) => `${frame}@${Math.round(at * 1000)}`),
    ['0@30', '3@90'],
  );
});

test('a variant of the same blocks can take over between blocks', () => {
  const problem = problemFrom([{ seconds: [[0.01, 0.01, 0.01]] }]);
  const small = { model: plainModel('small', [[0.001, 0.002, 0.003]]), record: recordsOf([[1, 0, 3]]) };
  const options: EngineOptions = { arrivals: [once], granularity: 'block', routeChange: 'block' };
  const { engine, ended } = watched(problem, [[1, 0, 3]], options, { variants: [[small]] });
  engine.run(0.005);
  engine.setRoute(0, 1);
  engine.run(1);
  near(ended[0].at, 0.01 + 0.002 + 0.003);
  assert.is(ended[0].route, 1);
});

test('a route that goes another way holds from the next frame, even where routes change between blocks', () => {
  const problem = problemFrom([
    {
      seconds: [
        [0.01, 0.01],
        [0.03, 0.03],
      ],
    },
  ]);
  const moved = { model: problem.models[0], record: recordsOf([[1, 1, 2]]) };
  const twice: Arrival = { kind: 'periodic', periodSeconds: 0.1 };
  const options: EngineOptions = { arrivals: [twice], granularity: 'block', routeChange: 'block' };
  const { engine, ended } = watched(problem, [[1, 0, 2]], options, { variants: [[moved]] });
  engine.run(0.005);
  engine.setRoute(0, 1);
  engine.run(0.19);
  assert.equal(
    ended.map(({ route, at }) => `${route}@${Math.round(at * 1000)}`),
    ['0@20', '1@160'],
  );
});

test('stranded frames leave a server that has vanished at once; what can still pass ends as it began', () => {
  for (const granularity of ['stage', 'block'] as const) {
    const problem = problemFrom([
      { seconds: [[0.02], [0.02]] },
      {
        seconds: [
          [0.02, 0.02],
          [0.02, 0.02],
        ],
      },
      { seconds: [[0.02], [0.02]] },
    ]);
    const left: string[] = [];
    const { engine, ended } = watched(
      problem,
      [
        [1, 0, 1],
        [2, 1, 1, 0, 2],
        [1, 1, 1],
      ],
      {
        arrivals: [{ kind: 'periodic', periodSeconds: 0.005, inFlight: 3 }, once, once],
        granularity,
        hooks: {
          givenUp: (m, frame, _r, _s, _d, _j, now) => void left.push(`${m}.${frame}@${Math.round(now * 1000)}`),
        },
      },
    );
    engine.run(0.012);
    engine.disturb(0, Number.POSITIVE_INFINITY);
    engine.setActive(0, false);
    engine.giveUpStranded();
    assert.equal(left, ['0.0@12', '0.1@12', '0.2@12']);
    assert.is(engine.underWay(0), 0);
    engine.run(1);
    assert.equal(left.slice(3), ['1.0@20'], 'it leaves where its stage on the other processor ends');
    assert.equal(
      ended.map(({ model, at }) => `${model}@${Math.round(at * 1000)}`),
      ['2@40'],
    );
  }
});

test('a frame that finds no place is skipped, or waits', () => {
  const problem = problemFrom([{ seconds: [[0.1]] }]);
  let skipped = 0;
  const arrival: Arrival = { kind: 'periodic', periodSeconds: 0.06, inFlight: 1 };
  const hooks = { skipped: () => void skipped++ };
  const { engine, ended } = watched(problem, [[1, 0, 1]], { arrivals: [arrival], hooks });
  engine.run(1.01);
  assert.is(ended.length, 8);
  assert.is(skipped, 8);
  const patient = watched(problem, [[1, 0, 1]], { arrivals: [{ ...arrival, overflow: 'wait' }] });
  patient.engine.run(1.01);
  near(patient.ended.at(-1)?.at ?? 0, 1);
  assert.equal(
    patient.ended.map(({ frame }) => frame),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('hooks see a frame on its way, and actions in them take effect', () => {
  const problem = problemFrom([
    {
      seconds: [
        [0.01, 0.01, 9],
        [9, 9, 0.02],
      ],
      outputBytes: [0, 1000, 0],
    },
  ]);
  problem.transferSecondsPerByte.fill(1e-6);
  const seen: string[] = [];
  const ms = (now: number) => Math.round(now * 1e6) / 1e3;
  const { engine } = watched(problem, [[2, 0, 2, 1, 3]], {
    arrivals: [once],
    granularity: 'block',
    hooks: {
      released: (model, frame, now) => void seen.push(`released ${model} ${frame} ${ms(now)}`),
      stepStarted: (_m, _f, _r, step, server, now) => void seen.push(`step ${step} on ${server} ${ms(now)}`),
      blockEnded(_m, _f, _r, _s, block, _seconds, now) {
        seen.push(`block ${block} ${ms(now)}`);
        if (block === -1) engine.disturb(1, 2);
      },
      stepEnded: (_m, _f, _r, step, _server, now) => void seen.push(`end ${step} ${ms(now)}`),
    },
  });
  engine.run(1);
  assert.equal(seen, [
    'released 0 0 0',
    'step 0 on 0 0',
    'block 0 10',
    'block 1 20',
    'end 0 20',
    'step 1 on 1 20',
    'block -1 21',
    'block 2 61',
    'end 1 61',
  ]);
});

test('bursts slow a processor down for their share of the time', () => {
  const problem = problemFrom([{ seconds: [[0.001]] }]);
  const bursts = { meanGapSeconds: 0.3, meanSeconds: 0.1, slowdown: 3 };
  const { engine, ended } = watched(problem, [[1, 0, 1]], {
    arrivals: [{ kind: 'closed', inFlight: 1 }],
    noise: { bursts },
  });
  engine.run(400);
  const expected = 400 * 1000 * (0.75 + 0.25 / 3);
  assert.ok(Math.abs(ended.length / expected - 1) < 0.02, `${ended.length} of ${expected}`);
});

test('a placement on a processor that cannot run it is refused in words', () => {
  const problem = problemFrom([{ seconds: [[0.1], [Number.POSITIVE_INFINITY]] }]);
  assert.throws(() => systemOf(problem, recordsOf([[1, 1, 1]])), /cannot run/);
  assert.throws(() => new Engine(systemOf(problem, recordsOf([[1, 0, 1]])), { preemptive: true }), /granularity/);
});

test.run();
