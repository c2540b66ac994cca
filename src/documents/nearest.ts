/** Suggestions for misspelt words. */
import { closestString } from 'deno-std/text/closest_string.js';
import { levenshteinDistance } from 'deno-std/text/levenshtein_distance.js';

/** Words longer than this are not worth comparing: nobody mistypes a kilobyte. */
const LONGEST_WORD = 100;

/**
 * The candidate that `word` probably meant, or undefined when nothing is near enough. Near: at most 40 % of the
 * letters differ (one letter in words of up to three). Letter case is ignored; ties go to the first candidate.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length === 0 || word.length > LONGEST_WORD) return undefined;
  const best = closestString(word, candidates);
  const distance = levenshteinDistance(word.toLowerCase(), best.toLowerCase());
  const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, best.length)));
  return distance <= allowed ? best : undefined;
}

/** `did you mean "x"?`, followed by the legal words; one text for every "no such ..." error. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const best = nearest(word, candidates);
  const legal = candidates.length === 0 ? 'there are none' : `legal: ${candidates.join(', ')}`;
  return best === undefined ? legal : `did you mean "${best}"? ${legal}`;
}
