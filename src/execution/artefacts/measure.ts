/** What is measured of a form of a model: how far its outputs lie from the original's, and how long it takes alone. */

import type { Latency } from '../../models/variants.ts';
import type { Feeds } from './calibration.ts';
import { type TimingOptions, timeSession } from './latency.ts';
import type { OutputError } from './output-error.ts';
import { OutputComparison } from './output-error.ts';
import type { ArtefactRuntime } from './runtime.ts';

export interface Measured {
  outputs: Feeds[];
  latencyMs: Latency;
}

/** Runs every sample once, then the first one against the clock. */
export async function measureForm(
  model: Uint8Array,
  samples: readonly Feeds[],
  runtime: ArtefactRuntime,
  options: TimingOptions = {},
): Promise<Measured> {
  const session = await runtime.open(model);
  try {
    const outputs: Feeds[] = [];
    for (const feeds of samples) outputs.push(await session.run(feeds));
    return { outputs, latencyMs: await timeSession(session, samples[0]!, options) };
  } finally {
    await session.close();
  }
}

export function outputErrorOf(original: readonly Feeds[], other: readonly Feeds[]): OutputError {
  const comparison = new OutputComparison();
  for (const [i, outputs] of original.entries()) comparison.add(outputs, other[i]!);
  return comparison.result();
}
