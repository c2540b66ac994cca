/**
 * Predictive control: one decision per epoch for the whole cohort, on what holds by the time a decision takes effect.
 *
 *   forecast    a pair of operating point and variants is taken when the fluid forecast keeps all deadlines, the frames to
 *               be released next among them, with times stretched to mean + `deviations` deviations of the slow-down
 *   recovery    and when, should times stretch to their `tail` quantile from now on, the highest clocks asked for after one
 *               epoch still keep them: what is slow now must remain correctable in spite of the actuation delay
 *   energy      among those the least joules up to the last deadline that is looked at, idle power included
 *   dwell       no change of clocks sooner than the slowest domain's delay after the last; none for a gain below
 *               `hysteresis` (less as the last change ages), unless a miss is predicted
 *   parking     in a gap before the next known release that is long enough for both changes, the point of least idle power
 *   rescue      in that forecast the fastest variants come with the highest clocks: approximation holds no delay
 *   overload    faster clocks, then approximation in order of loss per second saved and weight, then frames that no setting
 *               can save are given up, least critical first in line to be degraded; with (m,k)-firm deadlines also frames
 *               that may be missed
 *
 * Modes: `min-energy` takes the fastest variants, `max-accuracy` the least loss that fits, `balanced` the level nearest to
 * the ideal of least energy and least loss. The recurrence looks two changes of clocks ahead (this one and a correction);
 * every epoch plans anew.
 */
import { approximationLevels } from './approximation-levels.ts';
import type {
  Controller,
  ControllerDefinition,
  ControllerParameters,
  ControlRequest,
  ControlState,
} from './controller.ts';
import { FirmSkips } from './firm-skips.ts';
import { type Course, Forecast } from './forecast.ts';
import { PredictiveExplanation } from './predictive-explanation.ts';
import { Remaining } from './remaining.ts';
import { Slowdown } from './slowdown.ts';
import { actuationSeconds, type ControlSystem } from './system.ts';

export const predictive: ControllerDefinition = {
  id: 'predictive',
  title: 'forecast of the whole cohort, aware of actuation delays',
  reconstruction: false,
  defaults: {
    deviations: 1,
    tail: 0.95,
    hysteresis: 0.02,
    epochSeconds: 0,
    skipHopeless: true,
    parking: true,
    rescue: true,
    firm: '',
  },
  create: (system, parameters) => new Predictive(system, parameters),
};

const REASONS = [
  'least energy that keeps all deadlines',
  'kept: the gain is below the hysteresis',
  'kept: the last change is too recent',
  'kept as it is best',
  'no setting keeps all deadlines: fastest',
  'parked until the next release',
  'back before the next release',
  'no setting keeps all deadlines: a frame that may be missed is given up',
] as const;

/** Levels of approximation that `balanced` compares at most. */
const COMPARED = 6;

/** Share of a round after which its slow-down says something. */
const EARLIEST = 0.4;

/** Seconds of rest below which parking is not worth two changes; and the share of idle power that must be saved. */
const SHORTEST_GAP = 0.001;
const WORTH_PARKING = 0.95;

class Predictive implements Controller {
  readonly id = 'predictive';
  readonly reasons = REASONS;
  readonly explanation: PredictiveExplanation;
  readonly #system: ControlSystem;
  readonly #remaining: Remaining;
  readonly #forecast: Forecast;
  readonly #slowdown = new Slowdown();
  readonly #deviations: number;
  readonly #tail: number;
  readonly #hysteresis: number;
  readonly #skipHopeless: boolean;
  readonly #epoch: number;
  readonly #dwell: number;
  readonly #course: Course = { point: 0, delay: 0, correction: 0, rescue: new Int32Array(0), slowdown: 1 };
  /** [levels][instances] variants, from all originals to all fastest. */
  readonly #levels: Int32Array[];
  readonly #levelLoss: Float64Array;
  /** Points in order of energy for the work at hand. */
  readonly #order: Int32Array;
  readonly #joules: Float64Array;
  #level = 0;
  #decidedAt = Number.NEGATIVE_INFINITY;
  #horizon = 0;
  /** Point that was chosen for work; the device may be parked elsewhere. */
  #base: number;
  #changedAt = Number.NEGATIVE_INFINITY;
  readonly #parking: boolean;
  readonly #rescue: boolean;
  readonly #firm?: FirmSkips;
  /** Point of least idle power; of equals the fastest. */
  readonly #quiet: number;
  #parked = false;
  #backAt = 0;

  // Measuring the slow-down.
  #since = 0;
  #wasBusy = false;
  #busySeconds = 0;
  #expected = 0;
  #lastRound = Number.POSITIVE_INFINITY;
  readonly #round: Float64Array;

  constructor(system: ControlSystem, parameters: ControllerParameters) {
    this.#system = system;
    this.#remaining = new Remaining(system);
    this.#forecast = new Forecast(system, this.#remaining);
    this.#deviations = Number(parameters.deviations);
    this.#tail = Number(parameters.tail);
    this.#hysteresis = Number(parameters.hysteresis);
    this.#skipHopeless = system.canSkip && parameters.skipHopeless === true;
    this.#parking = parameters.parking === true;
    this.#rescue = parameters.rescue === true;
    if (parameters.firm !== '') this.#firm = new FirmSkips(String(parameters.firm), system, this.#remaining);
    this.#base = system.start;
    this.#dwell = Math.max(0, ...system.domains.map(({ delaySeconds }) => delaySeconds));
    this.#epoch = Number(parameters.epochSeconds) || Math.max(0.001, this.#dwell / 4);
    this.#levels = approximationLevels(system, this.#remaining);
    this.#levelLoss = Float64Array.from(this.#levels, (level) =>
      level.reduce((sum, v, i) => sum + system.instances[i].weight * system.instances[i].variants[v].loss, 0),
    );
    this.explanation = new PredictiveExplanation(system, this.#remaining);
    this.#order = new Int32Array(system.points.length);
    this.#joules = new Float64Array(system.points.length);
    this.#round = Float64Array.from(system.points, (_, point) => this.#remaining.cohort(point));
    this.#quiet = system.points.reduce((best, { idleWatts }, k) => {
      const least = system.points[best].idleWatts;
      return idleWatts < least || (idleWatts === least && this.#round[k] < this.#round[best]) ? k : best;
    }, 0);
  }

  react: Controller['react'] = (state, cause, instance, request) => {
    this.#measure(state, cause === 'block-ended' ? instance : -1);
    this.#firm?.observe(state, cause, instance);
    if (this.#skipHopeless) this.#giveUpHopeless(state, request);
    const idle = !state.busy.includes(1);
    if (cause === 'block-ended' && state.now < this.#decidedAt + this.#epoch) return;
    if (idle && this.#parked && state.now >= this.#backAt) this.#return(request);
    if (idle && cause !== 'mode-set' && cause !== 'frame-ended') return;
    this.#decidedAt = state.now;
    this.#decide(state, request);
    if (request.point !== this.#base) this.#changedAt = state.now;
    this.#base = request.point;
    this.#parked = false;
    if (idle && this.#parking) this.#park(state, request);
  };

  #measure(state: ControlState, finished: number): void {
    if (this.#wasBusy) this.#busySeconds += state.now - this.#since;
    this.#since = state.now;
    this.#wasBusy = state.busy.includes(1);
    if (finished < 0) return;
    const variant = state.lastBlockVariant[finished];
    this.#expected += this.#remaining.of(finished, variant, state.point, state.lastBlock[finished]);
    this.#lastRound = this.#round[state.point];
    if (this.#expected < this.#lastRound) return;
    this.#slowdown.add(this.#busySeconds / this.#expected);
    this.#busySeconds = 0;
    this.#expected = 0;
  }

  /** A frame that is late even alone, at the highest clocks and in its fastest variant, only takes time from others. */
  #giveUpHopeless(state: ControlState, request: ControlRequest): void {
    const fastest = this.#levels[this.#levels.length - 1];
    for (let i = 0; i < fastest.length; i++) {
      if (state.busy[i] === 0) continue;
      const least = this.#remaining.from(i, fastest[i], this.#system.reference, state.position[i]);
      if (state.now + least > state.deadlineAt[i]) request.skip[i] = 1;
    }
  }

  #decide(state: ControlState, request: ControlRequest): void {
    this.#horizon = this.#lookAhead(state);
    this.explanation.begin(state);
    const last = this.#levels.length - 1;
    let level = -1;
    let point = -1;
    if (state.mode === 'balanced') {
      level = this.#balancedLevel(state);
      if (level >= 0) point = this.#leastEnergy(state, level);
    } else {
      const step = state.mode === 'max-accuracy' ? 1 : -1;
      for (let l = step > 0 ? 0 : last; l >= 0 && l <= last; l += step) {
        point = this.#leastEnergy(state, l);
        level = l;
        // The fastest variants are the last resort of every mode.
        if (point >= 0 || step < 0) break;
      }
    }
    if (point < 0) {
      this.#settle(state, request, this.#system.reference, last, 4);
      request.infeasible = true;
      request.leastDeadlineSeconds = this.#leastDeadline(state);
      this.#skipOne(state, request);
      return;
    }
    this.#keepOrChange(state, request, point, level);
  }

  /** Of the frame that is latest with everything at its fastest: the deadline that would hold. */
  #leastDeadline(state: ControlState): number {
    const course = this.#course;
    course.point = this.#system.reference;
    course.delay = this.#delayTo(state, course.point);
    course.correction = Number.POSITIVE_INFINITY;
    course.slowdown = this.#slowdown.mean;
    this.#forecast.run(state, this.#levels[this.#levels.length - 1], course, true);
    const { latest, latestInstance } = this.#forecast;
    return latestInstance < 0 ? Number.NaN : this.#system.instances[latestInstance].deadlineSeconds + latest;
  }

  /**
   * With (m,k)-firm deadlines, where frames under way are late by the last forecast: the least critical one that may be
   * missed. The loop calls again when it has left.
   */
  #skipOne(state: ControlState, request: ControlRequest): void {
    if (!this.#system.canSkip || this.#forecast.missesNow === 0) return;
    const victim = this.#firm?.victim(state) ?? -1;
    if (victim < 0) return;
    request.skip[victim] = 1;
    request.reason = 7;
  }

  /** In a gap that is long enough: the idle device at its least power, back in time. */
  #park(state: ControlState, request: ControlRequest): void {
    const { points } = this.#system;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < state.active.length; i++)
      if (state.active[i] === 1) next = Math.min(next, state.nextReleaseAt[i]);
    if (next === Number.POSITIVE_INFINITY) return;
    const back = actuationSeconds(this.#system, this.#quiet, this.#base);
    if (next - state.now < 2 * back + SHORTEST_GAP) return;
    if (points[this.#quiet].idleWatts > WORTH_PARKING * points[this.#base].idleWatts) return;
    this.#parked = true;
    this.#backAt = next - back;
    request.point = this.#quiet;
    request.reason = 5;
    request.wakeAt = this.#backAt;
  }

  #return(request: ControlRequest): void {
    this.#parked = false;
    request.point = this.#base;
    request.reason = 6;
  }

  #keepOrChange(state: ControlState, request: ControlRequest, point: number, level: number): void {
    const present = this.#base;
    if (point === present && level === this.#level) {
      this.#settle(state, request, point, level, 3);
      return;
    }
    if (level === this.#level && this.#keeps(state, level, present)) {
      // A change must earn its cost; the longer the last one is past, the less another costs per second.
      const gain = this.#hysteresis * Math.min(1, this.#horizon / (state.now - this.#changedAt));
      if (this.#joulesAt(state, level, present) <= (1 + gain) * this.#joulesAt(state, level, point)) {
        this.#settle(state, request, present, level, 1);
        return;
      }
      if (state.now < this.#changedAt + this.#dwell) {
        this.#settle(state, request, present, level, 2);
        return;
      }
    }
    this.#settle(state, request, point, level, 0);
  }

  #settle(state: ControlState, request: ControlRequest, point: number, level: number, reason: number): void {
    const variants = this.#levels[level];
    this.#level = level;
    request.point = point;
    this.explanation.choose(point, this.#levelLoss[level], REASONS[reason]);
    for (let i = 0; i < variants.length; i++) request.variants[i] = variants[i];
    request.reason = reason;
    if (reason === 0 || reason === 2) request.wakeAt = state.now + Math.max(this.#dwell, this.#epoch);
  }

  /** Seconds until the last deadline that the forecast looks at. */
  #lookAhead(state: ControlState): number {
    let end = 0;
    for (let i = 0; i < this.#system.instances.length; i++) {
      if (state.busy[i] === 1) end = Math.max(end, state.deadlineAt[i] - state.now);
      if (state.nextReleaseAt[i] < Number.POSITIVE_INFINITY)
        end = Math.max(end, state.nextReleaseAt[i] - state.now + this.#system.instances[i].deadlineSeconds);
    }
    return end < Number.POSITIVE_INFINITY ? end : 0;
  }

  #joulesAt(state: ControlState, level: number, point: number): number {
    const { busyWatts, idleWatts } = this.#system.points[point];
    const busy = this.#forecast.work(state, this.#levels[level], point, this.#horizon) * this.#slowdown.mean;
    return busyWatts * busy + idleWatts * Math.max(0, this.#horizon - busy);
  }

  /** The point of least energy that keeps all deadlines with these variants, -1 = none. */
  #leastEnergy(state: ControlState, level: number): number {
    const order = this.#order;
    const joules = this.#joules;
    let count = 0;
    for (let k = 0; k < order.length; k++) {
      const needed = this.#joulesAt(state, level, k);
      let place = count++;
      while (place > 0 && joules[place - 1] > needed) {
        joules[place] = joules[place - 1];
        order[place] = order[place - 1];
        place--;
      }
      joules[place] = needed;
      order[place] = k;
    }
    for (let o = 0; o < count; o++) {
      const keeps = this.#keeps(state, level, order[o]);
      this.explanation.add(order[o], this.#levels[level], this.#levelLoss[level], joules[o], keeps, this.#forecast);
      if (keeps) return order[o];
    }
    return -1;
  }

  /** Whether all deadlines hold at a point, as expected and, corrected in time, in the tail. */
  #keeps(state: ControlState, level: number, point: number): boolean {
    const { reference } = this.#system;
    const variants = this.#levels[level];
    const slowdown = this.#slowdown;
    const course = this.#course;
    const planned = Math.max(slowdown.mean, this.#present()) + this.#deviations * slowdown.deviation;
    course.point = point;
    course.delay = this.#delayTo(state, point);
    course.correction = Number.POSITIVE_INFINITY;
    course.slowdown = planned;
    if (!this.#forecast.run(state, variants, course)) return false;
    const rescue = this.#rescue ? this.#levels[this.#levels.length - 1] : variants;
    if (point === reference) return true;
    course.rescue = rescue;
    course.correction = course.delay + this.#epoch + actuationSeconds(this.#system, point, reference);
    course.slowdown = Math.max(planned, slowdown.tail(this.#tail));
    return this.#forecast.run(state, variants, course);
  }

  /** Until the wanted clocks hold. Slower ones may hold at once: their domains do not change together. */
  #delayTo(state: ControlState, point: number): number {
    const underWay = Math.max(0, state.effectiveAt - state.now);
    if (point === state.wantedPoint) return underWay;
    if (this.#round[point] > this.#round[state.point]) return 0;
    return underWay + actuationSeconds(this.#system, state.point, point);
  }

  /** Slow-down of the round that is not complete yet; 0 = too early to tell. */
  #present(): number {
    return this.#expected > EARLIEST * this.#lastRound ? this.#busySeconds / this.#expected : 0;
  }

  /** Among a few levels with their points of least energy: nearest to the least energy and the least loss, -1 = none. */
  #balancedLevel(state: ControlState): number {
    const last = this.#levels.length - 1;
    const compared = Math.min(COMPARED, last + 1);
    let leastJoules = Number.POSITIVE_INFINITY;
    let mostJoules = 0;
    let leastLoss = Number.POSITIVE_INFINITY;
    let mostLoss = 0;
    let best = -1;
    for (let pass = 0; pass < 2; pass++) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let c = 0; c < compared; c++) {
        const level = compared === 1 ? 0 : Math.round((c * last) / (compared - 1));
        if (pass === 0) {
          const point = this.#leastEnergy(state, level);
          BALANCE[c] = point < 0 ? Number.POSITIVE_INFINITY : this.#joulesAt(state, level, point);
        }
        if (BALANCE[c] === Number.POSITIVE_INFINITY) continue;
        if (pass === 0) {
          leastJoules = Math.min(leastJoules, BALANCE[c]);
          mostJoules = Math.max(mostJoules, BALANCE[c]);
          leastLoss = Math.min(leastLoss, this.#levelLoss[level]);
          mostLoss = Math.max(mostLoss, this.#levelLoss[level]);
          continue;
        }
        const e = mostJoules > leastJoules ? (BALANCE[c] - leastJoules) / (mostJoules - leastJoules) : 0;
        const a = mostLoss > leastLoss ? (this.#levelLoss[level] - leastLoss) / (mostLoss - leastLoss) : 0;
        const distance = e * e + a * a;
        if (distance >= nearest) continue;
        nearest = distance;
        best = level;
      }
    }
    return best;
  }
}

/** Joules of the compared levels; scratch of one call. */
const BALANCE = new Float64Array(COMPARED);
