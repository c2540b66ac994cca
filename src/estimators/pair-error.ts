/** How far the throughput model is from pairs of models that were really executed at the same time. */
import { type Core, defaultCore } from '../../bindings/core.ts';
import { PLACEMENT_STRIDE } from '../core/placement.ts';
import type { Platform } from '../platforms/schema.ts';
import { fitInterference } from '../profiles/interference.ts';
import type { BusyPair, Profile } from '../profiles/schema.ts';
import { placementProblem } from './problem.ts';

/** Mean absolute errors of the predicted throughput of a pair (both rates together), as shares of the executed one. */
export interface PairErrors {
  pairs: number;
  /** If processors did not slow each other at all. */
  none: number;
  /** With measured interference; each pair is predicted by factors fitted to all the others. */
  measured: number;
}

/** @returns undefined for a profile without executed pairs */
export function pairErrors(profile: Profile, platform: Platform, core: Core = defaultCore()): PairErrors | undefined {
  const pairs = profile.interference?.pairs ?? [];
  if (pairs.length < 2) return undefined;
  const sums = { none: 0, measured: 0 };
  pairs.forEach((pair, i) => {
    const executed = 1000 / pair.togetherMs[0] + 1000 / pair.togetherMs[1];
    const error = (form: Profile): number => Math.abs(predictedRate(form, platform, pair, core) - executed) / executed;
    sums.none += error({ ...profile, interference: { slowdown: {}, pairs: [] } });
    sums.measured += error({ ...profile, interference: fitInterference(pairs.filter((_, j) => j !== i)) });
  });
  const mean = (sum: number): number => sum / pairs.length;
  return { pairs: pairs.length, none: mean(sums.none), measured: mean(sums.measured) };
}

/** Calls per second of both models, each whole on its processor, by the throughput model. */
function predictedRate(profile: Profile, platform: Platform, pair: BusyPair, core: Core): number {
  const [a, b] = pair.models.map((name) => profile.models.find((model) => model.name === name)!);
  const instances = [
    { ...a!, name: 'a' },
    { ...b!, name: 'b' },
  ];
  const { problem, names } = placementProblem({
    profile: { ...profile, models: instances },
    platform,
    workload: { kind: 'workload', schemaVersion: 1, models: instances.map(({ name }) => ({ model: name })) },
  });
  const placement = new Uint8Array(2 * PLACEMENT_STRIDE);
  pair.processors.forEach((id, m) => {
    placement.set([1, names.processors.indexOf(id), instances[m]!.blocks.length], m * PLACEMENT_STRIDE);
  });
  const kernel = core.placement(problem);
  try {
    return kernel.evaluate(placement).rates.reduce((sum, rate) => sum + rate, 0);
  } finally {
    kernel.free();
  }
}
