/** Values of placements already scored: a direct-mapped table keyed by the placement's 64-bit hash. */
export class ValueCache {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #values: Float64Array;
  readonly #mask: number;

  /** @param entries a power of two */
  constructor(entries: number) {
    this.#low = new Uint32Array(entries);
    this.#high = new Uint32Array(entries);
    this.#values = new Float64Array(entries);
    this.#mask = entries - 1;
  }

  get(low: number, high: number): number | undefined {
    const i = low & this.#mask;
    return this.#low[i] === low && this.#high[i] === high ? this.#values[i] : undefined;
  }

  set(low: number, high: number, value: number): void {
    const i = low & this.#mask;
    this.#low[i] = low;
    this.#high[i] = high;
    this.#values[i] = value;
  }
}
