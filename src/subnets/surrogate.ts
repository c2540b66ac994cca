/**
 * An additive stand-in for the predictor: score = intercept + what every slot's value is worth, by weighted least
 * squares. It only proposes: whatever it proposes is scored by the predictor.
 */
import { slotValues } from '../core/subnet-checks.ts';
import type { SearchSpace } from './space.ts';

/** Keeps the equations solvable where values were never seen, or always together. */
const RIDGE = 1e-4;
/** Gauss-Seidel sweeps from one fit to the next: what was learned in between changes little. */
const SWEEPS = 6;
/** Fits from one exact solution to the next. */
const EXACT_EVERY = 8;

export class Surrogate {
  /** [S] place of a slot's first value among the unknowns; the intercept is unknown 0. */
  readonly #starts: number[] = [];
  readonly #unknowns: number;
  /** The last solution: later ones begin there. */
  #solution: Float64Array | undefined;
  #fits = 0;
  /** Normal equations, and their right side. */
  readonly #matrix: Float64Array;
  readonly #right: Float64Array;
  readonly #values: number[];
  readonly #columns: Int32Array;

  constructor(space: SearchSpace) {
    this.#values = slotValues(space.numbers);
    let next = 1;
    for (const values of this.#values) {
      this.#starts.push(next - 1);
      next += values;
    }
    this.#unknowns = next;
    this.#matrix = new Float64Array(next * next);
    this.#right = new Float64Array(next);
    this.#columns = new Int32Array(this.#values.length + 1);
  }

  /** Take one scored network in. */
  add(network: Uint8Array, score: number, weight: number): void {
    const columns = this.#columns;
    let count = 1;
    columns[0] = 0;
    for (let s = 0; s < network.length; s++) if (network[s] > 0) columns[count++] = this.#starts[s] + network[s];
    for (let i = 0; i < count; i++) {
      const row = columns[i] * this.#unknowns;
      // Columns rise: the lower half suffices until it is solved.
      for (let j = 0; j <= i; j++) this.#matrix[row + columns[j]] += weight;
      this.#right[columns[i]] += weight * score;
    }
  }

  /** [S][values + 1] worth of every value, 0 for inactive. The intercept is left out: it is the same for all. */
  worth(): Float64Array[] {
    mirror(this.#matrix, this.#unknowns);
    if (!this.#solution || ++this.#fits % EXACT_EVERY === 0) {
      this.#solution = solve(this.#matrix, this.#right, this.#unknowns);
    } else for (let sweep = 0; sweep < SWEEPS; sweep++) relax(this.#matrix, this.#right, this.#solution);
    const solution = this.#solution;
    return this.#values.map((values, s) => {
      const worth = new Float64Array(values + 1);
      for (let v = 1; v <= values; v++) worth[v] = solution[this.#starts[s] + v];
      return worth;
    });
  }
}

/** The upper half of a symmetric matrix from its lower one. */
function mirror(matrix: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j];
}

/** One Gauss-Seidel sweep. */
function relax(matrix: Float64Array, right: Float64Array, x: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    x[i] += (right[i] - RIDGE * x[i] - product(matrix, row, x, 0, n)) / (matrix[row + i] + RIDGE);
  }
}

/** Cholesky: the matrix is positive definite by its ridge. Plain sums and roots, so that all hosts agree. */
function solve(matrix: Float64Array, right: Float64Array, n: number): Float64Array {
  const lower = matrix.slice();
  for (let i = 0; i < n; i++) lower[i * n + i] += RIDGE;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      const rest = lower[row + j] - product(lower, row, lower, other, j);
      lower[row + j] = i === j ? Math.sqrt(rest) : rest / lower[other + j];
    }
  }
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * n + k] * x[k];
    x[i] /= lower[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k * n + i] * x[k];
    x[i] /= lower[i * n + i];
  }
  return x;
}

/** Sum of `count` products of two runs of numbers, in four partial sums: one would wait for itself. */
function product(a: Float64Array, atA: number, b: Float64Array, atB: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += a[atA + k] * b[atB + k];
    s1 += a[atA + k + 1] * b[atB + k + 1];
    s2 += a[atA + k + 2] * b[atB + k + 2];
    s3 += a[atA + k + 3] * b[atB + k + 3];
  }
  for (; k < count; k++) s0 += a[atA + k] * b[atB + k];
  return s0 + s1 + (s2 + s3);
}

export function worthOf(worth: readonly Float64Array[], network: Uint8Array): number {
  let sum = 0;
  for (let s = 0; s < network.length; s++) sum += worth[s][network[s]];
  return sum;
}
