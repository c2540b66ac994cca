/**
 * The replay `level-4-to-2`: back-to-back frames of a network with six levels, a training job that arrives and leaves.
 * Stored levels: Dynamic-OFA's repository, set nets_6, measured by its authors. Latency = stored x factor(t) x log-normal
 * noise of mean 1.
 */

import type { ControllerParameters } from '../../src/controllers/controller.ts';
import { ControlLoop } from '../../src/controllers/loop.ts';
import { createController } from '../../src/controllers/registry.ts';
import type { ControlSystem } from '../../src/controllers/system.ts';
import { Noise } from '../../src/engine/noise.ts';

export const STORED_MS = [41.16, 45.42, 49.44, 51.08, 56.75, 61.73];
export const TOP_1 = [0.74202, 0.74968, 0.76134, 0.7754, 0.78346, 0.7903];
export const LIMIT_MS = 60;

export const DISTURBED_FROM = 2.47;
export const DISTURBED_TO = 12;

/** Alone 0.90, disturbed 1.233. */
export const disturbance = (seconds: number): number =>
  seconds >= DISTURBED_FROM && seconds < DISTURBED_TO ? 1.233 : 0.9;

export interface LadderFrame {
  atMs: number;
  latencyMs: number;
  level: number;
}

export interface LadderRun {
  frames: LadderFrame[];
  /** Level changes after the start. */
  moves: { atMs: number; from: number; to: number }[];
  infeasible: boolean;
}

/** Variants from the most accurate level down, so that variant 0 is level 6. */
export function ladderSystem(): ControlSystem {
  const best = TOP_1[TOP_1.length - 1];
  return {
    instances: [
      {
        name: 'ofa',
        blocks: 1,
        deadlineSeconds: LIMIT_MS / 1000,
        periodSeconds: Number.POSITIVE_INFINITY,
        criticality: 0,
        weight: 1,
        variants: STORED_MS.map((ms, l) => ({
          name: `level-${l + 1}`,
          loss: best - TOP_1[l],
          seconds: Float64Array.of(ms / 1000),
        })).reverse(),
      },
    ],
    points: [{ id: 'max', levels: new Int32Array(0), busyWatts: 10, idleWatts: 3 }],
    domains: [],
    reference: 0,
    start: 0,
    variantChange: 'frame',
    canSkip: false,
  };
}

export function runLadder(
  seed: number,
  options: {
    controller?: string;
    parameters?: ControllerParameters;
    sigma?: number;
    seconds?: number;
    factor?: (t: number) => number;
  } = {},
): LadderRun {
  const { controller = 'ladder', sigma = 0.02, seconds = 20, factor = disturbance } = options;
  const noise = new Noise(seed);
  const system = ladderSystem();
  const run: LadderRun = { frames: [], moves: [], infeasible: false };
  const loop = new ControlLoop(
    system,
    createController(controller, system, { limitMs: LIMIT_MS, startLevel: 4, maxLevel: 4, ...options.parameters }),
    { setPoint() {}, setVariant() {}, skipFrame() {}, wakeAt() {} },
    { listener: (_controller, _state, _cause, _instance, request) => (run.infeasible ||= request.infeasible) },
  );
  let now = 0;
  let before = 4;
  for (let frame = 0; now < seconds; frame++) {
    loop.released(0, frame, now);
    const level = 6 - loop.state.variant[0];
    if (level !== before) run.moves.push({ atMs: now * 1000, from: before, to: level });
    before = level;
    const latency = (STORED_MS[level - 1] / 1000) * factor(now) * noise.factor(sigma);
    now += latency;
    run.frames.push({ atMs: now * 1000, latencyMs: latency * 1000, level });
    loop.blockEnded(0, frame, 0, latency, now);
    loop.frameEnded(0, frame, now);
  }
  return run;
}
