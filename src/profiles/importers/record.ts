/**
 * What every importer returns, whatever tool wrote the file: milliseconds, rates per second, bytes. Absent = the file
 * does not say; nothing is filled in with zero.
 */
import type { Warning } from '../../documents/warnings.ts';

export type ImportTool = 'onnxruntime' | 'trtexec' | 'tflite' | 'openvino';

/**
 * - `latency`: one request at a time
 * - `throughput`: several in flight, so that latency is not the reciprocal of the rate
 * - `profiled`: with per-layer timing switched on, which makes everything slower: good for proportions alone
 */
export type MeasurementMode = 'latency' | 'throughput' | 'profiled';

export interface LatencyFigures {
  samples?: number[];
  /** Samples behind the figures; absent = not stated. */
  count?: number;
  min?: number;
  median?: number;
  mean?: number;
  p95?: number;
  max?: number;
  std?: number;
  /** A percentile that is neither the median nor the 95th, as the tool reported it. */
  percentile?: { rank: number; ms: number };
}

/** One kernel (layer, operator) of the tool, in the order of execution. */
export interface ImportedOp {
  name: string;
  /** In the tool's words: `FusedConv`, `CONV_2D`. */
  type?: string;
  provider?: string;
  /** Place in the order of execution. */
  index: number;
  /** Milliseconds in one inference. */
  avgMs: number;
  totalMs?: number;
  /** Calls in one inference, on average. */
  calls: number;
  /** Of the sum of all `avgMs`; 0 where that is 0. */
  share: number;
  inputs?: number[][];
  outputs?: number[][];
}

export interface ImportedProfile {
  tool: ImportTool;
  /** Id of the format that was read, as the registry names it. */
  format: string;
  toolVersion?: string;
  /** Base name of the file. */
  sourceFile: string;
  sourceSha256: string;
  model?: string;
  device?: string;
  provider?: string;
  batch: number;
  mode: MeasurementMode;
  /** Time of one inference on the device. */
  latencyMs?: LatencyFigures;
  /** Where the tool tells them apart: copies in and out included. */
  requestLatencyMs?: LatencyFigures;
  throughputPerS?: number;
  throughputOrigin?: 'reported' | 'counted' | 'inverse-latency';
  /** Leading samples that were left out, and by which rule. */
  warmup: { removed: number; rule: string };
  ops: ImportedOp[];
  /** Sum of the kernels' times over the time of a run; above 1 where kernels overlap. */
  sumOverRun?: number;
  /** Share of kernel time by execution provider, where the tool names them. */
  providers?: Record<string, number>;
  /** Layers that did not run, by state: optimised away, not reached. */
  otherStates?: Record<string, number>;
  warnings: Warning[];
  /** Keys and columns that were not understood. */
  unknownKeys: number;
}

/** What a format's reader finds; the registry adds where it came from. */
export type ReadProfile = Omit<ImportedProfile, 'format' | 'sourceFile' | 'sourceSha256' | 'batch'> & {
  /** As the file states it. */
  batch?: number;
};
