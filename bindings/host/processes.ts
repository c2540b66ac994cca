/**
 * Processes of our own, each held to some cores: a module is started in a second Node or Deno and answers requests over
 * its standard streams. A process that dies, hangs or writes nonsense becomes one error; none outlives its parent.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { HeterodyneError } from '../../src/core/errors.ts';
import { type Frame, FrameReader, frameParts } from './frames.ts';
import { requirePermission } from './permissions.ts';

export interface ProcessOptions {
  /** Module that calls {@link serveRequests}. */
  module: URL;
  /** Logical processors to hold it to; absent = wherever the system puts it. */
  cores?: readonly number[];
  /** How long it may take until it answers its first request; default 30 s. */
  startMs?: number;
}

export interface RequestOptions {
  payload?: readonly Uint8Array[];
  /** After this long the process counts as hanging and is ended; default: it may take any time. */
  timeoutMs?: number;
}

export interface HostProcess {
  readonly pid: number;
  /** Held to its cores; false with the reason in `unpinned`. */
  readonly pinned: boolean;
  readonly unpinned?: string;
  /**
   * One request, one answer; several may be under way.
   *
   * @throws HeterodyneError what the module threw; `PROCESS` when the process is gone or hangs
   */
  request(header: Record<string, unknown>, options?: RequestOptions): Promise<Frame>;
  /** Ends the process at once, whatever it does. */
  close(): Promise<void>;
}

/** Processes that still run, to be ended with this one. */
const running = new Set<ChildProcess>();
let guarding = false;

/** What a process wrote last on standard error, kept for its obituary. */
const MOST_LAST_WORDS = 2000;
const START_MS = 30_000;

/** Whether `taskset` is there to hold a process to cores. */
let tasksetFound: Promise<boolean> | undefined;
export function canPin(): Promise<boolean> {
  tasksetFound ??= new Promise((resolve) => {
    try {
      execFile('taskset', ['--version'], (error) => resolve(error === null));
    } catch {
      resolve(false);
    }
  });
  return tasksetFound;
}

/** @throws HeterodyneError `PROCESS` when it does not start; `NOT_READABLE` in Deno without `--allow-run` */
export async function startProcess(options: ProcessOptions): Promise<HostProcess> {
  requirePermission({ name: 'run' }, 'cannot start a process');
  const { module, cores, startMs = START_MS } = options;
  const unpinned =
    cores === undefined || cores.length === 0
      ? 'no cores were named'
      : (await canPin())
        ? undefined
        : 'taskset is missing (package util-linux)';
  const runtime = [process.execPath, ...runtimeArguments(), fileURLToPath(module)];
  const command = unpinned === undefined ? ['taskset', '-c', cores!.join(','), ...runtime] : runtime;
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
  guard(child);
  const own = answering(child);
  try {
    const ready = await own.request({ kind: 'hello' }, { timeoutMs: startMs });
    return {
      pid: Number(ready.header.pid),
      pinned: unpinned === undefined,
      ...(unpinned !== undefined && { unpinned }),
      ...own,
    };
  } catch (error) {
    await own.close();
    throw error;
  }
}

/** How this runtime was told to read our modules, for a second one to do the same, in whatever folder it starts. */
function runtimeArguments(): string[] {
  if (process.versions.deno !== undefined) return ['run', '--no-prompt', '-A'];
  const kept: string[] = [];
  process.execArgv.forEach((argument, i, all) => {
    const [option, joined] = argument.split(/=(.*)/s);
    if (!LOADERS.has(option)) return;
    kept.push(option, locatedModule(joined ?? all[i + 1] ?? '', option));
  });
  return kept;
}

const LOADERS = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader']);

/** A package by its place: its name would be looked up from the folder that the new process starts in. */
function locatedModule(name: string, option: string): string {
  if (/^[./]|^\w+:/.test(name)) return name;
  try {
    const url = import.meta.resolve(name);
    return option === '--require' || option === '-r' ? fileURLToPath(url) : url;
  } catch {
    return name;
  }
}

/** Ends all that still run when this process does. */
function guard(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (guarding) return;
  guarding = true;
  process.on('exit', () => {
    for (const each of running) each.kill('SIGKILL');
  });
}

interface Waiting {
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

function answering(child: ChildProcess): Pick<HostProcess, 'request' | 'close'> {
  const waiting = new Map<number, Waiting>();
  const reader = new FrameReader();
  let next = 1;
  let gone: HeterodyneError | undefined;
  let lastWords = '';
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const end = (message: string, cause?: unknown): void => {
    gone ??= new HeterodyneError('PROCESS', message, {
      ...(lastWords.trim() !== '' && { received: lastWords.trim().split('\n').slice(-8).join('\n') }),
      ...(cause !== undefined && { cause }),
    });
    for (const each of waiting.values()) each.reject(gone);
    waiting.clear();
    child.kill('SIGKILL');
  };
  child.once('error', (error) => end(`a process could not be started: ${error.message}`, error));
  child.once('close', (code, signal) =>
    end(`process ${child.pid} ended (${signal === null ? `exit code ${code}` : signal})`),
  );
  child.stderr?.on('data', (text: Uint8Array) => {
    lastWords = (lastWords + new TextDecoder().decode(text)).slice(-MOST_LAST_WORDS);
  });
  child.stdin?.on('error', () => {}); // the process is gone, which 'close' tells
  child.stdout?.on('data', (piece: Uint8Array) => {
    try {
      for (const frame of reader.push(piece)) {
        const asked = waiting.get(Number(frame.header.id));
        waiting.delete(Number(frame.header.id));
        if (frame.header.error === undefined) asked?.resolve(frame);
        else asked?.reject(thrown(frame.header.error));
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error), error);
    }
  });
  return {
    request(header, { payload, timeoutMs } = {}) {
      if (gone !== undefined) return Promise.reject(gone);
      const id = next++;
      return new Promise<Frame>((resolve, reject) => {
        const timer =
          timeoutMs === undefined
            ? undefined
            : setTimeout(() => end(`process ${child.pid} gave no answer within ${timeoutMs} ms`), timeoutMs);
        waiting.set(id, {
          resolve: (frame) => {
            clearTimeout(timer);
            resolve(frame);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
        for (const part of frameParts({ ...header, id }, payload)) child.stdin?.write(part);
      });
    },
    async close() {
      end(`process ${child.pid} was closed`);
      await ended;
    },
  };
}

function thrown(error: unknown): HeterodyneError {
  const { code = 'PROCESS', message = 'a process failed', ...details } = error as Record<string, string>;
  return new HeterodyneError(code as HeterodyneError['code'], message, details);
}

export type Handler = (header: Record<string, unknown>, payload: Uint8Array) => Promise<Answer>;
export interface Answer {
  header?: Record<string, unknown>;
  payload?: readonly Uint8Array[];
}

/**
 * The other side: answers requests one after another until the parent closes the pipe or is gone. Whatever the module
 * prints goes to standard error, since standard output carries the answers.
 */
export function serveRequests(handle: Handler): void {
  const { stdin, stdout } = process;
  for (const name of ['log', 'info', 'debug'] as const) console[name] = (...words) => console.error(...words);
  const reader = new FrameReader();
  let last: Promise<unknown> = Promise.resolve();
  const answer = async ({ header, payload }: Frame): Promise<void> => {
    const { id } = header;
    let parts: Uint8Array[];
    try {
      const reply = header.kind === 'hello' ? { header: { pid: process.pid } } : await handle(header, payload);
      parts = frameParts({ ...reply.header, id }, reply.payload);
    } catch (error) {
      const { code, message, path, source, expected, received, hint } = error as HeterodyneError;
      const known = error instanceof HeterodyneError ? { code, path, source, expected, received, hint } : {};
      parts = frameParts({ id, error: { message: message ?? String(error), ...known } });
    }
    for (const part of parts) stdout.write(part);
  };
  // Ctrl-C reaches the whole group of processes: the parent decides what becomes of this one.
  process.on('SIGINT', () => {});
  stdin.on('data', (piece: Uint8Array) => {
    for (const frame of reader.push(piece)) last = last.then(() => answer(frame));
  });
  stdin.on('end', () => process.exit(0));
  stdout.on('error', () => process.exit(0));
}
