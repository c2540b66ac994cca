/**
 * Accuracy of sub-networks by a chain of dense layers. Twin of assembly/subnets/predictor.ts: the same float32
 * operations in the same order.
 */
import type { DenseLayer, SubnetPredictor, SubnetSpace } from '../../core/subnets.ts';

const f = Math.fround;

export class ReferencePredictor {
  readonly #space: SubnetSpace;
  readonly #predictor: SubnetPredictor;

  constructor(space: SubnetSpace, predictor: SubnetPredictor) {
    this.#space = space;
    this.#predictor = predictor;
  }

  score(network: Uint8Array): number {
    const score = this.#rest(this.#first(network));
    const { alias } = this.#space;
    if (!alias || network[alias.slot] !== alias.to) return score;
    const other = network.slice();
    other[alias.slot] = alias.from;
    return f(f(score + this.#rest(this.#first(other))) * 0.5);
  }

  /** The first layer is that of `base`, minus and plus the rows in which the network differs. */
  scoreNear(base: Uint8Array, network: Uint8Array): number {
    const sums = this.#first(base);
    network.forEach((value, slot) => {
      if (value === base[slot]) return;
      if (base[slot] > 0) this.#add(sums, slot, base[slot], -1);
      if (value > 0) this.#add(sums, slot, value, 1);
    });
    return this.#rest(sums);
  }

  /** Add or subtract the row of a slot's value. */
  #add(sums: Float32Array, slot: number, value: number, sign: 1 | -1): void {
    const start = (value - 1) * sums.length;
    const rows = this.#predictor.embeddings[slot];
    for (let i = 0; i < sums.length; i++) sums[i] = f(sums[i] + sign * rows[start + i]);
  }

  #first(network: Uint8Array): Float32Array {
    const sums = this.#predictor.firstBias.slice();
    network.forEach((value, slot) => {
      if (value > 0) this.#add(sums, slot, value, 1);
    });
    return sums;
  }

  #rest(sums: Float32Array): number {
    const { layers, base } = this.#predictor;
    let values = sums;
    for (const layer of layers.slice(0, -1)) values = hidden(layer, values);
    const last = layers[layers.length - 1];
    // One partial sum a lane, then (lane 0 + lane 2) + (lane 1 + lane 3).
    const lanes = new Float32Array(4);
    for (let i = 0; i < last.inputs; i++) {
      lanes[i & 3] = f(lanes[i & 3] + f(Math.max(values[i], 0) * last.weights[i]));
    }
    const sum = f(f(lanes[0] + lanes[2]) + f(lanes[1] + lanes[3]));
    return f(f(sum + last.bias[0]) + f(base));
  }
}

/** Inputs at or below zero are skipped, as ReLU makes them zero. */
function hidden({ inputs, outputs, weights, bias }: DenseLayer, values: Float32Array): Float32Array {
  const sums = bias.slice();
  for (let i = 0; i < inputs; i++) {
    const value = values[i];
    if (!(value > 0)) continue;
    for (let o = 0; o < outputs; o++) sums[o] = f(sums[o] + f(value * weights[o * inputs + i]));
  }
  return sums;
}
