/**
 * What will become of the cohort's frames: a fluid forecast. Frames under way share the processor in equal parts, each
 * instance's frames one after the other; the next release of each instance is counted in. The operating point may change
 * twice on the way:
 *
 *   now ─── present point ───► first ─── point asked for ───► second ─── highest clocks, rescue variants ───►
 *
 * The first change is the actuation delay of what is asked for; the second that of a later correction.
 */
import type { ControlState } from './controller.ts';
import type { Remaining } from './remaining.ts';
import { CONTROL_LIMITS, type ControlSystem } from './system.ts';

const MOST = CONTROL_LIMITS.instances;
/** Frames of one instance that are followed: under way, waiting, and the next release. */
const FOLLOWED = 4;

export interface Course {
  point: number;
  /** Seconds from now until it holds. */
  delay: number;
  /** Seconds from now until the highest clocks hold; Infinity = they are not asked for. */
  correction: number;
  /** Variants that are asked for with the highest clocks. */
  rescue: Int32Array;
  /** Factor on all expected times. */
  slowdown: number;
}

export class Forecast {
  /** Seconds by which frames are late, summed, and how many are. */
  tardiness = 0;
  misses = 0;
  /** How many of those are released already. */
  missesNow = 0;
  /** The largest of those seconds, and whose frame that is; -1 = none is late. */
  latest = 0;
  latestInstance = -1;
  readonly #system: ControlSystem;
  readonly #remaining: Remaining;
  readonly #left = new Float64Array(MOST);
  readonly #job = new Uint32Array(MOST);
  readonly #jobs = new Uint32Array(MOST);
  readonly #active = new Uint8Array(MOST);

  constructor(system: ControlSystem, remaining: Remaining) {
    this.#system = system;
    this.#remaining = remaining;
  }

  /** @returns whether every frame is in time. Stops at the first that is late unless `all`. */
  run(state: ControlState, begun: Int32Array, course: Course, all = false): boolean {
    const n = this.#system.instances.length;
    this.tardiness = 0;
    this.misses = 0;
    this.missesNow = 0;
    this.latest = 0;
    this.latestInstance = -1;
    let phase = course.delay > 0 ? 0 : course.correction > 0 ? 1 : 2;
    let point = this.#pointOf(state, course, phase);
    let variants = phase === 2 ? course.rescue : begun;
    let running = 0;
    for (let i = 0; i < n; i++) {
      const known = state.nextReleaseAt[i] < Number.POSITIVE_INFINITY && state.active[i] === 1 ? 1 : 0;
      const there = state.busy[i] === 1 ? Math.min(FOLLOWED - 1, 1 + state.waiting[i]) : 0;
      this.#jobs[i] = there + known;
      // Jobs count down from the back, so that 1 is the next release where there is one.
      this.#job[i] = there === 0 ? known : there + known;
      this.#active[i] = there > 0 ? 1 : 0;
      running += this.#active[i];
      this.#left[i] = there > 0 ? this.#secondsOf(state, i, variants[i], point) : 0;
    }
    let now = 0;
    for (let steps = 0; steps < 8 * MOST * FOLLOWED; steps++) {
      const change = phase === 0 ? course.delay : phase === 1 ? course.correction : Number.POSITIVE_INFINITY;
      let at = change;
      const pace = running * course.slowdown;
      for (let i = 0; i < n; i++) {
        const due = this.#active[i] === 1 ? now + this.#left[i] * pace : this.#dueOf(state, i);
        if (due < at) at = due;
      }
      if (at === Number.POSITIVE_INFINITY) break;
      if (at < now) at = now;
      const served = pace > 0 ? (at - now) / pace : 0;
      now = at;
      let after = running;
      for (let i = 0; i < n; i++) {
        if (this.#active[i] === 0) {
          if (this.#dueOf(state, i) > at) continue;
          this.#active[i] = 1;
          this.#left[i] = this.#secondsOf(state, i, variants[i], point);
          after++;
          continue;
        }
        const left = this.#left[i] - served;
        this.#left[i] = left;
        if (left > 1e-9) continue;
        const late = state.now + now - this.#deadlineOf(state, i);
        if (late > 1e-9) {
          this.tardiness += late;
          this.misses++;
          if (!this.#isNextRelease(state, i)) this.missesNow++;
          if (late > this.latest) {
            this.latest = late;
            this.latestInstance = i;
          }
          if (!all) return false;
        }
        this.#job[i]--;
        if (this.#job[i] === 0 || this.#dueOf(state, i) > at) {
          this.#active[i] = 0;
          after--;
        } else this.#left[i] = this.#secondsOf(state, i, variants[i], point);
      }
      running = after;
      if (at < change) continue;
      const before = point;
      phase++;
      if (phase === 1 && course.correction <= now) phase = 2;
      const formerly = variants;
      point = this.#pointOf(state, course, phase);
      variants = phase === 2 ? course.rescue : begun;
      if (point === before && variants === formerly) continue;
      for (let i = 0; i < n; i++) {
        if (this.#active[i] === 0) continue;
        const old = this.#secondsOf(state, i, formerly[i], before);
        if (old > 0) this.#left[i] *= this.#secondsOf(state, i, variants[i], point) / old;
      }
    }
    return this.misses === 0;
  }

  /** Expected busy seconds at a point within the next `horizon` seconds: what is there, and releases at their periods. */
  work(state: ControlState, variants: Int32Array, point: number, horizon: number): number {
    let sum = 0;
    for (let i = 0; i < this.#system.instances.length; i++) {
      const variant = variants[i];
      const frame = this.#remaining.frame(i, variant, point);
      if (state.busy[i] === 1)
        sum += this.#remaining.from(i, variant, point, state.position[i]) + state.waiting[i] * frame;
      const due = state.nextReleaseAt[i] - state.now;
      if (state.active[i] === 1 && due < horizon)
        sum += (frame * (horizon - Math.max(0, due))) / this.#system.instances[i].periodSeconds;
    }
    return sum;
  }

  #pointOf(state: ControlState, course: Course, phase: number): number {
    return phase === 0 ? state.point : phase === 1 ? course.point : this.#system.reference;
  }

  #isUnderWay(state: ControlState, i: number): boolean {
    return state.busy[i] === 1 && this.#job[i] === this.#jobs[i];
  }

  #secondsOf(state: ControlState, i: number, variant: number, point: number): number {
    return this.#isUnderWay(state, i)
      ? this.#remaining.from(i, variant, point, state.position[i])
      : this.#remaining.frame(i, variant, point);
  }

  /** Seconds from now until the job can begin; Infinity = none is left. */
  #dueOf(state: ControlState, i: number): number {
    if (this.#job[i] === 0) return Number.POSITIVE_INFINITY;
    return this.#isNextRelease(state, i) ? Math.max(0, state.nextReleaseAt[i] - state.now) : 0;
  }

  #isNextRelease(state: ControlState, i: number): boolean {
    return this.#job[i] === 1 && state.nextReleaseAt[i] < Number.POSITIVE_INFINITY && state.active[i] === 1;
  }

  #deadlineOf(state: ControlState, i: number): number {
    const { deadlineSeconds, periodSeconds } = this.#system.instances[i];
    if (this.#isNextRelease(state, i)) return Math.max(state.now, state.nextReleaseAt[i]) + deadlineSeconds;
    // Frames that wait were released a period after the one before them, as far as is known.
    const behind = this.#jobs[i] - this.#job[i];
    return behind === 0 ? state.deadlineAt[i] : state.deadlineAt[i] + behind * periodSeconds;
  }
}
