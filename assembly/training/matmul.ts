/**
 * Matrix products in float32. Every element of the result is one sum in the order of the inner index, whatever the
 * blocks: splitting the work never changes a bit.
 *
 *   block of C, 4 x 8, in eight registers        B packed for it: 8 columns side by side
 *        ┌ c00 ┬ c01 ┐  row i                      k = 0 │ b0 b1 b2 b3 │ b4 b5 b6 b7 │
 *        ├ c10 ┼ c11 ┤  row i + 1                  k = 1 │ b0 b1 b2 b3 │ b4 b5 b6 b7 │
 *        ├ c20 ┼ c21 ┤                             ...
 *        └ c30 ┴ c31 ┘  row i + 3                  (64 columns, 512 deep: 128 KiB)
 */
import { allocate } from '../arena';
import { joined, rest } from './lanes';

/** Columns packed at once, and how deep. */
const PACKED_COLUMNS: u32 = 64;
const PACKED_DEPTH: u32 = 512;
/** With fewer rows, packing costs more than it saves. */
const PACKED_ROWS: u32 = 8;

let packed: usize = 0;

/**
 * C[rows][columns] = A B, or C += A B with `accumulate`. A is read as a[i * aRow + k * aDepth], so that it may stand
 * transposed; B[depth][columns] and C have rows bRow and cRow apart. Steps in bytes.
 */
export function matmul(
  a: usize, aRow: usize, aDepth: usize, b: usize, bRow: usize, c: usize, cRow: usize, rows: u32, columns: u32, depth: u32,
  accumulate: bool,
): void {
  if (rows < PACKED_ROWS) {
    strip(a, aRow, aDepth, b, bRow, 32, c, cRow, rows, columns, depth, accumulate);
    return;
  }
  if (packed == 0) packed = allocate(PACKED_COLUMNS * PACKED_DEPTH * 4);
  for (let k: u32 = 0; k < depth; k += PACKED_DEPTH) {
    const deep = min(PACKED_DEPTH, depth - k);
    for (let j: u32 = 0; j < columns; j += PACKED_COLUMNS) {
      const wide = min(PACKED_COLUMNS, columns - j);
      pack(b + k * bRow + (<usize>j << 2), bRow, wide, deep);
      strip(
        a + k * aDepth, aRow, aDepth, packed, 32, deep << 5, c + (<usize>j << 2), cRow, rows, wide, deep, accumulate || k > 0,
      );
    }
  }
}

/** Columns of B in panels of 8, panel after panel; the last one may be narrower but keeps its place. */
function pack(b: usize, bRow: usize, wide: u32, deep: u32): void {
  const whole = wide & ~7;
  for (let k: u32 = 0; k < deep; k++) {
    const from = b + k * bRow;
    const to = packed + (<usize>k << 5);
    for (let j: u32 = 0; j < whole; j += 8) {
      const panel = to + <usize>(j >> 3) * (<usize>deep << 5);
      v128.store(panel, v128.load(from + (<usize>j << 2)));
      v128.store(panel, v128.load(from + (<usize>j << 2), 16), 16);
    }
    const panel = to + <usize>(whole >> 3) * (<usize>deep << 5);
    for (let j = whole; j < wide; j++) store<f32>(panel + (<usize>(j - whole) << 2), load<f32>(from + (<usize>j << 2)));
  }
}

/** Panels of 8 columns, `panel` bytes apart, against all rows. */
function strip(
  a: usize, aRow: usize, aDepth: usize, b: usize, bRow: usize, panel: usize, c: usize, cRow: usize, rows: u32, columns: u32,
  depth: u32, accumulate: bool,
): void {
  const whole = columns & ~7;
  for (let j: u32 = 0; j < whole; j += 8) {
    const left = b + <usize>(j >> 3) * panel;
    const top = c + (<usize>j << 2);
    let i: u32 = 0;
    for (; i + 4 <= rows; i += 4) four(a + i * aRow, aRow, aDepth, left, bRow, top + i * cRow, cRow, depth, accumulate);
    for (; i < rows; i++) one(a + i * aRow, aDepth, left, bRow, top + i * cRow, depth, accumulate);
  }
  const edge = b + <usize>(whole >> 3) * panel;
  for (let i: u32 = 0; i < rows; i++) {
    for (let j = whole; j < columns; j++) {
      single(a + i * aRow, aDepth, edge + (<usize>(j - whole) << 2), bRow, c + i * cRow + (<usize>j << 2), depth, accumulate);
    }
  }
}

function four(
  a0: usize, aRow: usize, aDepth: usize, b: usize, bRow: usize, c: usize, cRow: usize, depth: u32, accumulate: bool,
): void {
  let a1 = a0 + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  if (accumulate) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(c1);
    c11 = v128.load(c1, 16);
    c20 = v128.load(c2);
    c21 = v128.load(c2, 16);
    c30 = v128.load(c3);
    c31 = v128.load(c3, 16);
  }
  for (; depth > 0; depth--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a0);
    c00 = f32x4.add(c00, f32x4.mul(s0, b0));
    c01 = f32x4.add(c01, f32x4.mul(s0, b1));
    const s1 = v128.load32_splat(a1);
    c10 = f32x4.add(c10, f32x4.mul(s1, b0));
    c11 = f32x4.add(c11, f32x4.mul(s1, b1));
    const s2 = v128.load32_splat(a2);
    c20 = f32x4.add(c20, f32x4.mul(s2, b0));
    c21 = f32x4.add(c21, f32x4.mul(s2, b1));
    const s3 = v128.load32_splat(a3);
    c30 = f32x4.add(c30, f32x4.mul(s3, b0));
    c31 = f32x4.add(c31, f32x4.mul(s3, b1));
    a0 += aDepth;
    a1 += aDepth;
    a2 += aDepth;
    a3 += aDepth;
    b += bRow;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}

function one(a: usize, aDepth: usize, b: usize, bRow: usize, c: usize, depth: u32, accumulate: bool): void {
  let c0 = accumulate ? v128.load(c) : f32x4.splat(0);
  let c1 = accumulate ? v128.load(c, 16) : f32x4.splat(0);
  for (; depth > 0; depth--) {
    const s = v128.load32_splat(a);
    c0 = f32x4.add(c0, f32x4.mul(s, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(s, v128.load(b, 16)));
    a += aDepth;
    b += bRow;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

function single(a: usize, aDepth: usize, b: usize, bRow: usize, c: usize, depth: u32, accumulate: bool): void {
  let sum: f32 = accumulate ? load<f32>(c) : 0;
  for (; depth > 0; depth--) {
    sum += load<f32>(a) * load<f32>(b);
    a += aDepth;
    b += bRow;
  }
  store<f32>(c, sum);
}

/**
 * C[rows][columns] += A[rows][depth] B[columns][depth]: rows of both side by side, as gradients of weights need it. Each
 * element gains one sum in four lanes. Steps between rows in bytes.
 */
export function matmulRows(
  a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize, rows: u32, columns: u32, depth: u32,
): void {
  let i: u32 = 0;
  for (; i + 4 <= rows; i += 4) {
    let j: u32 = 0;
    for (; j + 2 <= columns; j += 2) dots(a + i * aRow, aRow, b + j * bRow, bRow, c + i * cRow + (<usize>j << 2), cRow, depth);
    for (; j < columns; j++) {
      for (let r = i; r < i + 4; r++) gain(a + r * aRow, b + j * bRow, c + r * cRow + (<usize>j << 2), depth);
    }
  }
  for (; i < rows; i++) {
    for (let j: u32 = 0; j < columns; j++) gain(a + i * aRow, b + j * bRow, c + i * cRow + (<usize>j << 2), depth);
  }
}

/** Four rows of A by two of B. */
function dots(a0: usize, aRow: usize, b0: usize, bRow: usize, c: usize, cRow: usize, depth: u32): void {
  let a1 = a0 + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let b1 = b0 + bRow;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = b0 + (<usize>(depth & ~3) << 2);
  for (; b0 < end; b0 += 16) {
    const u = v128.load(b0);
    const v = v128.load(b1);
    const x0 = v128.load(a0);
    s00 = f32x4.add(s00, f32x4.mul(x0, u));
    s01 = f32x4.add(s01, f32x4.mul(x0, v));
    const x1 = v128.load(a1);
    s10 = f32x4.add(s10, f32x4.mul(x1, u));
    s11 = f32x4.add(s11, f32x4.mul(x1, v));
    const x2 = v128.load(a2);
    s20 = f32x4.add(s20, f32x4.mul(x2, u));
    s21 = f32x4.add(s21, f32x4.mul(x2, v));
    const x3 = v128.load(a3);
    s30 = f32x4.add(s30, f32x4.mul(x3, u));
    s31 = f32x4.add(s31, f32x4.mul(x3, v));
    a0 += 16;
    a1 += 16;
    a2 += 16;
    a3 += 16;
    b1 += 16;
  }
  const left = depth & 3;
  if (left) {
    const u = rest(b0, left);
    const v = rest(b1, left);
    const x0 = rest(a0, left);
    s00 = f32x4.add(s00, f32x4.mul(x0, u));
    s01 = f32x4.add(s01, f32x4.mul(x0, v));
    const x1 = rest(a1, left);
    s10 = f32x4.add(s10, f32x4.mul(x1, u));
    s11 = f32x4.add(s11, f32x4.mul(x1, v));
    const x2 = rest(a2, left);
    s20 = f32x4.add(s20, f32x4.mul(x2, u));
    s21 = f32x4.add(s21, f32x4.mul(x2, v));
    const x3 = rest(a3, left);
    s30 = f32x4.add(s30, f32x4.mul(x3, u));
    s31 = f32x4.add(s31, f32x4.mul(x3, v));
  }
  add(c, s00, s01);
  add(c + cRow, s10, s11);
  add(c + cRow * 2, s20, s21);
  add(c + cRow * 3, s30, s31);
}

// @ts-ignore: decorator
@inline
function add(c: usize, first: v128, second: v128): void {
  store<f32>(c, load<f32>(c) + joined(first));
  store<f32>(c, load<f32>(c, 4) + joined(second), 4);
}

function gain(a: usize, b: usize, c: usize, depth: u32): void {
  let lanes = f32x4.splat(0);
  const end = a + (<usize>(depth & ~3) << 2);
  for (; a < end; a += 16, b += 16) lanes = f32x4.add(lanes, f32x4.mul(v128.load(a), v128.load(b)));
  const left = depth & 3;
  if (left) lanes = f32x4.add(lanes, f32x4.mul(rest(a, left), rest(b, left)));
  store<f32>(c, load<f32>(c) + joined(lanes));
}
