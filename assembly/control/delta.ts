/**
 * The delta calculator; twin of src/reference/control/delta.ts. The scan looks at four points a step, in chunks; what is
 * too slow becomes all ones and so the largest unsigned number, and PowerUps are positive, so they order as integers:
 *
 *   speedUp   s0 s1 s2 s3 ──< sigma──► 0 / ones ─┐
 *   powerUp   p0 p1 p2 p3 ─────────────────── or ┴─► min_u with the least so far
 *
 * A chunk that equals or beats the best is looked at again, point by point, for the ties: that is rare.
 */
import { points, powerUp } from './problem';

/** Points of a chunk: their powers stay in the first cache for all models. */
const CHUNK: u32 = 1024;

/** By binary search over the Pareto points of a table. */
export function findInIndex(table: usize, sigma: f64): u32 {
  const count = load<u32>(table, 4);
  const speedUp = <usize>load<u32>(table, 8);
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<f64>load<f32>(speedUp + (<usize>middle << 2)) >= sigma) high = middle;
    else low = middle + 1;
  }
  return load<u32>(<usize>load<u32>(table, 12) + (<usize>min<u32>(low, count - 1) << 2));
}

/** By looking at every point of a table. */
export function findByScan(table: usize, sigma: f64): u32 {
  const speedUp = <usize>load<u32>(table);
  // The least f32 that is no less than sigma: comparing with it is comparing with sigma.
  let bound = <f32>sigma;
  if (<f64>bound < sigma) bound = reinterpret<f32>(reinterpret<u32>(bound) + 1);
  let best: u32 = 0xffffffff;
  let point: u32 = 0xffffffff;
  for (let first: u32 = 0; first < points; first += CHUNK) {
    const end = min<u32>(first + CHUNK, points);
    const least = leastPower(speedUp, bound, first, end);
    if (least > best || least == 0xffffffff) continue;
    for (let k = first; k < end; k++) {
      const power = load<u32>(powerUp + (<usize>k << 2));
      const speed = load<f32>(speedUp + (<usize>k << 2));
      if (power != least || speed < bound) continue;
      if (least < best || speed > load<f32>(speedUp + (<usize>point << 2))) point = k;
      best = least;
    }
  }
  return point != 0xffffffff ? point : fastestOf(speedUp);
}

/** Least PowerUp, as bits, among points first .. end - 1 that reach `bound`; all ones = none. */
function leastPower(speedUp: usize, bound: f32, first: u32, end: u32): u32 {
  const bounds = f32x4.splat(bound);
  let a = i32x4.splat(-1);
  let b = a;
  let speed = speedUp + (<usize>first << 2);
  let power = powerUp + (<usize>first << 2);
  const stop = speedUp + (<usize>end << 2);
  while (speed < stop) {
    a = i32x4.min_u(a, v128.or(v128.load(power), f32x4.lt(v128.load(speed), bounds)));
    b = i32x4.min_u(b, v128.or(v128.load(power, 16), f32x4.lt(v128.load(speed, 16), bounds)));
    a = i32x4.min_u(a, v128.or(v128.load(power, 32), f32x4.lt(v128.load(speed, 32), bounds)));
    b = i32x4.min_u(b, v128.or(v128.load(power, 48), f32x4.lt(v128.load(speed, 48), bounds)));
    speed += 64;
    power += 64;
  }
  a = i32x4.min_u(a, b);
  const low = min<u32>(i32x4.extract_lane(a, 0), i32x4.extract_lane(a, 1));
  return min<u32>(low, min<u32>(i32x4.extract_lane(a, 2), i32x4.extract_lane(a, 3)));
}

function fastestOf(speedUp: usize): u32 {
  let best: u32 = 0;
  for (let k: u32 = 1; k < points; k++) {
    const speed = load<f32>(speedUp + (<usize>k << 2));
    const most = load<f32>(speedUp + (<usize>best << 2));
    if (speed < most) continue;
    if (speed > most || load<f32>(powerUp + (<usize>k << 2)) < load<f32>(powerUp + (<usize>best << 2))) best = k;
  }
  return best;
}
