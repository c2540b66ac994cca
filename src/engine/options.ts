/** How a system is run: arrivals, disciplines, noise, contention; and what may look on. */
import { HeterodyneError } from '../core/errors.ts';
import type { EngineSystem } from './system.ts';

/**
 * When frames of a model are released, and how many may be under way.
 *
 *   closed    a new frame whenever one ends: always `inFlight` under way
 *   periodic  every `periodSeconds`; where `inFlight` are under way, the frame is skipped, or `waits` for a free place
 *   sporadic  gaps of `leastSeconds` plus an exponential rest (least 0: Poisson arrivals)
 */
export type Arrival = (
  | { kind: 'closed' }
  | { kind: 'periodic'; periodSeconds: number; phaseSeconds?: number; overflow?: 'skip' | 'wait' }
  | { kind: 'sporadic'; leastSeconds: number; meanSeconds: number; phaseSeconds?: number }
) & {
  /** Most frames under way; default {@link DEFAULT_IN_FLIGHT}. */
  inFlight?: number;
  /** Of a frame, after its release. */
  deadlineSeconds?: number;
  /** false: the model comes later (`setActive`). */
  active?: boolean;
};

export const DEFAULT_IN_FLIGHT = 8;

/**
 * Who runs next on a server.
 *
 *   fifo         first come, first served
 *   priority     lower class first, then first come
 *   deadline     earliest deadline first
 *   round-robin  whole steps in turn: the model that had fewest, by its weight
 *   time-sliced  the first frame of every model at once, at reduced speed (slices without length)
 */
export const DISCIPLINES = ['fifo', 'priority', 'deadline', 'round-robin', 'time-sliced'] as const;
export type Discipline = (typeof DISCIPLINES)[number];

export interface NoiseOptions {
  /** Standard deviation of the logarithm of a block's time, each block of each frame for itself; mean factor 1. */
  blockSigma?: number;
  /** The same, one factor for a whole frame. */
  frameSigma?: number;
  /** Interference: a two-state chain for each processor, exponential dwell times, starts calm. */
  bursts?: { meanGapSeconds: number; meanSeconds: number; slowdown: number };
}

/** What looks on. All are called with numbers alone, at the time `now` (seconds); none may keep the loop waiting. */
export interface EngineHooks {
  released?(model: number, frame: number, now: number): void;
  /** No place was free for a frame that was due. */
  skipped?(model: number, now: number): void;
  /** A stage or a transfer over a link begins, or goes on after it was preempted. */
  stepStarted?(model: number, frame: number, route: number, step: number, server: number, now: number): void;
  stepEnded?(model: number, frame: number, route: number, step: number, server: number, now: number): void;
  /**
   * With granularity `block`: a block is done, `seconds` after it began; `block` is TRANSFER for a transfer that the
   * stage pays for.
   */
  blockEnded?(
    model: number,
    frame: number,
    route: number,
    step: number,
    block: number,
    seconds: number,
    now: number,
  ): void;
  /** `joules` above idle, NaN = unknown. `deadline` is absolute, Infinity = none. */
  frameEnded?(
    model: number,
    frame: number,
    route: number,
    released: number,
    deadline: number,
    joules: number,
    now: number,
  ): void;
  /** A frame that was given up has left its place; `joules` were spent on it. */
  givenUp?(
    model: number,
    frame: number,
    route: number,
    released: number,
    deadline: number,
    joules: number,
    now: number,
  ): void;
  /** A new level of a clock domain holds. */
  levelChanged?(domain: number, level: number, now: number): void;
  /** The time that was asked for with `wakeAt`. */
  woken?(now: number): void;
}

export interface EngineOptions {
  seed?: number;
  /** Per model; default closed loops. */
  arrivals?: readonly Arrival[];
  /** One for all servers, or per server; default `fifo`. */
  discipline?: Discipline | readonly Discipline[];
  /**
   * What those get that share at the same time (a time-sliced server, a full resource): the same speed, or speeds at
   * which their steps end equally often; times the model's weight. Default `time`.
   */
  share?: 'time' | 'frames';
  /** Smallest piece that is an event; between blocks may be preempted, and contention follows each. Default `stage`. */
  granularity?: 'stage' | 'block';
  /** `priority` and `deadline`: a more urgent frame takes over at the next block. Default false. */
  preemptive?: boolean;
  /**
   * From when another route holds (`setRoute`): the next frame, or the next block of frames under way that go the same way
   * through the same blocks. Default `frame`.
   */
  routeChange?: 'frame' | 'block';
  noise?: NoiseOptions;
  /** Cost of a processor's change from one model to another; default 0. */
  switchSeconds?: number;
  /** k: a step runs 1 + k a b times as long, where a is its own share of DRAM bandwidth and b that of all others; default 0. */
  memoryInterference?: number;
  hooks?: EngineHooks;
}

/** @throws HeterodyneError `USAGE` */
export function checkOptions(system: EngineSystem, options: EngineOptions): void {
  const { arrivals, discipline, noise = {}, preemptive, granularity } = options;
  if (arrivals !== undefined && arrivals.length !== system.models.length)
    throw wrong('arrivals', `${system.models.length} arrivals, one per model`, arrivals.length);
  arrivals?.forEach((arrival, m) => {
    const at = `arrivals/${m}`;
    const { inFlight = DEFAULT_IN_FLIGHT, deadlineSeconds = 1 } = arrival;
    if (!Number.isInteger(inFlight) || inFlight < 1 || inFlight > 65_536)
      throw wrong(`${at}/inFlight`, 'a whole number from 1 to 65,536', inFlight);
    if (!(deadlineSeconds > 0)) throw wrong(`${at}/deadlineSeconds`, 'more than 0 s', deadlineSeconds);
    if (arrival.kind === 'periodic') positive(`${at}/periodSeconds`, arrival.periodSeconds);
    if (arrival.kind === 'sporadic') {
      positive(`${at}/meanSeconds`, arrival.meanSeconds);
      if (!(arrival.leastSeconds >= 0 && arrival.leastSeconds <= arrival.meanSeconds))
        throw wrong(`${at}/leastSeconds`, `0 to ${arrival.meanSeconds} s`, arrival.leastSeconds);
    }
  });
  if (Array.isArray(discipline) && discipline.length !== system.servers)
    throw wrong('discipline', `${system.servers} disciplines, one per server`, discipline.length);
  if (preemptive && granularity !== 'block')
    throw wrong('granularity', '"block", to preempt between blocks', granularity);
  if (options.routeChange === 'block' && granularity !== 'block')
    throw wrong('granularity', '"block", to change routes between blocks', granularity);
  for (const [name, value] of Object.entries({
    'noise/blockSigma': noise.blockSigma ?? 0,
    'noise/frameSigma': noise.frameSigma ?? 0,
    switchSeconds: options.switchSeconds ?? 0,
    memoryInterference: options.memoryInterference ?? 0,
  })) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw wrong(name, 'a finite number of at least 0', value);
  }
  if (noise.bursts) {
    positive('noise/bursts/meanGapSeconds', noise.bursts.meanGapSeconds);
    positive('noise/bursts/meanSeconds', noise.bursts.meanSeconds);
    if (!(noise.bursts.slowdown >= 1)) throw wrong('noise/bursts/slowdown', 'at least 1', noise.bursts.slowdown);
  }
}

function positive(path: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw wrong(path, 'more than 0 s', value);
}

function wrong(path: string, expected: string, received: unknown): HeterodyneError {
  return new HeterodyneError('USAGE', `${path} cannot be ${received}`, { path, expected, received: String(received) });
}
