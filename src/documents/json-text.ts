/**
 * Reading JSON that people write by hand: a byte-order mark, comments and trailing commas are accepted. Errors name
 * line and column, in the same words on every host.
 */
import { parse as parseJsonc } from 'deno-std/jsonc/parse.js';
import { HeterodyneError } from '../core/errors.ts';

/** No document of ours nests this deep; a deeper one is hostile, and would end in a stack overflow. */
const DEEPEST = 100;

function lineAndColumn(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return `line ${line}, column ${position - before.lastIndexOf('\n')}`;
}

function refuseDeepNesting(text: string, source: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > DEEPEST) {
        throw new HeterodyneError('BAD_INPUT', `${source} nests deeper than ${DEEPEST} levels`, {
          source,
          path: lineAndColumn(text, i),
          expected: `at most ${DEEPEST} levels of brackets`,
          received: 'more',
        });
      }
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
}

/**
 * The value in a JSON text. Strict JSON is tried first; text with comments or trailing commas second.
 *
 * @param source name of the file or option, for messages
 * @throws HeterodyneError `BAD_INPUT` with line and column
 */
export function readJson(text: string, source: string): unknown {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (content.trim() === '') {
    throw new HeterodyneError('BAD_INPUT', `${source} is empty`, {
      source,
      path: '',
      expected: 'a JSON document',
      received: 'nothing',
    });
  }
  refuseDeepNesting(content, source);
  try {
    return JSON.parse(content);
  } catch {
    // Not strict JSON: the tolerant reader decides, and gives the message when it gives up too.
  }
  try {
    return parseJsonc(content);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const position = /position (\d+)/.exec(message)?.[1];
    const ended = /unexpected end/.test(message);
    const at = position === undefined ? (ended ? content.length : undefined) : Number(position);
    const place = at === undefined ? undefined : lineAndColumn(content, at);
    const found = ended || at === undefined ? 'the end of the text' : JSON.stringify(content.slice(at, at + 20));
    throw new HeterodyneError('BAD_INPUT', `${source} is not JSON${place === undefined ? '' : `: ${place}`}`, {
      source,
      path: place,
      expected: 'JSON (comments and trailing commas are accepted)',
      received: found,
      hint: ended ? 'the file may be cut short' : undefined,
      cause,
    });
  }
}
