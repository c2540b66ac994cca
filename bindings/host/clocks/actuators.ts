/**
 * Setting clocks, safely: found rather than assumed, dry by default, written down before the first touch, read back
 * after every one, and restored on every way out.
 */
import process from 'node:process';
import { HeterodyneError } from '../../../src/core/errors.ts';
import { type Clock, type FileWrite, type Snapshot, snapFrequency } from './clock.ts';
import { memoryClocks } from './emc.ts';
import { Journal } from './journal.ts';
import { cpuClocks, deviceClocks, snapshotOf } from './scaling.ts';
import { Sysfs } from './sysfs.ts';

export interface ActuatorOptions {
  /** Where `/sys` and `/proc` stand; default `/`. */
  root?: string;
  /** Really write; default false: say what would be written. */
  write?: boolean;
  /** Where the journal goes; needed with `write`. */
  journal?: string;
  /** Least time between two settings of one clock, ms; default 10. */
  leastIntervalMs?: number;
  /** Steady time in ms; default the process's. */
  now?: () => number;
}

/** What became of a request. */
export interface ClockSetting {
  clock: string;
  requestedHz: number;
  /** The legal frequency that was taken for it. */
  snappedHz: number;
  outcome: 'set' | 'dry-run' | 'unchanged' | 'rate-limited';
  /** What the kernel said afterwards: another value means that a thermal or power cap won. */
  readBackHz?: number;
  drift: boolean;
  /** What was written, or would be. */
  writes: FileWrite[];
}

export interface RestoreReport {
  restored: string[];
  /** Clocks that did not come back to their former texts, with the reason. */
  failed: { clock: string; reason: string }[];
}

/** Every clock that this machine shows. */
export function discoverClocks(sysfs = new Sysfs()): Clock[] {
  return [...cpuClocks(sysfs), ...deviceClocks(sysfs), ...memoryClocks(sysfs)];
}

export class Actuators {
  readonly clocks: readonly Clock[];
  /** Clocks brought back at the start, which a killed process had left away from their defaults. */
  readonly recovered: RestoreReport;
  readonly #sysfs: Sysfs;
  readonly #options: ActuatorOptions;
  readonly #journal: Journal | undefined;
  readonly #before = new Map<string, Snapshot>();
  readonly #lastMs = new Map<string, number>();
  readonly #targetHz = new Map<string, number>();
  readonly #now: () => number;

  /** @throws HeterodyneError `USAGE` (writing without a journal; another process holds the clocks) */
  constructor(options: ActuatorOptions = {}) {
    if (options.write && options.journal === undefined) {
      throw new HeterodyneError('USAGE', 'clocks are set only with a journal to restore them from', {
        path: '/journal',
        expected: 'a file name',
        received: 'nothing',
      });
    }
    this.#options = options;
    this.#sysfs = new Sysfs(options.root);
    this.#now = options.now ?? (() => performance.now());
    this.#journal = options.journal === undefined ? undefined : new Journal(options.journal, this.#sysfs);
    const left = options.write ? (this.#journal?.left() ?? []) : [];
    for (const { clock, before } of left) this.#before.set(clock, before);
    // Limits are read after recovery: a killed process's limits are no caps.
    const found = discoverClocks(this.#sysfs);
    this.recovered = this.#restore(found);
    this.clocks = left.length > 0 ? discoverClocks(this.#sysfs) : found;
  }

  /**
   * Ask a clock for a frequency.
   *
   * @throws HeterodyneError `USAGE` (no such clock), `NOT_READABLE` (no right to write)
   */
  set(id: string, hz: number): ClockSetting {
    const clock = this.#clock(id);
    const snappedHz = snapFrequency(clock, hz);
    const present = clock.read(this.#sysfs);
    const setting: ClockSetting = {
      clock: id,
      requestedHz: hz,
      snappedHz,
      outcome: 'unchanged',
      readBackHz: present,
      drift: false,
      writes: [],
    };
    if (present === snappedHz && this.#targetHz.get(id) === snappedHz) return setting;
    const writes = clock.set(this.#sysfs, snappedHz);
    if (!this.#options.write) return { ...setting, outcome: 'dry-run', writes };
    const now = this.#now();
    const last = this.#lastMs.get(id) ?? Number.NEGATIVE_INFINITY;
    if (now - last < (this.#options.leastIntervalMs ?? 10)) return { ...setting, outcome: 'rate-limited' };
    this.#remember(clock);
    for (const { path, text } of writes) this.#sysfs.write(path, text);
    this.#lastMs.set(id, now);
    this.#targetHz.set(id, snappedHz);
    const readBackHz = clock.read(this.#sysfs);
    return { ...setting, outcome: 'set', readBackHz, drift: readBackHz !== snappedHz, writes };
  }

  /** The frequency of a clock now, in Hz. @throws HeterodyneError `USAGE` */
  read(id: string): number | undefined {
    return this.#clock(id).read(this.#sysfs);
  }

  /** Bring every touched clock back and read it back. Further calls do nothing. Never throws. */
  restore(): RestoreReport {
    return this.#restore(this.clocks);
  }

  /**
   * Restore on every way out of the process: its end, an uncaught exception, SIGINT, SIGTERM, SIGHUP. Returns a
   * function that restores now and lets go.
   */
  restoreOnExit(): () => RestoreReport {
    const onExit = () => void this.restore();
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const onSignal = (signal: (typeof signals)[number]) => {
      this.restore();
      // Another listener drains and ends the process; without one the signal does what it would have done.
      if (process.listenerCount(signal) > 1) return;
      release();
      process.kill(process.pid, signal);
    };
    const release = (): RestoreReport => {
      process.off('exit', onExit);
      process.off('uncaughtExceptionMonitor', onExit);
      for (const signal of signals) process.off(signal, onSignal);
      return this.restore();
    };
    process.on('exit', onExit);
    // Deno has no exit event after an uncaught exception.
    process.on('uncaughtExceptionMonitor', onExit);
    for (const signal of signals) process.on(signal, onSignal);
    return release;
  }

  #clock(id: string): Clock {
    const clock = this.clocks.find((candidate) => candidate.id === id);
    if (clock) return clock;
    throw new HeterodyneError('USAGE', `this machine has no clock "${id}"`, {
      path: id,
      expected: this.clocks.map((candidate) => candidate.id).join(', ') || 'a machine that shows clocks',
      received: id,
    });
  }

  #remember(clock: Clock): void {
    if (this.#before.has(clock.id)) return;
    this.#before.set(clock.id, snapshotOf(this.#sysfs, clock));
    this.#journal?.write([...this.#before].map(([id, before]) => ({ clock: id, before })));
  }

  #restore(clocks: readonly Clock[]): RestoreReport {
    const report: RestoreReport = { restored: [], failed: [] };
    for (const [id, before] of [...this.#before].reverse()) {
      const clock = clocks.find((candidate) => candidate.id === id);
      try {
        if (!clock) throw new Error('the clock is gone');
        const last = new Map<string, string>();
        for (const { path, text } of clock.restore(this.#sysfs, before)) {
          this.#sysfs.write(path, text);
          last.set(path, text);
        }
        for (const [path, text] of last) {
          const found = this.#sysfs.read(path);
          if (found !== text) throw new Error(`${path} reads ${found ?? 'nothing'} after ${text} was written`);
        }
        report.restored.push(id);
        this.#before.delete(id);
        this.#targetHz.delete(id);
      } catch (error) {
        report.failed.push({ clock: id, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    // What could not be restored stays written down for the next start.
    if (report.restored.length > 0 && report.failed.length === 0) this.#journal?.clear();
    return report;
  }
}
