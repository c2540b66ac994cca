/**
 * The one error type of Heterodyne. Problems are data (`code`, `path`, `expected`, `received`, `hint`) before they
 * are text, so that a program can react and the command line can print all of them.
 */

/** What went wrong, in a word. The command line maps each to an exit code (see {@link exitCodeOf}). */
export type ErrorCode =
  /** The caller named an option, model, platform or planner that does not exist, or combined options that contradict. */
  | 'USAGE'
  /** A document or model file is unreadable, truncated, of the wrong kind, or holds an illegal value. */
  | 'BAD_INPUT'
  /** A file or permission is missing. */
  | 'NOT_READABLE'
  /** An operator has no shape rule, so that nothing after it can be sized. */
  | 'UNKNOWN_OPERATOR'
  /** The problem is larger than a stated limit of the core. */
  | 'LIMIT'
  /** The problem is understood and proven to have no answer. */
  | 'INFEASIBLE'
  /** A model that needs no resource at all would run infinitely fast. */
  | 'UNBOUNDED_MODEL'
  /** A process that was started for the work died, hung or could not be started. */
  | 'PROCESS'
  /** A self-check failed: a defect of Heterodyne. */
  | 'INTERNAL';

/** One finding about an input, located. */
export interface Problem {
  /** JSON pointer (`/models/0/rate`) or place in a file (`node 17 "conv1"`). */
  path: string;
  message: string;
  expected?: string;
  received?: string;
  hint?: string;
}

export interface HeterodyneErrorDetails {
  /** Where in the input: JSON pointer, node name, option name. */
  path?: string;
  expected?: string;
  received?: string;
  /** The way to go on. */
  hint?: string;
  /** The file or document that the problem is in. */
  source?: string;
  /** All findings, when there is more than one. */
  problems?: Problem[];
  cause?: unknown;
}

/** Every error that Heterodyne throws on purpose. Anything else that escapes is a defect. */
export class HeterodyneError extends Error {
  override readonly name = 'HeterodyneError';
  readonly code: ErrorCode;
  readonly path?: string;
  readonly expected?: string;
  readonly received?: string;
  readonly hint?: string;
  readonly source?: string;
  readonly problems: Problem[];

  constructor(code: ErrorCode, message: string, details: HeterodyneErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.expected = details.expected;
    this.received = details.received;
    this.hint = details.hint;
    this.source = details.source;
    this.problems = details.problems ?? [];
  }
}

/** Exit code of the command line for an error: 2 infeasible, 64 usage, 65 bad input, 1 anything else. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof HeterodyneError)) return 1;
  switch (error.code) {
    case 'USAGE':
      return 64;
    case 'INFEASIBLE':
      return 2;
    case 'BAD_INPUT':
    case 'NOT_READABLE':
    case 'UNKNOWN_OPERATOR':
    case 'LIMIT':
    case 'UNBOUNDED_MODEL':
      return 65;
    case 'PROCESS':
    case 'INTERNAL':
      return 1;
  }
}
