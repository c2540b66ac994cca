/**
 * The delta calculator; twin of src/reference/control/delta.ts. The scan looks at four points a step, in chunks; what is
 * too slow becomes all ones and so the largest unsigned number, and PowerUps are positive, so they order as integers:
 *
 *   speedUp   s0 s1 s2 s3 ──< sigma──► 0 / ones ─┐
 *   powerUp   p0 p1 p2 p3 ─────────────────── or ┴─► min_u with the least so far
 *
 * Chunk by chunk all members are served, so that the chunk's powers stay in the first cache. A chunk that equals or beats
 * a member's best is looked at again, for the highest SpeedUp at that power.
 */
import { io, MEMBER_BYTES, memberRecords, members, points, powerUp } from './problem';

const CHUNK: u32 = 1024;
const NONE: u32 = 0xffffffff;

/** Places in the output block, of rows that are not made yet: per model the point found, its power and SpeedUp as bits. */
export const SCANNED: usize = 960;
const POWER: usize = 1472;
const SPEED: usize = 1984;

/** Among the Pareto points of a table, from the first one of the bucket that the need falls into. */
export function findInIndex(table: usize, sigma: f64): u32 {
  const bound = leastReaching(sigma);
  const bits = reinterpret<u32>(bound);
  const low = load<u32>(table, 16);
  const bucket = <i32>bits > <i32>low ? min<u32>((bits - low) >> load<u32>(table, 20), load<u32>(table, 24)) : 0;
  const last = load<u32>(table, 4) - 1;
  const speeds = <usize>load<u32>(table, 8);
  let place = <u32>load<u16>(<usize>load<u32>(table, 28) + (<usize>bucket << 1));
  while (place < last && load<f32>(speeds + (<usize>place << 2)) < bound) place++;
  return load<u32>(<usize>load<u32>(table, 12) + (<usize>place << 2));
}

/** The least f32 that is no less than sigma: comparing with it is comparing with sigma. */
// @ts-ignore: decorator
@inline
function leastReaching(sigma: f64): f32 {
  const near = <f32>sigma;
  return <f64>near < sigma ? reinterpret<f32>(reinterpret<u32>(near) + 1) : near;
}

/** By looking at every point, for all members; results lie at SCANNED. */
export function scanTables(): void {
  const last = memberRecords + <usize>members * MEMBER_BYTES;
  for (let member = memberRecords; member < last; member += MEMBER_BYTES) {
    const at = io + (<usize>load<u32>(member, 4) << 2);
    store<u32>(at, NONE, SCANNED);
    store<u32>(at, NONE, POWER);
    store<u32>(at, 0, SPEED);
  }
  for (let first: u32 = 0; first < points; first += CHUNK) {
    const end = min<u32>(first + CHUNK, points);
    for (let member = memberRecords; member < last; member += MEMBER_BYTES) scanChunk(member, first, end);
  }
  for (let member = memberRecords; member < last; member += MEMBER_BYTES) {
    const at = io + (<usize>load<u32>(member, 4) << 2);
    if (load<u32>(at, SCANNED) == NONE) store<u32>(at, fastestOf(<usize>load<u32>(member)), SCANNED);
  }
}

function scanChunk(member: usize, first: u32, end: u32): void {
  const sigma = load<f64>(member, 16);
  const bound = leastReaching(sigma);
  const speedUp = <usize>load<u32>(member);
  const at = io + (<usize>load<u32>(member, 4) << 2);
  const least = leastPower(speedUp, bound, first, end);
  const best = load<u32>(at, POWER);
  if (least > best || least == NONE) return;
  const fastest = mostSpeed(speedUp, least, first, end);
  if (least == best && fastest <= load<u32>(at, SPEED)) return;
  let k = first;
  while (load<u32>(powerUp + (<usize>k << 2)) != least || load<u32>(speedUp + (<usize>k << 2)) != fastest) k++;
  store<u32>(at, k, SCANNED);
  store<u32>(at, least, POWER);
  store<u32>(at, fastest, SPEED);
}

/** Highest SpeedUp, as bits, among points first .. end - 1 of that power. */
function mostSpeed(speedUp: usize, power: u32, first: u32, end: u32): u32 {
  const powers = i32x4.splat(power);
  let most = i32x4.splat(0);
  let at = <usize>first << 2;
  const stop = <usize>end << 2;
  for (; at < stop; at += 16) {
    const alike = i32x4.eq(v128.load(powerUp + at), powers);
    most = i32x4.max_s(most, v128.and(v128.load(speedUp + at), alike));
  }
  const low = max<i32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1));
  return max<i32>(low, max<i32>(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)));
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
