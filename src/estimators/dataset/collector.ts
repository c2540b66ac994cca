/** Rows of data sets, gathered mix by mix. */
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { Profile } from '../../profiles/schema.ts';
import type { EstimatorData } from './data.ts';

/** Placements of one mix, with what they reached. */
export interface MixRows {
  mix: readonly number[];
  placements: Uint8Array[];
  sampling: number[];
  rates: Float32Array[];
  demands: Float64Array;
  analytic: Float64Array;
}

type Lists = Record<
  'models' | 'placements' | 'rates' | 'mix' | 'demands' | 'analytic' | 'split' | 'sampling',
  number[]
>;

/** Gathers rows in growing lists, and shapes them. */
export class Collector {
  readonly #catalogue: number;
  readonly #processors: number;
  readonly #blocks: number;
  readonly #columns: number;
  readonly #seconds: Float64Array;
  #resources = 0;
  #mixes = 0;
  readonly #lists: Lists = {
    models: [],
    placements: [],
    rates: [],
    mix: [],
    demands: [],
    analytic: [],
    split: [],
    sampling: [],
  };

  constructor(profile: Profile, columns: number, resume: EstimatorData | undefined) {
    this.#catalogue = profile.models.length;
    this.#processors = profile.processors.length;
    this.#blocks = Math.max(...profile.models.map(({ blocks }) => blocks.length));
    this.#columns = columns;
    this.#seconds = secondsTable(profile, this.#blocks);
    if (resume) {
      this.#resources = resume.resources;
      this.#mixes = resume.mix.reduce((most, each) => Math.max(most, each), -1) + 1;
      for (const name of Object.keys(this.#lists) as (keyof Lists)[])
        for (const value of resume[name]) this.#lists[name].push(value);
    }
  }

  /** Mixes done: the next number. */
  get mixes(): number {
    return this.#mixes;
  }

  add(number: number, rows: MixRows, split: number): void {
    const M = rows.mix.length;
    this.#resources = rows.demands.length / (rows.placements.length * M);
    const R = this.#resources;
    const lists = this.#lists;
    for (const [i, placement] of rows.placements.entries()) {
      const rates = rows.rates[i];
      // Not measured (an engine that hit its limit): a row without a label is none.
      if (rates.length === 0 || rates.some((rate) => !(rate > 0))) continue;
      for (let m = 0; m < this.#columns; m++) {
        const real = m < M;
        lists.models.push(real ? rows.mix[m] : -1);
        lists.rates.push(real ? rates[m] : 0);
        lists.analytic.push(real ? rows.analytic[i * M + m] : 0);
        for (let b = 0; b < PLACEMENT_STRIDE; b++)
          lists.placements.push(real ? placement[m * PLACEMENT_STRIDE + b] : 0);
        for (let r = 0; r < R; r++) lists.demands.push(real ? rows.demands[(i * M + m) * R + r] : 0);
      }
      lists.mix.push(number);
      lists.split.push(split);
      lists.sampling.push(rows.sampling[i]);
    }
    this.#mixes = Math.max(this.#mixes, number + 1);
  }

  data(): EstimatorData {
    const { models, placements, rates, mix, demands, analytic, split, sampling } = this.#lists;
    return {
      rows: mix.length,
      columns: this.#columns,
      resources: this.#resources,
      catalogue: this.#catalogue,
      processors: this.#processors,
      blocks: this.#blocks,
      models: Int16Array.from(models),
      placements: Uint8Array.from(placements),
      rates: Float32Array.from(rates),
      mix: Int32Array.from(mix),
      seconds: this.#seconds,
      demands: Float32Array.from(demands),
      analytic: Float32Array.from(analytic),
      split: Uint8Array.from(split),
      sampling: Uint8Array.from(sampling),
    };
  }
}

/** [C][P][L] seconds; Infinity = cannot run, 0 beyond a model's depth. */
function secondsTable(profile: Profile, depth: number): Float64Array {
  const { processors } = profile;
  const table = new Float64Array(profile.models.length * processors.length * depth);
  for (const [c, { blocks }] of profile.models.entries()) {
    for (const [p, id] of processors.entries()) {
      for (const [l, block] of blocks.entries()) {
        const cost = block.costs[id];
        table[(c * processors.length + p) * depth + l] =
          cost === undefined || cost === 'unsupported' ? Number.POSITIVE_INFINITY : cost.latencyMs.mean / 1000;
      }
    }
  }
  return table;
}
