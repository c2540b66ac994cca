/** The table of nodes in `benchmark_model`'s output: columns by heading, rows read from the percentages outward. */
import { HeterodyneError } from '../../core/errors.ts';
import { heading } from './lines.ts';

const REQUIRED = ['node type', 'avg ms', '%', 'name'];
const KNOWN = [...REQUIRED, 'start', 'first', 'cdf%', 'mem kb', 'times called', 'avg cycles', 'cycles'];
const PERCENT = /^[-+]?(?:[\d.]+(?:e[-+]?\d+)?|nan|inf)%$/i;

export interface Columns {
  /** The heading line. */
  text: string;
  separator: string;
  names: string[];
  /** Place of the first percentage: all rows are counted from it. */
  percent: number;
  unknown: number;
}

/** Cells as they stand; the caller judges the numbers. */
export interface NodeRow {
  type: string;
  name: string;
  avgMs?: string;
  percent?: string;
  calls?: string;
}

/** @throws HeterodyneError `BAD_INPUT` with the columns that are missing */
export function columnsOf(line: string, source: string, path: string): Columns {
  const separator = line.includes('\t') ? '\t' : line.includes(', ') ? ', ' : ',';
  const names = line
    .trimStart()
    .split(separator)
    .map(heading)
    .map((name) => (name === 'cdf %' ? 'cdf%' : name));
  const time = names.some((name) => name.includes('cycles'));
  const missing = REQUIRED.filter((name) => !names.includes(name) && !(name === 'avg ms' && time));
  if (missing.length > 0 || names[0] !== 'node type' || names.at(-1) !== 'name') {
    throw new HeterodyneError('BAD_INPUT', `${source}: the table Run Order lacks columns`, {
      source,
      path,
      expected: 'node type (first), avg_ms, %, name (last)',
      received: names.join(', ').slice(0, 200),
    });
  }
  const unknown = names.filter((name) => !KNOWN.includes(name)).length;
  return { text: line, separator, names, percent: names.indexOf('%'), unknown };
}

/** A row, or undefined where the columns do not fit. */
export function rowOf(line: string, { separator, names, percent }: Columns): NodeRow | undefined {
  const cells = line
    .trimStart()
    .split(separator)
    .map((cell) => cell.trim());
  const pair = names[percent + 1] === 'cdf%';
  const at = cells.findIndex(
    (cell, i) => i >= percent && PERCENT.test(cell) && (!pair || PERCENT.test(cells[i + 1] ?? '')),
  );
  if (at < 0) return undefined;
  // Cells beyond the columns before the percentage belong to the type; those beyond the last column to the name.
  const shift = at - percent;
  const last = names.length - 1 + shift;
  if (cells.length <= last) return undefined;
  const glue = separator === '\t' ? ' ' : separator;
  const cell = (name: string): string | undefined => {
    const column = names.indexOf(name);
    return column < 0 ? undefined : cells[column + shift];
  };
  return {
    type: cells.slice(0, shift + 1).join(glue),
    name: cells.slice(last).join(glue),
    avgMs: cell('avg ms'),
    percent: cell('%')?.slice(0, -1),
    calls: cell('times called'),
  };
}
