/**
 * ONNX Runtime's profile: a JSON array of complete events with microseconds, one per line, written when profiling ends.
 * Inferences are `model_run` spans, kernels are `<node>_kernel_time` events inside them. Events come in the order in which
 * they ended, so a file that was cut short lacks its last inference as a whole.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { finiteNumber, latencyFigures, median, noteSpread, percentText, sum, warmUpLength } from './figures.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { isRecord, type JsonRecord, readRecords } from './json-records.ts';
import { type KernelEvent, type RunSpan, runsOf } from './ort-runs.ts';
import type { ImportedOp, LatencyFigures, ReadProfile } from './record.ts';

/** The recorder's default limit: what comes later is lost. */
const EVENT_CAP = 1_000_000;
const KERNEL = '_kernel_time';
const LITTLE_OF_RUN = 0.5;

const KEYS = ['cat', 'pid', 'tid', 'dur', 'ts', 'ph', 'name', 'args'];
const ARGUMENT_KEYS = [
  'op_name',
  'provider',
  'node_index',
  'activation_size',
  'parameter_size',
  'output_size',
  'input_type_shape',
  'output_type_shape',
  'thread_scheduling_stats',
  'mem_bytes_in_use',
  'mem_bytes_requested_in_use',
  'mem_in_use_peak',
  'mem_in_use_delta',
  'mem_requested_in_use_delta',
  'mem_arena_held',
  'mem_arena_held_delta',
];

export const ortProfile: ProfileFormat = {
  id: 'ort',
  family: 'ort',
  title: 'ONNX Runtime profile',
  detect: (text) =>
    /"cat"\s*:\s*"(?:Session|Node|Kernel|Api)"/.test(text) && /"dur"\s*:/.test(text)
      ? 'events of category Session or Node with a duration'
      : undefined,
  read: readOrt,
};

function readOrt(text: string, settings: ReadSettings): ReadProfile {
  const { source } = settings;
  const findings = new Findings();
  const items = readRecords(text, [...KEYS, ...ARGUMENT_KEYS], settings, findings);
  if (items.length >= EVENT_CAP) {
    findings.add('EVENT_CAP', `the file holds ${items.length} events, the recorder's limit: later ones are lost`, {
      count: items.length,
    });
  }
  let unknownKeys = 0;
  const runs: RunSpan[] = [];
  const kernels: KernelEvent[] = [];
  for (const [at, event] of items.entries()) {
    for (const key of Object.keys(event)) if (!KEYS.includes(key)) unknownKeys++;
    const { name } = event;
    if (typeof name !== 'string') continue;
    const isRun = event.cat === 'Session' && name === 'model_run';
    if (!isRun && !(event.cat === 'Node' && name.endsWith(KERNEL))) continue;
    const span = spanOf(event, findings, `/${at}`);
    if (span === undefined) continue;
    if (isRun) runs.push(span);
    else kernels.push({ ...span, ...kernelOf(event, name) });
  }
  if (runs.length === 0) throw withoutRuns(items.length, kernels.length, source);

  const assigned = runsOf(runs, kernels, findings);
  const durations = assigned.runs.map((run) => run.dur / 1000);
  const removed = warmUpLength(durations, 1);
  noteWarmUp(durations, removed, findings);
  const kept = durations.slice(removed);
  const latencyMs = latencyFigures(kept);
  noteSpread(latencyMs, findings, 'inferences');
  const ops = opsOf(assigned.kernels.slice(removed));
  const providers = providerShares(ops);
  noteFallback(providers, ops, settings.provider, findings);
  const sumOverRun = overRun(ops, latencyMs, findings);
  return {
    tool: 'onnxruntime',
    ...(Object.keys(providers).length > 0 && { provider: mainProvider(providers), providers }),
    mode: 'profiled',
    latencyMs,
    warmup: { removed, rule: 'the first inference, then those above three times the median of the rest' },
    ops,
    ...(sumOverRun !== undefined && { sumOverRun }),
    warnings: findings.all(),
    unknownKeys,
  };
}

function withoutRuns(events: number, kernels: number, source: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `${source} holds no inference`, {
    source,
    expected: 'at least one event "model_run" of category Session',
    received: `${events} events, ${kernels} of them kernels, none an inference`,
    hint: 'run the model several times before profiling ends',
  });
}

function spanOf(event: JsonRecord, findings: Findings, path: string): RunSpan | undefined {
  const { pid = 0, tid = 0 } = event;
  const ts = finiteNumber(event.ts);
  const dur = finiteNumber(event.dur);
  if (ts === undefined || dur === undefined || dur < 0) {
    findings.count('BAD_VALUE', 'events without a usable start and duration were left out', path);
    return undefined;
  }
  return { process: String(pid), thread: `${pid}/${tid}`, ts, dur };
}

function kernelOf(event: JsonRecord, name: string): Omit<KernelEvent, keyof RunSpan> {
  const args = isRecord(event.args) ? event.args : {};
  const type = typeof args.op_name === 'string' ? args.op_name : undefined;
  const node = typeof args.node_index === 'string' || typeof args.node_index === 'number' ? args.node_index : '?';
  const own = name.slice(0, -KERNEL.length);
  return {
    key: `${own}#${node}`,
    name: own === '' ? `${type ?? 'node'}#${node}` : own,
    type,
    provider: typeof args.provider === 'string' && args.provider !== '' ? args.provider : undefined,
    args,
  };
}

/** `[{"float":[1,3,32,32]}]` as sizes; the recorder's words for types do not matter here. */
function shapesOf(value: unknown): number[][] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((entry) => {
    const shape = isRecord(entry) ? Object.values(entry)[0] : undefined;
    return Array.isArray(shape) ? shape.map((size) => finiteNumber(size) ?? 0) : [];
  });
}

/** Mean over the runs of each node's summed kernels; zero microseconds are legal and count. */
function opsOf(runs: readonly (readonly KernelEvent[])[]): ImportedOp[] {
  const found = new Map<string, { first: KernelEvent; order: number; us: number; calls: number }>();
  for (const kernels of runs) {
    for (const kernel of kernels) {
      const op = found.get(kernel.key);
      if (op === undefined) found.set(kernel.key, { first: kernel, order: found.size, us: kernel.dur, calls: 1 });
      else {
        op.us += kernel.dur;
        op.calls++;
      }
    }
  }
  const total = sum([...found.values()].map(({ us }) => us));
  return [...found.values()].map(({ first, us, calls, order }): ImportedOp => {
    const inputs = shapesOf(first.args.input_type_shape);
    const outputs = shapesOf(first.args.output_type_shape);
    return {
      name: first.name,
      ...(first.type !== undefined && { type: first.type }),
      ...(first.provider !== undefined && { provider: first.provider }),
      index: order,
      avgMs: us / 1000 / runs.length,
      totalMs: us / 1000,
      calls: calls / runs.length,
      share: total > 0 ? us / total : 0,
      ...(inputs !== undefined && { inputs }),
      ...(outputs !== undefined && { outputs }),
    };
  });
}

function providerShares(ops: readonly ImportedOp[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const { provider, share } of ops) {
    if (provider !== undefined) shares[provider] = (shares[provider] ?? 0) + share;
  }
  return shares;
}

function mainProvider(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares).reduce((main, next) => (next[1] > main[1] ? next : main))[0];
}

function sameProvider(a: string, b: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/executionprovider$/, '');
  return plain(a) === plain(b);
}

/** The question that users ask most: what ran somewhere else? */
function noteFallback(
  shares: Readonly<Record<string, number>>,
  ops: readonly ImportedOp[],
  asked: string | undefined,
  findings: Findings,
): void {
  const names = Object.keys(shares);
  if (names.length === 0) return;
  const wanted = asked ?? mainProvider(shares);
  const others = names.filter((name) => !sameProvider(name, wanted));
  if (others.length === 0) return;
  const parts = others.map((name) => {
    const nodes = ops.filter(({ provider }) => provider === name).length;
    return `${nodes}/${ops.length} nodes on ${name} (${percentText(shares[name]!)} of kernel time)`;
  });
  findings.add('FALLBACK', `not all ran on ${wanted}: ${parts.join(', ')}`, {
    count: ops.filter(({ provider }) => provider !== undefined && others.includes(provider)).length,
  });
}

function noteWarmUp(durations: readonly number[], removed: number, findings: Findings): void {
  const [first] = durations;
  if (removed === 0) {
    findings.add(
      'WARMUP_PRESENT',
      'the only inference is also the first one, which is slower than others: it was kept',
    );
    return;
  }
  const rest = median(durations.slice(removed));
  if (first! > 3 * rest) {
    findings.add(
      'WARMUP_PRESENT',
      `the first inference took ${first!.toPrecision(4)} ms, later ones ${rest.toPrecision(4)} ms: ${removed} were dropped`,
      { count: removed },
    );
  }
}

/** Kernels of a parallel executor overlap; a small sum means that time goes elsewhere. Neither is scaled away. */
function overRun(ops: readonly ImportedOp[], latency: LatencyFigures, findings: Findings): number | undefined {
  if (ops.length === 0 || !latency.mean) return undefined;
  const ratio = sum(ops.map(({ avgMs }) => avgMs)) / latency.mean;
  if (ratio > 1) {
    findings.add('CLOCK', `kernels overlap: their times add up to ${percentText(ratio)} of an inference`);
  } else if (ratio < LITTLE_OF_RUN) {
    findings.add('OUTSIDE_KERNELS', `kernels take only ${percentText(ratio)} of an inference`);
  }
  return ratio;
}
