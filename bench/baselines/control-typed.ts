/**
 * A control decision on typed arrays, as fast as V8 takes it: all operating points are scanned for every model. It owes
 * nobody equal bits, but answers alike (the benchmark checks that). Written for one form of question: remaining blocks as one
 * table per model, loss, sum, PowerUp, `max-accuracy`.
 */
import { CONTROL_KERNEL_LIMITS, type ControlInput, type ControlProblem } from '../../src/core/control.ts';

const MODELS = CONTROL_KERNEL_LIMITS.models;
const ROWS = 64;

export class TypedControl {
  readonly input: ControlInput = {
    elapsed: new Float64Array(MODELS),
    margin: new Float64Array(MODELS),
    factor: new Float64Array(MODELS).fill(1),
    position: new Uint32Array(MODELS),
  };
  readonly point = new Uint32Array(ROWS);
  readonly #problem: ControlProblem;
  readonly #speed: Float32Array[];
  readonly #power: Float32Array;
  readonly #prefix: Float64Array[];
  readonly #sigma = new Float64Array(MODELS);
  #rows = 0;

  constructor(problem: ControlProblem) {
    this.#problem = problem;
    this.#speed = problem.tables;
    this.#power = problem.powerUp;
    this.#prefix = problem.models.map(({ referenceSeconds }) => {
      const prefix = new Float64Array(referenceSeconds.length + 1);
      referenceSeconds.forEach((seconds, b) => {
        prefix[b + 1] = prefix[b] + seconds;
      });
      return prefix;
    });
  }

  /** The chosen point. */
  decide(current: number): number {
    const { models, fastest } = this.#problem;
    const { elapsed, margin, factor, position } = this.input;
    this.#rows = 0;
    this.#add(current);
    this.#add(fastest);
    for (let m = 0; m < models.length; m++) {
      const prefix = this.#prefix[m];
      const total = prefix[prefix.length - 1];
      const available = models[m].deadlineSeconds - elapsed[m] - margin[m];
      const sigma = available > 0 ? (factor[m] * (total - prefix[position[m]])) / available : Number.POSITIVE_INFINITY;
      this.#sigma[m] = sigma;
      this.#add(this.#find(this.#speed[models[m].tableAt[position[m]]], sigma));
    }
    return this.#choose();
  }

  /** Four points a step; the test that nearly always fails comes first, so that most points cost one load and one branch. */
  #find(speed: Float32Array, sigma: number): number {
    const power = this.#power;
    const count = power.length;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    let k = 0;
    for (; k + 3 < count; k += 4) {
      if (power[k] < least && speed[k] >= sigma) {
        least = power[k];
        best = k;
      }
      if (power[k + 1] < least && speed[k + 1] >= sigma) {
        least = power[k + 1];
        best = k + 1;
      }
      if (power[k + 2] < least && speed[k + 2] >= sigma) {
        least = power[k + 2];
        best = k + 2;
      }
      if (power[k + 3] < least && speed[k + 3] >= sigma) {
        least = power[k + 3];
        best = k + 3;
      }
    }
    for (; k < count; k++) {
      if (power[k] < least && speed[k] >= sigma) {
        least = power[k];
        best = k;
      }
    }
    return best >= 0 ? best : this.#problem.fastest;
  }

  #choose(): number {
    const { models } = this.#problem;
    let best = -1;
    let bestLoss = Number.POSITIVE_INFINITY;
    let bestPower = Number.POSITIVE_INFINITY;
    let bestMisses = Number.POSITIVE_INFINITY;
    for (let r = 0; r < this.#rows; r++) {
      const point = this.point[r];
      let loss = 0;
      let misses = 0;
      for (let m = 0; m < models.length; m++) {
        const { tableAt, variantSpeedUp, variantLoss } = models[m];
        const needed = this.#sigma[m] / this.#speed[tableAt[this.input.position[m]]][point];
        if (needed <= 1) continue;
        let least = Number.POSITIVE_INFINITY;
        for (let v = 1; v < variantSpeedUp.length; v++)
          if (variantSpeedUp[v] >= needed && variantLoss[v] < least) least = variantLoss[v];
        if (least < Number.POSITIVE_INFINITY) loss += least;
        else misses++;
      }
      const power = this.#power[point];
      if (
        misses > bestMisses ||
        (misses === bestMisses && (loss > bestLoss || (loss === bestLoss && power >= bestPower)))
      )
        continue;
      best = point;
      bestLoss = loss;
      bestPower = power;
      bestMisses = misses;
    }
    return best;
  }

  #add(point: number): void {
    const rows = this.point;
    let k = this.#rows;
    while (k > 0 && rows[k - 1] > point) k--;
    if (k > 0 && rows[k - 1] === point) return;
    for (let i = this.#rows; i > k; i--) rows[i] = rows[i - 1];
    rows[k] = point;
    this.#rows++;
  }
}
