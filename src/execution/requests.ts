/** What a processor's process is asked, and what it answers. */
import type { OnnxValueInfo } from '../../bindings/onnx/index.ts';
import type { Processor } from '../platforms/schema.ts';
import type { TensorHeader } from './tensors.ts';

/** Which runtime carries a processor, on which cores of the host and with how many threads; wasm has always one. */
export type ExecutionTarget = NonNullable<Processor['execution']>;

/** When a series of timed calls has gone on for long enough. */
export interface SamplingRule {
  /** Calls that are not counted. */
  warmupRuns: number;
  /** Nor are calls in the first so many milliseconds. */
  warmupMs: number;
  minRuns: number;
  /** Enough when the 95 % interval of the median is below this share of it (0 = never) ... */
  spread: number;
  /** ... or after so long, warm-up included. */
  limitMs: number;
}

/** Times of calls, one after another. */
export interface Series {
  /** Without what something else that held the cores did to them, as far as the system keeps account of that. */
  samplesMs: number[];
  /** Time that all calls waited for cores. */
  waitedMs: number;
}

export type Request =
  | { kind: 'open'; stage: number; path: string; target: ExecutionTarget }
  | { kind: 'close'; stage: number }
  /** One call, with the tensors of the payload or with generated ones. */
  | { kind: 'run'; stage: number; feeds?: TensorHeader[]; want: boolean }
  /** One call with generated tensors, and the kernel's account of what it waited for. */
  | { kind: 'account'; stage: number }
  /** Core time of the process so far. */
  | { kind: 'cpu' }
  /** Core time of so many calls with generated tensors, one after another. */
  | { kind: 'core'; stage: number; calls: number }
  /** Timed calls, one after another. */
  | { kind: 'sample'; stage: number; rule: SamplingRule }
  /** The runtime's own profile of so many calls, left as the only file of a folder. */
  | { kind: 'profile'; path: string; target: ExecutionTarget; runs: number; folder: string };

/** Times are of the process's own steady clock. */
export interface Answers {
  open: { inputs: OnnxValueInfo[]; outputs: OnnxValueInfo[] };
  close: Record<string, never>;
  run: { latencyMs: number; outputs?: TensorHeader[] };
  account: { latencyMs: number; waitedMs: number };
  cpu: { coreMs: number };
  core: { coreMs: number };
  sample: Series;
  profile: { counted: number[] };
}
