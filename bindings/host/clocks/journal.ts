/**
 * What the clocks were before anybody touched them, on disk before the first touch: a process that is killed outright
 * leaves its journal behind, and the next start restores from it.
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { HeterodyneError } from '../../../src/core/errors.ts';
import type { Snapshot } from './clock.ts';
import type { Sysfs } from './sysfs.ts';

const journalSchema = z.strictObject({
  kind: z.literal('clock-journal'),
  schemaVersion: z.literal(1),
  pid: z.int().positive(),
  /** Of the kernel's run: after a restart of the machine, every clock is at its default again. */
  bootId: z.string(),
  clocks: z.record(z.string(), z.record(z.string(), z.string())),
});

export interface JournalEntry {
  clock: string;
  before: Snapshot;
}

export class Journal {
  readonly #path: string;
  readonly #bootId: string;

  constructor(path: string, sysfs: Sysfs) {
    this.#path = path;
    this.#bootId = sysfs.read('proc/sys/kernel/random/boot_id') ?? '';
  }

  /**
   * What a killed process left behind; empty where nothing is to be restored.
   *
   * @throws HeterodyneError `USAGE` while the process that wrote it still runs, `BAD_INPUT` for a file of another kind
   */
  left(): JournalEntry[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return [];
    }
    this.#refuseForeign();
    const read = journalSchema.safeParse(parsed(text));
    if (!read.success) {
      throw new HeterodyneError('BAD_INPUT', `${this.#path} is no clock journal`, {
        source: this.#path,
        expected: 'a journal of clocks, as Heterodyne writes it',
        received: text.slice(0, 40),
        hint: 'clocks may be away from their defaults: restore them by hand, then delete this file',
      });
    }
    const { pid, bootId, clocks } = read.data;
    if (bootId !== this.#bootId) {
      this.clear();
      return [];
    }
    if (pid !== process.pid && isAlive(pid)) {
      throw new HeterodyneError('USAGE', `process ${pid} holds the clocks`, {
        source: this.#path,
        expected: 'one process at a time that sets clocks',
        received: `process ${pid}, still running`,
        hint: `wait for it, or end it: it restores the clocks on its way out`,
      });
    }
    return Object.entries(clocks).map(([clock, before]) => ({ clock, before }));
  }

  /** Replaces the journal, on disk before this returns. @throws HeterodyneError `NOT_READABLE` */
  write(entries: readonly JournalEntry[]): void {
    const clocks = Object.fromEntries(entries.map(({ clock, before }) => [clock, before]));
    const text = JSON.stringify({
      kind: 'clock-journal',
      schemaVersion: 1,
      pid: process.pid,
      bootId: this.#bootId,
      clocks,
    });
    const temporary = `${this.#path}.tmp`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      // Journals stand where others may write, too: nothing that lies there already is followed or written into.
      rmSync(temporary, { force: true });
      const file = openSync(temporary, 'wx', 0o600);
      writeSync(file, `${text}\n`);
      fsyncSync(file);
      closeSync(file);
      renameSync(temporary, this.#path);
    } catch (cause) {
      throw new HeterodyneError('NOT_READABLE', `cannot write the clock journal ${this.#path}`, {
        source: this.#path,
        expected: 'a place that can be written to: no clock is touched without a journal',
        received: String((cause as { code?: string }).code ?? cause),
        cause,
      });
    }
  }

  /** A file that another user left would tell us what to set clocks to. */
  #refuseForeign(): void {
    const owner = lstatSync(this.#path).uid;
    const self = process.getuid?.();
    if (self === undefined || owner === self) return;
    throw new HeterodyneError('USAGE', `${this.#path} is not ours`, {
      source: this.#path,
      expected: `a journal of user ${self}`,
      received: `a file of user ${owner}`,
      hint: 'see whether clocks are as they should be, then delete the file',
    });
  }

  clear(): void {
    rmSync(this.#path, { force: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
