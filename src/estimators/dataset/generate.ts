/**
 * A data set from a catalogue of models: mixes, placements of each, and labels from the engine, which knows queues, noise,
 * contention and switching, or from the throughput model. Mix by mix, so that what was made before an interruption
 * serves the next call; the same request gives the same data.
 */
import { type Core, defaultCore } from '../../../bindings/core.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { Pace } from '../../core/pace.ts';
import { PLACEMENT_STRIDE, type PlacementKernel } from '../../core/placement.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Profile } from '../../profiles/schema.ts';
import { demandReader } from '../demands.ts';
import { Collector, type MixRows } from './collector.ts';
import { CHOICE, type EstimatorData, splitByMix, TEST } from './data.ts';
import { DEFAULT_EFFECTS, DEFAULT_FRAMES, DEFAULT_IN_FLIGHT, engineLabels, type Labeller } from './labels.ts';
import { drawMixes, mixProblem } from './mixes.ts';

export interface DatasetRequest {
  /** Of every model of the catalogue, on the platform. */
  profile: Profile;
  platform: Platform;
  /** Default 500. */
  mixes?: number;
  /** Of a mix, half uniform, half stratified; default 20. */
  placements?: number;
  /** Further stratified placements of every test mix, among which a choice is tested; default 64. */
  choices?: number;
  /** Most models of a mix, default 5. */
  mostModels?: number;
  /** Default 1. */
  seed?: number;
  /** Default: the engine with {@link DEFAULT_EFFECTS}. */
  label?: Labeller;
}

export interface DatasetOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, mixes: number) => void;
  /** After every mix; `current` gives the data so far. */
  onMix?: (current: () => EstimatorData) => Promise<void>;
  /** Rows of the first mixes of the same request. */
  resume?: EstimatorData;
  core?: Core;
}

/** Draws of one placement within memory limits and different from those of the mix. */
const DRAWS = 30;

/**
 * @returns the data; after an abort, the mixes done so far
 * @throws HeterodyneError `USAGE` more mixes than there are; `INFEASIBLE` nothing can be placed
 */
export async function generateDataset(request: DatasetRequest, options: DatasetOptions = {}): Promise<EstimatorData> {
  const { profile, platform, mixes = 500, placements = 20, choices = 64, mostModels = 5, seed = 1 } = request;
  const label = request.label ?? engineLabels(DEFAULT_EFFECTS, DEFAULT_FRAMES, DEFAULT_IN_FLIGHT);
  const drawn = drawMixes(profile.models.length, mixes, mostModels, seed);
  const split = splitByMix(
    Int32Array.from(drawn, (_, i) => i),
    seed,
  );
  const collector = new Collector(profile, mostModels, options.resume);
  const pace = new Pace();
  const core = options.core ?? defaultCore();
  for (let i = collector.mixes; i < mixes && !options.signal?.aborted; i++) {
    const problem = mixProblem(profile, platform, drawn[i]);
    const kernel = core.placement(problem);
    try {
      const rows = drawPlacements(
        kernel,
        drawn[i],
        (seed + 7919 * (i + 1)) >>> 0,
        placements,
        split[i] === TEST ? choices : 0,
      );
      for (const [p, placement] of rows.placements.entries()) {
        if (pace.due) await pace.handOver();
        if (options.signal?.aborted) break;
        const rates = await label(problem, placement, (seed + 104_729 * (i + 1) + 613 * p) >>> 0, drawn[i]);
        rows.rates.push(rates === undefined ? new Float32Array(0) : Float32Array.from(rates));
      }
      if (rows.rates.length === rows.placements.length) collector.add(i, rows, split[i]);
    } finally {
      kernel.free();
    }
    options.onProgress?.(i + 1, mixes);
    await options.onMix?.(() => collector.data());
  }
  return collector.data();
}

function drawPlacements(
  kernel: PlacementKernel,
  mix: readonly number[],
  seed: number,
  placements: number,
  choices: number,
): MixRows {
  kernel.seed(seed);
  const chosen: Uint8Array[] = [];
  const sampling: number[] = [];
  const known = new Set<string>();
  const kinds = [
    ...Array.from({ length: placements }, (_, i) => i % 2),
    ...Array.from({ length: choices }, () => CHOICE),
  ];
  for (const kind of kinds) {
    for (let draw = 0; draw < DRAWS; draw++) {
      const placement = kernel.sample(kind === 0 ? 'uniform' : 'stratified', 1);
      const key = `${kind === CHOICE} ${placement.join()}`;
      if (known.has(key) || kernel.evaluate(placement).excess[0] > 0) continue;
      known.add(key);
      chosen.push(placement);
      sampling.push(kind);
      break;
    }
  }
  if (chosen.length === 0) {
    throw new HeterodyneError('INFEASIBLE', 'no placement of a mix fits into memory', {
      path: mix.join(', '),
      hint: 'take smaller models or smaller mixes',
    });
  }
  const all = new Uint8Array(chosen.length * mix.length * PLACEMENT_STRIDE);
  for (const [i, placement] of chosen.entries()) all.set(placement, i * placement.length);
  const { rates } = kernel.evaluate(all);
  return { mix, placements: chosen, sampling, rates: [], demands: demandReader(kernel.problem)(all), analytic: rates };
}
