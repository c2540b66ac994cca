/** Errors on their way out: one clear text for people, one document for programs. */
import { type ErrorCode, exitCodeOf, HeterodyneError, type Problem } from '../core/errors.ts';
import { paint, type TextStyle } from '../report/style.ts';
import { wrap } from '../report/table.ts';

export const INTERRUPTED_EXIT = 130;

/** Nobody reads more on a terminal; the document holds all. */
const MOST_FINDINGS = 50;

/** Why work was given up: Ctrl-C or termination, before there was a result. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** An error as the exit code and the data that both forms show. */
export interface Failure {
  exitCode: number;
  code: ErrorCode | 'INTERRUPTED';
  message: string;
  path?: string;
  source?: string;
  expected?: string;
  received?: string;
  hint?: string;
  problems: Problem[];
  /** For defects alone. */
  stack?: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Interrupted) {
    return { exitCode: INTERRUPTED_EXIT, code: 'INTERRUPTED', message: error.message, problems: [] };
  }
  if (error instanceof HeterodyneError) {
    const { code, message, path, source, expected, received, hint, problems } = error;
    const stack = code === 'INTERNAL' ? error.stack : undefined;
    return { exitCode: exitCodeOf(error), code, message, path, source, expected, received, hint, problems, stack };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return { exitCode: 1, code: 'INTERNAL', message, problems: [], stack };
}

/** Without the list of legal words that stands under `expected` already. */
function shortHint({ hint, expected }: Failure): string | undefined {
  return expected?.startsWith('one of') ? hint?.replace(/ ?legal: .*$/s, '') : hint;
}

/** `  hint      text`, continued under the text. */
function field(label: string, text: string | undefined, style: TextStyle): string[] {
  if (text === undefined || text === '') return [];
  const { dim } = paint(style);
  const column = 12;
  const body = wrap(text, style.width - column).replaceAll('\n', `\n${' '.repeat(column)}`);
  return [`  ${dim(label.padEnd(column - 2))}${body}`];
}

/** Every finding on its own; a hint that all share stands once at the end. */
function findings(problems: readonly Problem[], style: TextStyle): string[] {
  const [first] = problems;
  const shared = problems.every(({ hint }) => hint === first?.hint) ? first?.hint : undefined;
  const lines = [`  ${problems.length} findings:`];
  for (const { path, message, hint } of problems.slice(0, MOST_FINDINGS)) {
    const text = `- ${path === '' ? 'document' : path}: ${message}`;
    const advice = hint === undefined || hint === shared || message.includes(hint) ? '' : ` (${hint})`;
    lines.push(`  ${wrap(text + advice, style.width - 2, '    ')}`);
  }
  if (problems.length > MOST_FINDINGS) lines.push(`  and ${problems.length - MOST_FINDINGS} more: --json gives all`);
  return [...lines, ...field('hint', shared, style)];
}

/** The error for people, with all findings. */
export function failureText(failure: Failure, command: string, style: TextStyle): string {
  const { bold, red } = paint(style);
  const name = command === '' ? 'heterodyne' : `heterodyne ${command}`;
  const lines = [wrap(`${name}: ${red(bold('error'))}: ${failure.message}`, style.width, '  ')];
  const { source, path, problems } = failure;
  const place = source !== undefined && path !== undefined && path !== '' ? `${source}, ${path}` : (source ?? path);
  if (problems.length <= 1) {
    lines.push(
      ...field('where', place, style),
      ...field('expected', failure.expected, style),
      ...field('found', failure.received, style),
      ...field('hint', shortHint(failure), style),
    );
  } else lines.push(...field('where', source, style), ...findings(problems, style));
  if (failure.stack !== undefined) {
    lines.push(
      '',
      'This is a defect of Heterodyne, not of your input. Please report it with these lines:',
      failure.stack,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The document of kind `error`. */
export async function failureJson(failure: Failure): Promise<string> {
  const { errorDocument } = await import('./documents/error.ts');
  const { stack: _, ...members } = failure;
  return errorDocument.write({ kind: 'error', schemaVersion: 1, ...members });
}
