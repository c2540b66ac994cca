import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlacementProblem } from '../../src/core/placement.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Arrival, Discipline, EngineOptions } from '../../src/engine/options.ts';
import { type EngineSystem, systemOf } from '../../src/engine/system.ts';
import { problemFrom } from '../core/problems.ts';
import { recordsOf } from './placements.ts';

const within = (actual: number, expected: number, share: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= share * expected, `${what}: ${actual} is not ${expected}`);

/** Mean time from release to end, and frames per second, of model 0 over `seconds`. */
function observe(problem: PlacementProblem, placement: Uint8Array, options: EngineOptions, seconds: number) {
  let sum = 0;
  let count = 0;
  const engine = new Engine(systemOf(problem, placement), {
    ...options,
    hooks: {
      frameEnded(model, _frame, _route, released, _deadline, _joules, now) {
        if (model !== 0) return;
        sum += now - released;
        count++;
      },
    },
  });
  engine.run(seconds);
  return { mean: sum / count, count, engine };
}

const test = suite('engine: closed forms');

test('waiting times of Poisson arrivals at a server of fixed speed are those of M/D/1, within 1 %', () => {
  const service = 0.01;
  const problem = problemFrom([{ seconds: [[service]] }]);
  for (const load of [0.3, 0.6, 0.8]) {
    const arrivals: Arrival[] = [{ kind: 'sporadic', leastSeconds: 0, meanSeconds: service / load, inFlight: 4096 }];
    // The mean of six seeds: a queue forgets slowly, so that its mean over a run is itself a wide random variable.
    let mean = 0;
    for (let seed = 1; seed <= 6; seed++)
      mean += observe(problem, recordsOf([[1, 0, 1]]), { arrivals, seed }, 4_000).mean / 6;
    within(mean - service, (load * service) / (2 * (1 - load)), 0.01, `waiting at load ${load}`);
  }
});

test('log-normal service makes M/G/1: waiting follows Pollaczek and Khinchine within 2 %', () => {
  const service = 0.01;
  const load = 0.6;
  const sigma = 0.5;
  const problem = problemFrom([{ seconds: [[service]] }]);
  const arrivals: Arrival[] = [{ kind: 'sporadic', leastSeconds: 0, meanSeconds: service / load, inFlight: 4096 }];
  let mean = 0;
  for (let seed = 1; seed <= 6; seed++)
    mean += observe(problem, recordsOf([[1, 0, 1]]), { arrivals, seed, noise: { blockSigma: sigma } }, 4_000).mean / 6;
  const variation = Math.exp(sigma * sigma) - 1;
  within(mean - service, ((load * service) / (2 * (1 - load))) * (1 + variation), 0.02, 'waiting');
});

test('a deterministic pipeline has the rate of its slowest stage and the latency of their sum', () => {
  const problem = problemFrom([
    {
      seconds: [
        [0.004, 9, 9],
        [9, 0.01, 9],
        [9, 9, 0.006],
      ],
    },
  ]);
  const placement = recordsOf([[3, 0, 1, 1, 2, 2, 3]]);
  const slow = observe(problem, placement, { arrivals: [{ kind: 'periodic', periodSeconds: 0.02 }] }, 100);
  within(slow.mean, 0.02, 1e-9, 'latency');
  assert.is(slow.count, 5000);
  const full = observe(problem, placement, { arrivals: [{ kind: 'closed', inFlight: 4 }] }, 100);
  within(full.count, 100 / 0.01, 0.001, 'frames');
  within(full.engine.meters.busySeconds[1], 100, 0.001, 'busy time of the slowest');
  const single = observe(problem, placement, { arrivals: [{ kind: 'closed', inFlight: 1 }] }, 100);
  within(single.count, 100 / 0.02, 0.001, 'frames, one under way');
});

test('time slices serve two models at once, each at half speed', () => {
  const problem = problemFrom([{ seconds: [[0.01]] }, { seconds: [[0.03]] }]);
  const placement = recordsOf([
    [1, 0, 1],
    [1, 0, 1],
  ]);
  const { mean, count } = observe(problem, placement, { discipline: 'time-sliced' }, 60);
  within(count, 60 / 0.02, 0.001, 'frames of the short one');
  within(mean, 8 * 0.02, 0.005, 'latency behind seven others');
});

test('idle and active watts add up to joules', () => {
  const problem = problemFrom([{ seconds: [[0.01]] }], { idleWatts: 2, activeWatts: Float64Array.of(5) });
  const arrivals: Arrival[] = [{ kind: 'periodic', periodSeconds: 0.04 }];
  let joules = 0;
  const engine = new Engine(systemOf(problem, recordsOf([[1, 0, 1]])), {
    arrivals,
    hooks: {
      frameEnded(_model, _frame, _route, _released, _deadline, own) {
        joules += own;
      },
    },
  });
  engine.run(10);
  within(engine.meters.idleJoules, 20, 1e-12, 'idle');
  within(joules, 250 * 0.01 * 5, 1e-9, 'frames');
  within(engine.meters.totalJoules, 20 + 12.5, 1e-9, 'all');
});

/** Joules above idle that frames were charged with, and those that the device took; all frames have ended. */
function chargedAndTaken(
  system: EngineSystem,
  arrivals: readonly Arrival[],
  discipline: Discipline,
  act: (engine: Engine) => void,
): [number, number] {
  let charged = 0;
  const engine = new Engine(system, {
    arrivals,
    discipline,
    hooks: {
      frameEnded(_model, _frame, _route, _released, _deadline, own) {
        charged += own;
      },
    },
  });
  act(engine);
  arrivals.forEach((_, m) => {
    engine.setActive(m, false);
  });
  engine.run(10);
  return [charged, engine.meters.totalJoules - engine.meters.idleJoules];
}

for (const discipline of ['fifo', 'time-sliced'] as const) {
  test(`${discipline}: a frame on a processor that has vanished is charged with nothing meanwhile`, () => {
    const watts = { idleWatts: 2, activeWatts: Float64Array.of(5) };
    const problem = problemFrom([{ seconds: [[0.01]] }, { seconds: [[0.03]] }], watts);
    const system = systemOf(
      problem,
      recordsOf([
        [1, 0, 1],
        [1, 0, 1],
      ]),
    );
    const once: Arrival = { kind: 'periodic', periodSeconds: 100 };
    const [charged, taken] = chargedAndTaken(system, [once, once], discipline, (engine) => {
      engine.run(0.004);
      engine.disturb(0, Number.POSITIVE_INFINITY);
      engine.run(3);
      engine.disturb(0, 1);
      engine.run(4);
    });
    within(taken, 0.04 * 5, 1e-9, 'device');
    within(charged, 0.04 * 5, 1e-9, 'frames');
  });
}

test('a model that joins a sliced processor while its clock changes takes its part of the power', () => {
  const watts = { idleWatts: 2, activeWatts: Float64Array.of(5) };
  const problem = problemFrom([{ seconds: [[0.01]] }, { seconds: [[0.01]] }], watts);
  const placement = recordsOf([
    [1, 0, 1],
    [1, 0, 1],
  ]);
  const system = systemOf(problem, placement, {
    clocks: {
      domains: [{ name: 'gpu', delaySeconds: 0, stallSeconds: 0.5, servers: 1 }],
      levels: Int32Array.of(1),
      at: () => ({ problem }),
    },
  });
  const first: Arrival = { kind: 'periodic', periodSeconds: 100 };
  const second: Arrival = { ...first, phaseSeconds: 0.2 };
  const [charged, taken] = chargedAndTaken(system, [first, second], 'time-sliced', (engine) => {
    engine.run(0.005);
    engine.requestLevels([0]);
    engine.run(2);
  });
  within(taken, 0.52 * 5, 1e-9, 'device');
  within(charged, taken, 1e-9, 'frames');
});

for (const discipline of ['fifo', 'time-sliced'] as const) {
  test(`${discipline}: frames that wait for memory are charged with the whole wait`, () => {
    const problem = problemFrom([{ seconds: [[0.01], [0.01]] }, { seconds: [[0.01], [0.01]] }], {
      idleWatts: 2,
      activeWatts: Float64Array.of(5, 5),
      resources: 3,
      dramResource: Int32Array.of(2, 2),
      dramSecondsPerByte: Float64Array.of(8e-9, 8e-9),
    });
    for (const { dramBytes } of problem.models) dramBytes.fill(1e6);
    const placement = recordsOf([
      [1, 0, 1],
      [1, 1, 1],
    ]);
    const once: Arrival = { kind: 'periodic', periodSeconds: 100 };
    const [charged, taken] = chargedAndTaken(systemOf(problem, placement), [once, once], discipline, (engine) =>
      engine.run(1),
    );
    // Each wants 0.8 of the memory and gets 0.5.
    within(taken, 2 * 0.016 * 5, 1e-9, 'device');
    within(charged, taken, 1e-9, 'frames');
  });
}

test.run();
