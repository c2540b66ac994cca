/**
 * The demonstration data of the original: random numbers for costs and for rates, between which there is no relation. 100
 * rows that show the machinery at work, and that no figure should be drawn from.
 */
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import { Random } from '../../reference/random.ts';
import { type EstimatorData, splitByMix } from './data.ts';

const ROWS = 100;
const COLUMNS = 3;
const PROCESSORS = 3;
const CATALOGUE = 11;
const BLOCKS = 12;
/** Rows of one mix. */
const TOGETHER = 4;

/** Model names of the demonstration. */
export const DEMO_MODELS = Array.from({ length: CATALOGUE }, (_, i) => `fake-${i + 1}`);
export const DEMO_BLOCKS = BLOCKS;
export const DEMO_PROCESSORS = ['little', 'gpu', 'big'];

export function demoData(seed: number): EstimatorData {
  const random = new Random(seed);
  const cells = ROWS * COLUMNS;
  const seconds = Float64Array.from({ length: CATALOGUE * PROCESSORS * BLOCKS }, () => 0.001 + 0.01 * random.unit());
  const models = new Int16Array(cells);
  const placements = new Uint8Array(cells * PLACEMENT_STRIDE);
  const demands = new Float32Array(cells * PROCESSORS);
  const mix = Int32Array.from({ length: ROWS }, (_, row) => Math.floor(row / TOGETHER));
  for (let row = 0; row < ROWS; row++) {
    for (let m = 0; m < COLUMNS; m++) {
      const cell = row * COLUMNS + m;
      const previous = cell - COLUMNS;
      models[cell] = row % TOGETHER === 0 ? random.below(CATALOGUE) : models[previous];
      const first = random.below(PROCESSORS);
      const second = (first + 1 + random.below(PROCESSORS - 1)) % PROCESSORS;
      const cut = 1 + random.below(BLOCKS - 1);
      placements.set([2, first, cut, second, BLOCKS], cell * PLACEMENT_STRIDE);
      for (let block = 0; block < BLOCKS; block++) {
        const processor = block < cut ? first : second;
        demands[cell * PROCESSORS + processor] += seconds[(models[cell] * PROCESSORS + processor) * BLOCKS + block];
      }
    }
  }
  const noise = () => Float32Array.from({ length: cells }, () => 0.05 + random.unit());
  return {
    rows: ROWS,
    columns: COLUMNS,
    resources: PROCESSORS,
    catalogue: CATALOGUE,
    processors: PROCESSORS,
    blocks: BLOCKS,
    models,
    placements,
    rates: noise(),
    mix,
    seconds,
    demands,
    analytic: noise(),
    split: splitByMix(mix, seed),
    sampling: new Uint8Array(ROWS),
  };
}
