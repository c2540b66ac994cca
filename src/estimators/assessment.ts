/**
 * How good is an estimator? On mixes that it never saw: errors and order of single rates, and what is lost when it
 * chooses among the placements of a mix; each beside the throughput model and a constant.
 */
import { exp, log } from '../../bindings/core.ts';
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import { halfInterval95, mean, median } from '../profiles/samples.ts';
import { type EstimatorData, rowsOf, TEST, TRAINING } from './dataset/data.ts';
import type { Estimator } from './estimator.ts';
import { kendall, spearman } from './ranking.ts';

/** Figures of one predictor. */
export interface Figures {
  /** Mean relative error of the rates, a fraction. */
  mape: number;
  medianError: number;
  /** Order of all rates; 0 for a constant. */
  spearman: number;
  kendall: number;
  /**
   * Mean over mixes of 1 - (rate of the choice) / (best rate), by mean rate: of the placement liked best, and of the best
   * among the 8 liked best. For a constant: of any placement, on average.
   */
  regret: number;
  regretTop8: number;
}

/** Errors of rates between two powers of ten. */
export interface DecadeErrors {
  /** Frames/s, from (included) to. */
  fromPerS: number;
  toPerS: number;
  rates: number;
  /** MAPE by predictor. */
  estimator: number;
  analytic: number;
  constant: number;
}

export interface Assessment {
  rates: number;
  mixes: number;
  /** Placements of a mix to choose from, on average. */
  choices: number;
  estimator: Figures;
  analytic: Figures;
  constant: Figures;
  decades: DecadeErrors[];
  /** Mean over mixes of regret(analytic) - regret(estimator), and half its 95 % interval. */
  regretGain: { mean: number; halfInterval: number };
  /** Measured and predicted rates, frames/s, for drawing: at most {@link MOST_POINTS}. */
  points: { measured: number; predicted: number }[];
}

const MOST_POINTS = 2000;

/** Rates of rows by a predictor: [rows][M]. */
export type RatesOfRows = (rows: Int32Array) => Promise<Float32Array> | Float32Array;

/** Scores a predictor on the test rows of a data set. */
export async function assess(data: EstimatorData, predict: RatesOfRows): Promise<Assessment> {
  const rows = rowsOf(data, TEST);
  const choice = rowsOf(data, TEST, true);
  const choosing = choice.length > 0 ? choice : rows;
  const constant = geometricMeanRate(data);
  const measured = ratesOf(data, data.rates, rows);
  const predicted = flat(data, await predict(rows), rows);
  const modelled = ratesOf(data, data.analytic, rows);
  const still = measured.map(() => constant);
  const chosen = choicesOf(data, choosing, await predict(choosing));
  const figures = (values: readonly number[], regrets: readonly number[], top8: readonly number[]): Figures => ({
    mape: mean(values.map((value, i) => Math.abs(value / measured[i] - 1))),
    medianError: median(values.map((value, i) => Math.abs(value / measured[i] - 1))),
    spearman: spearman(values, measured),
    kendall: kendall(values, measured),
    regret: mean(regrets),
    regretTop8: mean(top8),
  });
  const gains = chosen.map(({ analytic, estimator }) => analytic[0] - estimator[0]);
  const step = Math.max(1, Math.ceil(measured.length / MOST_POINTS));
  return {
    rates: measured.length,
    mixes: chosen.length,
    choices: choosing.length / chosen.length,
    estimator: figures(
      predicted,
      chosen.map(({ estimator }) => estimator[0]),
      chosen.map(({ estimator }) => estimator[1]),
    ),
    analytic: figures(
      modelled,
      chosen.map(({ analytic }) => analytic[0]),
      chosen.map(({ analytic }) => analytic[1]),
    ),
    constant: figures(
      still,
      chosen.map(({ any }) => any[0]),
      chosen.map(({ any }) => any[1]),
    ),
    decades: decadesOf(measured, { estimator: predicted, analytic: modelled, constant: still }),
    regretGain: { mean: mean(gains), halfInterval: halfInterval95(gains) },
    points: measured.flatMap((rate, i) => (i % step === 0 ? [{ measured: rate, predicted: predicted[i] }] : [])),
  };
}

/** Rows of a data set through an estimator, mix by mix. */
export function ratesThrough(
  data: EstimatorData,
  over: (problem: PlacementProblem) => Estimator & { close(): Promise<void> },
): RatesOfRows {
  return async (rows) => {
    const { columns, resources, demands, analytic, models, placements } = data;
    const rates = new Float32Array(rows.length * columns);
    const mixes = placesByMix(data, rows);
    for (const places of mixes.values()) {
      const first = rows[places[0]];
      const M = modelsOf(data, first);
      const estimator = over(problemOf(data, first));
      const gathered = <T extends Uint8Array | Float64Array>(into: T, from: ArrayLike<number>, width: number): T => {
        for (const [i, place] of places.entries()) {
          for (let j = 0; j < M * width; j++) into[i * M * width + j] = from[rows[place] * columns * width + j];
        }
        return into;
      };
      try {
        const found = await estimator.rates?.({
          count: places.length,
          placements: gathered(new Uint8Array(places.length * M * PLACEMENT_STRIDE), placements, PLACEMENT_STRIDE),
          demands: gathered(new Float64Array(places.length * M * resources), demands, resources),
          analytic: gathered(new Float64Array(places.length * M), analytic, 1),
        });
        for (const [i, place] of places.entries()) {
          for (let m = 0; m < M; m++) {
            if (models[rows[place] * columns + m] >= 0) rates[place * columns + m] = found?.[i * M + m] ?? Number.NaN;
          }
        }
      } finally {
        await estimator.close();
      }
    }
    return rates;
  };
}

/** Places in `rows`, by mix. */
function placesByMix({ mix }: EstimatorData, rows: Int32Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [i, row] of rows.entries()) {
    const known = places.get(mix[row]);
    if (known) known.push(i);
    else places.set(mix[row], [i]);
  }
  return places;
}

function modelsOf({ models, columns }: EstimatorData, row: number): number {
  let count = 0;
  while (count < columns && models[row * columns + count] >= 0) count++;
  return count;
}

/** As much of a mix's problem as an estimator looks at: costs and sizes. */
function problemOf(data: EstimatorData, row: number): PlacementProblem {
  const { columns, processors: P, resources, blocks, models, seconds, placements } = data;
  const table = P * blocks;
  const M = modelsOf(data, row);
  return {
    models: Array.from({ length: M }, (_, m) => {
      const cell = row * columns + m;
      const stages = placements[cell * PLACEMENT_STRIDE];
      const depth = placements[cell * PLACEMENT_STRIDE + 2 * stages];
      const own = seconds.subarray(models[cell] * table, (models[cell] + 1) * table);
      const costs = new Float64Array(P * depth);
      for (let p = 0; p < P; p++) costs.set(own.subarray(p * blocks, p * blocks + depth), p * depth);
      return {
        name: `model ${models[cell]}`,
        blocks: depth,
        seconds: costs,
        outputBytes: new Float64Array(depth),
        weightBytes: new Float64Array(depth),
        dramBytes: new Float64Array(depth),
        activationBytes: 0,
        shareWeight: 1,
        value: 1,
        callsPerFrame: 1,
        rateLimit: Number.POSITIVE_INFINITY,
        soloRate: 1,
        priorityClass: 0,
        demandedRate: 0,
        rateFloor: 0,
      };
    }),
    processors: P,
    resources,
    // Processors that overlap share resources: there may be fewer of these.
    processorUses: Uint32Array.from({ length: P }, (_, p) => 1 << Math.min(p, resources - 1)),
    transferSeconds: new Float64Array(P * P),
    transferSecondsPerByte: new Float64Array(P * P),
    transferResource: new Int32Array(P * P).fill(-1),
    dramResource: new Int32Array(P).fill(-1),
    dramSecondsPerByte: new Float64Array(P),
    maxModels: new Uint32Array(P).fill(M),
    poolProcessors: new Uint32Array(0),
    poolBytes: new Float64Array(0),
    idleWatts: Number.NaN,
    activeWatts: new Float64Array(P).fill(Number.NaN),
    objective: 'throughput',
    maxStages: Math.min(P, 5),
    depthOne: false,
  };
}

/** Regret of the first choice and of the best of eight, for every mix. */
function choicesOf(
  data: EstimatorData,
  rows: Int32Array,
  predicted: Float32Array,
): Record<'estimator' | 'analytic' | 'any', [number, number]>[] {
  const { columns, rates, analytic } = data;
  const meanOf = (values: ArrayLike<number>, row: number): number => {
    let sum = 0;
    for (let m = 0; m < columns; m++) sum += values[row * columns + m];
    return sum;
  };
  return [...placesByMix(data, rows).values()].map((places) => {
    const truth = places.map((i) => meanOf(rates, rows[i]));
    const best = Math.max(...truth);
    const regret = (scores: readonly number[]): [number, number] => {
      const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
      const eight = Math.max(...order.slice(0, 8).map((i) => truth[i]));
      return [1 - truth[order[0]] / best, 1 - eight / best];
    };
    const usual = mean(truth.map((rate) => 1 - rate / best));
    return {
      estimator: regret(places.map((i) => meanOf(predicted, i))),
      analytic: regret(places.map((i) => meanOf(analytic, rows[i]))),
      any: [usual, expectedBestOf(truth, 8, best)],
    };
  });
}

/** Regret of the best of k placements drawn without a view. */
function expectedBestOf(truth: readonly number[], k: number, best: number): number {
  const sorted = [...truth].sort((a, b) => b - a);
  const n = sorted.length;
  if (n <= k) return 0;
  let left = 1;
  let expected = 0;
  // The i-th best is the best drawn with probability C(n - 1 - i, k - 1) / C(n, k).
  for (let i = 0; i <= n - k; i++) {
    const drawn = k / (n - i);
    expected += left * drawn * (1 - sorted[i] / best);
    left *= 1 - drawn;
  }
  return expected;
}

function decadesOf(
  measured: readonly number[],
  predicted: Record<'estimator' | 'analytic' | 'constant', readonly number[]>,
): DecadeErrors[] {
  const powers = measured.map((rate) => Math.floor(Math.log10(rate)));
  return [...new Set(powers)]
    .sort((a, b) => a - b)
    .map((power) => {
      const inside = [...powers.keys()].filter((i) => powers[i] === power);
      const error = (values: readonly number[]): number =>
        mean(inside.map((i) => Math.abs(values[i] / measured[i] - 1)));
      return {
        fromPerS: 10 ** power,
        toPerS: 10 ** (power + 1),
        rates: inside.length,
        estimator: error(predicted.estimator),
        analytic: error(predicted.analytic),
        constant: error(predicted.constant),
      };
    });
}

/** Of the training rows: the constant with the least squared logarithmic error. */
function geometricMeanRate(data: EstimatorData): number {
  const logs = ratesOf(data, data.rates, rowsOf(data, TRAINING)).map(log);
  return logs.length === 0 ? 1 : exp(mean(logs));
}

/** One number for every model of every row, from arrays over the whole data set. */
function ratesOf(data: EstimatorData, values: Float32Array, rows: Int32Array): number[] {
  return [...rows].flatMap((row) => perModel(data, row, (m) => values[row * data.columns + m]));
}

/** The same from arrays over the given rows alone. */
function flat(data: EstimatorData, values: Float32Array, rows: Int32Array): number[] {
  return [...rows].flatMap((row, i) => perModel(data, row, (m) => values[i * data.columns + m]));
}

function perModel(data: EstimatorData, row: number, valueAt: (m: number) => number): number[] {
  return Array.from({ length: modelsOf(data, row) }, (_, m) => valueAt(m));
}
