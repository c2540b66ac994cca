/** Throughput of a joint placement as the engine finds it: labels for data sets, and a second opinion on a formula. */
import type { PlacementProblem } from '../core/placement.ts';
import { Engine } from './engine.ts';
import type { Arrival, EngineOptions } from './options.ts';
import { systemOf } from './system.ts';

export interface ThroughputOptions extends Omit<EngineOptions, 'arrivals' | 'hooks'> {
  /** Frames of each model under way; 1 where the problem says `depthOne`. Default 4. */
  inFlight?: number;
  /** Frames that every model ends before counting begins; default 8 times `inFlight`: queues fill slowly where two resources are nearly full. */
  warmUpFrames?: number;
  /** Frames that the slowest model ends while they are counted; default 50. */
  frames?: number;
  /** Events after which counting ends, however few frames it saw; default 4,000,000 (seconds of computing). */
  eventLimit?: number;
}

export interface SimulatedThroughput {
  /** [M] frames/s; 0 for a model of which fewer than two frames ended. */
  rates: Float64Array;
  /** [M] frames behind each rate. */
  frames: Float64Array;
  /** Virtual time that was counted. */
  seconds: number;
  events: number;
  /** false: the event limit ended it. */
  complete: boolean;
}

/**
 * Rates of all models beside each other: closed loops (a model with an arrival rate takes no more than that), the
 * warm-up left out. A rate is the number of frames between the first and the last that ended in the window, over the
 * time between them. A simulated figure, deterministic by seed.
 *
 * @param placement [M] placement records
 * @throws HeterodyneError as `systemOf` and `Engine`
 */
export function simulateThroughput(
  problem: PlacementProblem,
  placement: Uint8Array,
  options: ThroughputOptions = {},
): SimulatedThroughput {
  const { inFlight = 4, frames = 50, eventLimit = 4_000_000, ...engineOptions } = options;
  const places = problem.depthOne ? 1 : inFlight;
  const warmUp = options.warmUpFrames ?? 8 * places;
  const M = problem.models.length;
  const arrivals = problem.models.map(
    ({ rateLimit }): Arrival =>
      rateLimit === Number.POSITIVE_INFINITY
        ? { kind: 'closed', inFlight: places }
        : { kind: 'periodic', periodSeconds: 1 / rateLimit, overflow: 'wait', inFlight: places },
  );
  const ended = new Float64Array(M);
  const counted = new Float64Array(M).fill(-1);
  const first = new Float64Array(M);
  const last = new Float64Array(M);
  let counting = false;
  let missing = M;
  let start = 0;
  const engine = new Engine(systemOf(problem, placement), {
    ...engineOptions,
    arrivals,
    hooks: {
      frameEnded(model, _frame, _route, _released, _deadline, _joules, now) {
        if (!counting) {
          if (++ended[model] === warmUp) missing--;
          if (missing > 0) return;
          counting = true;
          missing = M;
          start = now;
          return;
        }
        last[model] = now;
        if (counted[model]++ < 0) first[model] = now;
        if (counted[model] === frames && --missing === 0) engine.stop();
      },
      stepStarted() {
        if (engine.events >= eventLimit) engine.stop();
      },
    },
  });
  engine.run(Number.POSITIVE_INFINITY);
  return {
    rates: counted.map((count, m) => (count > 0 ? count / (last[m] - first[m]) : 0)),
    frames: counted.map((count) => Math.max(count, 0)),
    seconds: engine.now - start,
    events: engine.events,
    complete: missing === 0 && counting,
  };
}
