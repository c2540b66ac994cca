/** Findings about a trace of unknown form, and what its values are. */
import type { Problem } from '../../core/errors.ts';

/** A JSON object of unknown form. */
export type Loose = Record<string, unknown>;

/** Collects what is wrong, up to a limit: one slip of a writer repeats in every event. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get full(): boolean {
    return this.problems.length >= this.#most;
  }

  /** @returns holds */
  require(holds: boolean, path: string, message: string, expected: string, received: unknown): boolean {
    if (!holds && !this.full) this.problems.push({ path, message, expected, received: brief(received) });
    return holds;
  }

  /** As {@link require}, for an event. */
  ofEvent(holds: boolean, index: number, key: string, message: string, expected: string, received: unknown): boolean {
    return this.require(holds, `/traceEvents/${index}${key}`, message, expected, received);
  }
}

/** Whole nanoseconds of microseconds; undefined for anything but a time of at least 0 with at most three decimals. */
export function nanoseconds(us: unknown): number | undefined {
  if (typeof us !== 'number' || !Number.isFinite(us) || us < 0) return undefined;
  const ns = Math.round(us * 1000);
  return ns / 1000 === us ? ns : undefined;
}

/** A process, a track, a flow. */
export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one: a missing member is then found where it is looked for. */
export function objectOr(value: unknown): Loose {
  return isObject(value) ? value : {};
}

/** The first NaN, Infinity, or null, which is what they become in JSON. */
export function firstNotFinite(value: unknown, path = ''): { path: string; value: unknown } | undefined {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return { path, value: String(value) };
  if (typeof value !== 'object') return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = firstNotFinite(member, `${path}/${key}`);
    if (found) return found;
  }
  return undefined;
}

function brief(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
