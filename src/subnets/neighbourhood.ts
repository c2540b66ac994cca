/** Networks one or two changes away, and which of them an additive surrogate thinks best. */
import type { Random, SubnetKernel } from '../../bindings/core.ts';
import type { Found } from './archive.ts';
import { applied, type Move, movesFrom } from './moves.ts';
import type { SearchSpace } from './space.ts';

/** A single change: what it costs more, what it is worth more, and the slots that it touches, as bits. */
interface Change {
  move: Move;
  cost: number;
  gain: number;
  low: number;
  high: number;
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
  #changes(network: Uint8Array, worth: readonly Float64Array[]): Change[] {
    const moves = movesFrom(this.#space, network, this.#resolutions);
    const size = network.length;
    const rows = new Uint8Array((moves.length + 1) * size);
    rows.set(network);
    for (let i = 0, start = size; i < moves.length; i++, start += size) {
      const { slots, values } = moves[i];
      rows.set(network, start);
      for (let j = 0; j < slots.length; j++) rows[start + slots[j]] = values[j];
    }
    const costs = this.#kernel.costs(rows);
    const changes: Change[] = [];
    for (let i = 0; i < moves.length; i++) {
      const { slots, values } = moves[i];
      let gain = 0;
      let low = 0;
      let high = 0;
      for (let j = 0; j < slots.length; j++) {
        const slot = slots[j];
        gain += worth[slot][values[j]] - worth[slot][network[slot]];
        if (slot < 32) low |= 1 << slot;
        else high |= 1 << (slot - 32);
      }
      changes.push({ move: moves[i], gain, cost: costs[i + 1] - costs[0], low, high });
    }
    return changes;
  }

  /** Of all neighbours by one or two changes within the limit (if costs simply add up) those that are worth most. */
  promising(from: Found, limit: number, worth: readonly Float64Array[], most: number): Uint8Array[] {
    const changes = this.#changes(from.network, worth).sort((a, b) => b.gain - a.gain);
    const slack = limit - from.cost;
    const best = new BestPairs(most);
    for (let a = 0; a < changes.length; a++) {
      const first = changes[a];
      if (first.cost <= slack) best.offer(first.gain, a, -1);
      for (let b = 0; b < a; b++) {
        const second = changes[b];
        // Later partners are worth even less.
        if (first.gain + second.gain <= best.least) break;
        if (first.cost + second.cost > slack || first.low & second.low || first.high & second.high) continue;
        best.offer(first.gain + second.gain, a, b);
      }
    }
    return best.pairs.map(([a, b]) => applied(from.network, changes[a].move, ...(b < 0 ? [] : [changes[b].move])));
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
      let best: Change | undefined;
      for (const change of this.#changes(now, worth)) {
        if (change.cost < 0 && (!best || change.gain / -change.cost > best.gain / -best.cost)) best = change;
      }
      if (!best) return undefined;
      now = applied(now, best.move);
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
