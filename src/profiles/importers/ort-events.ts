/**
 * The events of ONNX Runtime's profile: a JSON array of complete events with microseconds, one per line, written when
 * profiling ends. Inferences are `model_run` spans, kernels are `<node>_kernel_time` events inside them. Events come in the
 * order in which they ended, so a file that was cut short lacks its last inference as a whole.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { finiteNumber, sum } from './figures.ts';
import type { Findings } from './findings.ts';
import type { ReadSettings } from './format.ts';
import { isRecord, type JsonRecord, readRecords } from './json-records.ts';
import { type KernelEvent, type RunSpan, runsOf } from './ort-runs.ts';
import type { ImportedOp } from './record.ts';

const KERNEL = '_kernel_time';

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

export interface OrtEvents {
  /** Inferences in the order of their start. */
  runs: RunSpan[];
  /** Outermost kernels of each. */
  kernels: KernelEvent[][];
  /** All that the file holds. */
  events: number;
  /** Keys that were not understood. */
  unknownKeys: number;
}

/** @throws HeterodyneError `BAD_INPUT` (no inference, no events, not strict where asked for), `LIMIT` */
export function readOrtEvents(text: string, settings: ReadSettings, findings: Findings): OrtEvents {
  const items = readRecords(text, [...KEYS, ...ARGUMENT_KEYS], settings, findings);
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
  if (runs.length === 0) throw withoutRuns(items.length, kernels.length, settings.source);
  return { ...runsOf(runs, kernels, findings), events: items.length, unknownKeys };
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
export function opsOf(runs: readonly (readonly KernelEvent[])[]): ImportedOp[] {
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
