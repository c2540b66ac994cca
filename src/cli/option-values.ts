/** Texts of options as numbers: what one command understands, every command does. */
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';

function refuse(option: string, text: string, expected: string): never {
  throw new HeterodyneError('USAGE', `${option} cannot be "${text}"`, {
    path: option,
    expected,
    received: `"${text}"`,
  });
}

/** A whole number from an option's text. @throws HeterodyneError `USAGE` */
export function wholeNumber(text: string, option: string, least: number, most: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  refuse(option, text, `a whole number from ${least} to ${most}`);
}

/** `--seed`; 1 where none is given. @throws HeterodyneError `USAGE` */
export function readSeed(text: string | undefined): number {
  return text === undefined ? 1 : wholeNumber(text, '--seed', 0, 2 ** 32 - 1);
}

/** `10%` or `0.1`; `strict`: neither `least` nor `most` itself. @throws HeterodyneError `USAGE` */
export function readShare(text: string, option: string, { least = 0, most = 1, strict = false } = {}): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(%?)$/.exec(text.trim());
  const value = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : Number.NaN;
  if (strict ? value > least && value < most : value >= least && value <= most) return value;
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  refuse(option, text, `a share ${range}${strict ? ', both excluded' : ''}, as 60% or 0.6`);
}

/** `--move-cost`: share of the objective that a moved stage must gain. @throws HeterodyneError `USAGE` */
export function readMoveCost(text: string): number {
  return readShare(text, '--move-cost', { most: Number.POSITIVE_INFINITY });
}

/** `--evaluations`: `500`, `10k`, `1M`. @throws HeterodyneError `USAGE` */
export function readEvaluations(text: string, least = 1): number {
  const count = parseQuantity(text, '1', '--evaluations');
  if (Number.isSafeInteger(count) && count >= least) return count;
  refuse('--evaluations', text, `a whole number of at least ${least}`);
}

/** `--time-limit` in milliseconds, at most what a timer can count. @throws HeterodyneError `USAGE` */
export function readTimeLimit(text: string): number {
  const milliseconds = parseQuantity(text, 'ms', '--time-limit');
  if (milliseconds > 0 && milliseconds < 2 ** 31) return milliseconds;
  refuse('--time-limit', text, 'more than 0 ms and less than 24 days, as 50ms or 30s');
}
