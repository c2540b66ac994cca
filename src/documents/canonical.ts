/**
 * One way to write a document, so that equal content has equal bytes, and one hash of its content.
 *
 * Numbers are written as ECMAScript writes them: the shortest decimal that reads back as the same double.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { HeterodyneError } from '../core/errors.ts';

/** An array of plain values stays on one line up to this column. */
const LINE_WIDTH = 120;

/** RFC 6901 escape of one JSON pointer segment. */
export function pointerSegment(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** RFC 6901 JSON pointer of a path of keys; '' is the document itself. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${pointerSegment(String(key))}`).join('');
}

function notWritable(path: string, what: string): HeterodyneError {
  return new HeterodyneError('INTERNAL', `cannot write ${what} as JSON`, {
    path,
    expected: 'finite numbers, text, true, false, arrays and plain objects',
    received: what,
  });
}

function scalar(value: unknown, path: string): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw notWritable(path, String(value));
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : undefined;
    default:
      throw notWritable(path, typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`);
  }
}

function plainObject(value: object, path: string): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notWritable(path, `a ${value.constructor?.name ?? 'non-plain object'}`);
  }
  return value as Record<string, unknown>;
}

function render(value: unknown, indent: string, path: string): string {
  const simple = scalar(value, path);
  if (simple !== undefined) return simple;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const items = Array.from(value, (item, i) => render(item, inner, `${path}/${i}`));
    const plain = value.every((item) => item === null || typeof item !== 'object');
    const line = `[${items.join(', ')}]`;
    if (plain && indent.length + line.length <= LINE_WIDTH) return line;
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`;
  }
  const members: string[] = [];
  for (const [key, item] of Object.entries(plainObject(value as object, path))) {
    if (item === undefined) continue;
    members.push(`${inner}${JSON.stringify(key)}: ${render(item, inner, `${path}/${pointerSegment(key)}`)}`);
  }
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}

/**
 * JSON text with two-space indentation, keys in the order in which they stand, one line for a short array of plain
 * values, and a final newline. Members that are undefined are left out.
 *
 * @throws HeterodyneError `INTERNAL` for NaN, Infinity, undefined in an array, and anything that is not plain data.
 */
export function canonicalJson(value: unknown): string {
  return `${render(value, '', '')}\n`;
}

function compact(value: unknown, path: string): string {
  const simple = scalar(value, path);
  if (simple !== undefined) return simple;
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => compact(item, `${path}/${i}`)).join(',')}]`;
  const object = plainObject(value as object, path);
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    if (object[key] === undefined || key.startsWith('x-')) continue;
    if (path === '' && (key === '$schema' || key === 'run')) continue;
    members.push(`${JSON.stringify(key)}:${compact(object[key], `${path}/${pointerSegment(key)}`)}`);
  }
  return `{${members.join(',')}}`;
}

/**
 * SHA-256 (hexadecimal) of a document's content: keys sorted, no white space, without `$schema`, without `run` (which
 * holds times and host names) and without `x-` keys at any depth. Key order and layout do not change it.
 */
export function contentHash(document: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(compact(document, ''))));
}
