/**
 * What is controlled, in arrays of numbers, fixed before the first decision. The simulator makes it from its engine, the
 * runtime from its plan; a controller cannot tell which.
 *
 *   instance   one network of the cohort, a chain of blocks released frame by frame
 *   variant    a form of an instance (original, low-rank, a level of a ladder); 0 = the original, loss 0
 *   point      an operating point, a row of the table; global: all instances share it
 *
 * Units: seconds, watts. Losses are fractions of accuracy.
 */
import { HeterodyneError } from '../core/errors.ts';

export const CONTROL_LIMITS = {
  instances: 16,
  blocks: 255,
  variants: 8,
  /** Operating points that a controller chooses among: a table thinned from the platform's thousands. */
  points: 256,
  /** Frames of one instance that are released and not done. */
  waiting: 64,
} as const;

export interface ControlledVariant {
  name: string;
  /** Accuracy given up against the original, 0 to 1. */
  loss: number;
  /** [points][blocks] row-major: expected seconds of a block at a point, alone on the device. */
  seconds: Float64Array;
}

export interface ControlledInstance {
  name: string;
  blocks: number;
  /** Of a frame, after its release; Infinity = none. */
  deadlineSeconds: number;
  /** Between releases; Infinity = unknown (a closed loop). */
  periodSeconds: number;
  /** 0 = most critical: degraded and skipped last. */
  criticality: number;
  /** Weight of its loss among the cohort's. */
  weight: number;
  variants: ControlledVariant[];
}

export interface ControlledPoint {
  id: string;
  /** Level of each clock domain, in the order of `domains`. */
  levels: Int32Array;
  /** Watts of the whole device while the cohort's processor works, and while it rests. */
  busyWatts: number;
  idleWatts: number;
}

export interface ControlledDomain {
  name: string;
  /** From a request until the new level holds. */
  delaySeconds: number;
  /** How long work stands still during the change. */
  stallSeconds: number;
}

export interface ControlSystem {
  instances: ControlledInstance[];
  /** Any order; `reference` names the one that speed-ups are relative to. */
  points: ControlledPoint[];
  domains: ControlledDomain[];
  /** Index of the point with the highest clocks: reference of every SpeedUp and PowerUp. */
  reference: number;
  /** Index of the point that holds at the start. */
  start: number;
  /** Whether a new variant holds from the next block of a frame under way, or from the next frame. */
  variantChange: 'block' | 'frame';
  /** Whether a frame can be given up before it is done. */
  canSkip: boolean;
}

/** Expected seconds of blocks `first` to `end` - 1 of an instance, alone. */
export function expectedSeconds(
  instance: ControlledInstance,
  variant: number,
  point: number,
  first = 0,
  end = instance.blocks,
): number {
  const { seconds } = instance.variants[variant];
  const row = point * instance.blocks;
  let sum = 0;
  for (let b = first; b < end; b++) sum += seconds[row + b];
  return sum;
}

/** Time until a change between two points holds: that of the slowest domain that differs. */
export function actuationSeconds(system: ControlSystem, from: number, to: number): number {
  const before = system.points[from].levels;
  const after = system.points[to].levels;
  let most = 0;
  for (let d = 0; d < system.domains.length; d++) {
    if (before[d] !== after[d]) most = Math.max(most, system.domains[d].delaySeconds);
  }
  return most;
}

/** @throws HeterodyneError `LIMIT` over a stated limit, `BAD_INPUT` where arrays or figures do not fit */
export function checkControlSystem(system: ControlSystem): void {
  limit('instances', system.instances.length, CONTROL_LIMITS.instances);
  limit('points', system.points.length, CONTROL_LIMITS.points);
  for (const [i, instance] of system.instances.entries()) {
    const at = `instances/${i}`;
    limit(`${at}/blocks`, instance.blocks, CONTROL_LIMITS.blocks);
    limit(`${at}/variants`, instance.variants.length, CONTROL_LIMITS.variants);
    if (!(instance.deadlineSeconds > 0)) throw bad(`${at}/deadlineSeconds`, 'more than 0 s', instance.deadlineSeconds);
    for (const [v, variant] of instance.variants.entries()) {
      const cells = system.points.length * instance.blocks;
      if (variant.seconds.length !== cells || !variant.seconds.every((s) => s >= 0 && s < Number.POSITIVE_INFINITY))
        throw bad(`${at}/variants/${v}/seconds`, `${cells} finite figures of at least 0 s`, variant.seconds.length);
      if (!(variant.loss >= 0)) throw bad(`${at}/variants/${v}/loss`, 'at least 0', variant.loss);
    }
    if (instance.variants[0].loss !== 0)
      throw bad(`${at}/variants/0/loss`, '0: the original', instance.variants[0].loss);
  }
  for (const key of ['reference', 'start'] as const) {
    if (system.points[system[key]] === undefined)
      throw bad(key, `a point, 0 to ${system.points.length - 1}`, system[key]);
  }
}

function limit(path: string, received: number, most: number): void {
  if (received >= 1 && received <= most) return;
  throw new HeterodyneError(received < 1 ? 'BAD_INPUT' : 'LIMIT', `${path}: ${received} is not 1 to ${most}`, {
    path,
    expected: `1 to ${most}`,
    received: String(received),
  });
}

function bad(path: string, expected: string, received: number): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${path} cannot be ${received}`, {
    path,
    expected,
    received: String(received),
  });
}
