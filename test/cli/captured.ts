/** Runs the program inside this process and keeps what it writes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../src/cli/program.ts';
import { PLAIN, type TextStyle } from '../../src/report/style.ts';

export interface Captured {
  code: number;
  out: string;
  err: string;
}

export async function run(
  words: readonly string[],
  { style = PLAIN, signal = new AbortController().signal }: { style?: TextStyle; signal?: AbortSignal } = {},
): Promise<Captured> {
  let out = '';
  let err = '';
  const code = await runProgram(words, {
    out: { write: (text) => void (out += text), style, redraws: false },
    err: { write: (text) => void (err += text), style, redraws: false },
    signal,
  });
  return { code, out, err };
}

/** A folder that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'heterodyne-cli-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With another working directory meanwhile. */
export async function workingIn<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await use();
  } finally {
    process.chdir(before);
  }
}

/** A signal that is found aborted from the given look on: an interruption at the same place on machines of any speed. */
export function abortedAtLook(look: number): AbortSignal {
  const { signal } = new AbortController();
  let looks = 0;
  return Object.defineProperty(signal, 'aborted', { get: () => ++looks >= look });
}
