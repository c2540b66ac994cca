/** What a program runs on here: the standard streams of this process, and its interruption. */
import process from 'node:process';
import type { Session, Sink } from './command.ts';
import { INTERRUPTED_EXIT, Interrupted } from './failure.ts';
import { canRedraw, styleOf } from './terminal.ts';

/** Whoever read our output has seen enough (`| head`): not an error, and nothing more to say. */
function quietEnd(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  stream.on('error', quietEnd);
  return { write: (text) => void stream.write(text), style: styleOf(stream), redraws: canRedraw(stream) };
}

/** To be called once. The first signal asks for the best result so far, the second one ends the process at once. */
export function processSession(): Session {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(INTERRUPTED_EXIT);
    interruption.abort(new Interrupted('interrupted before there was a result'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    try {
      process.on(signal, interrupt);
    } catch {
      // Deno on Windows knows no SIGTERM.
    }
  }
  return { out: sinkOf(process.stdout), err: sinkOf(process.stderr), signal: interruption.signal };
}
