/**
 * The control loop: turns events into state, calls the controller, passes on what it asks for. The simulator and the
 * runtime call the same methods, one per event, with the time.
 *
 * Frames of one instance that are released and not done lie in a row, oldest first, LIMITS.waiting at most:
 *
 *   frame │ released │ deadline │ position      columns of [instances][waiting]
 */
import { CONTROL_MODES, type ControlMode } from '../core/control-modes.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Actuator, ControlCause, Controller, ControlRequest, ControlState } from './controller.ts';
import { actuationSeconds, CONTROL_LIMITS, type ControlSystem, checkControlSystem } from './system.ts';

/** Told of every decision, after it was passed on. Reads; may not keep the arrays. */
export type DecisionListener = (
  controller: Controller,
  state: ControlState,
  cause: ControlCause,
  instance: number,
  request: ControlRequest,
) => void;

const MOST = CONTROL_LIMITS.waiting;

export class ControlLoop {
  #system: ControlSystem;
  #controller: Controller;
  readonly state: ControlState;
  readonly #request: ControlRequest;
  readonly #actuator: Actuator;
  readonly #listener?: DecisionListener;
  readonly #count: Uint32Array;
  readonly #frame: Float64Array;
  readonly #released: Float64Array;
  readonly #deadline: Float64Array;
  readonly #position: Uint32Array;

  /** @throws HeterodyneError as `checkControlSystem` */
  constructor(
    system: ControlSystem,
    controller: Controller,
    actuator: Actuator,
    options: { mode?: ControlMode; listener?: DecisionListener } = {},
  ) {
    checkControlSystem(system);
    const n = system.instances.length;
    this.#system = system;
    this.#controller = controller;
    this.#actuator = actuator;
    this.#listener = options.listener;
    this.state = initialState(system, options.mode ?? 'balanced');
    this.#request = {
      point: -1,
      variants: new Int32Array(n),
      skip: new Uint8Array(n),
      wakeAt: Number.POSITIVE_INFINITY,
      reason: -1,
      infeasible: false,
      leastDeadlineSeconds: Number.NaN,
    };
    this.#count = new Uint32Array(n);
    this.#frame = new Float64Array(n * MOST);
    this.#released = new Float64Array(n * MOST);
    this.#deadline = new Float64Array(n * MOST);
    this.#position = new Uint32Array(n * MOST);
  }

  get system(): ControlSystem {
    return this.#system;
  }

  get controller(): Controller {
    return this.#controller;
  }

  /**
   * The same instances and points at other costs, as after a new placement, and a controller that was made for them: it
   * takes over with everything that is under way.
   *
   * @throws HeterodyneError as `checkControlSystem`
   */
  succeed(system: ControlSystem, controller: Controller, now: number): void {
    checkControlSystem(system);
    this.#system = system;
    this.#controller = controller;
    this.#call('cohort-changed', -1, now);
  }

  /** A frame is there. Its deadline follows from the system unless given (absolute). */
  released(instance: number, frame: number, now: number, deadlineAt?: number): void {
    const { deadlineSeconds, periodSeconds } = this.system.instances[instance];
    const count = this.#count[instance];
    if (count === MOST)
      throw new HeterodyneError('LIMIT', `more than ${MOST} frames of ${this.system.instances[instance].name} wait`, {
        expected: `at most ${MOST} frames under way`,
      });
    const slot = instance * MOST + count;
    this.#count[instance] = count + 1;
    this.#frame[slot] = frame;
    this.#released[slot] = now;
    this.#deadline[slot] = deadlineAt ?? now + deadlineSeconds;
    this.#position[slot] = 0;
    this.state.nextReleaseAt[instance] = now + periodSeconds;
    this.#showOldest(instance);
    this.#call('released', instance, now);
  }

  /**
   * Block `block` of a frame is done; blocks before it are, too.
   *
   * @param seconds of execution, without waiting; NaN = not known
   */
  blockEnded(instance: number, frame: number, block: number, seconds: number, now: number): void {
    const slot = this.#slotOf(instance, frame);
    if (slot < 0) return;
    const { state } = this;
    this.#position[slot] = block + 1;
    state.lastBlock[instance] = block;
    state.lastBlockSeconds[instance] = seconds;
    state.lastBlockVariant[instance] = state.variant[instance];
    if (this.system.variantChange === 'block') state.variant[instance] = state.wantedVariant[instance];
    this.#showOldest(instance);
    this.#call('block-ended', instance, now);
  }

  frameEnded(instance: number, frame: number, now: number): void {
    const slot = this.#slotOf(instance, frame);
    if (slot < 0) return;
    const { state } = this;
    state.lastResponseSeconds[instance] = now - this.#released[slot];
    state.finished[instance]++;
    if (now > this.#deadline[slot]) state.missed[instance]++;
    this.#remove(instance, slot);
    this.#call('frame-ended', instance, now);
  }

  /** A frame was given up, or its release found no place (`frame` unknown then). */
  frameSkipped(instance: number, frame: number, now: number): void {
    const slot = this.#slotOf(instance, frame);
    this.state.skipped[instance]++;
    if (slot >= 0) this.#remove(instance, slot);
    else this.state.nextReleaseAt[instance] = now + this.system.instances[instance].periodSeconds;
    this.#call('frame-skipped', instance, now);
  }

  /** All clocks stand as `point` says. */
  pointHolds(point: number, now: number): void {
    this.state.point = point;
    if (point === this.state.wantedPoint) this.state.effectiveAt = now;
    this.#call('point-holds', -1, now);
  }

  woken(now: number): void {
    this.#call('woken', -1, now);
  }

  /** @throws HeterodyneError `USAGE` for an unknown mode */
  setMode(mode: ControlMode, now: number): void {
    if (!CONTROL_MODES.includes(mode))
      throw new HeterodyneError('USAGE', `there is no mode "${mode}"`, {
        path: 'mode',
        expected: `one of ${CONTROL_MODES.join(', ')}`,
        received: `"${mode}"`,
      });
    this.state.mode = mode;
    this.#call('mode-set', -1, now);
  }

  /** An instance comes or goes; its frames go with it. */
  setActive(instance: number, active: boolean, now: number): void {
    this.state.active[instance] = Number(active);
    if (!active) {
      this.#count[instance] = 0;
      this.state.nextReleaseAt[instance] = Number.POSITIVE_INFINITY;
      this.#showOldest(instance);
    }
    this.#call('cohort-changed', instance, now);
  }

  #call(cause: ControlCause, instance: number, now: number): void {
    const { state, controller } = this;
    const request = this.#request;
    state.now = now;
    request.point = -1;
    request.variants.fill(-1);
    request.skip.fill(0);
    request.wakeAt = Number.POSITIVE_INFINITY;
    request.reason = -1;
    request.infeasible = false;
    request.leastDeadlineSeconds = Number.NaN;
    controller.react(state, cause, instance, request);
    if (request.reason >= 0) this.#listener?.(controller, state, cause, instance, request);
    this.#carryOut(cause === 'released' ? instance : -1, now);
  }

  /** @param fresh instance whose frame was released just now and has not begun; -1 = none */
  #carryOut(fresh: number, now: number): void {
    const { state, system } = this;
    const request = this.#request;
    const actuator = this.#actuator;
    if (request.point >= 0 && request.point !== state.wantedPoint) {
      state.effectiveAt = now + actuationSeconds(system, state.point, request.point);
      state.wantedPoint = request.point;
      state.askedAt = now;
      actuator.setPoint(request.point, now);
    }
    for (let i = 0; i < request.variants.length; i++) {
      const variant = request.variants[i];
      if (variant < 0 || variant === state.wantedVariant[i]) continue;
      state.wantedVariant[i] = variant;
      if (state.busy[i] === 0 || (i === fresh && state.waiting[i] === 0)) state.variant[i] = variant;
      actuator.setVariant(i, variant, now);
    }
    if (request.wakeAt < Number.POSITIVE_INFINITY) actuator.wakeAt(request.wakeAt);
    // The feeder answers a skip by `frameSkipped`, which calls the controller again: wishes are read before that.
    let skips = 0;
    for (let i = 0; i < request.skip.length; i++) {
      if (request.skip[i] === 0 || state.busy[i] === 0) continue;
      // A closed loop puts the next frame in its place at once: given up, too, and so on without time passing.
      if (system.instances[i].periodSeconds === Number.POSITIVE_INFINITY && state.releasedAt[i] === now) continue;
      skips |= 1 << i;
    }
    if (!system.canSkip) return;
    for (let i = 0; skips !== 0; i++, skips >>>= 1) if (skips & 1) actuator.skipFrame(i, now);
  }

  #slotOf(instance: number, frame: number): number {
    const first = instance * MOST;
    for (let slot = first; slot < first + this.#count[instance]; slot++) if (this.#frame[slot] === frame) return slot;
    return -1;
  }

  #remove(instance: number, slot: number): void {
    const end = instance * MOST + this.#count[instance];
    this.#frame.copyWithin(slot, slot + 1, end);
    this.#released.copyWithin(slot, slot + 1, end);
    this.#deadline.copyWithin(slot, slot + 1, end);
    this.#position.copyWithin(slot, slot + 1, end);
    this.#count[instance]--;
    this.state.variant[instance] = this.state.wantedVariant[instance];
    this.#showOldest(instance);
  }

  #showOldest(instance: number): void {
    const { state } = this;
    const count = this.#count[instance];
    const slot = instance * MOST;
    state.busy[instance] = count > 0 ? 1 : 0;
    state.waiting[instance] = Math.max(0, count - 1);
    state.frame[instance] = count > 0 ? this.#frame[slot] : -1;
    state.releasedAt[instance] = count > 0 ? this.#released[slot] : Number.NaN;
    state.deadlineAt[instance] = count > 0 ? this.#deadline[slot] : Number.POSITIVE_INFINITY;
    state.position[instance] = count > 0 ? this.#position[slot] : 0;
  }
}

function initialState(system: ControlSystem, mode: ControlMode): ControlState {
  const n = system.instances.length;
  return {
    now: 0,
    mode,
    point: system.start,
    wantedPoint: system.start,
    effectiveAt: 0,
    askedAt: Number.NEGATIVE_INFINITY,
    active: new Uint8Array(n).fill(1),
    busy: new Uint8Array(n),
    frame: new Float64Array(n).fill(-1),
    releasedAt: new Float64Array(n).fill(Number.NaN),
    deadlineAt: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
    position: new Uint32Array(n),
    waiting: new Uint32Array(n),
    nextReleaseAt: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
    variant: new Int32Array(n),
    wantedVariant: new Int32Array(n),
    lastBlock: new Int32Array(n).fill(-1),
    lastBlockSeconds: new Float64Array(n).fill(Number.NaN),
    lastBlockVariant: new Int32Array(n),
    lastResponseSeconds: new Float64Array(n).fill(Number.NaN),
    finished: new Uint32Array(n),
    missed: new Uint32Array(n),
    skipped: new Uint32Array(n),
  };
}
