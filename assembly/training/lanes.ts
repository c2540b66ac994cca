/**
 * Sums in four lanes. Element j of a row goes into lane j mod 4, and the lanes are joined as (0 + 1) + (2 + 3): a fixed
 * order, so that the reference twin gets the same bits.
 */

/** The last one to three numbers of a row, zeros behind them. */
// @ts-ignore: decorator
@inline
export function rest(at: usize, count: u32): v128 {
  if (count == 1) return v128.load32_zero(at);
  const two = v128.load64_zero(at);
  return count == 2 ? two : f32x4.replace_lane(two, 2, load<f32>(at, 8));
}

// @ts-ignore: decorator
@inline
export function joined(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  );
}

/** Sum of a row. */
export function sumOf(at: usize, count: u32): f32 {
  let lanes = f32x4.splat(0);
  const end = at + (<usize>(count & ~3) << 2);
  for (; at < end; at += 16) lanes = f32x4.add(lanes, v128.load(at));
  if (count & 3) lanes = f32x4.add(lanes, rest(at, count & 3));
  return joined(lanes);
}

/** Sum of the products of two rows. */
export function dot(a: usize, b: usize, count: u32): f32 {
  let lanes = f32x4.splat(0);
  const end = a + (<usize>(count & ~3) << 2);
  for (; a < end; a += 16, b += 16) lanes = f32x4.add(lanes, f32x4.mul(v128.load(a), v128.load(b)));
  if (count & 3) lanes = f32x4.add(lanes, f32x4.mul(rest(a, count & 3), rest(b, count & 3)));
  return joined(lanes);
}
