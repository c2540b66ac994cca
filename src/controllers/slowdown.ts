/**
 * How much slower the device works than its tables say, learned online: from noise, from interference by others, from a
 * clock that a thermal cap holds down. Each sample is measured busy time over expected time of the work done in it, over
 * about one round of the cohort; the cohort as a whole, so that it does not matter how its members share the processor.
 */
export class Slowdown {
  /** Filtered present value. */
  mean = 1;
  /** Its deviation from sample to sample. */
  deviation: number;
  readonly #gain: number;
  /** Last samples, in order of arrival and ascending. */
  readonly #ring: Float64Array;
  readonly #sorted: Float64Array;
  #count = 0;
  #next = 0;

  /** @param deviation assumed before anything was measured, with the weight of a few samples */
  constructor(deviation = 0.05, gain = 0.3, window = 128) {
    this.deviation = deviation;
    this.#gain = gain;
    this.#ring = new Float64Array(window);
    this.#sorted = new Float64Array(window);
  }

  add(ratio: number): void {
    const error = ratio - this.mean;
    this.mean += this.#gain * error;
    this.deviation += 0.05 * (Math.abs(error) * 1.25 - this.deviation);
    const sorted = this.#sorted;
    if (this.#count === this.#ring.length) {
      let at = 0;
      while (sorted[at] !== this.#ring[this.#next]) at++;
      sorted.copyWithin(at, at + 1, this.#count);
      this.#count--;
    }
    let place = this.#count;
    while (place > 0 && sorted[place - 1] > ratio) place--;
    sorted.copyWithin(place + 1, place, this.#count);
    sorted[place] = ratio;
    this.#count++;
    this.#ring[this.#next] = ratio;
    this.#next = (this.#next + 1) % this.#ring.length;
  }

  /** Empirical quantile of the window; before there are enough samples mean plus three deviations. */
  tail(quantile: number): number {
    const assumed = this.mean + 3 * this.deviation;
    if (this.#count < 32) return assumed;
    const found = this.#sorted[Math.min(this.#count - 1, Math.floor(quantile * this.#count))];
    return found > this.mean ? found : this.mean;
  }
}
