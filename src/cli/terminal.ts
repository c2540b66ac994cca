/** What each stream can show, from the environment and the stream itself. */
import type { WriteStream } from 'node:tty';
import { environmentVariable } from '../../bindings/host/index.ts';
import type { TextStyle } from '../report/style.ts';

/** Widest that text is laid out: longer lines are hard to read, and files have no width at all. */
const WIDEST = 100;
const NARROWEST = 60;

type Environment = (name: string) => string | undefined;

/** Whether colours are wanted: FORCE_COLOR decides over NO_COLOR, both over the terminal. */
export function wantsColor(isTerminal: boolean, environment: Environment): boolean {
  const force = environment('FORCE_COLOR');
  if (force !== undefined) return force !== '0' && force !== 'false';
  if ((environment('NO_COLOR') ?? '') !== '') return false;
  return isTerminal && environment('TERM') !== 'dumb';
}

/** Whether signs beyond ASCII can be shown. Pipes and files can hold them; terminals say so by locale. */
export function showsUnicode(isTerminal: boolean, environment: Environment): boolean {
  const term = environment('TERM');
  if (term === 'dumb' || (isTerminal && term === 'linux')) return false;
  if (!isTerminal) return true;
  const locale = environment('LC_ALL') || environment('LC_CTYPE') || environment('LANG');
  return locale === undefined || locale === '' || /utf-?8/i.test(locale);
}

export function styleOf(stream: Partial<Pick<WriteStream, 'isTTY' | 'columns'>>): TextStyle {
  const isTerminal = stream.isTTY === true;
  return {
    color: wantsColor(isTerminal, environmentVariable),
    unicode: showsUnicode(isTerminal, environmentVariable),
    width: isTerminal ? Math.max(NARROWEST, Math.min(WIDEST, (stream.columns ?? WIDEST) - 1)) : WIDEST,
  };
}

/** A terminal that can move its cursor back, for progress. */
export function canRedraw(stream: Partial<Pick<WriteStream, 'isTTY'>>): boolean {
  return stream.isTTY === true && environmentVariable('TERM') !== 'dumb';
}

/** Where the live view draws over itself: how many lines up, and all below taken away. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one
const REDRAW = /^\u001b\[\d+A\u001b\[J/;
/** Controls other than line ends and tabs, and escape sequences other than colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const COMMANDS = /\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/**
 * Text for a terminal. Names come from files that others wrote: as commands to the terminal they could move its cursor,
 * set its title or fill its clipboard.
 */
export function harmless(text: string): string {
  const redraw = REDRAW.exec(text)?.[0] ?? '';
  return redraw + text.slice(redraw.length).replace(COMMANDS, '?');
}
