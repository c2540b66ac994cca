/** Expected seconds that remain of a frame, looked up: sums over blocks, made once. */
import type { ControlSystem } from './system.ts';

export class Remaining {
  readonly points: number;
  /** Per instance [variants][points][blocks + 1]: seconds of all blocks from the index on. */
  readonly #suffix: Float64Array[];
  readonly #blocks: number[];

  constructor(system: ControlSystem) {
    const K = system.points.length;
    this.points = K;
    this.#blocks = system.instances.map(({ blocks }) => blocks);
    this.#suffix = system.instances.map(({ blocks, variants }) => {
      const sums = new Float64Array(variants.length * K * (blocks + 1));
      variants.forEach(({ seconds }, v) => {
        for (let k = 0; k < K; k++) {
          const row = (v * K + k) * (blocks + 1);
          for (let b = blocks - 1; b >= 0; b--) sums[row + b] = sums[row + b + 1] + seconds[k * blocks + b];
        }
      });
      return sums;
    });
  }

  /** Seconds from block `position` to the end, alone on the device. */
  from(instance: number, variant: number, point: number, position: number): number {
    const width = this.#blocks[instance] + 1;
    return this.#suffix[instance][(variant * this.points + point) * width + position];
  }

  /** Of one block. */
  of(instance: number, variant: number, point: number, block: number): number {
    return this.from(instance, variant, point, block) - this.from(instance, variant, point, block + 1);
  }

  /** Seconds of a whole frame. */
  frame(instance: number, variant: number, point: number): number {
    return this.from(instance, variant, point, 0);
  }

  /** One original frame of every instance. */
  cohort(point: number): number {
    let sum = 0;
    for (let i = 0; i < this.#blocks.length; i++) sum += this.frame(i, 0, point);
    return sum;
  }
}
