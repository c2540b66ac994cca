#!/usr/bin/env node
/** The process around the program: standard streams, signals, exit code. */
import process from 'node:process';
import type { Sink } from './command.ts';
import { INTERRUPTED_EXIT, Interrupted } from './failure.ts';
import { runProgram } from './program.ts';
import { canRedraw, styleOf } from './terminal.ts';

const interruption = new AbortController();

/** The first signal asks for the best result so far, the second one ends at once. */
function interrupt(): void {
  if (interruption.signal.aborted) process.exit(INTERRUPTED_EXIT);
  interruption.abort(new Interrupted('interrupted before there was a result'));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  try {
    process.on(signal, interrupt);
  } catch {
    // Deno on Windows knows no SIGTERM.
  }
}

/** Whoever read our output has seen enough (`| head`): not an error, and nothing more to say. */
function quietEnd(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  stream.on('error', quietEnd);
  return { write: (text) => void stream.write(text), style: styleOf(stream), redraws: canRedraw(stream) };
}

process.exitCode = await runProgram(process.argv.slice(2), {
  out: sinkOf(process.stdout),
  err: sinkOf(process.stderr),
  signal: interruption.signal,
});
