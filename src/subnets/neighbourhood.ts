/** Networks one or two changes away, and which of them an additive surrogate thinks best. */
import type { Random, SubnetKernel } from '../../bindings/core.ts';
import type { Found } from './archive.ts';
import { applied, type Move, movesFrom } from './moves.ts';
import type { SearchSpace } from './space.ts';

export class Neighbourhood {
  readonly #space: SearchSpace;
  readonly #kernel: SubnetKernel;
  readonly #resolutions: readonly number[];

  constructor(space: SearchSpace, kernel: SubnetKernel, resolutions: readonly number[]) {
    this.#space = space;
    this.#kernel = kernel;
    this.#resolutions = resolutions;
  }

  /** All single changes, what each costs more and is worth more. */
  #moves(
    network: Uint8Array,
    worth: readonly Float64Array[],
  ): { moves: Move[]; costs: Float64Array; worths: Float64Array } {
    const moves = movesFrom(this.#space, network, this.#resolutions);
    const rows = new Uint8Array((moves.length + 1) * network.length);
    rows.set(network);
    moves.forEach((move, i) => {
      rows.set(applied(network, move), (i + 1) * network.length);
    });
    const costs = this.#kernel.costs(rows);
    const worths = Float64Array.from(moves, ({ slots, values }) =>
      slots.reduce((sum, slot, i) => sum + worth[slot][values[i]] - worth[slot][network[slot]], 0),
    );
    return { moves, costs: costs.subarray(1).map((cost) => cost - costs[0]), worths };
  }

  /** Of all neighbours by one or two changes within the limit (if costs simply add up) those that are worth most. */
  promising(from: Found, limit: number, worth: readonly Float64Array[], most: number): Uint8Array[] {
    const { network } = from;
    const { moves, costs, worths } = this.#moves(network, worth);
    const slack = limit - from.cost;
    const best = new BestPairs(most);
    for (let a = 0; a < moves.length; a++) {
      if (costs[a] <= slack) best.offer(worths[a], a, -1);
      for (let b = 0; b < a; b++) {
        const gain = worths[a] + worths[b];
        if (gain <= best.least || costs[a] + costs[b] > slack) continue;
        if (moves[a].slots.some((slot) => moves[b].slots.includes(slot))) continue;
        best.offer(gain, a, b);
      }
    }
    return best.pairs.map(([a, b]) => applied(network, moves[a], ...(b < 0 ? [] : [moves[b]])));
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
      const { moves, costs, worths } = this.#moves(now, worth);
      let best = -1;
      for (let i = 0; i < moves.length; i++) {
        if (costs[i] < 0 && (best < 0 || worths[i] / -costs[i] > worths[best] / -costs[best])) best = i;
      }
      if (best < 0) return undefined;
      now = applied(now, moves[best]);
    }
    return now;
  }
}

/** The pairs with the highest values, best first. */
class BestPairs {
  readonly #most: number;
  readonly #values: number[] = [];
  readonly pairs: [number, number][] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** A value that is not higher has no place. */
  get least(): number {
    return this.#values.length < this.#most ? -Infinity : this.#values[this.#most - 1];
  }

  offer(value: number, a: number, b: number): void {
    if (value <= this.least) return;
    let at = this.#values.length;
    while (at > 0 && this.#values[at - 1] < value) at--;
    this.#values.splice(at, 0, value);
    this.pairs.splice(at, 0, [a, b]);
    if (this.#values.length <= this.#most) return;
    this.#values.pop();
    this.pairs.pop();
  }
}
