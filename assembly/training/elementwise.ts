/** Sums and products of whole arrays, rows and columns. */
import { dot, sumOf } from './lanes';

export function fill(at: usize, count: u32, value: f32): void {
  const end = at + (<usize>(count & ~3) << 2);
  for (; at < end; at += 16) v128.store(at, f32x4.splat(value));
  for (let left = count & 3; left > 0; left--, at += 4) store<f32>(at, value);
}

/** y = a + b. */
export function add(a: usize, b: usize, y: usize, count: u32): void {
  const end = a + (<usize>(count & ~3) << 2);
  for (; a < end; a += 16, b += 16, y += 16) v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
  for (let left = count & 3; left > 0; left--, a += 4, b += 4, y += 4) store<f32>(y, load<f32>(a) + load<f32>(b));
}

/** x *= factor. */
export function scale(x: usize, factor: f32, count: u32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16) v128.store(x, f32x4.mul(v128.load(x), f32x4.splat(factor)));
  for (let left = count & 3; left > 0; left--, x += 4) store<f32>(x, load<f32>(x) * factor);
}

/** y[r][c] += bias[r]. */
export function addBias(y: usize, bias: usize, rows: u32, columns: u32): void {
  for (let r: u32 = 0; r < rows; r++) {
    const b = load<f32>(bias + (<usize>r << 2));
    const end = y + (<usize>(columns & ~3) << 2);
    for (; y < end; y += 16) v128.store(y, f32x4.add(v128.load(y), f32x4.splat(b)));
    for (let left = columns & 3; left > 0; left--, y += 4) store<f32>(y, load<f32>(y) + b);
  }
}

/** sums[r] += the sum of row r. */
export function sumRows(x: usize, sums: usize, rows: u32, columns: u32): void {
  for (let r: u32 = 0; r < rows; r++, sums += 4, x += <usize>columns << 2) {
    store<f32>(sums, load<f32>(sums) + sumOf(x, columns));
  }
}

/** y[r][c] += x[r][c] * mask[c]. */
export function addMasked(x: usize, mask: usize, y: usize, rows: u32, columns: u32): void {
  for (let r: u32 = 0; r < rows; r++) {
    let m = mask;
    const end = x + (<usize>(columns & ~3) << 2);
    for (; x < end; x += 16, y += 16, m += 16) {
      v128.store(y, f32x4.add(v128.load(y), f32x4.mul(v128.load(x), v128.load(m))));
    }
    for (let left = columns & 3; left > 0; left--, x += 4, y += 4, m += 4) {
      store<f32>(y, load<f32>(y) + load<f32>(x) * load<f32>(m));
    }
  }
}

/** Sum of squares, in four lanes. */
export function sumOfSquares(x: usize, count: u32): f32 {
  return dot(x, x, count);
}
