/**
 * Slow-down of one network's frames as a sequence of regimes: `q = ln(measured / expected)` has one mean until a step
 * (another job comes, a clock is capped), and a spread that all regimes share.
 *
 *   mean       over the last 64 samples of the present regime; its standard error is spread / sqrt(samples)
 *   spread     root mean square of the last 64 residuals over all regimes, with a prior of 0.05 that counts as 10 samples.
 *              A residual is taken against the mean before its sample, scaled by sqrt(n / (n + 1)) for that mean's own
 *              error, and clipped to 3 spreads as they are then
 *   step       two-sided cumulative sum of residuals in spreads, clipped to 4, slack 0.5, threshold 5. It restarts the regime
 *              from its last 4 samples, some of which may be from before the step; then a second alarm soon follows
 *   quantile   normal, 1.645 spreads above the mean; from 200 samples of the regime on the empirical one of the last 256
 */
const WINDOW = 64;
const KEPT = 256;
const ENOUGH = 200;
const SURVIVORS = 4;
const PRIOR_SPREAD = 0.05;
const PRIOR_SAMPLES = 10;
const THRESHOLD = 5;
const SLACK = 0.5;

export class Regime {
  /** Samples that describe the present regime. */
  samples = 0;
  mean = 0;
  spread = PRIOR_SPREAD;
  steps = 0;
  readonly #last = new Float64Array(KEPT);
  readonly #squares = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(KEPT);
  #residuals = 0;
  #up = 0;
  #down = 0;

  get standardError(): number {
    return this.spread / Math.sqrt(Math.max(1, Math.min(this.samples, WINDOW)));
  }

  /** @returns whether a step was detected */
  add(q: number): boolean {
    let step = false;
    if (this.samples > 0) {
      const known = Math.min(this.samples, WINDOW);
      const residual = (q - this.mean) * Math.sqrt(known / (known + 1));
      const z = clip(residual / this.spread, 4);
      this.#up = Math.max(0, this.#up + z - SLACK);
      this.#down = Math.max(0, this.#down - z - SLACK);
      step = this.#up > THRESHOLD || this.#down > THRESHOLD;
      this.#addResidual(clip(residual, 3 * this.spread));
    }
    this.#last[this.samples % KEPT] = q;
    this.samples++;
    if (step) this.#restart();
    let sum = 0;
    const count = Math.min(this.samples, WINDOW);
    for (let back = 1; back <= count; back++) sum += this.#last[(this.samples - back) % KEPT];
    this.mean = sum / count;
    return step;
  }

  /** Quantile 0.95 of q, without the uncertainty of the mean. */
  p95(): number {
    if (this.samples < ENOUGH) return this.mean + 1.645 * this.spread;
    const count = Math.min(this.samples, KEPT);
    const sorted = this.#sorted.subarray(0, count);
    sorted.set(this.#last.subarray(0, count));
    sorted.sort();
    return sorted[Math.floor(0.95 * count)];
  }

  #addResidual(residual: number): void {
    this.#squares[this.#residuals % WINDOW] = residual * residual;
    this.#residuals++;
    const count = Math.min(this.#residuals, WINDOW);
    let sum = PRIOR_SAMPLES * PRIOR_SPREAD * PRIOR_SPREAD;
    for (let i = 0; i < count; i++) sum += this.#squares[i];
    this.spread = Math.sqrt(sum / (PRIOR_SAMPLES + count));
  }

  #restart(): void {
    const survivors = Math.min(SURVIVORS, this.samples);
    for (let i = 0; i < survivors; i++) this.#sorted[i] = this.#last[(this.samples - survivors + i) % KEPT];
    for (let i = 0; i < survivors; i++) this.#last[i] = this.#sorted[i];
    this.samples = survivors;
    this.#up = 0;
    this.#down = 0;
    this.steps++;
  }
}

function clip(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
