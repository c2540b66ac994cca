/**
 * Arrays of objects out of files that may be cut short, broken in places, or surrounded by log lines. What strict JSON
 * reads is taken as it stands; anything else goes object by object.
 */
import { HeterodyneError } from '../../core/errors.ts';
import type { Findings } from './findings.ts';
import type { ReadSettings } from './format.ts';
import { NotJson, TolerantJson } from './tolerant-json.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Beyond so many lost objects the text is something else. */
const MOST_LOST = 1000;

const FIRST_RECORD = /\[\s*\{/;
const AFTER_RECORD = /\s*,?\s*([{\]]?)/y;
const LONGEST_LINE = 65_536;
/** Blanks between two objects that are looked over. */
const WIDEST_GAP = 64;

interface Found {
  value: unknown;
  /** Position after it. */
  end: number;
  repairs: number;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * All objects of the first array of objects in `text`.
 *
 * @param knownKeys keys of the format, by which broken strings are told from what follows them
 * @throws HeterodyneError `BAD_INPUT` (no object at all, or `strict` and something to repair), `LIMIT`
 */
export function readRecords(
  text: string,
  knownKeys: readonly string[],
  settings: ReadSettings,
  findings: Findings,
): JsonRecord[] {
  const whole = parseStrictly(text);
  const records = whole === undefined ? repairRecords(text, knownKeys, settings, findings) : whole;
  if (records.length > settings.maxEvents) throw tooMany(records.length, settings);
  return records;
}

function parseStrictly(text: string): JsonRecord[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 0 && value.every(isRecord) ? value : undefined;
  } catch {
    return undefined;
  }
}

function repairRecords(
  text: string,
  knownKeys: readonly string[],
  settings: ReadSettings,
  findings: Findings,
): JsonRecord[] {
  const { source, strict, maxEvents } = settings;
  const start = text.search(FIRST_RECORD);
  if (start < 0) throw noRecords(text, source);
  const parser = new TolerantJson(text, knownKeys);
  const items: JsonRecord[] = [];
  let repairs = 0;
  let lost = 0;
  let truncated = true;
  let firstBroken: number | undefined;
  let position = text.indexOf('{', start);
  let lineEnd = -1;
  while (position >= 0) {
    if (lineEnd < position) {
      const next = text.indexOf('\n', position);
      lineEnd = next < 0 ? text.length : next;
    }
    const found = readLine(text, position, lineEnd) ?? readOne(parser, position);
    if (found === undefined) {
      firstBroken ??= position;
      const next = nextRecord(text, position + 1);
      if (next < 0) break;
      if (++lost > MOST_LOST) throw tooBroken(text, firstBroken, source);
      position = next;
      continue;
    }
    if (found.repairs > 0) firstBroken ??= position;
    repairs += found.repairs;
    if (isRecord(found.value)) items.push(found.value);
    if (items.length > maxEvents) throw tooMany(items.length, settings);
    AFTER_RECORD.lastIndex = found.end;
    const follows = AFTER_RECORD.exec(text)?.[1];
    if (follows === ']') {
      truncated = false;
      break;
    }
    position = follows === '{' ? AFTER_RECORD.lastIndex - 1 : nextRecord(text, found.end);
  }
  if (items.length === 0) throw noRecords(text, source);
  if (strict) throw refuseRepair(text, firstBroken ?? text.length, source);
  const path = firstBroken === undefined ? undefined : lineOf(text, firstBroken);
  if (repairs > 0) {
    findings.add('REPAIRED_TEXT', `${repairs} values with unescaped quotes, backslashes or odd numbers were repaired`, {
      path,
      count: repairs,
    });
  }
  if (lost > 0) {
    findings.add('REPAIRED_TEXT', `${lost} objects could not be read and were left out`, { path, count: lost });
  }
  if (truncated) {
    findings.add('TRUNCATED', `the text ends before its array does: what was read of it are ${items.length} objects`);
  }
  return items;
}

/** An object that fills the rest of its line: most files have one a line, and the host's own reader is the fastest. */
function readLine(text: string, position: number, lineEnd: number): Found | undefined {
  if (lineEnd - position > LONGEST_LINE) return undefined;
  let end = lineEnd;
  while (end > position && ', \t\r'.includes(text[end - 1]!)) end--;
  if (text[end - 1] !== '}') return undefined;
  try {
    return { value: JSON.parse(text.slice(position, end)), end, repairs: 0 };
  } catch {
    return undefined;
  }
}

function readOne(parser: TolerantJson, position: number): Found | undefined {
  try {
    return { ...parser.strict(position), repairs: 0 };
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
  }
  try {
    return parser.repaired(position);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    return undefined;
  }
}

/** Where the next object of the array may begin, or -1: at a brace that follows a comma or a line. */
function nextRecord(text: string, from: number): number {
  for (let at = text.indexOf('{', from); at >= 0; at = text.indexOf('{', at + 1)) {
    for (let before = at - 1; before >= 0 && at - before <= WIDEST_GAP; before--) {
      const c = text[before]!;
      if (c === ',' || c === '\n') return at;
      if (c !== ' ' && c !== '\t' && c !== '\r') break;
    }
  }
  return -1;
}

/** `line 12` */
function lineOf(text: string, position: number): string {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++;
  return `line ${line}`;
}

function noRecords(text: string, source: string): HeterodyneError {
  const empty = text.trim() === '';
  return new HeterodyneError('BAD_INPUT', `${source} holds no readable object`, {
    source,
    path: 'line 1',
    expected: 'a JSON array of objects',
    received: empty ? 'an empty file' : JSON.stringify(text.trimStart().slice(0, 40)),
    hint: empty ? 'profilers write at their end: a process that was stopped leaves an empty file' : undefined,
  });
}

function tooBroken(text: string, position: number, source: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${source} is broken in more than ${MOST_LOST} places`, {
    source,
    path: lineOf(text, position),
    expected: 'a JSON array of objects',
    received: JSON.stringify(text.slice(position, position + 40)),
  });
}

function refuseRepair(text: string, position: number, source: string): HeterodyneError {
  const ended = position >= text.length;
  return new HeterodyneError('BAD_INPUT', `${source} is not strict JSON`, {
    source,
    path: lineOf(text, position),
    expected: 'strict JSON',
    received: ended
      ? 'the end of the text, or text around the array'
      : JSON.stringify(text.slice(position, position + 40)),
    hint: 'without --strict it is repaired where that is possible',
  });
}

function tooMany(count: number, { source, maxEvents }: ReadSettings): HeterodyneError {
  return new HeterodyneError('LIMIT', `${source} holds more than ${maxEvents} events`, {
    source,
    expected: `at most ${maxEvents}`,
    received: `${count} or more`,
    hint: 'profile fewer inferences',
  });
}
