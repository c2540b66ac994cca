/**
 * The controller: reacts at run time by asking for an operating point, for variants, or for a frame to be given up.
 *
 *   simulator (virtual time) ─┐
 *                             ├─ events ─► ControlLoop ─ ControlState ─► Controller ─ ControlRequest ─► Actuator
 *   runtime (real clock) ─────┘
 *
 * All time is `now`, in seconds from the start; a controller reads no clock of its own and keeps no reference to who
 * feeds it. State and request are the same two objects at every call: numbers alone, nothing is allocated per decision.
 */
import type { ControlMode } from '../core/control-modes.ts';
import type { ControlSystem } from './system.ts';

/** What a controller is told: why it is called. */
export const CONTROL_CAUSES = [
  /** A frame was released. */
  'released',
  /** A block is done (a stage, where the feeder sees no blocks). */
  'block-ended',
  'frame-ended',
  /** A release found no place, or the frame was given up. */
  'frame-skipped',
  /** The wanted operating point holds now. */
  'point-holds',
  /** The time that was asked for. */
  'woken',
  'mode-set',
  /** An instance came or went. */
  'cohort-changed',
] as const;
export type ControlCause = (typeof CONTROL_CAUSES)[number];

/** What a controller sees. Arrays are per instance; a controller only reads. */
export interface ControlState {
  now: number;
  mode: ControlMode;
  /** Operating point that holds, and the one asked for last; equal when nothing is under way. */
  point: number;
  wantedPoint: number;
  /** When `wantedPoint` is expected to hold; at most `now` when it does. */
  effectiveAt: number;
  /** When `wantedPoint` was asked for. */
  askedAt: number;
  /** 1 = takes part; an instance that left has no frames. */
  active: Uint8Array;
  /** 1 = a frame is under way or waits. The fields below are those of the oldest such frame. */
  busy: Uint8Array;
  frame: Float64Array;
  releasedAt: Float64Array;
  /** Absolute; Infinity = none. */
  deadlineAt: Float64Array;
  /** Blocks done in that frame. */
  position: Uint32Array;
  /** Further frames behind it. */
  waiting: Uint32Array;
  /** Release expected next, by the period; Infinity = unknown. */
  nextReleaseAt: Float64Array;
  /** Variant that holds for what runs, and the one asked for. */
  variant: Int32Array;
  wantedVariant: Int32Array;
  /** Execution of the last finished block, without waiting: its index, seconds, and the point that held at its end; index -1 = none. */
  lastBlock: Int32Array;
  lastBlockSeconds: Float64Array;
  lastBlockVariant: Int32Array;
  /** Response time (release to end) of the last finished frame, NaN = none yet; and how many are finished, missed, skipped. */
  lastResponseSeconds: Float64Array;
  finished: Uint32Array;
  missed: Uint32Array;
  skipped: Uint32Array;
}

/** What a controller asks for. Cleared before each call; what is left alone stays as it is. */
export interface ControlRequest {
  /** Operating point, -1 = as it is. */
  point: number;
  /** Per instance: variant, -1 = as it is. */
  variants: Int32Array;
  /** Per instance: 1 = give the oldest frame up. */
  skip: Uint8Array;
  /** Call again at this time (`woken`); Infinity = no. Replaces an earlier wish. */
  wakeAt: number;
  /** Index into the controller's `reasons`; -1 = no decision was taken, nothing is recorded. */
  reason: number;
  /** No setting keeps all deadlines; `leastDeadlineSeconds` is what would hold, NaN = unknown. */
  infeasible: boolean;
  leastDeadlineSeconds: number;
}

/** What led to a decision: live arrays of the controller, read by the recorder alone. */
export interface Explanation {
  /** Per instance, NaN = not part of it. */
  lagSeconds: Float64Array;
  requiredSpeedUp: Float64Array;
  /** Rows of the decision tree that are in use, and instances per row of `variants`. */
  rows: number;
  stride: number;
  /** [rows] */
  point: Uint32Array;
  /** What the controller weighs: joules, or watts relative to the highest clocks. */
  power: Float64Array;
  readonly powerUnit: 'joules' | 'power-up';
  loss: Float64Array;
  infeasible: Uint32Array;
  misses: Uint32Array;
  tardinessSeconds: Float64Array;
  /** [rows][stride] */
  variants: Uint8Array;
  /** Rows; -1 = none. */
  chosen: number;
  runnerUp: number;
  /** What the row is chosen by: the mode, and which reading of `balanced` ran. */
  rule: string;
}

export interface Controller {
  readonly id: string;
  /** Texts that `ControlRequest.reason` points into. */
  readonly reasons: readonly string[];
  /** Present where decisions can be explained. */
  readonly explanation?: Explanation;
  /** @param instance that it is about, -1 = all */
  react(state: ControlState, cause: ControlCause, instance: number, request: ControlRequest): void;
}

/** What carries wishes out. */
export interface Actuator {
  setPoint(point: number, now: number): void;
  setVariant(instance: number, variant: number, now: number): void;
  skipFrame(instance: number, now: number): void;
  wakeAt(at: number): void;
}

/** Parameters of a controller by name; each definition states its own. */
export type ControllerParameters = Readonly<Record<string, number | string | boolean>>;

export interface ControllerDefinition {
  id: string;
  title: string;
  /** true = a method published elsewhere, rebuilt here from its description; named "-like". */
  reconstruction: boolean;
  /** Needs to know every frame in advance: for bounds in simulation, never for a device. */
  clairvoyant?: boolean;
  defaults: ControllerParameters;
  create(system: ControlSystem, parameters: ControllerParameters): Controller;
}
