/**
 * What makes times vary: log-normal factors and exponential gaps from the project's own generator, logarithm and
 * exponential, so that a seed gives the same bits on every host.
 */
import { exp, log } from '../reference/numeric.ts';
import { Random } from '../reference/random.ts';

export class Noise {
  readonly #random: Random;
  /** Second normal of the pair that the polar method makes; NaN = none. */
  #spare = Number.NaN;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Standard normal deviate (polar method of Marsaglia and Bray, 1964): no sine, whose bits differ between hosts. */
  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN;
      return spare;
    }
    let u: number;
    let v: number;
    let s: number;
    do {
      u = 2 * this.#random.unit() - 1;
      v = 2 * this.#random.unit() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt((-2 * log(s)) / s);
    this.#spare = v * scale;
    return u * scale;
  }

  /** Log-normal factor of mean 1; `sigma` is the standard deviation of its logarithm. */
  factor(sigma: number): number {
    return exp(sigma * this.normal() - 0.5 * sigma * sigma);
  }

  /** Exponentially distributed with the given mean. */
  exponential(mean: number): number {
    // 1 - unit() lies in (0, 1], so that the logarithm is finite.
    return -mean * log(1 - this.#random.unit());
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.#random.unit();
  }
}

/**
 * Sigma of the log-normal that has the mean and the variance of a sum of independent log-normals of equal sigma
 * (Fenton, 1960): the noise of a stage, from that of its blocks.
 *
 * @param mean of the sum
 * @param squares sum of the squared means of the parts that vary
 */
export function sigmaOfSum(sigma: number, mean: number, squares: number): number {
  if (sigma === 0 || !(squares > 0) || mean === Number.POSITIVE_INFINITY) return 0;
  return Math.sqrt(log(1 + ((exp(sigma * sigma) - 1) * squares) / (mean * mean)));
}
