/** What repeated measurements of one thing amount to. */

/** Milliseconds of one call, over `n` calls. */
export interface LatencySamples {
  n: number;
  /** Of the middle half of the samples: a burst of some other program does not count, and means add up. */
  mean: number;
  p50: number;
  p95: number;
  std: number;
}

/** Quantile of ascending numbers, interpolated linearly between neighbours. */
export function quantile(ascending: readonly number[] | Float64Array, share: number): number {
  const at = share * (ascending.length - 1);
  const below = Math.floor(at);
  const low = ascending[below] as number;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] as number;
  return low + (at - below) * (high - low);
}

/** @param samplesMs at least one */
export function summarize(samplesMs: readonly number[]): LatencySamples {
  const ascending = Float64Array.from(samplesMs).sort();
  const n = ascending.length;
  const middle = ascending.subarray(Math.floor(n / 4), n - Math.floor(n / 4));
  const average = ascending.reduce((sum, each) => sum + each, 0) / n;
  const squares = ascending.reduce((sum, each) => sum + (each - average) ** 2, 0);
  return {
    n,
    mean: middle.reduce((sum, each) => sum + each, 0) / middle.length,
    p50: quantile(ascending, 0.5),
    p95: quantile(ascending, 0.95),
    std: n > 1 ? Math.sqrt(squares / (n - 1)) : 0,
  };
}

/** A mean with the ends of its 95 % confidence interval; the mean itself thrice where one value says nothing of that. */
export interface MeanInterval {
  mean: number;
  low: number;
  high: number;
}

/** Batches that a series is cut into. */
const BATCHES = 10;
/** Quantiles of Student's t, two-sided 95 %, by degrees of freedom from 1. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
/** Standard normal quantile of a two-sided 95 % interval. */
const Z95 = 1.959963984540054;

/**
 * Quantile of Student's t, two-sided 95 %: the table, and beyond it three terms of the expansion in 1 / degrees of freedom
 * (Abramowitz and Stegun 26.7.5), which is off by less than 0.0005.
 */
export function studentT95(degrees: number): number {
  const stated = T95[degrees - 1];
  if (stated !== undefined) return stated;
  const z = Z95;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** Mean of independent values with Student's 95 % interval; 0 where there are none. */
export function meanInterval(values: readonly number[]): MeanInterval {
  const centre = values.length === 0 ? 0 : mean(values);
  return intervalAround(centre, values);
}

/**
 * Mean of a series whose neighbours may be alike, as times of frames one after another are: the interval comes from the
 * means of ten batches in a row, which hardly depend on each other (batch means; Law, *Simulation Modeling and Analysis*,
 * chapter on output of a single system).
 *
 * @param series at least one value
 */
export function batchInterval(series: readonly number[]): MeanInterval {
  const count = Math.min(BATCHES, series.length);
  const batches = Array.from({ length: count }, (_, b) =>
    mean(series.slice(Math.floor((b * series.length) / count), Math.floor(((b + 1) * series.length) / count))),
  );
  return intervalAround(mean(series), batches);
}

/** Student's 95 % interval around `centre`, from the spread of independent values around it. */
function intervalAround(centre: number, values: readonly number[]): MeanInterval {
  const n = values.length;
  if (n < 2) return { mean: centre, low: centre, high: centre };
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
  const half = studentT95(n - 1) * Math.sqrt(variance / n);
  return { mean: centre, low: centre - half, high: centre + half };
}

/** Half the width of Student's 95 % confidence interval of the mean; NaN for fewer than two values. */
export function halfInterval95(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return Number.NaN;
  const centre = mean(values);
  const variance = values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (n - 1);
  return studentT95(n - 1) * Math.sqrt(variance / n);
}

/**
 * Width of the 95 % confidence interval of the median, relative to the median: between the order statistics
 * n/2 -+ 1.96 sqrt(n)/2 (normal approximation of the binomial; David and Nagaraja, *Order Statistics*, section 7.1).
 * Infinity for fewer than 6 samples, which no such interval covers.
 */
export function medianSpread(samplesMs: readonly number[]): number {
  const n = samplesMs.length;
  if (n < 6) return Number.POSITIVE_INFINITY;
  const ascending = Float64Array.from(samplesMs).sort();
  const reach = (Z95 * Math.sqrt(n)) / 2;
  const low = ascending[Math.max(0, Math.floor(n / 2 - reach) - 1)] as number;
  const high = ascending[Math.min(n - 1, Math.ceil(n / 2 + reach))] as number;
  const median = quantile(ascending, 0.5);
  return median > 0 ? (high - low) / median : 0;
}
