/** One run of a cohort under one controller on the event engine: what came of its frames and of the energy. */

import type { Actuator, ControllerParameters } from '../../src/controllers/controller.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { createController } from '../../src/controllers/registry.ts';
import type { ControlMode } from '../../src/core/control-modes.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { NoiseOptions } from '../../src/engine/options.ts';
import { Random } from '../../src/reference/random.ts';
import type { Cohort } from './cohort.ts';

export interface ReplayOptions {
  controller: string;
  parameters?: ControllerParameters;
  mode: ControlMode;
  seed: number;
  /** Frames of the slowest network; the others run as long. */
  frames: number;
  noise?: NoiseOptions;
}

export interface Outcome {
  /** Frames released; late, dropped at release and given up count as missed. */
  frames: number;
  missed: number;
  joules: number;
  seconds: number;
  /** Mean loss of finished frames, as a fraction. */
  loss: number;
  switches: number;
  /** Response time over deadline of every finished frame. */
  stretch: number[];
  /** Longest run of missed frames of one network. */
  longestBurst: number;
  /** Least lag at a boundary, in sub-deadlines of the longest block. */
  worstLag: number;
}

export function replay(cohort: Cohort, options: ReplayOptions): Outcome {
  const { control, engine: system } = cohort;
  const n = control.instances.length;
  const random = new Random(options.seed);
  const until = options.frames * Math.max(...control.instances.map(({ periodSeconds }) => periodSeconds));
  const outcome: Outcome = {
    frames: 0,
    missed: 0,
    joules: 0,
    seconds: until,
    loss: 0,
    switches: 0,
    stretch: [],
    longestBurst: 0,
    worstLag: Number.POSITIVE_INFINITY,
  };
  const burst = new Uint32Array(n);
  const lossOf = control.instances.map(({ variants }) => variants.map(({ loss }) => loss));
  const frameLoss = new Float64Array(n);
  let finished = 0;
  const actuator: Actuator = {
    setPoint(point) {
      outcome.switches++;
      engine.requestLevels(control.points[point].levels);
    },
    setVariant: (i, variant) => engine.setRoute(i, variant),
    skipFrame: (i) => engine.giveUp(i, loop.state.frame[i]),
    wakeAt: (at) => engine.wakeAt(at),
  };
  /** LAG after a block, in sub-deadlines of the longest; proportional. */
  const lagAfter = (m: number, block: number, elapsed: number) => {
    const { blocks, deadlineSeconds, variants } = control.instances[m];
    const seconds = variants[0].seconds.subarray(control.reference * blocks, (control.reference + 1) * blocks);
    let done = 0;
    let total = 0;
    let longest = 0;
    for (let b = 0; b < blocks; b++) {
      total += seconds[b];
      longest = Math.max(longest, seconds[b]);
      if (b <= block) done = total;
    }
    return (done - (elapsed * total) / deadlineSeconds) / longest;
  };
  const ended = (m: number, missed: boolean) => {
    outcome.frames++;
    burst[m] = missed ? burst[m] + 1 : 0;
    if (missed) outcome.missed++;
    outcome.longestBurst = Math.max(outcome.longestBurst, burst[m]);
  };
  const engine = new Engine(system, {
    seed: options.seed,
    arrivals: control.instances.map(({ periodSeconds, deadlineSeconds }) => ({
      kind: 'periodic',
      periodSeconds,
      deadlineSeconds,
      phaseSeconds: random.unit() * periodSeconds,
      inFlight: 2,
      overflow: 'skip',
    })),
    discipline: 'time-sliced',
    granularity: 'block',
    routeChange: n > 0 && control.instances[0].variants.length > 1 ? 'block' : 'frame',
    noise: options.noise,
    hooks: {
      released: (m, frame, now) => loop.released(m, frame, now),
      skipped: (m, now) => {
        ended(m, true);
        loop.frameSkipped(m, -1, now);
      },
      blockEnded: (m, frame, route, _step, block, seconds, now) => {
        outcome.worstLag = Math.min(outcome.worstLag, lagAfter(m, block, now - loop.state.releasedAt[m]));
        frameLoss[m] += lossOf[m][route] / control.instances[m].blocks;
        loop.blockEnded(m, frame, block, seconds, now);
      },
      frameEnded: (m, frame, _route, released, deadline, _joules, now) => {
        ended(m, now > deadline);
        finished++;
        outcome.loss += frameLoss[m];
        frameLoss[m] = 0;
        outcome.stretch.push((now - released) / (deadline - released));
        loop.frameEnded(m, frame, now);
      },
      givenUp: (m, frame, _route, _released, _deadline, _joules, now) => {
        ended(m, true);
        frameLoss[m] = 0;
        loop.frameSkipped(m, frame, now);
      },
      levelChanged: (_domain, _level, now) => {
        const { point, wantedPoint } = loop.state;
        const { levels } = control.points[wantedPoint];
        if (point !== wantedPoint && engine.levels.every((level, d) => level === levels[d]))
          loop.pointHolds(wantedPoint, now);
      },
      woken: (now) => loop.woken(now),
    },
  });
  const loop = new ControlLoop(control, createController(options.controller, control, options.parameters), actuator, {
    mode: options.mode,
  });
  engine.run(until);
  outcome.joules = engine.meters.totalJoules;
  outcome.loss /= Math.max(1, finished);
  return outcome;
}
