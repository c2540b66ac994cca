/** Memory of one pass: handed out upwards, given back all at once. */
import type { TrainingKernels } from '../../src/core/training.ts';

/** Cells of one slab, 4 MB; larger arrays get one of their own size. */
const SLAB = 1 << 20;

export class Workspace {
  readonly #kernels: TrainingKernels;
  readonly #slabs: { at: number; cells: number; used: number }[] = [];
  readonly #scratch: { at: number; cells: number }[] = [];
  #current = 0;

  constructor(kernels: TrainingKernels) {
    this.#kernels = kernels;
  }

  /** Address of that many cells, with whatever they held. */
  take(cells: number): number {
    const wanted = (cells + 15) & ~15;
    for (; this.#current < this.#slabs.length; this.#current++) {
      const slab = this.#slabs[this.#current];
      if (slab.used + wanted > slab.cells) continue;
      slab.used += wanted;
      return slab.at + slab.used - wanted;
    }
    const size = Math.max(SLAB, wanted);
    this.#slabs.push({ at: this.#kernels.allocate(size), cells: size, used: wanted });
    return this.#slabs[this.#current].at;
  }

  /** One of a few buffers that hold nothing between two calls. */
  scratch(which: 0 | 1, cells: number): number {
    const known = this.#scratch[which];
    if (known && known.cells >= cells) return known.at;
    const size = Math.max(cells, 1 << 16);
    this.#scratch[which] = { at: this.#kernels.allocate(size), cells: size };
    return this.#scratch[which].at;
  }

  reset(): void {
    for (const slab of this.#slabs) slab.used = 0;
    this.#current = 0;
  }
}
