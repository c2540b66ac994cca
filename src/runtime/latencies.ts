/**
 * Times of any number of frames in a few kilobytes: counts in classes that grow by 2 %, so that a quantile is right to
 * 1 %. Adding allocates nothing.
 *
 *   class k holds times from LEAST x 1.02^k to LEAST x 1.02^(k+1), from 1 µs to about 10 minutes
 */
const LEAST_MS = 1e-3;
const GROWTH = Math.log(1.02);
const CLASSES = 1024;

export interface LatencyFigures {
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  worst: number;
}

export class Latencies {
  readonly #counts = new Uint32Array(CLASSES);
  #n = 0;
  #sum = 0;
  #worst = 0;

  get count(): number {
    return this.#n;
  }

  /** Sum of all, ms. */
  get sum(): number {
    return this.#sum;
  }

  add(ms: number): void {
    const k = ms > LEAST_MS ? Math.floor(Math.log(ms / LEAST_MS) / GROWTH) : 0;
    this.#counts[Math.min(CLASSES - 1, k)]!++;
    this.#n++;
    this.#sum += ms;
    if (ms > this.#worst) this.#worst = ms;
  }

  /** The time that `share` of all stay within; 0 when there are none. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#n);
    for (let k = 0; k < CLASSES; k++) {
      left -= this.#counts[k]!;
      if (left <= 0 && this.#counts[k]! > 0) return Math.min(this.#worst, LEAST_MS * Math.exp((k + 0.5) * GROWTH));
    }
    return 0;
  }

  /** undefined when there are none. */
  figures(): LatencyFigures | undefined {
    if (this.#n === 0) return undefined;
    return {
      mean: this.#sum / this.#n,
      p50: this.quantile(0.5),
      p95: this.quantile(0.95),
      p99: this.quantile(0.99),
      worst: this.#worst,
    };
  }
}
