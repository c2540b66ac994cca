/** What a program runs on here: the standard streams of this process, and its interruption. */
import process from 'node:process';
import { streamError } from '../../bindings/host/index.ts';
import type { Session, Sink } from './command.ts';
import { failureOf, failureText, INTERRUPTED_EXIT, Interrupted } from './failure.ts';
import { keysOf } from './keys.ts';
import { canRedraw, harmless, styleOf } from './terminal.ts';

/**
 * Whoever read our output has seen enough (`| head`): not an error, and nothing more to say. A document that the disk has
 * no room for is one. Remarks that cannot be written end nothing: the result counts.
 */
function streamEnded(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  if (stream !== process.stdout) return;
  const failure = failureOf(streamError('standard output', error));
  process.stderr.write(failureText(failure, '', styleOf(process.stderr)), () => process.exit(failure.exitCode));
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  stream.on('error', (error) => streamEnded(stream, error));
  const write = (text: string): void => {
    try {
      stream.write(stream.isTTY ? harmless(text) : text);
    } catch (error) {
      // Deno throws at once what Node tells later.
      streamEnded(stream, error as NodeJS.ErrnoException);
    }
  };
  return { write, style: styleOf(stream), redraws: canRedraw(stream) };
}

/**
 * To be called once. The first signal asks for the best result so far, the second one ends the process at once; but a
 * terminal that goes away (SIGHUP, as when a connection to a board breaks) says so twice.
 */
export function processSession(): Session {
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interruption.signal.aborted && signal !== 'SIGHUP') process.exit(INTERRUPTED_EXIT);
    interruption.abort(new Interrupted('interrupted before there was a result'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    try {
      process.on(signal, () => interrupt(signal));
    } catch {
      // Deno on Windows does not know all of them.
    }
  }
  const keys = keysOf(process.stdin, () => interrupt('SIGINT'));
  const streams = { out: sinkOf(process.stdout), err: sinkOf(process.stderr) };
  return { ...streams, signal: interruption.signal, ...(keys && { keys }) };
}
