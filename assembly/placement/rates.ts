/**
 * Max-min fair rates by progressive filling: twin of src/reference/placement/rates.ts, two resources at a time.
 *
 *   lane      0          1              scratch, 32 f64 each
 *   load   │ D[r]     │ D[r+1]   │      LOAD  sum over active models of weight x demand, in model order
 *   left   │ rem[r]   │ rem[r+1] │      LEFT  share of the resource not yet given away
 *   room   │ rem/D    │ rem/D    │      Infinity where nobody active wants the resource
 */
import { LATENCY, ROW, USES } from './demand';
import { depthOne, f64At, models, rateLimited, rateLimitOf, rowStride, shareWeightOf } from './problem';

const LEFT: usize = memory.data(256, 16);
const LOAD: usize = memory.data(256, 16);
const LIMIT: usize = memory.data(512, 16);
const FULL: f64 = 1e-12;

/** @param demands [M] addresses of demands  @param rates [M] f64, written */
export function maxMinRates(demands: usize, rates: usize): void {
  const M = models;
  const width = (<usize>rowStride) << 3;
  for (let r: usize = 0; r < width; r += 16) v128.store(LEFT + r, f64x2.splat(1));
  if (rateLimited) {
    for (let m: u32 = 0; m < M; m++) {
      let limit = f64At(rateLimitOf, m);
      if (depthOne) {
        const solo = 1 / load<f64>(load<usize>(demands + (m << 2)), LATENCY);
        if (solo < limit) limit = solo;
      }
      store<f64>(LIMIT + (m << 3), limit);
    }
  }
  let active: u64 = M == 64 ? ~(<u64>0) : (<u64>1 << M) - 1;
  let level: f64 = 0;
  while (active != 0) {
    for (let r: usize = 0; r < width; r += 16) v128.store(LOAD + r, f64x2.splat(0));
    let rest = active;
    do {
      const m = <u32>ctz(rest);
      const weight = f64x2.splat(f64At(shareWeightOf, m));
      const row = load<usize>(demands + (m << 2)) + ROW;
      for (let r: usize = 0; r < width; r += 16) {
        v128.store(LOAD + r, f64x2.add(v128.load(LOAD + r), f64x2.mul(weight, v128.load(row + r))));
      }
      rest &= rest - 1;
    } while (rest != 0);

    // The least room and where it is: per lane first, then the lower resource of equal lanes.
    let best = f64x2.splat(Infinity);
    let place = i64x2.splat(-1);
    let index = i64x2(0, 1);
    for (let r: usize = 0; r < width; r += 16) {
      const wants = v128.load(LOAD + r);
      const wanted = f64x2.gt(wants, f64x2.splat(0));
      const room = v128.bitselect(f64x2.div(v128.load(LEFT + r), wants), f64x2.splat(Infinity), wanted);
      const less = f64x2.lt(room, best);
      best = v128.bitselect(room, best, less);
      place = v128.bitselect(index, place, less);
      index = i64x2.add(index, i64x2.splat(2));
    }
    const even = f64x2.extract_lane(best, 0);
    const odd = f64x2.extract_lane(best, 1);
    const evenPlace = <i32>i64x2.extract_lane(place, 0);
    const oddPlace = <i32>i64x2.extract_lane(place, 1);
    const takeOdd = odd < even || (odd == even && oddPlace < evenPlace);
    let step = takeOdd ? odd : even;
    let fullResource = takeOdd ? oddPlace : evenPlace;
    let satisfied: i32 = -1;
    if (rateLimited) {
      rest = active;
      do {
        const m = <u32>ctz(rest);
        const room = load<f64>(LIMIT + (m << 3)) / f64At(shareWeightOf, m) - level;
        if (room < step) {
          step = room;
          fullResource = -1;
          satisfied = m;
        }
        rest &= rest - 1;
      } while (rest != 0);
    }
    if (step == Infinity) {
      rest = active;
      do {
        store<f64>(rates + (<usize>ctz(rest) << 3), Infinity);
        rest &= rest - 1;
      } while (rest != 0);
      return;
    }
    if (step < 0) step = 0;
    level += step;
    let full: u32 = 0;
    const advance = f64x2.splat(step);
    for (let r: usize = 0; r < width; r += 16) {
      const left = f64x2.sub(v128.load(LEFT + r), f64x2.mul(advance, v128.load(LOAD + r)));
      const spent = f64x2.le(left, f64x2.splat(FULL));
      v128.store(LEFT + r, v128.andnot(left, spent));
      full |= <u32>i64x2.bitmask(spent) << <u32>(r >> 3);
    }
    if (satisfied < 0) {
      store<f64>(LEFT + (<usize>fullResource << 3), 0);
      full |= 1 << fullResource;
      rest = active;
      do {
        const m = <u32>ctz(rest);
        if ((load<u32>(load<usize>(demands + (m << 2)), USES) & full) != 0) {
          store<f64>(rates + (m << 3), f64At(shareWeightOf, m) * level);
          active &= ~(<u64>1 << m);
        }
        rest &= rest - 1;
      } while (rest != 0);
    } else {
      store<f64>(rates + (<usize>satisfied << 3), load<f64>(LIMIT + (<usize>satisfied << 3)));
      active &= ~(<u64>1 << satisfied);
    }
  }
}
