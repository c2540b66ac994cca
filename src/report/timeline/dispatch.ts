/**
 * Who runs when: frames are released evenly, and every track takes the waiting step with the earliest deadline and
 * finishes it before it takes another.
 *
 * Deadlines follow the frame's nominal release, one period and one longest foreign step further for every step. With
 * them no track falls behind at any load up to 1 as long as tracks are independent: a step is ready no later than the
 * deadline of the one before, so that within any busy time the steps due by its end ask for at most that time, plus
 * one step that had begun earlier (for one processor: Jeffay, Stanat, Martel, On non-preemptive scheduling of periodic
 * and sporadic tasks, 1991). Where processors share a resource, gaps may remain that no order of whole steps closes: then frames
 * queue up to a limit, further releases wait, and the rate falls short.
 */
import type { Course, Step } from './course.ts';

/** A part of a step, when it runs. */
export interface Ran {
  track: number;
  kind: 'stage' | 'transfer';
  model: number;
  frame: number;
  stage: number;
  startNs: number;
  endNs: number;
}

export interface Observer {
  /** Called when the step begins. */
  ran(part: Ran): void;
  released(model: number, frame: number, atNs: number): void;
  finished(model: number, frame: number, atNs: number): void;
  /** The number of steps that wait for a track has changed. */
  waiting(track: number, atNs: number, count: number): void;
}

interface Job {
  model: number;
  frame: number;
  step: number;
  deadlineNs: number;
  endNs: number;
}

/** What is known of each model before anything runs. */
export interface Pace {
  /** Nominal release of frame 0. */
  phaseNs: number;
  /** Deadline of each step, after the nominal release. */
  deadlineNs: number[];
  /** Most frames in flight; the deadlines above never need more. */
  inFlight: number;
}

/** Phases and deadlines: spread over a period in model order, so that equal rates do not collide at each release. */
export function paceOf(course: Course): Pace[] {
  const longest = new Float64Array(course.occupiables);
  const running = course.models.map(({ periodNs }) => Number.isFinite(periodNs));
  course.models.forEach(({ steps }, m) => {
    if (!running[m]) return;
    for (const { occupies, lengthNs } of steps) {
      for (const what of occupies) longest[what] = Math.max(longest[what], lengthNs);
    }
  });
  return course.models.map(({ periodNs, steps }, m) => {
    if (!running[m]) return { phaseNs: Number.POSITIVE_INFINITY, deadlineNs: [], inFlight: 0 };
    let at = 0;
    const deadlineNs = steps.map(({ occupies }) => {
      at += periodNs + Math.max(...occupies.map((what) => longest[what]));
      return at;
    });
    return { phaseNs: (periodNs * m) / course.models.length, deadlineNs, inFlight: Math.ceil(at / periodNs) + 2 };
  });
}

/** Run until `untilNs`: steps that would begin later are not begun. */
export function dispatch(course: Course, pace: readonly Pace[], untilNs: number, observer: Observer): void {
  const { models } = course;
  const freeAt = new Float64Array(course.occupiables);
  const reserved = new Float64Array(course.occupiables);
  const waiting = new Uint32Array(course.tracks.length);
  const released = new Uint32Array(models.length);
  const finished = new Uint32Array(models.length);
  /** By deadline, then by model, then by frame. */
  const ready: Job[] = [];
  let running: Job[] = [];

  const stepOf = (job: Job): Step => models[job.model].steps[job.step];
  /** Next release of each model; Infinity while it has all the frames in flight that it may. */
  const releaseAt = new Float64Array(models.length);
  const setRelease = (m: number): void => {
    const free = released[m] - finished[m] < pace[m].inFlight;
    releaseAt[m] = free ? Math.round(pace[m].phaseNs + released[m] * models[m].periodNs) : Number.POSITIVE_INFINITY;
  };
  for (let m = 0; m < models.length; m++) setRelease(m);

  const count = (job: Job, change: 1 | -1, nowNs: number): void => {
    const { track } = stepOf(job);
    waiting[track] += change;
    observer.waiting(track, nowNs, waiting[track]);
  };
  const enqueue = (model: number, frame: number, step: number, nowNs: number): void => {
    const deadlineNs = pace[model].phaseNs + frame * models[model].periodNs + pace[model].deadlineNs[step];
    const job: Job = { model, frame, step, deadlineNs, endNs: 0 };
    let at = ready.length;
    while (at > 0 && isBefore(job, ready[at - 1])) at--;
    ready.splice(at, 0, job);
    count(job, 1, nowNs);
  };
  const begin = (job: Job, nowNs: number): void => {
    const { track, parts, occupies } = stepOf(job);
    let at = nowNs;
    for (const { kind, stage, lengthNs } of parts) {
      const endNs = at + wholeNs(lengthNs, job.frame);
      observer.ran({ track, kind, model: job.model, frame: job.frame, stage, startNs: at, endNs });
      at = endNs;
    }
    job.endNs = at;
    for (const what of occupies) freeAt[what] = at;
    running.push(job);
    count(job, -1, nowNs);
  };
  /** In order of deadline; a later one may go first where it ends before the earlier one can begin. */
  const assign = (nowNs: number): void => {
    reserved.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < ready.length; i++) {
      const job = ready[i];
      const { occupies, parts } = stepOf(job);
      let endNs = nowNs;
      for (const { lengthNs } of parts) endNs += wholeNs(lengthNs, job.frame);
      let startNs = nowNs;
      let inTheWay = false;
      for (const what of occupies) {
        startNs = Math.max(startNs, freeAt[what]);
        inTheWay ||= endNs > reserved[what];
      }
      if (startNs <= nowNs && !inTheWay) {
        ready.splice(i--, 1);
        begin(job, nowNs);
      } else for (const what of occupies) reserved[what] = Math.min(reserved[what], startNs);
    }
  };

  for (let nowNs = 0; ; ) {
    let nextNs = Number.POSITIVE_INFINITY;
    for (let m = 0; m < models.length; m++) nextNs = Math.min(nextNs, releaseAt[m]);
    for (const { endNs } of running) nextNs = Math.min(nextNs, endNs);
    // A release that had to wait for a free place is late by then.
    nowNs = Math.max(nowNs, nextNs);
    if (nowNs >= untilNs) return;

    const ended = running.filter(({ endNs }) => endNs <= nowNs);
    if (ended.length > 0) running = running.filter(({ endNs }) => endNs > nowNs);
    for (const { model, frame, step } of ended) {
      if (step + 1 < models[model].steps.length) enqueue(model, frame, step + 1, nowNs);
      else {
        finished[model]++;
        setRelease(model);
        observer.finished(model, frame, nowNs);
      }
    }
    for (let m = 0; m < models.length; m++) {
      while (releaseAt[m] <= nowNs) {
        observer.released(m, released[m], nowNs);
        enqueue(m, released[m]++, 0, nowNs);
        setRelease(m);
      }
    }
    assign(nowNs);
  }
}

function isBefore(a: Job, b: Job): boolean {
  return a.deadlineNs !== b.deadlineNs
    ? a.deadlineNs < b.deadlineNs
    : a.model !== b.model
      ? a.model < b.model
      : a.frame < b.frame;
}

/** Whole nanoseconds of the frame's turn, so that the sum over frames stays within one of the exact time. */
function wholeNs(lengthNs: number, frame: number): number {
  return Math.round((frame + 1) * lengthNs) - Math.round(frame * lengthNs);
}
