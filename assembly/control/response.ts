/**
 * The X calculator and what comes of two rows at once; twin of src/reference/control/response.ts and kernel.ts. Each lane
 * adds up its own row, model by model, so the order of every sum is the reference's:
 *
 *   f64x2    │ row k │ row k + 1 │        of an odd number the last row is answered twice
 */
import {
  aggregate, busyWatts, energy, epochSeconds, idleWatts, io, MEMBER_BYTES, memberRecords, members, powerUp, residual,
} from './problem';

/** The answer of every model to rows k and k + 1. */
export function answerRows(k: u32): void {
  const words = io + (<usize>k << 2);
  const numbers = io + (<usize>k << 3);
  const point = <usize>load<u32>(words, 704);
  const next = <usize>load<u32>(words, 708);
  const variants = io + (<usize>k << 4);
  const end = memberRecords + <usize>members * MEMBER_BYTES;
  const zero = f64x2.splat(0);
  let loss = zero;
  let tardiness = zero;
  let busy = zero;
  let infeasible = zero;
  let misses = zero;
  v128.store(variants, zero, 3008);
  v128.store(variants, zero, 3024);
  for (let member = memberRecords; member < end; member += MEMBER_BYTES) {
    const table = <usize>load<u32>(member);
    const both = v128.load32_lane(table + (next << 2), v128.load32_zero(table + (point << 2)), 1);
    const speedUp = f64x2.promote_low_f32x4(both);
    const needed = f64x2.div(v128.load64_splat(member, 16), speedUp);
    // The first answer that is fast enough, else the last: from the fastest down, each takes over where it suffices.
    const first = <usize>load<u32>(member, 8);
    let answer = first + (<usize>(load<u32>(member, 64) - 1) << 5);
    let speed = v128.load64_splat(answer);
    let given = v128.load64_splat(answer, 8);
    let variant = v128.load64_splat(answer, 16);
    infeasible = i64x2.sub(infeasible, f64x2.lt(speed, needed));
    while (answer > first) {
      answer -= 32;
      const faster = v128.load64_splat(answer);
      const enough = f64x2.ge(faster, needed);
      speed = v128.bitselect(faster, speed, enough);
      given = v128.bitselect(v128.load64_splat(answer, 8), given, enough);
      variant = v128.bitselect(v128.load64_splat(answer, 16), variant, enough);
    }
    const own = variants + load<u32>(member, 4);
    store<u8>(own, <u8>i64x2.extract_lane(variant, 0), 3008);
    store<u8>(own, <u8>i64x2.extract_lane(variant, 1), 3024);
    if (residual) given = f64x2.max(needed, f64x2.splat(1));
    if (aggregate == 2) loss = f64x2.max(loss, given);
    else loss = f64x2.add(loss, aggregate == 1 ? f64x2.mul(v128.load64_splat(member, 56), given) : given);
    const alone = f64x2.div(v128.load64_splat(member, 24), f64x2.mul(speedUp, speed));
    busy = f64x2.add(busy, alone);
    const there = f64x2.add(v128.load64_splat(member, 32), f64x2.mul(v128.load64_splat(member, 40), alone));
    const late = f64x2.sub(there, v128.load64_splat(member, 48));
    const missed = f64x2.gt(late, zero);
    tardiness = f64x2.add(tardiness, v128.and(late, missed));
    misses = i64x2.sub(misses, missed);
  }
  v128.store(numbers, loss, 1472);
  v128.store(numbers, tardiness, 1984);
  v128.store64_lane(words, v128.shuffle<u32>(infeasible, infeasible, 0, 2, 0, 2), 0, 2496);
  v128.store64_lane(words, v128.shuffle<u32>(misses, misses, 0, 2, 0, 2), 0, 2752);
  store<f64>(numbers, powerAt(point, f64x2.extract_lane(busy, 0)), 960);
  store<f64>(numbers, powerAt(next, f64x2.extract_lane(busy, 1)), 968);
}

// @ts-ignore: decorator
@inline
function powerAt(point: usize, busy: f64): f64 {
  if (!energy) return <f64>load<f32>(powerUp + (point << 2));
  const idle = load<f64>(idleWatts + (point << 3)) * Math.max(0, epochSeconds - busy);
  return load<f64>(busyWatts + (point << 3)) * busy + idle;
}
