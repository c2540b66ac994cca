/**
 * FPS matrices as people have them: a table (CSV), a plain JSON object of rows, a matrix document, or a profile. The
 * first two say nothing of where their figures come from, which the cells then admit.
 */
import { parse as parseCsv } from 'deno-std/csv/parse.js';
import { stringify as writeCsv } from 'deno-std/csv/stringify.js';
import { HeterodyneError } from '../core/errors.ts';
import { readJson } from '../documents/json-text.ts';
import type { Warning } from '../documents/warnings.ts';
import { type FpsCell, type FpsMatrix, type FpsModel, fpsCell, fpsMatrixDocument } from './fps-matrix.ts';
import { fpsMatrixOfProfile } from './fps-matrix-of-profile.ts';
import { profileDocument } from './schema.ts';

/** Words for a pair that cannot run, besides 0 and an empty cell. */
const NONE = new Set(['', '-', 'n/a', 'na', 'nan', 'null', 'none', 'unsupported']);

/** Columns that are no device. */
const PROPERTIES = ['service', 'callsperframe', 'memorybytes'];

export interface ReadMatrix {
  matrix: FpsMatrix;
  /** Of the reading alone; `fpsMatrixFindings` looks at the figures. */
  warnings: Warning[];
}

/**
 * Reads a matrix from text. CSV has a first row `model,CPU,GPU,...` and may have the columns `service`,
 * `callsPerFrame` and `memoryBytes`; lines that begin with `#` are comments, and may say where all figures come from,
 * as `# origin: measured` (also `metric`, `tool`, `precision`, `batch`, `date`). Plain JSON is
 * `{"model": {"CPU": 10, "GPU": 30}}`.
 *
 * @param source name of the file, for messages and for the cells
 * @throws HeterodyneError `BAD_INPUT` for anything that is no matrix: ragged, text in cells, negative, all unsupported
 */
export function readFpsMatrix(text: string, source: string): ReadMatrix {
  const first = text.replace(/^\uFEFF/, '').trimStart()[0];
  const { document, warnings } =
    first === '{' || first === '[' ? fromJson(readJson(text, source), source) : fromTable(text, source);
  if (!document.models.some((model) => document.devices.some(({ id }) => fpsCell(model, id) !== undefined))) {
    throw refusal(source, '', 'no model runs on any device', 'at least one rate above 0', 'zeros and empty cells');
  }
  return { matrix: document, warnings };
}

/** The rates alone as CSV; 0 = unsupported. */
export function fpsMatrixCsv({ devices, models }: FpsMatrix): string {
  const header = ['model', ...devices.map(({ id }) => id)];
  const rows = models.map((model) => [model.name, ...devices.map(({ id }) => fpsCell(model, id)?.framesPerS ?? 0)]);
  return writeCsv([header, ...rows]).replaceAll('\r\n', '\n');
}

function refusal(source: string, path: string, message: string, expected: string, received: string): HeterodyneError {
  const place = path === '' ? '' : `${path}: `;
  return new HeterodyneError('BAD_INPUT', `${source}: ${place}${message}`, { source, path, expected, received });
}

interface Parsed {
  document: FpsMatrix;
  warnings: Warning[];
}

function fromJson(value: unknown, source: string): Parsed {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(source, '', 'a matrix in JSON is an object', 'an object of rows, or a document', 'an array');
  }
  const { kind } = value as { kind?: unknown };
  if (kind === 'profile') {
    const { document, warnings } = profileDocument.parse(value, source);
    return { document: fpsMatrixOfProfile(document, source), warnings };
  }
  if (typeof kind === 'string') return fpsMatrixDocument.parse(value, source);
  const rows = Object.entries(value).filter(([key]) => key !== '$schema');
  const devices = [...new Set(rows.flatMap(([, row]) => Object.keys(Object(row) as object)))];
  const models = rows.map(([name, row]): FpsModel => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw refusal(source, `/${name}`, 'a row is an object of rates by device', 'an object', JSON.stringify(row));
    }
    const rates = row as Record<string, unknown>;
    const cells = devices.map((id) => {
      const path = `/${name}/${id}`;
      if (!Object.hasOwn(rates, id)) {
        throw refusal(source, path, `the row of ${name} lacks ${id}`, 'a rate, 0 or null', 'nothing');
      }
      const rate = rates[id];
      return [id, cellOf(typeof rate === 'string' ? rate : String(rate), source, path)] as const;
    });
    return { name, cells: Object.fromEntries(cells) };
  });
  return complete(models, devices, source);
}

function fromTable(text: string, source: string): Parsed {
  const header = text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
  const separator = header.includes(';') ? ';' : header.includes('\t') ? '\t' : ',';
  let lines: string[][];
  try {
    lines = parseCsv(text, { separator, comment: '#' });
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw refusal(source, '', 'this is no table', 'CSV with a first row model,CPU,GPU,...', received);
  }
  const [titles = [], ...rows] = lines.map((line) => line.map((field) => field.trim()));
  if (titles[0]?.toLowerCase() !== 'model' || titles.length < 2) {
    throw refusal(source, 'row 1', 'the first row names the devices', 'model,CPU,GPU,...', header.slice(0, 60));
  }
  if (rows.length === 0) throw refusal(source, '', 'the table has no models', 'a row per model', 'the first row alone');
  const isProperty = (title: string) => PROPERTIES.includes(title.toLowerCase());
  const stated = statements(text);
  const models = rows.map((row, r): FpsModel => {
    const at = `row ${r + 2}`;
    if (row.length !== titles.length) {
      const message = `the row has ${row.length} fields and the first one ${titles.length}`;
      throw refusal(source, at, message, `${titles.length} fields`, `${row.length}`);
    }
    const fields = titles.map((title, c) => [title, row[c] as string] as const);
    const property = (name: string) =>
      fields.find(([title, field]) => title.toLowerCase() === name && field !== '')?.[1];
    const numeric = (name: string) => {
      const field = property(name);
      return field === undefined ? undefined : readNumber(field, separator, source, `${at}, ${name}`);
    };
    const [service, callsPerFrame, memoryBytes] = [
      property('service'),
      numeric('callsperframe'),
      numeric('memorybytes'),
    ];
    return {
      name: row[0] as string,
      ...(service !== undefined && { service }),
      ...(callsPerFrame !== undefined && { callsPerFrame }),
      ...(memoryBytes !== undefined && { memoryBytes }),
      cells: Object.fromEntries(
        fields
          .slice(1)
          .filter(([title]) => !isProperty(title))
          .map(([id, field]) => [id, cellOf(field, source, `${at}, ${id}`, { separator, stated })]),
      ),
    };
  });
  const devices = titles.slice(1).filter((title) => !isProperty(title));
  return complete(models, devices, source);
}

/** Checks what was put together under the document's own rules. */
function complete(models: FpsModel[], devices: readonly string[], source: string): Parsed {
  if (models.length === 0) throw refusal(source, '', 'the matrix has no models', 'a row per model', 'none');
  return fpsMatrixDocument.parse(
    { kind: 'fps-matrix', schemaVersion: 1, devices: devices.map((id) => ({ id })), models },
    source,
  );
}

/** What comments say about all figures: `# origin: measured`. Their values are checked with the document. */
function statements(text: string): Partial<FpsCell> {
  const found: Record<string, string | number> = {};
  for (const [, key, value] of text.matchAll(/^#\s*(origin|metric|tool|precision|batch|date)\s*:\s*(\S.*?)\s*$/gm)) {
    found[key as string] = key === 'batch' ? Number(value) : (value as string);
  }
  return found;
}

function cellOf(
  text: string,
  source: string,
  path: string,
  { separator = ',', stated = {} }: { separator?: string; stated?: Partial<FpsCell> } = {},
): FpsModel['cells'][string] {
  if (NONE.has(text.trim().toLowerCase())) return 'unsupported';
  const framesPerS = readNumber(text, separator, source, path);
  if (framesPerS === 0) return 'unsupported';
  const sourceFile = source.split(/[/\\]/).at(-1);
  return { framesPerS, origin: 'imported', ...stated, ...(sourceFile && { sourceFile }) };
}

/** Decimal commas are understood where they cannot be separators. */
function readNumber(text: string, separator: string, source: string, path: string): number {
  const plain = separator === ';' ? text.replace(',', '.') : text;
  const value = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(plain) ? Number(plain) : Number.NaN;
  if (Number.isFinite(value) && value >= 0) return value;
  throw refusal(source, path, `"${text}" is no rate`, 'a number of at least 0, or nothing where it cannot run', text);
}
