/**
 * A plan as a course of events: which processor works on which stage of which frame, and when.
 *
 * A plan states rates and shares of time. This draws one steady state that keeps them: frames of a model are released
 * evenly at its rate, every stage runs on its processor without being interrupted, and the stages of different models
 * take turns. It is a prediction like the plan itself: nothing here was measured.
 *
 *     time 0             window.startNs                        window.endNs
 *     ├── fills ──────────┼── steady state, what slices show ───┼── measured on ──┤
 *     first release                                               (achieved rates alone)
 *
 * All times are whole nanoseconds since the plan's first release.
 */
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Plan } from '../planners/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import { figure } from './numbers.ts';
import { type Course, courseOf } from './timeline/course.ts';
import { dispatch, type Pace, paceOf } from './timeline/dispatch.ts';

export interface TimelineOptions {
  /**
   * The plan's platform: says which processors share a resource, so that they take turns, and which transfers go over
   * a link. Without it processors are independent, and the plan's utilization tells who carries transfers.
   */
  platform?: Platform;
  /** The part to show, in milliseconds since the first release. Default: after the pipelines have filled, `frames` long. */
  window?: { startMs: number; endMs: number };
  /** Length of the default window, in frames of the slowest model; default 3. */
  frames?: number;
  /** The default window is shortened until about so many slices remain; default 20,000. */
  sliceLimit?: number;
}

export interface Timeline {
  window: { startNs: number; endNs: number };
  /** Processors in the plan's order, then the links that carry transfers. */
  tracks: TimelineTrack[];
  /** In the plan's order. */
  models: TimelineModel[];
  /** What runs within the window, by start, then by track. Slices of one track never overlap. */
  slices: TimelineSlice[];
  /** Frames that are in flight at some time within the window, by release, then by model. */
  frames: TimelineFrame[];
  /** Per track: how many stages (or transfers) are ready and wait for it; the first entry is at the window's start. */
  queues: TimelineQueue[][];
  /** What a reader must know: rates that are not reached, models left out, a window cut short. */
  warnings: Warning[];
}

export interface TimelineTrack {
  /** Processor id, resource id of a link, or `FROM-TO` where no platform names the link. */
  id: string;
  kind: 'processor' | 'link';
  /** Share of the time that the plan keeps it busy. */
  plannedUtilization: number;
  /** Within the window: the sum of its slices. */
  busyNs: number;
}

export interface TimelineModel {
  name: string;
  /** Nanoseconds between releases, not rounded; Infinity for a model that never runs. */
  periodNs: number;
  /** Calls of the model in one frame: a slice holds them all. */
  callsPerFrame: number;
  plannedPerS: number;
  /** Completions per second, over the window and on until it is well known; absent when under three complete. */
  achievedPerS?: number;
  /** Frames that complete within the window, its end included. */
  completed: number;
  /** One frame without waiting, as the plan states it. */
  plannedLatencyMs: number;
  /** Mean over the frames that complete within the window, waiting included; absent when none does. */
  latencyMs?: number;
  deadlineMs?: number;
}

export interface TimelineSlice {
  /** Index into `tracks`. */
  track: number;
  kind: 'stage' | 'transfer';
  /** Index into `models`. */
  model: number;
  /** Frame number of the model, from 0 at the first release. */
  frame: number;
  /** Index of the stage that runs, or that the transfer leads to. */
  stage: number;
  /** Within the window. */
  startNs: number;
  endNs: number;
  /** Length before the window cut it; equals endNs - startNs for a slice that lies inside. */
  wholeNs: number;
}

export interface TimelineFrame {
  model: number;
  frame: number;
  /** May lie before the window. */
  releaseNs: number;
  /** May lie after the window; absent when it is later still. */
  finishNs?: number;
}

export interface TimelineQueue {
  atNs: number;
  waiting: number;
}

/** Nanoseconds in a millisecond. */
const NS = 1e6;
const DEFAULT_FRAMES = 3;
const DEFAULT_SLICES = 20_000;
/** A given window is refused when more steps would run up to its end. */
const MOST_STEPS = 2_000_000;
/** Steps simulated at most before the window and, beyond it, for the achieved rates: a matter of tens of milliseconds. */
const WARM_UP_STEPS = 50_000;
const MEASURED_STEPS = 20_000;
/** Frames of the slowest model after which its achieved rate is well known. */
const MEASURED_FRAMES = 100;
/** A rate that falls short by more is worth a warning. */
const SHORTFALL = 0.02;

/**
 * A steady state of a plan. The same plan and options give the same timeline, on every host.
 *
 * @throws HeterodyneError `BAD_INPUT` a plan for processors that the platform has not; `USAGE` an empty window; `LIMIT` a
 *   window too long to draw
 */
export function timeline(plan: Plan, options: TimelineOptions = {}): Timeline {
  const course = courseOf(plan, options.platform);
  const pace = paceOf(course);
  const warnings = [...course.warnings];
  const window = options.window ? givenWindow(options.window, course) : defaultWindow(course, pace, options, warnings);
  const { startNs, endNs } = window;
  const untilNs = endNs + measuringTime(course, endNs - startNs);

  const slices: TimelineSlice[] = [];
  const frames = new Map<string, TimelineFrame>();
  const queues: TimelineQueue[][] = course.tracks.map(() => [{ atNs: startNs, waiting: 0 }]);
  const measured = plan.models.map(() => ({ count: 0, firstNs: 0, lastNs: 0 }));
  dispatch(course, pace, untilNs, {
    ran(part) {
      if (part.endNs <= startNs || part.startNs >= endNs || part.endNs === part.startNs) return;
      const { track, kind, model, frame, stage } = part;
      slices.push({
        track,
        kind,
        model,
        frame,
        stage,
        startNs: Math.max(part.startNs, startNs),
        endNs: Math.min(part.endNs, endNs),
        wholeNs: part.endNs - part.startNs,
      });
    },
    released(model, frame, atNs) {
      if (atNs < endNs) frames.set(`${model} ${frame}`, { model, frame, releaseNs: atNs });
    },
    finished(model, frame, atNs) {
      const key = `${model} ${frame}`;
      if (atNs <= startNs) frames.delete(key);
      const shown = frames.get(key);
      if (shown) shown.finishNs = atNs;
      if (atNs < startNs) return;
      const seen = measured[model];
      if (seen.count++ === 0) seen.firstNs = atNs;
      seen.lastNs = atNs;
    },
    waiting(track, atNs, waiting) {
      const queue = queues[track];
      const last = queue[queue.length - 1];
      if (atNs <= startNs) last.waiting = waiting;
      else if (atNs < endNs) addChange(queue, atNs, waiting);
    },
  });
  slices.sort((a, b) => a.startNs - b.startNs || a.track - b.track);

  const busy = new Float64Array(course.tracks.length);
  for (const slice of slices) busy[slice.track] += slice.endNs - slice.startNs;
  const shown = [...frames.values()].sort((a, b) => a.releaseNs - b.releaseNs || a.model - b.model);
  const models = plan.models.map((planned, m): TimelineModel => {
    const within = shown.filter(({ model, finishNs = Number.POSITIVE_INFINITY }) => model === m && finishNs <= endNs);
    const waited = within.reduce((sum, { releaseNs, finishNs = endNs }) => sum + finishNs - releaseNs, 0);
    const { count, firstNs, lastNs } = measured[m];
    return {
      name: planned.name,
      periodNs: course.models[m].periodNs,
      callsPerFrame: course.models[m].callsPerFrame,
      plannedPerS: planned.throughputPerS,
      ...(count > 2 && lastNs > firstNs && { achievedPerS: ((count - 1) / (lastNs - firstNs)) * 1e9 }),
      completed: within.length,
      plannedLatencyMs: planned.latencyMs,
      ...(within.length > 0 && { latencyMs: waited / within.length / NS }),
      ...(planned.deadlineMs !== undefined && { deadlineMs: planned.deadlineMs }),
    };
  });
  warnings.push(
    ...shortfalls(
      models,
      measured.map(({ count }) => count),
    ),
  );
  return {
    window,
    tracks: course.tracks.map((track, t) => ({ ...track, busyNs: busy[t] })),
    models,
    slices,
    frames: shown,
    queues,
    warnings,
  };
}

function givenWindow({ startMs, endMs }: { startMs: number; endMs: number }, course: Course): Timeline['window'] {
  const window = { startNs: Math.round(startMs * NS), endNs: Math.round(endMs * NS) };
  const received = `${startMs} ms to ${endMs} ms`;
  if (!(window.startNs >= 0 && window.endNs > window.startNs && Number.isSafeInteger(window.endNs))) {
    throw new HeterodyneError('USAGE', `the window from ${received} shows nothing`, {
      path: 'window',
      expected: 'an end after the start, and a start of at least 0 ms',
      received,
    });
  }
  const most = MOST_STEPS / stepsPerNs(course.models);
  if (window.endNs > most) {
    throw new HeterodyneError('LIMIT', `up to the end of the window, ${endMs} ms, too many stages run to draw`, {
      path: 'window',
      expected: `an end before ${figureMs(most)}`,
      received,
    });
  }
  return window;
}

/** From when the first frames have passed at the latest; long enough for the slowest model, short enough to draw. */
function defaultWindow(
  { models }: Course,
  pace: readonly Pace[],
  { frames = DEFAULT_FRAMES, sliceLimit = DEFAULT_SLICES }: TimelineOptions,
  warnings: Warning[],
): Timeline['window'] {
  const drawn = models.filter(({ periodNs }) => Number.isFinite(periodNs));
  if (drawn.length === 0) return { startNs: 0, endNs: NS };
  const full = Math.max(
    ...pace
      .filter(({ inFlight }) => inFlight > 0)
      .map(({ phaseNs, deadlineNs }) => phaseNs + deadlineNs[deadlineNs.length - 1]),
  );
  const filled = Math.min(full, WARM_UP_STEPS / stepsPerNs(drawn));
  const wanted = frames * Math.max(...drawn.map(({ periodNs }) => periodNs));
  const slicesPerNs = drawn.reduce(
    (sum, { periodNs, steps }) => sum + steps.reduce((parts, step) => parts + step.parts.length, 0) / periodNs,
    0,
  );
  const length = Math.min(wanted, sliceLimit / slicesPerNs);
  if (length < wanted) {
    warnings.push({
      code: 'WINDOW_SHORT',
      message: `the window is ${figureMs(length)} instead of ${figureMs(wanted)} long, to stay near ${sliceLimit} slices: slow models may complete no frame in it`,
    });
  }
  if (filled < full) {
    warnings.push({
      code: 'WARM_UP_SHORT',
      message: `the window begins after ${figureMs(filled)} instead of ${figureMs(full)}: slow models may not have filled their pipelines`,
    });
  }
  const startNs = Math.ceil(filled);
  return { startNs, endNs: startNs + Math.max(1, Math.ceil(length)) };
}

function stepsPerNs(models: Course['models']): number {
  return models.reduce((sum, { periodNs, steps }) => sum + steps.length / periodNs, 0);
}

/** How long to go on after the window, only to know the rates. */
function measuringTime(course: Course, windowNs: number): number {
  const drawn = course.models.filter(({ periodNs }) => Number.isFinite(periodNs));
  if (drawn.length === 0) return 0;
  const enough = MEASURED_FRAMES * Math.max(...drawn.map(({ periodNs }) => periodNs));
  return Math.max(0, Math.min(enough - windowNs, MEASURED_STEPS / stepsPerNs(drawn)));
}

/** One entry per instant, and none that changes nothing. */
function addChange(queue: TimelineQueue[], atNs: number, waiting: number): void {
  if (queue.length > 1 && queue[queue.length - 1].atNs === atNs) queue.pop();
  if (queue[queue.length - 1].waiting !== waiting) queue.push({ atNs, waiting });
}

/** The longer a rate was measured, the less of a difference may come from where it began and ended: one frame. */
function shortfalls(models: readonly TimelineModel[], counts: readonly number[]): Warning[] {
  return models.flatMap(({ name, plannedPerS, achievedPerS }, m) => {
    if (achievedPerS === undefined || achievedPerS >= plannedPerS * (1 - SHORTFALL - 1 / counts[m])) return [];
    return [
      {
        code: 'RATE_NOT_REACHED',
        message: `${name} reaches ${figure(achievedPerS)}/s of the planned ${figure(plannedPerS)}/s when stages run one after the other to their ends: processors that share a resource leave gaps`,
        path: `/models/${m}/throughputPerS`,
      },
    ];
  });
}

function figureMs(ns: number): string {
  return `${figure(ns / NS)} ms`;
}
