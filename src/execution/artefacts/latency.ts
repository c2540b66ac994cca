/** How long sessions on one thread take, one run at a time: the median after a warm-up, without waiting for a core. */
import type { OnnxSession } from '../../../bindings/onnx/index.ts';
import type { Latency } from '../../models/variants.ts';
import { median, quantile } from '../../profiles/samples.ts';
import { timeCall, undisturbed } from '../sampling.ts';
import type { Feeds } from './calibration.ts';

export interface TimingOptions {
  /** Runs that count; fewer when the time is up. */
  runs?: number;
  /** For all runs together. */
  limitMs?: number;
  signal?: AbortSignal;
}

/**
 * Several sessions in turns, so that whatever else the machine does slows them alike.
 *
 * @returns milliseconds by session and turn
 */
export async function timeInTurns(
  sessions: readonly OnnxSession[],
  feeds: Feeds,
  { runs = 15, limitMs = 500, signal }: TimingOptions = {},
): Promise<number[][]> {
  const milliseconds: number[][] = sessions.map(() => []);
  const began = performance.now();
  for (let run = -2; run < runs; run++) {
    signal?.throwIfAborted();
    for (const [s, session] of sessions.entries()) {
      const [own] = undisturbed([await timeCall(() => session.run(feeds), 1)], 1);
      if (run >= 0) milliseconds[s]!.push(own!);
    }
    if (run >= 0 && performance.now() - began > limitMs) break;
  }
  return milliseconds;
}

/** @param samplesMs at least one */
export function latencyOf(samplesMs: readonly number[]): Latency {
  const ascending = Float64Array.from(samplesMs).sort();
  const spread = (quantile(ascending, 0.75) - quantile(ascending, 0.25)) / 2;
  return { median: median(samplesMs), spread, n: samplesMs.length };
}

/** How many times as fast a form is: the median over turns, each held against the original's of the same turn. */
export function speedUpOf(originalMs: readonly number[], ownMs: readonly number[]): number {
  return median(ownMs.map((own, turn) => originalMs[turn]! / own));
}
