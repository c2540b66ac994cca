/** A program of the user's, run once to its end: its words go to it as they are, without a shell between. */
import { spawn } from 'node:child_process';
import { HeterodyneError } from '../../src/core/errors.ts';
import { requirePermission } from './permissions.ts';

export interface CommandOptions {
  /** After this long it is ended. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Nobody measures so much: what writes more has lost its way. */
const MOST_OUTPUT = 1_048_576;
/** What is kept of standard error, for the message. */
const MOST_LAST_WORDS = 500;

/**
 * @param words program and arguments
 * @returns what it wrote on standard output
 * @throws HeterodyneError `PROCESS`: it cannot be started, ends with another code than 0, or takes too long; the reason of
 * the signal when that aborts; `NOT_READABLE` in Deno without `--allow-run`
 */
export async function runCommand(words: readonly string[], { timeoutMs, signal }: CommandOptions): Promise<string> {
  requirePermission({ name: 'run' }, 'cannot start a process');
  signal?.throwIfAborted();
  const [program, ...rest] = words;
  const failed = (message: string, received: string, hint?: string) =>
    new HeterodyneError('PROCESS', `${program} ${message}`, {
      path: words.join(' '),
      expected: 'exit code 0',
      received,
      hint,
    });
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const decoder = new TextDecoder();
  let out = '';
  let lastWords = '';
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const stop = (error: unknown) => {
      child.kill('SIGKILL');
      // A grandchild may hold the pipes open: nobody waits for it.
      child.stdout.destroy();
      child.stderr.destroy();
      end(() => reject(error));
    };
    const abort = () => stop(signal!.reason);
    const timer = setTimeout(
      () => stop(failed(`took longer than ${timeoutMs / 1000} s`, 'no end', 'raise --evaluate-timeout')),
      timeoutMs,
    );
    signal?.addEventListener('abort', abort);
    child.stdout.on('data', (chunk: Uint8Array) => {
      out += decoder.decode(chunk, { stream: true });
      if (out.length > MOST_OUTPUT) stop(failed('writes without end', `more than ${MOST_OUTPUT} characters`));
    });
    child.stderr.on('data', (chunk: Uint8Array) => {
      lastWords = (lastWords + new TextDecoder().decode(chunk)).slice(-MOST_LAST_WORDS);
    });
    child.once('error', (cause) => stop(failed(`cannot be started: ${cause.message}`, 'no process')));
    child.once('close', (code, killed) => {
      if (code === 0) return end(() => resolve(out));
      const tail = lastWords.trim();
      const received = code === null ? `ended by ${killed}` : `exit code ${code}`;
      end(() => reject(failed('failed', tail === '' ? received : `${received}: ${tail}`)));
    });
  });
}

/**
 * Text to words as a shell would split it, and no more than that: blanks part, single and double quotes hold together, a
 * backslash takes the next character as it is outside of single quotes.
 *
 * @returns undefined where a quote stays open
 */
export function commandWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === '\\' && quote !== "'" && i + 1 < text.length) word = (word ?? '') + text[++i];
    else if (quote !== '') {
      if (letter === quote) quote = '';
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (word !== undefined) words.push(word);
  return quote === '' ? words : undefined;
}
