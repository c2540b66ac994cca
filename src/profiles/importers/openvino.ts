/** What OpenVINO's `benchmark_app` reports, whichever file it stands in: results of a run, and counters of layers. */
import { HeterodyneError } from '../../core/errors.ts';
import { duration, finiteNumber, sum } from './figures.ts';
import type { Findings } from './findings.ts';
import type { ReadSettings } from './format.ts';
import type { ImportedOp, LatencyFigures, MeasurementMode, ReadProfile } from './record.ts';

/** Cells of a report under the names of its JSON form. */
export type Cells = Readonly<Record<string, unknown>>;

/** One layer of one request. */
export interface CounterNode {
  name?: unknown;
  status?: unknown;
  type?: unknown;
  realMs?: unknown;
  /** Where it stands in the file. */
  path: string;
}

/** Devices that stand for others: which of them ran is not in the report. */
const COMPOSITE = /^(?:AUTO|MULTI|HETERO|BATCH)\b/i;

/** `benchmark_report`: the figures of the whole model. */
export function reportOf(setup: Cells, results: Cells, settings: ReadSettings, findings: Findings): ReadProfile {
  const { source } = settings;
  const { error } = results;
  if (error !== undefined && error !== null && error !== '') {
    throw new HeterodyneError('BAD_INPUT', `${source} reports a failed run: ${String(error).slice(0, 300)}`, {
      source,
      path: '/execution_results/error',
      expected: 'the results of a run that succeeded',
      received: String(error).slice(0, 300),
    });
  }
  const latencyMs = latencyOf(results, findings);
  const throughputPerS = duration(results.throughput, findings, 'rates', '/execution_results/throughput');
  if (latencyMs === undefined && throughputPerS === undefined) {
    throw new HeterodyneError('BAD_INPUT', `${source} holds neither latency nor throughput`, {
      source,
      path: '/execution_results',
      expected: 'latency_median, latency_avg or throughput',
      received: Object.keys(results).slice(0, 20).join(', ') || 'nothing',
    });
  }
  const mode = modeOf(setup, findings);
  if (results.first_inference_time === undefined && latencyMs !== undefined) {
    findings.add('WARMUP_PRESENT', 'no first_inference_time (-no_warmup): the first inference is among the figures');
  }
  const device = text(setup.target_device);
  if (device !== undefined && COMPOSITE.test(device)) {
    findings.add('ASSUMED', `${device} stands for other devices: the report does not say which of them ran`);
  }
  const batch = finiteNumber(setup.batch_size);
  const model = text(setup.topology);
  return {
    tool: 'openvino',
    ...(model !== undefined && { model }),
    ...(device !== undefined && { device }),
    ...(batch !== undefined && Number.isInteger(batch) && batch > 0 && { batch }),
    mode,
    ...(latencyMs !== undefined && { latencyMs }),
    ...(throughputPerS !== undefined && { throughputPerS, throughputOrigin: 'reported' as const }),
    warmup: { removed: 0, rule: 'the tool keeps the first inference apart, unless told -no_warmup' },
    ops: [],
    warnings: findings.all(),
    unknownKeys: 0,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `latency_median` holds the percentile of `percentile_boundary`, which is the median only where that is 50. */
function latencyOf(results: Cells, findings: Findings): LatencyFigures | undefined {
  const ms = (key: string): number | undefined =>
    duration(results[key], findings, 'latencies', `/execution_results/${key}`);
  const [ranked, mean, min, max] = [ms('latency_median'), ms('latency_avg'), ms('latency_min'), ms('latency_max')];
  const count = finiteNumber(results.iterations_num);
  if (ranked === undefined && mean === undefined) return undefined;
  const rank = finiteNumber(results.percentile_boundary) ?? 50;
  return {
    ...(count !== undefined && { count }),
    ...(min !== undefined && { min }),
    ...(ranked !== undefined && rank === 50 && { median: ranked }),
    ...(mean !== undefined && { mean }),
    ...(ranked !== undefined && rank === 95 && { p95: ranked }),
    ...(max !== undefined && { max }),
    ...(ranked !== undefined && rank !== 50 && rank !== 95 && { percentile: { rank, ms: ranked } }),
  };
}

function modeOf(setup: Cells, findings: Findings): MeasurementMode {
  const api = text(setup.api)?.toLowerCase();
  const requests = finiteNumber(setup.nireq);
  if (api === undefined) findings.add('ASSUMED', 'the report names no api: several requests are taken to be in flight');
  return api === 'sync' && (requests === undefined || requests === 1) ? 'latency' : 'throughput';
}

/** Counters: the layers of the last inference of each request, averaged over the requests. */
export function countersOf(
  requests: readonly (readonly CounterNode[])[],
  averaged: boolean,
  settings: ReadSettings,
  findings: Findings,
): ReadProfile {
  const { source, maxEvents } = settings;
  const nodes = requests.reduce((count, request) => count + request.length, 0);
  if (nodes > maxEvents) {
    throw new HeterodyneError('LIMIT', `${source} holds more than ${maxEvents} layers`, {
      source,
      expected: `at most ${maxEvents}`,
      received: String(nodes),
    });
  }
  const layers = new Map<string, { name: string; type?: string; ms: number; requests: number }>();
  const otherStates: Record<string, number> = {};
  for (const request of requests) {
    const seen = new Map<string, number>();
    for (const node of request) {
      const name = text(node.name);
      if (name === undefined) {
        findings.count('BAD_VALUE', 'layers without a name were left out', node.path);
        continue;
      }
      const state = String(node.status ?? 'EXECUTED')
        .replace(/^.*\./, '')
        .toUpperCase();
      if (state !== 'EXECUTED') {
        otherStates[state] = (otherStates[state] ?? 0) + 1;
        continue;
      }
      const ms = duration(node.realMs, findings, 'times of layers', node.path);
      if (ms === undefined) continue;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      const key = times === 1 ? name : `${name}#${times}`;
      const layer = layers.get(key);
      if (layer === undefined) layers.set(key, { name: key, type: text(node.type), ms, requests: 1 });
      else {
        layer.ms += ms;
        layer.requests++;
      }
    }
  }
  if (layers.size === 0) {
    throw new HeterodyneError('BAD_INPUT', `${source} holds no executed layer`, {
      source,
      expected: 'layers of status EXECUTED with real_time',
      received: `${nodes} layers`,
    });
  }
  findings.add(
    'FEW_SAMPLES',
    averaged
      ? 'counters describe the last inference of each request, averaged over the requests'
      : `counters describe the last inference of each of ${requests.length} requests`,
    averaged ? {} : { count: Math.max(1, requests.length) },
  );
  const total = sum([...layers.values()].map(({ ms, requests: times }) => ms / times));
  const ops = [...layers.values()].map(({ name, type, ms, requests: times }, index): ImportedOp => {
    const avgMs = ms / times;
    return {
      name,
      ...(type !== undefined && { type }),
      index,
      avgMs,
      calls: 1,
      share: total > 0 ? avgMs / total : 0,
    };
  });
  return {
    tool: 'openvino',
    mode: 'profiled',
    warmup: { removed: 0, rule: 'counters are of the last inference' },
    ops,
    ...(Object.keys(otherStates).length > 0 && { otherStates }),
    warnings: findings.all(),
    unknownKeys: 0,
  };
}
