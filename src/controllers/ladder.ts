/**
 * The ladder: keeps a latency limit by moving an elastic network among its levels, straight to the right one.
 *
 *   down    with 10 samples of the present regime, when the p95 of the present level, lowered by one standard error, is
 *           over the limit: to the highest level whose p95 is within it; where none is, to level 1, and `infeasible`
 *   up      when for 20 frames in a row some higher level had a p95, raised by one standard error, within 0.97 of the limit:
 *           to the highest that has it now. A climb undone within 128 frames doubles the wait for that level (up to 1,000
 *           frames), until 1,000 frames pass without a move
 *   dwell   10 frames before a move down, 20 before one up
 *   cohort  one move at a time: among those that would go down the one with the least loss per second saved, for it changes
 *           what the others measure; then all dwell
 *
 * Levels are an instance's variants by expected time, level 1 the fastest; one that is slower and no more accurate than
 * another is refused. The operating point is left alone. A method of our own, after the ladder of Dynamic-OFA.
 */
import { exp, log } from '../../bindings/core.ts';
import { HeterodyneError } from '../core/errors.ts';
import type {
  Controller,
  ControllerDefinition,
  ControllerParameters,
  ControlRequest,
  ControlState,
} from './controller.ts';
import { Regime } from './regime.ts';
import { Remaining } from './remaining.ts';
import type { ControlledInstance, ControlSystem } from './system.ts';

export const ladder: ControllerDefinition = {
  id: 'ladder',
  title: 'levels of elastic networks under a latency limit, direct jumps',
  reconstruction: false,
  defaults: {
    limitMs: 0,
    goal: 'accuracy',
    startLevel: 0,
    minLevel: 1,
    maxLevel: 0,
    mostLoss: 1,
    dwellDown: 10,
    dwellUp: 20,
    waitUp: 20,
  },
  create: (system, parameters) => new LadderController(system, parameters),
};

const REASONS = [
  'start level',
  'over the limit: down',
  'room for some time: up',
  'no level keeps the limit: level 1',
  'fastest level that keeps the accuracy floor',
] as const;

const LEAST_SAMPLES = 10;
const CLIMB_MARGIN = 0.97;
const UNDONE_WITHIN = 128;
const LONGEST_WAIT = 1000;
const QUIET = 1000;

/** Variants of an instance by time: level l (from 1) is `order[l - 1]`. */
export function levelsOf(
  instance: ControlledInstance,
  instanceIndex: number,
  remaining: Remaining,
  point: number,
): Int32Array {
  const seconds = instance.variants.map((_, v) => remaining.frame(instanceIndex, v, point));
  const order = [...seconds.keys()].sort(
    (a, b) => seconds[a] - seconds[b] || instance.variants[a].loss - instance.variants[b].loss,
  );
  for (let l = 1; l < order.length; l++) {
    const level = instance.variants[order[l]];
    const faster = instance.variants[order[l - 1]];
    if (level.loss < faster.loss) continue;
    throw new HeterodyneError(
      'BAD_INPUT',
      `level "${level.name}" of ${instance.name} is dominated by "${faster.name}"`,
      {
        path: `instances/${instanceIndex}/variants/${order[l]}`,
        expected: 'levels of which each slower one is more accurate',
        received: `no faster and no more accurate than "${faster.name}"`,
        hint: 'leave the level out',
      },
    );
  }
  return Int32Array.from(order);
}

/** One network on its ladder. Levels are 0-based inside. */
class Climber {
  readonly regime = new Regime();
  readonly order: Int32Array;
  readonly least: number;
  readonly most: number;
  level: number;
  framesSinceMove = 0;
  framesWithRoom = 0;
  readonly wait: Float64Array;
  lastClimb = -1;

  constructor(order: Int32Array, parameters: ControllerParameters) {
    this.order = order;
    this.least = Math.max(0, Number(parameters.minLevel) - 1);
    const top = Number(parameters.maxLevel);
    this.most = Math.min(order.length, top > 0 ? top : order.length) - 1;
    if (this.least > this.most)
      throw new HeterodyneError('USAGE', `minLevel ${this.least + 1} is above maxLevel ${this.most + 1}`, {
        path: 'parameters/minLevel',
        expected: `1 to ${this.most + 1}`,
        received: String(this.least + 1),
      });
    const start = Number(parameters.startLevel);
    this.level = Math.min(this.most, Math.max(this.least, start > 0 ? start - 1 : this.most));
    this.wait = new Float64Array(order.length).fill(Number(parameters.waitUp));
  }

  move(level: number): void {
    if (level < this.level && this.level === this.lastClimb && this.framesSinceMove <= UNDONE_WITHIN)
      this.wait[this.level] = Math.min(LONGEST_WAIT, 2 * this.wait[this.level]);
    this.lastClimb = level > this.level ? level : -1;
    this.level = level;
    this.framesSinceMove = 0;
    this.framesWithRoom = 0;
  }
}

class LadderController implements Controller {
  readonly id = 'ladder';
  readonly reasons = REASONS;
  readonly #system: ControlSystem;
  readonly #remaining: Remaining;
  readonly #climbers: Climber[];
  readonly #limit: Float64Array;
  readonly #parameters: ControllerParameters;
  readonly #dwellDown: number;
  readonly #dwellUp: number;
  readonly #waitUp: number;
  #placed = false;

  constructor(system: ControlSystem, parameters: ControllerParameters) {
    this.#system = system;
    this.#parameters = parameters;
    this.#remaining = new Remaining(system);
    const limit = Number(parameters.limitMs) / 1000;
    this.#limit = Float64Array.from(system.instances, ({ deadlineSeconds }) => (limit > 0 ? limit : deadlineSeconds));
    this.#dwellDown = Number(parameters.dwellDown);
    this.#dwellUp = Number(parameters.dwellUp);
    this.#waitUp = Number(parameters.waitUp);
    this.#climbers = system.instances.map(
      (instance, i) => new Climber(levelsOf(instance, i, this.#remaining, system.start), parameters),
    );
  }

  /** Of an instance: what a level's p95 is expected to be, in seconds, shifted by so many standard errors. */
  p95Seconds(state: ControlState, instance: number, level: number, errors: number): number {
    const { regime, order } = this.#climbers[instance];
    const expected = this.#remaining.frame(instance, order[level], state.point);
    return expected * exp(regime.p95() + errors * regime.standardError);
  }

  react: Controller['react'] = (state, cause, instance, request) => {
    if (!this.#placed) this.#place(request);
    if (cause !== 'frame-ended') return;
    const climber = this.#climbers[instance];
    const expected = this.#remaining.frame(instance, state.variant[instance], state.point);
    climber.regime.add(log(state.lastResponseSeconds[instance] / expected));
    climber.framesSinceMove++;
    if (climber.framesSinceMove === QUIET) climber.wait.fill(this.#waitUp);
    if (this.#parameters.goal === 'latency') return;
    if (!this.#goDown(state, instance, request)) this.#goUp(state, instance, request);
  };

  /** Start levels; with the goal `latency` the only move there is. */
  #place(request: ControlRequest): void {
    this.#placed = true;
    this.#climbers.forEach((climber, i) => {
      if (this.#parameters.goal === 'latency') {
        const { variants } = this.#system.instances[i];
        const fits = climber.order.findIndex((v) => variants[v].loss <= Number(this.#parameters.mostLoss));
        climber.level = Math.min(climber.most, Math.max(climber.least, fits));
        request.reason = 4;
      } else request.reason = 0;
      request.variants[i] = climber.order[climber.level];
    });
  }

  #goDown(state: ControlState, instance: number, request: ControlRequest): boolean {
    const climber = this.#climbers[instance];
    if (!this.#wantsDown(state, instance)) return false;
    for (let other = 0; other < this.#climbers.length; other++)
      if (
        other !== instance &&
        this.#wantsDown(state, other) &&
        this.#price(state, other) < this.#price(state, instance)
      )
        return true;
    const level = this.#highestWithin(state, instance);
    const present = this.p95Seconds(state, instance, climber.level, 0);
    if (level < 0) {
      request.infeasible = true;
      request.leastDeadlineSeconds = this.p95Seconds(state, instance, climber.least, 0);
      request.reason = 3;
      if (climber.level === climber.least) return true;
    } else if (!(present > this.#limit[instance]) || level >= climber.level) return true;
    else request.reason = 1;
    this.#move(instance, level < 0 ? climber.least : level, request);
    return true;
  }

  /** Over the limit for sure, and free to move. */
  #wantsDown(state: ControlState, instance: number): boolean {
    const { regime, framesSinceMove, level } = this.#climbers[instance];
    if (regime.samples < LEAST_SAMPLES || framesSinceMove < this.#dwellDown) return false;
    return this.p95Seconds(state, instance, level, -1) > this.#limit[instance];
  }

  /** Accuracy lost per second saved by the next lower level. */
  #price(state: ControlState, instance: number): number {
    const { order, level, least } = this.#climbers[instance];
    if (level === least) return Number.POSITIVE_INFINITY;
    const { variants, weight } = this.#system.instances[instance];
    const saved =
      this.#remaining.frame(instance, order[level], state.point) -
      this.#remaining.frame(instance, order[level - 1], state.point);
    return (weight * (variants[order[level - 1]].loss - variants[order[level]].loss)) / saved;
  }

  /** -1 = none. */
  #highestWithin(state: ControlState, instance: number): number {
    const { least, level } = this.#climbers[instance];
    for (let l = level; l >= least; l--) if (this.p95Seconds(state, instance, l, 0) <= this.#limit[instance]) return l;
    return -1;
  }

  #goUp(state: ControlState, instance: number, request: ControlRequest): void {
    const climber = this.#climbers[instance];
    const bound = CLIMB_MARGIN * this.#limit[instance];
    let target = -1;
    let room = false;
    for (let l = climber.most; l > climber.level; l--) {
      if (this.p95Seconds(state, instance, l, 1) > bound) continue;
      room = true;
      if (climber.framesWithRoom + 1 < climber.wait[l]) continue;
      target = l;
      break;
    }
    climber.framesWithRoom = room ? climber.framesWithRoom + 1 : 0;
    if (target < 0 || climber.framesSinceMove < this.#dwellUp) return;
    request.reason = 2;
    this.#move(instance, target, request);
  }

  #move(instance: number, level: number, request: ControlRequest): void {
    const climber = this.#climbers[instance];
    climber.move(level);
    request.variants[instance] = climber.order[level];
    for (const other of this.#climbers) if (other !== climber) other.framesSinceMove = 0;
  }
}
