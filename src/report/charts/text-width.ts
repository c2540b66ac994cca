/**
 * Room that a text takes, without a browser to ask: widths of DejaVu Sans, the widest among the usual sans-serif
 * fonts, so that what fits here fits everywhere.
 */

/** Hundredths of the font size, characters 32 to 126. */
// biome-ignore format: one row for sixteen characters
const WIDTHS = [
  32, 40, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 36, 32, 34,
  64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53,
  100, 69, 69, 70, 77, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
  61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 39, 34, 39, 84, 50,
  50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62,
  64, 64, 42, 52, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];
/** How much wider bold text is. */
export const BOLD = 1.18;
/** A blank at which no line is broken. */
const NO_BREAK = 0xa0;
const LATIN_GREEK_CYRILLIC = 85;
const SIGNS = 100;
const OTHERS = 115;

/** Width of one line in the unit of `size`. */
export function textWidth(text: string, size: number): number {
  let hundredths = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 32 || code === 127) hundredths += 100;
    else if (code < 127) hundredths += WIDTHS[code - 32] as number;
    else if (code === NO_BREAK) hundredths += WIDTHS[0] as number;
    else if (code < 0x530) hundredths += LATIN_GREEK_CYRILLIC;
    else hundredths += code >= 0x2000 && code < 0x2300 ? SIGNS : OTHERS;
  }
  return (hundredths / 100) * size;
}

/** The text, or as much of both its ends as fits: names differ at their ends. */
export function fitText(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  const letters = [...text];
  for (let kept = letters.length - 1; kept > 0; kept--) {
    const end = Math.floor(kept / 2);
    const shorter = `${letters.slice(0, kept - end).join('')}…${end === 0 ? '' : letters.slice(-end).join('')}`;
    if (textWidth(shorter, size) <= width) return shorter;
  }
  return '';
}

/** Lines of at most `width`, broken at blanks, but not between a number and its unit; a longer word is shortened. */
export function wrapText(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replace(/(\d) (%|ms|s|[KMGT]?B)(?=\W|$)/g, '$1\u00a0$2').split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer, size) <= width) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = fitText(word, width, size);
    }
  }
  lines.push(line);
  return lines;
}
