/**
 * TFLite's `benchmark_model` with operator profiling: tables between `===== title =====` lines, as tab-separated text
 * from the log or as comma-separated text from a file. Neither is quoted: the type of a node may hold commas, its name
 * comes last and may hold anything.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { duration, finiteNumber, noteSpread, percentText, sum } from './figures.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { assignments, linesOf } from './lines.ts';
import type { ImportedOp, LatencyFigures, MeasurementMode, ReadProfile } from './record.ts';
import { type Columns, columnsOf, type NodeRow, rowOf } from './tflite-table.ts';

const SECTION = /^=+ (.+?) =+$/;
const REGULAR = /Operator-wise Profiling Info for Regular Benchmark Runs/i;
const OTHER_BLOCK = /Profiling Info for Benchmark Initialization/i;
const DELEGATE_BLOCK = /Delegate internal/i;
const CYCLES = /cycles/i;

export const tfliteBenchmark: ProfileFormat = {
  id: 'tflite',
  family: 'tflite',
  title: 'TFLite benchmark_model',
  detect: (text) => {
    if (/^(?:INFO: ?)?=+ Run Order =+[ \t\r]*$/m.test(text)) return 'a table titled Run Order';
    if (/inference timings in us:/i.test(text)) return 'a line "Inference timings in us"';
    return REGULAR.test(text) ? 'a heading of operator-wise profiling' : undefined;
  },
  read: readTflite,
};

/** What a walk over the lines gathers. */
interface Gathered {
  rows: { row: NodeRow; line: number }[];
  /** The `Timings (microseconds)` of the regular runs. */
  timings?: Record<string, string>;
  /** The last line `Inference timings in us`. */
  summary?: Record<string, string>;
  hasHeader: boolean;
  cycleRows: number;
  unknownColumns: number;
}

function readTflite(text: string, settings: ReadSettings): ReadProfile {
  const findings = new Findings();
  const found = gather(linesOf(text), settings, findings);
  const ops = opsOf(found, findings);
  const { latencyMs, mode } = latencyOf(found, findings);
  if (ops.length === 0 && latencyMs === undefined) {
    throw new HeterodyneError('BAD_INPUT', `${settings.source} holds neither nodes nor timings`, {
      source: settings.source,
      expected: 'a table "Run Order" with rows, or a line "Inference timings in us"',
      received: found.cycleRows > 0 ? `${found.cycleRows} rows in processor cycles` : 'neither',
      hint: 'run benchmark_model with --enable_op_profiling=true',
    });
  }
  if (!found.hasHeader && ops.length > 0) {
    findings.add('ASSUMED', 'the text does not say which runs its tables are of: they are taken for the regular ones');
  }
  if (found.cycleRows > 0) {
    findings.add('BAD_VALUE', `${found.cycleRows} rows count processor cycles, not time: they were left out`, {
      count: found.cycleRows,
    });
  }
  noteDelegates(ops, findings);
  if (latencyMs !== undefined) noteSpread(latencyMs, findings, 'inferences');
  return {
    tool: 'tflite',
    mode,
    ...(latencyMs !== undefined && { latencyMs }),
    warmup: { removed: 0, rule: 'the tool keeps warm-up apart' },
    ops,
    warnings: findings.all(),
    unknownKeys: found.unknownColumns,
  };
}

function gather(lines: readonly string[], { source, maxEvents }: ReadSettings, findings: Findings): Gathered {
  const found: Gathered = { rows: [], hasHeader: false, cycleRows: 0, unknownColumns: 0 };
  const hasRegular = lines.some((line) => REGULAR.test(line));
  let block: 'regular' | 'other' | 'delegate' = hasRegular ? 'other' : 'regular';
  let columns: Columns | undefined;
  let inTable = false;
  let sawTable = false;
  for (const [at, line] of lines.entries()) {
    if (REGULAR.test(line) || OTHER_BLOCK.test(line) || DELEGATE_BLOCK.test(line)) {
      block = REGULAR.test(line) ? 'regular' : OTHER_BLOCK.test(line) ? 'other' : 'delegate';
      found.hasHeader = true;
      inTable = false;
      continue;
    }
    const title = SECTION.exec(line)?.[1];
    if (title !== undefined) {
      // A second Run Order of the regular runs comes from a delegate: its rows are part of a row of the first.
      inTable = block !== 'other' && /^run order$/i.test(title);
      if (inTable && block === 'regular' && sawTable) block = 'delegate';
      if (inTable && block === 'regular') sawTable = true;
      columns = undefined;
      continue;
    }
    if (/^Timings \(microseconds\)/.test(line) && block === 'regular')
      found.timings ??= assignments(line.slice(line.indexOf(':')));
    const summary = /inference timings in us:(.*)$/i.exec(line)?.[1];
    if (summary !== undefined) found.summary = assignments(summary);
    if (!inTable) continue;
    if (line === '') {
      inTable = columns === undefined;
      continue;
    }
    if (columns === undefined) {
      columns = columnsOf(line, source, `line ${at + 1}`);
      found.unknownColumns += columns.unknown;
      continue;
    }
    const row = rowOf(line, columns);
    if (row === undefined)
      findings.count('BAD_VALUE', 'rows without the columns of their table were left out', `line ${at + 1}`);
    else if (block === 'delegate') found.cycleRows += CYCLES.test(columns.text) || /hexagon/i.test(row.type) ? 1 : 0;
    else if (CYCLES.test(columns.text)) found.cycleRows++;
    else found.rows.push({ row, line: at + 1 });
    if (found.rows.length > maxEvents) {
      throw new HeterodyneError('LIMIT', `${source} holds more than ${maxEvents} rows`, {
        source,
        expected: `at most ${maxEvents}`,
        received: 'more',
      });
    }
  }
  return found;
}

function opsOf({ rows }: Gathered, findings: Findings): ImportedOp[] {
  const ops: ImportedOp[] = [];
  const shares: number[] = [];
  for (const { row, line } of rows) {
    const avgMs = duration(row.avgMs, findings, 'times of nodes', `line ${line}`);
    if (avgMs === undefined) continue;
    const share = finiteNumber(row.percent);
    if (share !== undefined) shares.push(share);
    // 0 times called means that the tool did not count.
    const calls = finiteNumber(row.calls) ?? 0;
    ops.push({ name: row.name, type: row.type, index: ops.length, avgMs, calls: calls > 0 ? calls : 1, share: 0 });
  }
  const total = sum(ops.map(({ avgMs }) => avgMs));
  for (const op of ops) op.share = total > 0 ? op.avgMs / total : 0;
  const stated = sum(shares);
  if (shares.length > 0 && (stated < 95 || stated > 105)) {
    findings.add(
      'PERCENT_WRONG',
      `the stated percentages add up to ${percentText(stated / 100)}: shares were computed anew`,
    );
  }
  return ops;
}

/** The log's own average where there is one, else the sum over the nodes, with profiling on. */
function latencyOf(
  { timings = {}, summary }: Gathered,
  findings: Findings,
): { latencyMs?: LatencyFigures; mode: MeasurementMode } {
  const us = (text: string | undefined): number | undefined => {
    const value = duration(text, findings, 'timings', 'Timings');
    return value === undefined ? undefined : value / 1000;
  };
  const count = finiteNumber(timings.count);
  const average = us(summary?.['inference (avg)'] ?? summary?.inference);
  if (average !== undefined) return { latencyMs: { mean: average }, mode: 'latency' };
  // One sample has no average, only itself.
  const mean = us(timings.avg ?? (count === 1 ? timings.curr : undefined));
  if (mean === undefined) return { mode: 'profiled' };
  const [min, max, std] = [us(timings.min), us(timings.max), us(timings.std)];
  const latencyMs: LatencyFigures = {
    ...(count !== undefined && { count }),
    ...(min !== undefined && { min }),
    mean,
    ...(max !== undefined && { max }),
    ...(std !== undefined && { std }),
  };
  return { latencyMs, mode: 'profiled' };
}

function isDelegate({ type = '', name }: ImportedOp): boolean {
  return /delegate/i.test(type) || /^\[?TfLite\w*Delegate/i.test(name);
}

function noteDelegates(ops: readonly ImportedOp[], findings: Findings): void {
  const delegates = ops.filter(isDelegate);
  if (delegates.length === 0) return;
  const rest = ops.filter((op) => !isDelegate(op));
  if (rest.length === 0) {
    findings.add('FUSED', 'a delegate ran the whole model: its layers are not told apart', {
      count: delegates.length,
    });
    return;
  }
  findings.add(
    'FALLBACK',
    `${rest.length} of ${ops.length} nodes ran on the CPU beside the delegate (${percentText(sum(rest.map(({ share }) => share)))} of the time)`,
    { count: rest.length },
  );
}
