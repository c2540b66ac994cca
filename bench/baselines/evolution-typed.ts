/**
 * The evolutionary search of Once-for-All in JavaScript, made as fast as typed arrays allow; an opponent in benchmarks.
 * The predictor works in double precision (no conversions), eight outputs at a time in registers over packed weights,
 * skips inputs that ReLU made zero, and sums the first layer from embedding rows; of several widths and precisions tried,
 * this was the fastest.
 */

import { slotValues } from '../../src/core/subnet-checks.ts';
import type { CostFactor, SubnetPredictor, SubnetSpace } from '../../src/core/subnets.ts';

const TOGETHER = 8;

export class TypedPredictor {
  readonly #slots: number;
  readonly #width: number;
  readonly #embeddings: Float64Array[];
  readonly #firstBias: Float64Array;
  readonly #layers: { weights: Float64Array; bias: Float64Array; inputs: number; outputs: number }[];
  readonly #last: Float64Array;
  readonly #lastBias: number;
  readonly #values: Float64Array;
  readonly #places: Int32Array;
  readonly #kept: Float64Array;
  readonly #ends: Int32Array;

  constructor(space: SubnetSpace, { embeddings, firstBias, layers, base }: SubnetPredictor, batch: number) {
    this.#slots = space.slots.length;
    this.#width = firstBias.length;
    this.#embeddings = embeddings.map((rows) => Float64Array.from(rows));
    this.#firstBias = Float64Array.from(firstBias);
    this.#layers = layers.slice(0, -1).map(({ inputs, outputs, weights, bias }) => {
      const packed = new Float64Array(inputs * outputs);
      for (let o = 0; o < outputs; o++) {
        const start = Math.floor(o / TOGETHER) * inputs * TOGETHER + (o % TOGETHER);
        for (let i = 0; i < inputs; i++) packed[start + i * TOGETHER] = weights[o * inputs + i];
      }
      return { weights: packed, bias: Float64Array.from(bias), inputs, outputs };
    });
    const last = layers[layers.length - 1];
    this.#last = Float64Array.from(last.weights);
    this.#lastBias = last.bias[0] + base;
    this.#values = new Float64Array(batch * this.#width);
    this.#places = new Int32Array(batch * this.#width);
    this.#kept = new Float64Array(batch * this.#width);
    this.#ends = new Int32Array(batch);
  }

  score(networks: Uint8Array, count: number, scores: Float64Array, offset: number): void {
    const values = this.#values;
    const width = this.#width;
    const slots = this.#slots;
    for (let n = 0; n < count; n++) {
      const start = n * width;
      values.set(this.#firstBias, start);
      for (let s = 0; s < slots; s++) {
        const value = networks[n * slots + s];
        if (value === 0) continue;
        const rows = this.#embeddings[s];
        const row = (value - 1) * width;
        for (let o = 0; o < width; o++) values[start + o] += rows[row + o];
      }
    }
    for (const layer of this.#layers) this.#hidden(layer, count);
    const last = this.#last;
    for (let n = 0; n < count; n++) {
      let sum = this.#lastBias;
      const start = n * width;
      for (let o = 0; o < width; o++) {
        const value = values[start + o];
        if (value > 0) sum += value * last[o];
      }
      scores[offset + n] = sum;
    }
  }

  #hidden(layer: { weights: Float64Array; bias: Float64Array; inputs: number; outputs: number }, count: number): void {
    const values = this.#values;
    const places = this.#places;
    const kept = this.#kept;
    const ends = this.#ends;
    const width = this.#width;
    const { weights, bias, inputs, outputs } = layer;
    for (let n = 0; n < count; n++) {
      let end = n * width;
      const start = end;
      for (let i = 0; i < inputs; i++) {
        const value = values[start + i];
        if (value > 0) {
          places[end] = i * TOGETHER;
          kept[end++] = value;
        }
      }
      ends[n] = end;
    }
    for (let o = 0; o < outputs; o += TOGETHER) {
      const block = o * inputs;
      for (let n = 0; n < count; n++) {
        let a = bias[o];
        let b = bias[o + 1];
        let c = bias[o + 2];
        let d = bias[o + 3];
        let e = bias[o + 4];
        let f = bias[o + 5];
        let g = bias[o + 6];
        let h = bias[o + 7];
        const end = ends[n];
        for (let j = n * width; j < end; j++) {
          const at = block + places[j];
          const value = kept[j];
          a += value * weights[at];
          b += value * weights[at + 1];
          c += value * weights[at + 2];
          d += value * weights[at + 3];
          e += value * weights[at + 4];
          f += value * weights[at + 5];
          g += value * weights[at + 6];
          h += value * weights[at + 7];
        }
        const out = n * width + o;
        values[out] = a;
        values[out + 1] = b;
        values[out + 2] = c;
        values[out + 3] = d;
        values[out + 4] = e;
        values[out + 5] = f;
        values[out + 6] = g;
        values[out + 7] = h;
      }
    }
  }
}

export interface TypedOptions {
  seed: number;
  limit: number;
  population: number;
  parents: number;
  mutants: number;
  mutateProbability: number;
}

/** One run under one cost limit, in flat arrays without allocation per generation. */
export class TypedEvolution {
  readonly #space: SubnetSpace;
  readonly #cost: { slots: Uint8Array; strides: Int32Array; table: Float64Array }[];
  readonly #predictor: TypedPredictor;
  readonly #options: TypedOptions;
  readonly #genomes: Uint8Array;
  readonly #networks: Uint8Array;
  readonly #scores: Float64Array;
  readonly #order: Int32Array;
  readonly #survivors: Uint8Array;
  readonly #survivorScores: Float64Array;
  #random: number;
  evaluations = 0;
  best = -Infinity;

  constructor(space: SubnetSpace, cost: readonly CostFactor[], predictor: SubnetPredictor, options: TypedOptions) {
    const { population, parents } = options;
    const values = slotValues(space);
    this.#space = space;
    this.#options = options;
    this.#cost = cost.map(({ slots, table }) => {
      const strides = new Int32Array(slots.length);
      for (let j = slots.length - 1, stride = 1; j >= 0; j--) {
        strides[j] = stride;
        stride *= values[slots[j]] + 1;
      }
      return { slots: Uint8Array.from(slots), strides, table };
    });
    this.#predictor = new TypedPredictor(space, predictor, population);
    const places = population + parents;
    this.#genomes = new Uint8Array(places * space.choices.length);
    this.#networks = new Uint8Array(places * space.slots.length);
    this.#scores = new Float64Array(places);
    this.#order = new Int32Array(places);
    this.#survivors = new Uint8Array(parents * space.choices.length);
    this.#survivorScores = new Float64Array(parents);
    this.#random = options.seed | 1;
    for (let i = 0; i < population; i++) this.#feasible(i, (at) => this.#draw(at));
    this.#predictor.score(this.#networks, population, this.#scores, 0);
    this.evaluations = population;
    this.#select(population);
  }

  /** xorshift32: cheaper than the generator that the product must use. */
  #below(n: number): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return ((x >>> 0) * n * 2.3283064365386963e-10) | 0;
  }

  generations(count: number): void {
    const { population, parents, mutants } = this.#options;
    const slots = this.#space.slots.length;
    for (let g = 0; g < count; g++) {
      for (let k = 0; k < population; k++) {
        const a = this.#below(parents);
        const b = this.#below(parents);
        this.#feasible(parents + k, (at) => (k < mutants ? this.#mutate(a, at) : this.#cross(a, b, at)));
      }
      this.#predictor.score(this.#networks.subarray(parents * slots), population, this.#scores, parents);
      this.evaluations += population;
      this.#select(parents + population);
    }
  }

  #feasible(place: number, make: (place: number) => void): void {
    do {
      make(place);
      this.#decode(place);
    } while (this.#costOf(place) > this.#options.limit);
  }

  #draw(place: number): void {
    const { choices } = this.#space;
    const start = place * choices.length;
    for (let g = 0; g < choices.length; g++) this.#genomes[start + g] = this.#below(choices[g]);
  }

  #mutate(parent: number, place: number): void {
    const { choices, unitEnds } = this.#space;
    const genes = choices.length;
    const start = place * genes;
    const threshold = this.#options.mutateProbability * 1e6;
    this.#genomes.copyWithin(start, parent * genes, (parent + 1) * genes);
    for (let u = 0, g = 0; u < unitEnds.length; u++) {
      const end = unitEnds[u];
      if (this.#below(1e6) < threshold) for (; g < end; g++) this.#genomes[start + g] = this.#below(choices[g]);
      g = end;
    }
  }

  #cross(a: number, b: number, place: number): void {
    const genes = this.#space.choices.length;
    const genomes = this.#genomes;
    for (let g = 0; g < genes; g++) genomes[place * genes + g] = genomes[(this.#below(2) ? a : b) * genes + g];
  }

  #decode(place: number): void {
    const { slots, choices } = this.#space;
    const start = place * choices.length;
    const genomes = this.#genomes;
    for (let s = 0; s < slots.length; s++) {
      const { firstGene, genes, gate, least } = slots[s];
      let value = 0;
      if (gate < 0 || genomes[start + gate] >= least) {
        for (let g = firstGene; g < firstGene + genes; g++) value = value * choices[g] + genomes[start + g];
        value++;
      }
      this.#networks[place * slots.length + s] = value;
    }
  }

  #costOf(place: number): number {
    const start = place * this.#space.slots.length;
    let sum = 0;
    for (let f = 0; f < this.#cost.length; f++) {
      const { slots, strides, table } = this.#cost[f];
      let index = 0;
      for (let j = 0; j < slots.length; j++) index += this.#networks[start + slots[j]] * strides[j];
      sum += table[index];
    }
    return sum;
  }

  #select(count: number): void {
    const { parents } = this.#options;
    const genes = this.#space.choices.length;
    const order = this.#order.subarray(0, count);
    for (let i = 0; i < count; i++) order[i] = i;
    const scores = this.#scores;
    order.sort((a, b) => scores[b] - scores[a]);
    for (let i = 0; i < parents; i++) {
      this.#survivors.set(this.#genomes.subarray(order[i] * genes, (order[i] + 1) * genes), i * genes);
      this.#survivorScores[i] = scores[order[i]];
    }
    this.#genomes.set(this.#survivors);
    scores.set(this.#survivorScores);
    this.best = Math.max(this.best, scores[0]);
  }
}
