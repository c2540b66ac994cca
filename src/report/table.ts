/** Tables of text: columns side by side, no lines but one under the headings. */
import Table from 'cli-table3';
import { stripAnsiCode } from 'deno-std/fmt/colors.js';
import { paint, signs, type TextStyle } from './style.ts';

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** Takes what is left of the line and wraps inside it; at most one column. */
  flexible?: boolean;
}

/** A blank at which no line is broken. */
export const KEEP = '\u00a0';
/** A figure and its percent sign stay on one line. */
const BREAKS = /[ \n]+(?![ \n%])/;

const GAP = 2;
/** A flexible column is never narrower, nor than what cannot be broken. */
const NARROWEST = 12;

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: ' ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};

/** Signs of two columns: East Asian wide and full-width blocks (Unicode annex 11), and pictographs. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/gu;
const COMBINING = /\p{Mark}|\u200d/gu;

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  const plain = stripAnsiCode(text).replace(COMBINING, '');
  return [...plain].length + (plain.match(WIDE)?.length ?? 0);
}

/** Lines of a table within the style's width, without trailing blanks; one blank stands before every line. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], style: TextStyle): string {
  const { bold, dim } = paint(style);
  const widths = columns.map(({ title }, c) =>
    Math.max(textWidth(title), ...rows.flatMap((row) => (row[c] ?? '').split('\n').map(textWidth))),
  );
  const flexible = columns.findIndex((column) => column.flexible);
  if (flexible >= 0) {
    const others = widths.reduce(
      (sum, width, c) => (c === flexible ? sum : sum + width),
      1 + GAP * (widths.length - 1),
    );
    const pieces = rows.flatMap((row) => (row[flexible] ?? '').split(BREAKS).map(textWidth));
    widths[flexible] = Math.max(NARROWEST, ...pieces, Math.min(widths[flexible] ?? 0, style.width - others));
  }
  const texts = rows.map((row) =>
    columns.map((_, c) => (c === flexible ? wrap(row[c] ?? '', widths[c]!) : (row[c] ?? ''))),
  );
  const grid = new Table({
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths,
    colAligns: columns.map((column) => column.align ?? 'left'),
  });
  grid.push(columns.map((column) => bold(column.title)));
  const rule = signs(style).line;
  grid.push(widths.map((width) => dim(rule.repeat(width))));
  for (const row of texts) grid.push(row);
  return grid
    .toString()
    .split('\n')
    .map((line) => line.replaceAll(KEEP, ' ').trimEnd())
    .join('\n');
}

/** Text in lines of at most `width` columns, continued under `indent`. Words longer than a line stay whole. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAKS).filter((part) => part !== '')) {
    const start = lines.length === 0 ? '' : indent;
    if (line === '') line = start + word;
    else if (textWidth(line) + 1 + textWidth(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  lines.push(line);
  return lines.join('\n');
}

/** At most `most` columns: the middle gives way, since paths differ at their ends. */
export function shorten(text: string, most: number, style: TextStyle): string {
  if (textWidth(text) <= most) return text;
  const { ellipsis } = signs(style);
  const letters = [...text];
  const kept = most - ellipsis.length;
  const end = Math.ceil(kept / 2);
  return letters.slice(0, kept - end).join('') + ellipsis + letters.slice(letters.length - end).join('');
}

/** A share of 1 as a bar of `width` columns. */
export function bar(share: number, width: number, style: TextStyle): string {
  const filled = Math.max(0, Math.min(width, share * width));
  if (!style.unicode) return '#'.repeat(Math.round(filled)).padEnd(width, '.');
  const whole = Math.floor(filled);
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][Math.floor((filled - whole) * 8)] ?? '';
  return ('█'.repeat(whole) + part).padEnd(width, '░');
}
