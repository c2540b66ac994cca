/**
 * All eigenvalues and the leading eigenvectors of a symmetric matrix: Householder reflections to tridiagonal form,
 * implicit QL for the values, inverse iteration for the wanted vectors alone, reflections back (Golub and Van Loan,
 * Matrix Computations, chapter 8). Every inner loop runs along rows, which are contiguous.
 */
import { Random } from '../../reference/random.ts';
import type { Sliced } from './slices.ts';

export interface Eigen {
  /** Descending. */
  values: Float64Array;
  /** The first `wanted` vectors, one per row of length n. */
  vectors: Float64Array;
}

const MOST_SWEEPS = 60;
/** Solves per vector: one suffices for a value that stands apart, the others are for close neighbours. */
const SOLVES = 3;

/** @param matrix n x n, symmetric, overwritten */
export function* symmetricEigen(matrix: Float64Array, n: number, wanted: number): Sliced<Eigen> {
  const tridiagonal = yield* tridiagonalize(matrix, n);
  const values = yield* implicitQl(tridiagonal, n);
  const vectors = new Float64Array(wanted * n);
  yield* inverseIteration(tridiagonal, values, vectors, wanted, n);
  for (let v = 0; v < wanted; v++) {
    reflectBack(vectors.subarray(v * n, (v + 1) * n), matrix, tridiagonal.factors, n);
    yield;
  }
  return { values, vectors };
}

interface Tridiagonal {
  diagonal: Float64Array;
  /** beside[i] stands between i and i + 1. */
  beside: Float64Array;
  /** Of the reflections: I - factor v v', where v fills row k of the matrix from k + 1 on. */
  factors: Float64Array;
}

function* tridiagonalize(a: Float64Array, n: number): Sliced<Tridiagonal> {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const factors = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    const row = k * n;
    diagonal[k] = a[row + k]!;
    let squares = 0;
    for (let j = k + 2; j < n; j++) squares += a[row + j]! * a[row + j]!;
    const head = a[row + k + 1]!;
    beside[k] = head;
    if (squares === 0) continue;
    const length = head >= 0 ? -Math.sqrt(head * head + squares) : Math.sqrt(head * head + squares);
    beside[k] = length;
    const first = head - length;
    a[row + k + 1] = first;
    const factor = 2 / (first * first + squares);
    factors[k] = factor;
    let dot = 0;
    for (let i = k + 1; i < n; i++) {
      const at = i * n;
      let even = 0;
      let odd = 0;
      let j = k + 1;
      for (; j + 1 < n; j += 2) {
        even += a[at + j]! * a[row + j]!;
        odd += a[at + j + 1]! * a[row + j + 1]!;
      }
      if (j < n) even += a[at + j]! * a[row + j]!;
      p[i] = factor * (even + odd);
      dot += p[i]! * a[row + i]!;
    }
    const half = (factor * dot) / 2;
    for (let i = k + 1; i < n; i++) p[i] = p[i]! - half * a[row + i]!;
    for (let i = k + 1; i < n; i++) {
      const at = i * n;
      const v = a[row + i]!;
      const w = p[i]!;
      for (let j = k + 1; j < n; j++) a[at + j] = a[at + j]! - v * p[j]! - w * a[row + j]!;
    }
    yield;
  }
  diagonal[n - 1] = a[n * n - 1]!;
  return { diagonal, beside, factors };
}

/** The eigenvalues alone, descending. */
function* implicitQl(tridiagonal: Tridiagonal, n: number): Sliced<Float64Array> {
  const diagonal = tridiagonal.diagonal.slice();
  const beside = tridiagonal.beside.slice();
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      let m = l;
      for (; m < n - 1; m++) {
        const size = Math.abs(diagonal[m]!) + Math.abs(diagonal[m + 1]!);
        if (Math.abs(beside[m]!) <= Number.EPSILON * size) break;
      }
      if (m === l) break;
      sweepQl(diagonal, beside, l, m);
    }
    yield;
  }
  return diagonal.sort().reverse();
}

/** One implicitly shifted QL step on rows l to m. */
function sweepQl(diagonal: Float64Array, beside: Float64Array, l: number, m: number): void {
  let g = (diagonal[l + 1]! - diagonal[l]!) / (2 * beside[l]!);
  let r = Math.sqrt(g * g + 1);
  g = diagonal[m]! - diagonal[l]! + beside[l]! / (g + (g >= 0 ? r : -r));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    r = Math.sqrt(f * f + g * g);
    beside[i + 1] = r;
    if (r === 0) {
      diagonal[i + 1] = diagonal[i + 1]! - shift;
      beside[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = diagonal[i + 1]! - shift;
    r = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * r;
    diagonal[i + 1] = g + shift;
    g = cosine * r - b;
  }
  diagonal[l] = diagonal[l]! - shift;
  beside[l] = g;
  beside[m] = 0;
}

/** Vectors of the tridiagonal matrix, each kept orthogonal to all before it, so that equal values have their own. */
function* inverseIteration(
  tridiagonal: Tridiagonal,
  values: Float64Array,
  vectors: Float64Array,
  wanted: number,
  n: number,
): Sliced<void> {
  const size = Math.max(Math.abs(values[0]!), Math.abs(values[n - 1]!)) || 1;
  const random = new Random(n);
  const solver = new ShiftedSolver(tridiagonal, n, Number.EPSILON * size);
  for (let v = 0; v < wanted; v++) {
    const vector = vectors.subarray(v * n, (v + 1) * n);
    for (let i = 0; i < n; i++) vector[i] = random.unit() - 0.5;
    solver.factorize(values[v]!);
    for (let solve = 0; solve < SOLVES; solve++) {
      solver.solve(vector);
      normalize(vector);
      for (let before = 0; before < v; before++) {
        const row = before * n;
        let dot = 0;
        for (let i = 0; i < n; i++) dot += vectors[row + i]! * vector[i]!;
        for (let i = 0; i < n; i++) vector[i] = vector[i]! - dot * vectors[row + i]!;
      }
      normalize(vector);
      yield;
    }
  }
}

function normalize(vector: Float64Array): void {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! * scale;
}

/** Solves (T - shift) x = b by elimination with row exchanges; pivots near zero are lifted to `least`. */
class ShiftedSolver {
  readonly #tridiagonal: Tridiagonal;
  readonly #n: number;
  readonly #least: number;
  readonly #pivots: Float64Array;
  readonly #above: Float64Array;
  readonly #twoAbove: Float64Array;
  readonly #multipliers: Float64Array;
  readonly #exchanged: Uint8Array;

  constructor(tridiagonal: Tridiagonal, n: number, least: number) {
    this.#tridiagonal = tridiagonal;
    this.#n = n;
    this.#least = least;
    this.#pivots = new Float64Array(n);
    this.#above = new Float64Array(n);
    this.#twoAbove = new Float64Array(n);
    this.#multipliers = new Float64Array(n);
    this.#exchanged = new Uint8Array(n);
  }

  factorize(shift: number): void {
    const { diagonal, beside } = this.#tridiagonal;
    const n = this.#n;
    let here = diagonal[0]! - shift;
    let right = beside[0]!;
    for (let i = 0; i < n - 1; i++) {
      const below = beside[i]!;
      const next = diagonal[i + 1]! - shift;
      const nextRight = i + 2 < n ? beside[i + 1]! : 0;
      const exchange = Math.abs(below) > Math.abs(here);
      this.#exchanged[i] = exchange ? 1 : 0;
      if (exchange) {
        const factor = here / below;
        this.#pivots[i] = below;
        this.#above[i] = next;
        this.#twoAbove[i] = nextRight;
        this.#multipliers[i] = factor;
        here = right - factor * next;
        right = -factor * nextRight;
      } else {
        const pivot = this.#lifted(here);
        const factor = below / pivot;
        this.#pivots[i] = pivot;
        this.#above[i] = right;
        this.#twoAbove[i] = 0;
        this.#multipliers[i] = factor;
        here = next - factor * right;
        right = nextRight;
      }
    }
    this.#pivots[n - 1] = this.#lifted(here);
  }

  #lifted(pivot: number): number {
    if (Math.abs(pivot) >= this.#least) return pivot;
    return pivot < 0 ? -this.#least : this.#least;
  }

  /** In place. */
  solve(x: Float64Array): void {
    const n = this.#n;
    for (let i = 0; i < n - 1; i++) {
      const factor = this.#multipliers[i]!;
      if (this.#exchanged[i] === 1) {
        const upper = x[i + 1]!;
        x[i + 1] = x[i]! - factor * upper;
        x[i] = upper;
      } else x[i + 1] = x[i + 1]! - factor * x[i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i]!;
      if (i + 1 < n) sum -= this.#above[i]! * x[i + 1]!;
      if (i + 2 < n) sum -= this.#twoAbove[i]! * x[i + 2]!;
      x[i] = sum / this.#pivots[i]!;
    }
  }
}

function reflectBack(vector: Float64Array, a: Float64Array, factors: Float64Array, n: number): void {
  for (let k = n - 2; k >= 0; k--) {
    const factor = factors[k]!;
    if (factor === 0) continue;
    const row = k * n;
    let dot = 0;
    for (let j = k + 1; j < n; j++) dot += a[row + j]! * vector[j]!;
    dot *= factor;
    for (let j = k + 1; j < n; j++) vector[j] = vector[j]! - dot * a[row + j]!;
  }
}
