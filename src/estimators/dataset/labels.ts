/** Who says how fast a placement is: the engine, the throughput model, or an execution on this host. */
import { defaultCore } from '../../../bindings/core.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from '../../core/placement.ts';
import { simulateThroughput, type ThroughputOptions } from '../../engine/throughput.ts';
import type { ExecutePlacement, PlacedModel } from '../../execution/throughput.ts';
import type { Effects } from './schema.ts';

/** Frames that the slowest model ends under one label, and those of each model under way. */
export const DEFAULT_FRAMES = 100;
export const DEFAULT_IN_FLIGHT = 8;

/** Effects of the simulated device unless the caller says otherwise: assumed, in the range that boards show. */
export const DEFAULT_EFFECTS: Effects = {
  blockSigma: 0.1,
  frameSigma: 0.05,
  bursts: { meanGapSeconds: 2, meanSeconds: 0.3, slowdown: 1.5 },
  switchSeconds: 0.0005,
  memoryInterference: 0.5,
};

/** Labels a joint placement with the rate of every model; undefined = no label could be had. */
export type Labeller = (
  problem: PlacementProblem,
  placement: Uint8Array,
  seed: number,
  /** Places in the catalogue, by model of the problem. */
  mix: readonly number[],
) => Promise<ArrayLike<number> | undefined> | ArrayLike<number> | undefined;

/** Effects as the engine takes them. */
export function engineEffects(
  effects: Effects,
): Pick<ThroughputOptions, 'noise' | 'switchSeconds' | 'memoryInterference'> {
  const { blockSigma, frameSigma, bursts, switchSeconds, memoryInterference } = effects;
  return { noise: { blockSigma, frameSigma, ...(bursts && { bursts }) }, switchSeconds, memoryInterference };
}

/** Label by the engine. */
export function engineLabels(effects: Effects, frames: number, inFlight: number): Labeller {
  const known = engineEffects(effects);
  return (problem, placement, seed) => {
    const found = simulateThroughput(problem, placement, { frames, inFlight, seed, ...known });
    return found.complete ? found.rates : undefined;
  };
}

/** Label by the throughput model: what a network can learn of the formula itself. */
export const analyticLabels: Labeller = (problem, placement) => {
  const kernel = defaultCore().placement(problem);
  try {
    return kernel.evaluate(placement).rates;
  } finally {
    kernel.free();
  }
};

/** Label by execution on this host, for so many seconds each. @param processors ids, in the problem's order */
export function executedLabels(execute: ExecutePlacement, processors: readonly string[], seconds: number): Labeller {
  return (problem, placement, _, mix) => {
    const [placed] = placedModels(placement, processors, problem.models.length);
    return execute(
      placed.map(({ stages }, m) => ({ model: mix[m], stages })),
      { seconds },
    );
  };
}

/** Joint placements [count][M] records in the words of an execution; models are numbered as in the problem. */
export function placedModels(placements: Uint8Array, processors: readonly string[], models: number): PlacedModel[][] {
  const count = placements.length / (models * PLACEMENT_STRIDE);
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: models }, (_, m) => {
      const at = (i * models + m) * PLACEMENT_STRIDE;
      const stages = Array.from({ length: placements[at] }, (_, s) => ({
        processor: processors[placements[at + 1 + 2 * s]],
        firstBlock: s === 0 ? 0 : placements[at + 2 * s],
        lastBlock: placements[at + 2 + 2 * s] - 1,
      }));
      return { model: m, stages };
    }),
  );
}
