/**
 * How large and how small numbers may be. Products and quotients of a few of them then stay finite and normal, so that no
 * search meets an infinite or undefined score; far wider than anything that is measured.
 */
import { HeterodyneError } from './errors.ts';

export const LEAST_MAGNITUDE = 1e-30;
export const MOST_MAGNITUDE = 1e30;
/** A search holds scores in float32. */
const MOST_SCORE = 1e30;

export const isPositive = (x: number): boolean => x >= LEAST_MAGNITUDE && x <= MOST_MAGNITUDE;
export const isNotNegative = (x: number): boolean => x === 0 || isPositive(x);
/** Of a rate that others are divided by. */
export const isRate = (x: number): boolean => x >= 1e-100 && x < Infinity;

/**
 * Largest prior of an option, and the reciprocal of the least: a placement that takes no time at all would have an infinite
 * one, against which all others count as nothing.
 */
export const MOST_PRIOR = 2 ** 60;
/** Values beyond, and spreads below its reciprocal, are not told apart when children are compared. */
export const MOST_WORTH = 1e38;

/** @throws HeterodyneError `BAD_INPUT`: a score from outside that is neither a number to search with nor a refusal */
export function checkScores(values: Float64Array): void {
  const wrong = values.findIndex((value) => value > MOST_SCORE || (value < -MOST_SCORE && value !== -Infinity));
  if (wrong < 0) return;
  throw new HeterodyneError('BAD_INPUT', `the score of a placement cannot be ${values[wrong]}`, {
    path: `/values/${wrong}`,
    expected: `a number of at most ${MOST_SCORE}; NaN or -Infinity where the placement is infeasible`,
    received: String(values[wrong]),
  });
}
