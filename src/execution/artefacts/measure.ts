/** What is measured of a form of a model: how far its outputs lie from the original's, and how long it takes. */
import type { OnnxSession } from '../../../bindings/onnx/index.ts';
import type { Latency } from '../../models/variants.ts';
import type { Feeds } from './calibration.ts';
import { latencyOf, speedUpOf, timeInTurns } from './latency.ts';
import { OutputComparison, type OutputError } from './output-error.ts';
import type { ArtefactRuntime } from './runtime.ts';

export interface MeasuredForm {
  outputError: OutputError;
  latencyMs: Latency;
  /** Against the original, run in turns, so that whatever else the machine does slows them alike. */
  speedUp: number;
}

/** The original at work, for forms to be held against. Holds a session until `close`. */
export class FormBench {
  readonly #session: OnnxSession;
  readonly #samples: readonly Feeds[];
  readonly #runtime: ArtefactRuntime;
  readonly #signal: AbortSignal | undefined;
  readonly #outputs: Feeds[] = [];
  /** Of the original, in all turns so far. */
  readonly #originalMs: number[] = [];

  /** @throws HeterodyneError as the runtime does */
  static async open(
    original: Uint8Array,
    samples: readonly Feeds[],
    runtime: ArtefactRuntime,
    signal?: AbortSignal,
  ): Promise<FormBench> {
    const bench = new FormBench(await runtime.open(original), samples, runtime, signal);
    for (const feeds of samples) bench.#outputs.push(await bench.#session.run(feeds));
    return bench;
  }

  private constructor(
    session: OnnxSession,
    samples: readonly Feeds[],
    runtime: ArtefactRuntime,
    signal: AbortSignal | undefined,
  ) {
    this.#session = session;
    this.#samples = samples;
    this.#runtime = runtime;
    this.#signal = signal;
  }

  /** Of the original, over its turns with all forms; timed alone where there were none. */
  async originalLatency(): Promise<Latency> {
    if (this.#originalMs.length === 0) await this.#turns([]);
    return latencyOf(this.#originalMs);
  }

  /** The original's turns, and those of others beside it. */
  async #turns(others: readonly OnnxSession[]): Promise<number[][]> {
    const turns = await timeInTurns([this.#session, ...others], this.#samples[0]!, { signal: this.#signal });
    this.#originalMs.push(...turns[0]!);
    return turns;
  }

  async measure(form: Uint8Array): Promise<MeasuredForm> {
    const session = await this.#runtime.open(form);
    try {
      const outputs: Feeds[] = [];
      for (const feeds of this.#samples) outputs.push(await session.run(feeds));
      const [original, own] = await this.#turns([session]);
      const outputError = outputErrorOf(this.#outputs, outputs);
      return { outputError, latencyMs: latencyOf(own!), speedUp: speedUpOf(original!, own!) };
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

/** Outputs of two forms, sample by sample. */
export function outputErrorOf(original: readonly Feeds[], other: readonly Feeds[]): OutputError {
  const comparison = new OutputComparison();
  for (const [i, outputs] of original.entries()) comparison.add(outputs, other[i]!);
  return comparison.result();
}
