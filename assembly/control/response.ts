/** The X calculator and what comes of a row; twin of src/reference/control/response.ts and kernel.ts. */
import {
  aggregate, busyWatts, energy, epochSeconds, idleWatts, io, models, powerUp, recordOf, residual, tableOf, takesPart, positionOf,
} from './problem';

const INFEASIBLE: u32 = 0x100;

/** Variant, plus INFEASIBLE where it does not suffice. */
// @ts-ignore: decorator
@inline
function respond(record: usize, needed: f64): u32 {
  if (needed <= 1) return 0;
  const variants = load<u32>(record, 4);
  const speedUp = <usize>load<u32>(record, 44);
  const loss = <usize>load<u32>(record, 48);
  let best: u32 = INFEASIBLE;
  let fastest: u32 = 0;
  for (let v: u32 = 0; v < variants; v++) {
    const speed = load<f64>(speedUp + (<usize>v << 3));
    if (speed > load<f64>(speedUp + (<usize>fastest << 3))) fastest = v;
    if (speed < needed) continue;
    if (best == INFEASIBLE || load<f64>(loss + (<usize>v << 3)) < load<f64>(loss + (<usize>best << 3))) best = v;
  }
  return best != INFEASIBLE ? best : fastest | INFEASIBLE;
}

/** The answer of every model to row k. */
export function answerRow(k: u32): void {
  const words = io + (<usize>k << 2);
  const numbers = io + (<usize>k << 3);
  const point = <usize>load<u32>(words, 704);
  const variants = io + (<usize>k << 4);
  let loss: f64 = 0;
  let tardiness: f64 = 0;
  let infeasible: u32 = 0;
  let misses: u32 = 0;
  let busy: f64 = 0;
  for (let m: u32 = 0; m < models; m++) {
    store<u8>(variants + m, 0, 3008);
    if (!takesPart(m)) continue;
    const record = recordOf(m);
    const at = io + (<usize>m << 3);
    const speedUp = <f64>load<f32>(<usize>load<u32>(tableOf(m)) + (point << 2));
    const needed = load<f64>(at, 576) / speedUp;
    const answer = respond(record, needed);
    if (answer & INFEASIBLE) infeasible++;
    const variant = answer & 0xff;
    store<u8>(variants + m, <u8>variant, 3008);
    const cell = <usize>variant << 3;
    const own = residual ? Math.max(needed, 1) : load<f64>(<usize>load<u32>(record, 48) + cell);
    if (aggregate == 2) loss = Math.max(loss, own);
    else loss += aggregate == 1 ? load<f64>(record, 16) * own : own;
    const references = <usize>load<u32>(record, 32);
    const work = load<f64>(references + (<usize>load<u32>(record) << 3)) - load<f64>(references + (<usize>positionOf(m) << 3));
    const alone = work / (speedUp * load<f64>(<usize>load<u32>(record, 44) + cell));
    busy += alone;
    const late = load<f64>(at) + load<f64>(at, 256) * alone - load<f64>(record, 8);
    if (late > 0) {
      tardiness += late;
      misses++;
    }
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
