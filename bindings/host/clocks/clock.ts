/** One clock of the machine that can be read and, with the right to write, set. */
import type { Sysfs } from './sysfs.ts';

const CLOCK_KINDS = ['cpu', 'gpu', 'memory', 'device'] as const;
export type ClockKind = (typeof CLOCK_KINDS)[number];

/** One write to one file. */
export interface FileWrite {
  path: string;
  text: string;
}

/** The text that every touched file held before the first touch, by path. */
export type Snapshot = Readonly<Record<string, string>>;

export interface Clock {
  /** `cpu0` (first core of its policy), `gpu`, `emc`, or the device's own name. */
  readonly id: string;
  readonly kind: ClockKind;
  /** Legal frequencies in Hz, ascending; empty = any between {@link leastHz} and {@link mostHz}. */
  readonly frequencyHz: readonly number[];
  readonly leastHz: number;
  /** The highest that the hardware and the caps in force when it was discovered allow: caps win. */
  readonly mostHz: number;
  /** Cores that it drives. */
  readonly cores?: readonly number[];
  /** Files that {@link set} may touch: all of them are in a snapshot. */
  readonly files: readonly string[];
  /** The frequency in force, in Hz. */
  read(sysfs: Sysfs): number | undefined;
  /** Writes that set it, in the order in which the kernel takes them. */
  set(sysfs: Sysfs, hz: number): FileWrite[];
  /** Writes that bring back what `before` holds, in the order in which the kernel takes them. */
  restore(sysfs: Sysfs, before: Snapshot): FileWrite[];
}

/** The legal frequency nearest below `hz`, or the lowest; caps in force are kept. */
export function snapFrequency(clock: Clock, hz: number): number {
  const within = Math.min(Math.max(hz, clock.leastHz), clock.mostHz);
  const legal = clock.frequencyHz.filter((frequency) => frequency <= clock.mostHz && frequency >= clock.leastHz);
  if (legal.length === 0) return within;
  // Half a unit of slack: kernels round to kHz.
  return legal.findLast((frequency) => frequency <= within + 500) ?? legal[0];
}

/**
 * Writes that move the limits [min, max] to [low, high]. The kernel refuses min > max at any moment: upwards max goes
 * first, downwards min.
 */
export function limitWrites(
  files: { min: string; max: string },
  now: { min: number; max: number },
  next: { low: number; high: number },
): FileWrite[] {
  const min = { path: files.min, text: String(next.low) };
  const max = { path: files.max, text: String(next.high) };
  return next.low > now.max ? [max, min] : [min, max];
}
