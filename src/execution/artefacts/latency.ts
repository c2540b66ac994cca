/** How long sessions take, one run at a time: the median after a warm-up. */
import type { OnnxSession } from '../../../bindings/onnx/index.ts';
import type { Latency } from '../../models/variants.ts';
import type { Feeds } from './calibration.ts';

export interface TimingOptions {
  /** Runs that count; fewer when the time is up. */
  runs?: number;
  /** For all runs together. */
  limitMs?: number;
  signal?: AbortSignal;
}

/** Several sessions in turns, so that whatever else the machine does slows them alike. */
export async function timeInTurns(
  sessions: readonly OnnxSession[],
  feeds: Feeds,
  { runs = 15, limitMs = 500, signal }: TimingOptions = {},
): Promise<Latency[]> {
  const milliseconds: number[][] = sessions.map(() => []);
  const began = performance.now();
  for (let run = -2; run < runs; run++) {
    signal?.throwIfAborted();
    for (const [s, session] of sessions.entries()) {
      const start = performance.now();
      await session.run(feeds);
      if (run >= 0) milliseconds[s]!.push(performance.now() - start);
    }
    if (run >= 0 && performance.now() - began > limitMs) break;
  }
  return milliseconds.map(summary);
}

function summary(samples: readonly number[]): Latency {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / 2, n: sorted.length };
}
