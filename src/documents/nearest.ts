/** Suggestions for misspelt words. */
import { closestString } from 'deno-std/text/closest_string.js';

/** Words longer than this are not worth comparing: nobody mistypes a kilobyte. */
const LONGEST_WORD = 100;

/**
 * The candidate that `word` probably meant, or undefined when nothing is near enough. Near: at most 40 % of the
 * letters are wrong (one letter in words of up to four). Letter case is ignored; ties go to the first candidate.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length === 0 || word.length > LONGEST_WORD) return undefined;
  const best = closestString(word, candidates, { compareFn: typingDistance });
  const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, best.length)));
  return typingDistance(word.toLowerCase(), best.toLowerCase()) <= allowed ? best : undefined;
}

/** `did you mean "x"?`, followed by the legal words; one text for every "no such ..." error. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const best = nearest(word, candidates);
  const legal = candidates.length === 0 ? 'there are none' : `legal: ${candidates.join(', ')}`;
  return best === undefined ? legal : `did you mean "${best}"? ${legal}`;
}

/**
 * Insertions, deletions, replacements and exchanges of neighbours between two words: the optimal string alignment
 * distance (Damerau, CACM 7(3), 1964). Plain edit distance counts the commonest slip, an exchange, twice.
 */
function typingDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + wrong);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], twoBack[j - 2] + 1);
    }
    twoBack = previous;
    previous = row;
  }
  return previous[b.length];
}
