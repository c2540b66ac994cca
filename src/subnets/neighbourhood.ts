/** Networks one or two changes away, and which of them an additive surrogate thinks best. */
import type { Random, SubnetKernel } from '../../bindings/core.ts';
import type { Found } from './archive.ts';
import { applied, type Move, movesFrom } from './moves.ts';
import type { SearchSpace } from './space.ts';

/** Single changes, by index: what each costs more, what it is worth more, and the slots that it touches, as bits. */
interface Changes {
  moves: readonly Move[];
  costs: Float64Array;
  gains: Float64Array;
  low: Int32Array;
  high: Int32Array;
}

export class Neighbourhood {
  readonly #space: SearchSpace;
  readonly #kernel: SubnetKernel;
  readonly #resolutions: readonly number[];

  constructor(space: SearchSpace, kernel: SubnetKernel, resolutions: readonly number[]) {
    this.#space = space;
    this.#kernel = kernel;
    this.#resolutions = resolutions;
  }

  /** All single changes. */
  #changes(network: Uint8Array, worth: readonly Float64Array[]): Changes {
    const moves = movesFrom(this.#space, network, this.#resolutions);
    const count = moves.length;
    const size = network.length;
    const rows = new Uint8Array((count + 1) * size);
    const gains = new Float64Array(count);
    const low = new Int32Array(count);
    const high = new Int32Array(count);
    for (let i = 0, start = 0; i < count; i++, start += size) {
      const { slots, values } = moves[i];
      rows.set(network, start);
      for (let j = 0; j < slots.length; j++) {
        const slot = slots[j];
        rows[start + slot] = values[j];
        gains[i] += worth[slot][values[j]] - worth[slot][network[slot]];
        if (slot < 32) low[i] |= 1 << slot;
        else high[i] |= 1 << (slot - 32);
      }
    }
    rows.set(network, count * size);
    const costs = this.#kernel.costs(rows);
    const own = costs[count];
    for (let i = 0; i < count; i++) costs[i] -= own;
    return { moves, costs, gains, low, high };
  }

  /** Of all neighbours by one or two changes within the limit (if costs simply add up) those that are worth most. */
  promising(from: Found, limit: number, worth: readonly Float64Array[], most: number): Uint8Array[] {
    const { moves, costs, gains, low, high } = this.#changes(from.network, worth);
    const order = moves.map((_, i) => i).sort((a, b) => gains[b] - gains[a]);
    const slack = limit - from.cost;
    const best = new BestPairs(most);
    for (let a = 0; a < order.length; a++) {
      const first = order[a];
      const gain = gains[first];
      if (costs[first] <= slack) best.offer(gain, first, -1);
      for (let b = 0; b < a; b++) {
        const second = order[b];
        // Later partners are worth even less.
        if (gain + gains[second] <= best.least) break;
        if (costs[first] + costs[second] > slack || low[first] & low[second] || high[first] & high[second]) continue;
        best.offer(gain + gains[second], first, second);
      }
    }
    return best.networks(from.network, moves);
  }

  /**
   * A copy with some random changes, brought within the limit by the changes that give up the least worth per cost
   * saved; undefined where none saves any.
   */
  disturbed(
    network: Uint8Array,
    changes: number,
    limit: number,
    worth: readonly Float64Array[],
    random: Random,
  ): Uint8Array | undefined {
    let now = network;
    for (let i = 0; i < changes; i++) {
      const moves = movesFrom(this.#space, now, this.#resolutions);
      now = applied(now, moves[random.below(moves.length)]);
    }
    while (this.#kernel.costs(now)[0] > limit) {
      const { moves, costs, gains } = this.#changes(now, worth);
      let best = -1;
      for (let i = 0; i < moves.length; i++) {
        if (costs[i] < 0 && (best < 0 || gains[i] / -costs[i] > gains[best] / -costs[best])) best = i;
      }
      if (best < 0) return undefined;
      now = applied(now, moves[best]);
    }
    return now;
  }
}

/** The changes, alone or in pairs, with the highest values, best first. */
class BestPairs {
  readonly #values: Float64Array;
  /** Two changes each; the second is -1 where there is one only. */
  readonly #pairs: Int32Array;
  #count = 0;

  constructor(most: number) {
    this.#values = new Float64Array(most);
    this.#pairs = new Int32Array(2 * most);
  }

  /** A value that is not higher has no place. */
  get least(): number {
    return this.#count < this.#values.length ? -Infinity : this.#values[this.#count - 1];
  }

  offer(value: number, first: number, second: number): void {
    if (value <= this.least) return;
    const values = this.#values;
    const pairs = this.#pairs;
    let at = this.#count < values.length ? this.#count++ : this.#count - 1;
    for (; at > 0 && values[at - 1] < value; at--) {
      values[at] = values[at - 1];
      pairs[2 * at] = pairs[2 * at - 2];
      pairs[2 * at + 1] = pairs[2 * at - 1];
    }
    values[at] = value;
    pairs[2 * at] = first;
    pairs[2 * at + 1] = second;
  }

  networks(from: Uint8Array, moves: readonly Move[]): Uint8Array[] {
    return Array.from({ length: this.#count }, (_, i) => {
      const [first, second] = this.#pairs.subarray(2 * i, 2 * i + 2);
      return second < 0 ? applied(from, moves[first]) : applied(from, moves[first], moves[second]);
    });
  }
}
