/**
 * A data set in memory: S rows, each a joint placement of a mix and the rates it reached. M = most models of a mix.
 *
 *   models      int16   [S][M]      place in the catalogue, -1 = no further model
 *   placements  uint8   [S][M][12]  placement records (src/core/placement.ts), 0 where there is no model
 *   rates       float32 [S][M]      frames/s, the label
 *   mix         int32   [S]         rows of one mix have one number; splits never divide a mix
 *   seconds     float64 [C][P][L]   cost of block l of catalogue model c on processor p; inf = cannot run, 0 beyond
 *   demands     float32 [S][M][R]   seconds of each resource that one frame needs; absent = summed from seconds
 *   analytic    float32 [S][M]      rates by the throughput model; absent = rates by equal shares of demands
 *   split       uint8   [S]         0 training, 1 validation, 2 test; absent = drawn by mix
 *   sampling    uint8   [S]         0 uniform, 1 stratified, 2 stratified for the test of choice, 3 executed by a run;
 *                                   absent = 0
 */
import { HeterodyneError } from '../../core/errors.ts';
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import { Random } from '../../reference/random.ts';
import { type NamedArray, type NumberArray, readNpz, writeNpz } from './npy.ts';

export const TRAINING = 0;
export const VALIDATION = 1;
export const TEST = 2;
/** `sampling` of the rows among which a choice is tested. */
export const CHOICE = 2;

/** `sampling` of rows that a run of plans added: chosen by planners, not drawn. */
export const BY_RUN = 3;

export interface EstimatorData {
  rows: number;
  /** M. */
  columns: number;
  /** R. */
  resources: number;
  /** C, P, L. */
  catalogue: number;
  processors: number;
  blocks: number;
  models: Int16Array;
  placements: Uint8Array;
  rates: Float32Array;
  mix: Int32Array;
  seconds: Float64Array;
  demands: Float32Array;
  analytic: Float32Array;
  split: Uint8Array;
  sampling: Uint8Array;
}

/** The `.npz` file of a data set, with further arrays beside its own. */
export function writeData(data: EstimatorData, further: Readonly<Record<string, NamedArray>> = {}): Uint8Array {
  const { rows, columns, resources, catalogue, processors, blocks } = data;
  return writeNpz({
    models: { shape: [rows, columns], values: data.models },
    placements: { shape: [rows, columns, PLACEMENT_STRIDE], values: data.placements },
    rates: { shape: [rows, columns], values: data.rates },
    mix: { shape: [rows], values: data.mix },
    seconds: { shape: [catalogue, processors, blocks], values: data.seconds },
    demands: { shape: [rows, columns, resources], values: data.demands },
    analytic: { shape: [rows, columns], values: data.analytic },
    split: { shape: [rows], values: data.split },
    sampling: { shape: [rows], values: data.sampling },
    ...further,
  });
}

/** Reads and checks a data set, whoever made it. @throws HeterodyneError `BAD_INPUT` */
export function readData(bytes: Uint8Array, source: string): EstimatorData {
  const arrays = readNpz(bytes, source);
  const reader = new ArrayReader(arrays, source);
  const [rows, columns] = reader.needed('rates', 2).shape;
  const [catalogue, processors, blocks] = reader.needed('seconds', 3).shape;
  const models = reader.sized('models', [rows, columns], Int16Array);
  const placements = reader.sized('placements', [rows, columns, PLACEMENT_STRIDE], Uint8Array);
  const seconds = reader.sized('seconds', [catalogue, processors, blocks], Float64Array);
  const rates = reader.sized('rates', [rows, columns], Float32Array);
  const mix = reader.sized('mix', [rows], Int32Array);
  if (rows === 0) throw reader.wrong('rates', 'at least one row', 'none');
  checkRows(reader, { rows, columns, catalogue, processors, blocks, models, placements, rates, seconds });
  const given = arrays.get('demands');
  const resources = given ? (given.shape[2] ?? 0) : processors;
  const demands = given
    ? reader.sized('demands', [rows, columns, resources], Float32Array)
    : summedDemands({ rows, columns, processors, blocks, models, placements, seconds });
  reader.checkNumbers('demands', demands, (x) => x >= 0);
  const sizes = { rows, columns, resources };
  const analytic = arrays.has('analytic')
    ? reader.sized('analytic', [rows, columns], Float32Array)
    : equalShares(demands, models, sizes);
  for (let i = 0; i < models.length; i++) {
    if (models[i] >= 0 && !(analytic[i] > 0 && analytic[i] < Number.POSITIVE_INFINITY)) {
      throw reader.wrong('analytic', 'rates above 0 of all models', String(analytic[i]));
    }
  }
  return {
    ...sizes,
    catalogue,
    processors,
    blocks,
    models,
    placements,
    rates,
    mix,
    seconds,
    demands,
    analytic,
    split: arrays.has('split') ? reader.sized('split', [rows], Uint8Array) : splitByMix(mix, 1),
    sampling: arrays.has('sampling') ? reader.sized('sampling', [rows], Uint8Array) : new Uint8Array(rows),
  };
}

class ArrayReader {
  readonly #arrays: ReadonlyMap<string, NamedArray>;
  readonly #source: string;

  constructor(arrays: ReadonlyMap<string, NamedArray>, source: string) {
    this.#arrays = arrays;
    this.#source = source;
  }

  needed(name: string, rank: number): NamedArray {
    const array = this.#arrays.get(name);
    if (array?.shape.length === rank) return array;
    const received = array ? `shape (${array.shape.join(', ')})` : `only ${[...this.#arrays.keys()].join(', ')}`;
    throw this.wrong(name, `an array of ${rank} dimensions`, received);
  }

  sized<T extends NumberArray>(name: string, shape: readonly number[], Kind: { new (length: number): T }): T {
    const array = this.needed(name, shape.length);
    if (!shape.every((size, i) => size === array.shape[i])) {
      throw this.wrong(name, `shape (${shape.join(', ')})`, `(${array.shape.join(', ')})`);
    }
    if (array.values instanceof Kind) return array.values;
    const values = new Kind(array.values.length);
    values.set(array.values as never);
    return values;
  }

  checkNumbers(name: string, values: NumberArray, fits: (x: number) => boolean): void {
    const at = values.findIndex((x) => !fits(x));
    if (at >= 0) throw this.wrong(name, 'finite numbers of at least 0', `${values[at]} at place ${at}`);
  }

  wrong(name: string, expected: string, received: string): HeterodyneError {
    return new HeterodyneError(
      'BAD_INPUT',
      `the data set's array "${name}" does not fit: expected ${expected}, found ${received}`,
      {
        source: this.#source,
        path: name,
        expected,
        received,
        hint: 'the layout stands in docs/estimator.md',
      },
    );
  }
}

type Rows = Pick<EstimatorData, 'rows' | 'columns' | 'processors' | 'blocks' | 'models' | 'placements' | 'seconds'>;

/** Every model has a placement that it can run with, and a rate. */
function checkRows(reader: ArrayReader, data: Rows & Pick<EstimatorData, 'catalogue' | 'rates'>): void {
  const { models, rates, columns, catalogue } = data;
  for (let cell = 0; cell < models.length; cell++) {
    const where = `row ${Math.floor(cell / columns)}, column ${cell % columns}`;
    if (models[cell] < 0) {
      if (cell % columns === 0) throw reader.wrong('models', 'at least one model a row', where);
      continue;
    }
    if (models[cell] >= catalogue)
      throw reader.wrong('models', `places below ${catalogue}`, `${models[cell]}, ${where}`);
    if (!(rates[cell] > 0 && rates[cell] < Number.POSITIVE_INFINITY)) {
      throw reader.wrong('rates', 'a rate above 0 for every model', `${rates[cell]}, ${where}`);
    }
    let total = 0;
    eachBlock(data, cell, (_, seconds) => {
      total += seconds;
    });
    if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
      throw reader.wrong('placements', 'blocks placed where they can run', `${total} s, ${where}`);
    }
  }
}

/** Calls `visit` with processor and seconds of every placed block of a cell. */
function eachBlock(
  { models, placements, seconds, processors, blocks }: Rows,
  cell: number,
  visit: (processor: number, seconds: number, block: number) => void,
): void {
  const at = cell * PLACEMENT_STRIDE;
  let block = 0;
  for (let s = 0; s < Math.min(placements[at], 5); s++) {
    const processor = placements[at + 1 + 2 * s];
    for (; block < placements[at + 2 + 2 * s]; block++) {
      const known = processor < processors && block < blocks;
      visit(processor, known ? seconds[(models[cell] * processors + processor) * blocks + block] : Number.NaN, block);
    }
  }
}

function summedDemands(data: Rows): Float32Array {
  const demands = new Float32Array(data.models.length * data.processors);
  for (let cell = 0; cell < data.models.length; cell++) {
    if (data.models[cell] < 0) continue;
    eachBlock(data, cell, (processor, seconds) => {
      demands[cell * data.processors + processor] += seconds;
    });
  }
  return demands;
}

/** Without a formula's rates: every model at the rate that the fullest resource allows all of them. */
function equalShares(
  demands: Float32Array,
  models: Int16Array,
  { rows, columns, resources }: Pick<EstimatorData, 'rows' | 'columns' | 'resources'>,
): Float32Array {
  const rates = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let fullest = 0;
    for (let r = 0; r < resources; r++) {
      let load = 0;
      for (let m = 0; m < columns; m++) load += demands[(row * columns + m) * resources + r];
      fullest = Math.max(fullest, load);
    }
    for (let m = 0; m < columns; m++) if (models[row * columns + m] >= 0) rates[row * columns + m] = 1 / fullest;
  }
  return rates;
}

/** Mixes in random order: 7 of 10 for training, 1 for validation, 2 for the test. */
export function splitByMix(mix: Int32Array, seed: number): Uint8Array {
  const random = new Random(seed);
  const mixes = [...new Set(mix)];
  for (let i = mixes.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [mixes[i], mixes[j]] = [mixes[j], mixes[i]];
  }
  const training = Math.round(0.7 * mixes.length);
  const validation = Math.round(0.8 * mixes.length);
  const part = new Map(
    mixes.map((number, i) => [number, i < training ? TRAINING : i < validation ? VALIDATION : TEST]),
  );
  return Uint8Array.from(mix, (number) => part.get(number) as number);
}

/** Rows of one part of the data. */
export function rowsOf(data: EstimatorData, split: number, choice = false): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < data.rows; row++) {
    if (data.split[row] === split && (data.sampling[row] === CHOICE) === choice) rows.push(row);
  }
  return Int32Array.from(rows);
}
