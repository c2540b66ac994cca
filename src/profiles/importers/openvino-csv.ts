/**
 * The CSV forms of OpenVINO's `benchmark_app` reports: separator `;`, nothing quoted. A report is blocks of
 * `label;value`, counters are one table per request, each ended by a row `Total`.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { linesOf } from './lines.ts';
import { type CounterNode, countersOf, reportOf } from './openvino.ts';
import type { ReadProfile } from './record.ts';

/** Human labels, in lower case, and the keys that the JSON form has for them. */
const LABELS: Readonly<Record<string, string>> = {
  topology: 'topology',
  'target device': 'target_device',
  api: 'api',
  precision: 'precision',
  'batch size': 'batch_size',
  'number of parallel infer requests': 'nireq',
  'first inference time (ms)': 'first_inference_time',
  'total number of iterations': 'iterations_num',
  'percentile boundary': 'percentile_boundary',
  'median latency (ms)': 'latency_median',
  'average latency (ms)': 'latency_avg',
  'min latency (ms)': 'latency_min',
  'max latency (ms)': 'latency_max',
  throughput: 'throughput',
  error: 'error',
};
const PERCENTILE_LABEL = /^latency \((\d+(?:\.\d+)?) percentile\) \(ms\)$/;
const COUNTER_HEADER = /^layerName;execStatus;layerType;execType;realTime \(ms\);cpuTime \(ms\)(?:; ?%)?;?$/i;
const BLOCK = /^(Command line parameters|Configuration setup|Execution results|Group Latencies);*$/i;

export const openvinoCsv: ProfileFormat = {
  id: 'openvino-csv',
  family: 'openvino',
  title: 'OpenVINO benchmark_app (CSV)',
  detect: (text) => {
    if (/^[ \t]*layerName;execStatus;/im.test(text)) return 'the heading layerName;execStatus';
    return /^(?:Configuration setup|Execution results);*[ \t\r]*$/im.test(text)
      ? 'a block titled Configuration setup or Execution results'
      : undefined;
  },
  read: readOpenvinoCsv,
};

function readOpenvinoCsv(text: string, settings: ReadSettings): ReadProfile {
  const lines = linesOf(text);
  const findings = new Findings();
  if (lines.some((line) => /^[ \t]*layerName;/i.test(line))) return readCounters(lines, settings, findings);
  const cells: Record<string, unknown> = {};
  let block = '';
  for (const line of lines) {
    const title = BLOCK.exec(line)?.[1];
    if (title !== undefined) {
      block = title.toLowerCase();
      continue;
    }
    if (block !== 'configuration setup' && block !== 'execution results') continue;
    const at = line.indexOf(';');
    if (at < 0) continue;
    const label = line.slice(0, at).trim().toLowerCase();
    const value = line
      .slice(at + 1)
      .replace(/;+$/, '')
      .trim();
    const rank = PERCENTILE_LABEL.exec(label)?.[1];
    if (rank !== undefined) {
      cells.latency_median = withPoint(value);
      cells.percentile_boundary = rank;
    } else if (Object.hasOwn(LABELS, label)) cells[LABELS[label]!] = withPoint(value);
  }
  return reportOf(cells, cells, settings, findings);
}

/** Where `;` separates, a comma may stand for the decimal point. */
function withPoint(value: string): string {
  return /^-?\d+,\d+$/.test(value) ? value.replace(',', '.') : value;
}

function readCounters(lines: readonly string[], settings: ReadSettings, findings: Findings): ReadProfile {
  const { source } = settings;
  const requests: CounterNode[][] = [];
  let open: CounterNode[] | undefined;
  let columns = 0;
  for (const [at, line] of lines.entries()) {
    const path = `line ${at + 1}`;
    if (/^[ \t]*layerName;/i.test(line)) {
      if (!COUNTER_HEADER.test(line.trim())) throw unlikeHeader(line, source, path);
      columns = line.trim().replace(/;$/, '').split(';').length;
      open = [];
      requests.push(open);
      continue;
    }
    if (open === undefined || line.trim() === '') continue;
    if (/^Total;/i.test(line)) {
      open = undefined;
      continue;
    }
    const cells = line.replace(/;$/, '').split(';');
    // Names are not quoted: the columns behind them are counted from the right.
    if (cells.length < columns) {
      findings.count('BAD_VALUE', 'rows without the columns of their table were left out', path);
      continue;
    }
    const [status, type, , realMs] = cells.slice(cells.length - columns + 1);
    const name = cells.slice(0, cells.length - columns + 1).join(';');
    open.push({ name, status, type, realMs: withPoint((realMs ?? '').trim()), path });
  }
  if (open !== undefined && requests.length > 0) {
    findings.add('TRUNCATED', 'the last table has no row "Total"');
  }
  return countersOf(requests, requests.length === 1, settings, findings);
}

function unlikeHeader(line: string, source: string, path: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${source}: the table of layers has other columns`, {
    source,
    path,
    expected: 'layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)',
    received: line.slice(0, 200),
  });
}
