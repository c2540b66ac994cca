/**
 * The leading singular triples of a matrix, by way of the smaller Gram matrix. Squaring costs the digits of singular
 * values below 1e-8 of the largest; those that are kept lie far above.
 */
import { symmetricEigen } from './eigen.ts';
import type { Sliced } from './slices.ts';

export interface TruncatedSvd {
  rows: number;
  columns: number;
  /** All squared singular values, descending: their sum is the squared norm of the matrix. */
  squares: Float64Array;
  /** How many triples are kept. */
  rank: number;
  /** rank x rows, and rank x columns: unit vectors. */
  left: Float64Array;
  right: Float64Array;
}

/** @param matrix rows x columns, row-major */
export function* truncatedSvd(matrix: Float64Array, rows: number, columns: number, rank: number): Sliced<TruncatedSvd> {
  const wide = columns > rows;
  // Vectors of the smaller side come from its Gram matrix, those of the other through the matrix.
  const small = wide ? matrix : transposed(matrix, rows, columns);
  const [n, m] = wide ? [rows, columns] : [columns, rows];
  const kept = Math.max(1, Math.min(rank, n));
  const gram = yield* gramOfRows(small, n, m);
  const { values, vectors } = yield* symmetricEigen(gram, n, kept);
  const squares = values.map((value) => Math.max(0, value));
  const other = new Float64Array(kept * m);
  for (let v = 0; v < kept; v++) {
    const size = Math.sqrt(squares[v]!);
    const target = other.subarray(v * m, (v + 1) * m);
    if (size === 0) continue;
    for (let i = 0; i < n; i++) {
      const weight = vectors[v * n + i]! / size;
      const row = i * m;
      for (let j = 0; j < m; j++) target[j] = target[j]! + weight * small[row + j]!;
    }
    yield;
  }
  const [left, right] = wide ? [vectors, other] : [other, vectors];
  return { rows, columns, squares, rank: kept, left, right };
}

/** Share of the squared norm that the first `rank` singular values hold. */
export function energyKept({ squares }: TruncatedSvd, rank: number): number {
  let all = 0;
  let kept = 0;
  for (const [i, square] of squares.entries()) {
    all += square;
    if (i < rank) kept += square;
  }
  return all === 0 ? 1 : Math.min(1, kept / all);
}

/** Fewest singular values that hold this share; 1 at least. */
export function rankForEnergy(svd: TruncatedSvd, share: number): number {
  const all = svd.squares.reduce((sum, square) => sum + square, 0);
  let kept = 0;
  for (const [i, square] of svd.squares.entries()) {
    kept += square;
    if (kept >= share * all) return i + 1;
  }
  return svd.squares.length;
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  return result;
}

/** Products of all pairs of n rows of length m; two by two, so that each number loaded is used twice. */
function* gramOfRows(a: Float64Array, n: number, m: number): Sliced<Float64Array> {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i += 2) {
    const first = i * m;
    const second = Math.min(i + 1, n - 1) * m;
    for (let j = i; j < n; j++) {
      const row = j * m;
      let one = 0;
      let two = 0;
      for (let k = 0; k < m; k++) {
        const x = a[row + k]!;
        one += a[first + k]! * x;
        two += a[second + k]! * x;
      }
      gram[i * n + j] = one;
      gram[j * n + i] = one;
      if (i + 1 >= n) continue;
      gram[(i + 1) * n + j] = two;
      gram[j * n + i + 1] = two;
    }
    yield;
  }
  return gram;
}
