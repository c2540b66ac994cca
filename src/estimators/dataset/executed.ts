/** Placements that were executed, as further rows of a data set: what a run measured teaches the next estimator. */
import { type Core, defaultCore } from '../../../bindings/core.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Profile } from '../../profiles/schema.ts';
import { demandReader } from '../demands.ts';
import { Collector } from './collector.ts';
import { BY_RUN, type EstimatorData, TEST, TRAINING, VALIDATION } from './data.ts';
import { mixProblem } from './mixes.ts';

/** One joint placement and what it gave. */
export interface ExecutedPlacement {
  models: readonly {
    /** Place in the catalogue. */
    model: number;
    stages: readonly { processor: string; lastBlock: number }[];
    /** Frames per second, measured. */
    throughputPerS: number;
  }[];
}

/** Most models of a mix in a new data set, as in generated ones. */
const COLUMNS = 5;
/** Of ten new mixes: training, one validation, two test. */
const TRAINING_OF_TEN = 7;

/**
 * Adds a row for every placement. Rows of a mix that is known join it, with its part of the split; every tenth new mix is for
 * validation, two of ten for the test.
 *
 * @param profile of the catalogue, in its order
 * @param known absent = a new data set
 * @returns the data, and how many rows are new: a placement of which some model ended no frame gives none
 * @throws HeterodyneError `BAD_INPUT` more models than the data set has columns; as `placementProblem`
 */
export function withExecuted(
  profile: Profile,
  platform: Platform,
  executed: readonly ExecutedPlacement[],
  known?: EstimatorData,
  core: Core = defaultCore(),
): { data: EstimatorData; added: number } {
  const most = Math.max(...executed.map(({ models }) => models.length));
  const columns = known?.columns ?? Math.max(COLUMNS, most);
  if (most > columns) {
    throw new HeterodyneError('BAD_INPUT', `the data set has room for mixes of ${columns} models, not of ${most}`, {
      path: 'models',
      expected: `at most ${columns} models`,
      received: String(most),
      hint: 'begin another data set',
    });
  }
  const collector = new Collector(profile, columns, known);
  const mixes = knownMixes(known);
  for (const { models } of executed) {
    const sorted = [...models].sort((a, b) => a.model - b.model);
    const mix = sorted.map(({ model }) => model);
    const problem = mixProblem(profile, platform, mix);
    const placement = new Uint8Array(sorted.length * PLACEMENT_STRIDE);
    sorted.forEach(({ stages }, m) => {
      const record = stages.flatMap(({ processor, lastBlock }) => [
        profile.processors.indexOf(processor),
        lastBlock + 1,
      ]);
      placement.set([stages.length, ...record], m * PLACEMENT_STRIDE);
    });
    const kernel = core.placement(problem);
    try {
      const key = mix.join();
      const { number, split } = mixes.get(key) ?? fresh(collector.mixes);
      mixes.set(key, { number, split });
      collector.add(
        number,
        {
          mix,
          placements: [placement],
          sampling: [BY_RUN],
          rates: [Float32Array.from(sorted, ({ throughputPerS }) => throughputPerS)],
          demands: demandReader(problem)(placement),
          analytic: kernel.evaluate(placement).rates,
        },
        split,
      );
    } finally {
      kernel.free();
    }
  }
  const data = collector.data();
  return { data, added: data.rows - (known?.rows ?? 0) };
}

interface KnownMix {
  number: number;
  split: number;
}

function fresh(number: number): KnownMix {
  const place = number % 10;
  return { number, split: place < TRAINING_OF_TEN ? TRAINING : place === TRAINING_OF_TEN ? VALIDATION : TEST };
}

/** By the places of its models, ascending. */
function knownMixes(data: EstimatorData | undefined): Map<string, KnownMix> {
  const mixes = new Map<string, KnownMix>();
  for (let row = 0; row < (data?.rows ?? 0); row++) {
    const { columns, models, mix, split } = data!;
    const places = models.subarray(row * columns, (row + 1) * columns).filter((place) => place >= 0);
    mixes.set([...places].sort((a, b) => a - b).join(), { number: mix[row]!, split: split[row]! });
  }
  return mixes;
}
