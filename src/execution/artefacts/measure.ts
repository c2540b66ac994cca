/** What is measured of a form of a model: how far its outputs lie from the original's, and how long it takes. */
import type { OnnxSession } from '../../../bindings/onnx/index.ts';
import type { Latency } from '../../models/variants.ts';
import type { Feeds } from './calibration.ts';
import { timeInTurns } from './latency.ts';
import { OutputComparison, type OutputError } from './output-error.ts';
import type { ArtefactRuntime } from './runtime.ts';

export interface MeasuredForm {
  outputError: OutputError;
  latencyMs: Latency;
  /** The original's median over the form's, run in turns, so that whatever else the machine does slows them alike. */
  speedUp: number;
}

/** The original at work, for forms to be held against. Holds a session until `close`. */
export class FormBench {
  readonly #session: OnnxSession;
  readonly #samples: readonly Feeds[];
  readonly #runtime: ArtefactRuntime;
  readonly #signal: AbortSignal | undefined;
  readonly #outputs: Feeds[] = [];

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

  /** The original alone. */
  async time(): Promise<Latency> {
    return (await timeInTurns([this.#session], this.#samples[0]!, { signal: this.#signal }))[0]!;
  }

  async measure(form: Uint8Array): Promise<MeasuredForm> {
    const session = await this.#runtime.open(form);
    try {
      const outputs: Feeds[] = [];
      for (const feeds of this.#samples) outputs.push(await session.run(feeds));
      const signal = this.#signal;
      const [own, original] = await timeInTurns([session, this.#session], this.#samples[0]!, { signal });
      const outputError = outputErrorOf(this.#outputs, outputs);
      return { outputError, latencyMs: own!, speedUp: original!.median / own!.median };
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
