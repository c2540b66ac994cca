/**
 * The kernel's files of one line each (`/sys`, `/proc`), below a root that tests replace by a folder of their own.
 * Reads and writes are synchronous: each is one system call, and a clock must be restored while a process exits.
 */
import { closeSync, constants, lstatSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HeterodyneError } from '../../../src/core/errors.ts';
import { isGranted, requirePermission } from '../permissions.ts';

export class Sysfs {
  readonly root: string;

  /** @param root `/` on a real machine */
  constructor(root = '/') {
    this.root = root;
  }

  /** The text of a file without its line end, or undefined where it is absent or may not be read. */
  read(path: string): string | undefined {
    const full = join(this.root, path);
    if (!isGranted({ name: 'read', path: full })) return undefined;
    try {
      return readFileSync(full, 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  /** A whole number, or undefined. */
  readNumber(path: string): number | undefined {
    const text = this.read(path);
    return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
  }

  /** Whole numbers between blanks, ascending; empty where the file is absent. */
  readNumbers(path: string): number[] {
    const words = (this.read(path) ?? '').split(/\s+/).filter((word) => /^\d+$/.test(word));
    return [...new Set(words.map(Number))].sort((a, b) => a - b);
  }

  exists(path: string): boolean {
    const full = join(this.root, path);
    if (!isGranted({ name: 'read', path: full })) return false;
    return lstatSync(full, { throwIfNoEntry: false }) !== undefined;
  }

  /** Names in a folder, sorted by number where they carry one; empty where there is none. */
  list(path: string): string[] {
    const full = join(this.root, path);
    if (!isGranted({ name: 'read', path: full })) return [];
    try {
      return readdirSync(full).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    } catch {
      return [];
    }
  }

  /** @throws HeterodyneError `NOT_READABLE` that names the file and the right it takes; rights are never changed */
  write(path: string, text: string): void {
    const full = join(this.root, path);
    requirePermission({ name: 'write', path: full }, `cannot set ${full}`);
    try {
      // Never created: a knob that is gone must not become an ordinary file.
      const file = openSync(full, constants.O_WRONLY | constants.O_TRUNC);
      try {
        writeSync(file, text);
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      const code = (cause as { code?: string }).code ?? '';
      const forbidden = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
      throw new HeterodyneError('NOT_READABLE', `cannot set ${full} to ${text}: ${code || String(cause)}`, {
        source: full,
        expected: forbidden ? 'the right to write this file' : 'a value that the kernel takes',
        received: code || String(cause),
        hint: forbidden
          ? 'run as root, or let a udev rule give a group the right to write this file; Heterodyne changes no rights'
          : undefined,
        cause,
      });
    }
  }
}
