/** The X calculator and what comes of a row; twin of src/reference/control/response.ts and kernel.ts. */
import {
  aggregate, busyWatts, energy, epochSeconds, idleWatts, io, MEMBER_BYTES, memberRecords, members, powerUp, residual,
} from './problem';

/**
 * The first answer that is fast enough, else the last. Counted, not searched: where a search
 * would end cannot be predicted.
 */
// @ts-ignore: decorator
@inline
function respond(answers: usize, count: u32, needed: f64): usize {
  let slower: u32 = 0;
  for (let a: u32 = 0; a < count; a++) slower += u32(load<f64>(answers + (<usize>a << 5)) < needed);
  return answers + (<usize>min<u32>(slower, count - 1) << 5);
}

/** The answer of every model to row k. */
export function answerRow(k: u32): void {
  const words = io + (<usize>k << 2);
  const numbers = io + (<usize>k << 3);
  const point = <usize>load<u32>(words, 704);
  const variants = io + (<usize>k << 4);
  const end = memberRecords + <usize>members * MEMBER_BYTES;
  let loss: f64 = 0;
  let tardiness: f64 = 0;
  let infeasible: u32 = 0;
  let misses: u32 = 0;
  let busy: f64 = 0;
  v128.store(variants, i32x4.splat(0), 3008);
  for (let member = memberRecords; member < end; member += MEMBER_BYTES) {
    const speedUp = <f64>load<f32>(<usize>load<u32>(member) + (point << 2));
    const needed = load<f64>(member, 16) / speedUp;
    const answer = respond(<usize>load<u32>(member, 8), load<u32>(member, 64), needed);
    infeasible += u32(load<f64>(answer) < needed);
    store<u8>(variants + load<u32>(member, 4), load<u8>(answer, 16), 3008);
    const own = residual ? Math.max(needed, 1) : load<f64>(answer, 8);
    if (aggregate == 2) loss = Math.max(loss, own);
    else loss += aggregate == 1 ? load<f64>(member, 56) * own : own;
    const alone = load<f64>(member, 24) / (speedUp * load<f64>(answer));
    busy += alone;
    const late = load<f64>(member, 32) + load<f64>(member, 40) * alone - load<f64>(member, 48);
    tardiness += Math.max(late, 0);
    misses += u32(late > 0);
  }
  const power = energy
    ? load<f64>(busyWatts + (point << 3)) * busy + load<f64>(idleWatts + (point << 3)) * Math.max(0, epochSeconds - busy)
    : <f64>load<f32>(powerUp + (point << 2));
  store<f64>(numbers, power, 960);
  store<f64>(numbers, loss, 1472);
  store<f64>(numbers, tardiness, 1984);
  store<u32>(words, infeasible, 2496);
  store<u32>(words, misses, 2752);
}
