/**
 * Max-min fair rates by progressive filling: twin of src/reference/placement/rates.ts.
 *
 * One placement, two resources at a time:
 *
 *   lane      0          1              scratch, 32 f64 each
 *   load   │ D[r]     │ D[r+1]   │      LOAD  sum over active models of weight x demand, in model order
 *   left   │ rem[r]   │ rem[r+1] │      LEFT  share of the resource not yet given away
 *   room   │ rem/D    │ rem/D    │      Infinity where nobody active wants the resource
 *
 * Two placements at a time, a lane each, without rate limits: rounds of filling are chains of dependent operations,
 * so two cost little more than one. No branch depends on data but the end of the rounds.
 *
 *   pairWants [M][R padded to 4] weight x demand      PAIR_LOAD, PAIR_LEFT [R]      per model: PAIR_USES, PAIR_WEIGHT, PAIR_RATE,
 *   PAIR_ACTIVE all bits = not stopped yet
 */
import { allocate } from '../arena';
import { LATENCY, ROW, USES } from './demand';
import { depthOne, f64At, models, rateLimited, rateLimitOf, resources, rowStride, shareWeightOf } from './problem';

const LEFT: usize = memory.data(256, 16);
const LOAD: usize = memory.data(256, 16);
const LIMIT: usize = memory.data(512, 16);
const PAIR_LOAD: usize = memory.data(512, 16);
const PAIR_LEFT: usize = memory.data(512, 16);
const PAIR_USES: usize = memory.data(1024, 16);
const PAIR_WEIGHT: usize = memory.data(1024, 16);
const PAIR_RATE: usize = memory.data(1024, 16);
const PAIR_ACTIVE: usize = memory.data(1024, 16);
const FULL: f64 = 1e-12;
let pairWants: usize = 0;

/** Once the problem is known; false = no memory. */
export function beginRates(): bool {
  pairWants = allocate((<usize>models * ((resources + 3) & ~3)) << 4);
  return pairWants != 0;
}

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

/** Rates of two placements. @param one, other [M] addresses of demands  @param rates, otherRates [M] f64, written */
export function maxMinRatesOfTwo(one: usize, other: usize, rates: usize, otherRates: usize): void {
  if (rateLimited || !fillPair(one, other)) {
    maxMinRates(one, rates);
    maxMinRates(other, otherRates);
    return;
  }
  for (let m: usize = 0; m < models; m++) {
    const pair = v128.load(PAIR_RATE + (m << 4));
    v128.store_lane<f64>(rates + (m << 3), pair, 0);
    v128.store_lane<f64>(otherRates + (m << 3), pair, 1);
  }
}

/** Fill both to the end, four resources at a time; false = some model wants nothing. */
function fillPair(one: usize, other: usize): bool {
  const M: usize = models;
  const R: usize = resources;
  const blocks = (R + 3) & ~3;
  const row = blocks << 4;
  for (let m: usize = 0; m < M; m++) {
    const a = load<usize>(one + (m << 2));
    const b = load<usize>(other + (m << 2));
    const weight = v128.load_splat<f64>(shareWeightOf + (m << 3));
    const wants = pairWants + m * row;
    for (let r: usize = 0; r < R; r++) {
      const demand = v128.load_lane<f64>(b + (r << 3), v128.load_splat<f64>(a + (r << 3), ROW), 1, ROW);
      v128.store(wants + (r << 4), f64x2.mul(weight, demand));
    }
    v128.store(PAIR_USES + (m << 4), i64x2(load<u32>(a, USES), load<u32>(b, USES)));
    v128.store(PAIR_WEIGHT + (m << 4), weight);
    v128.store(PAIR_ACTIVE + (m << 4), i64x2.splat(-1));
  }
  for (let r: usize = 0; r < row; r += 16) v128.store(PAIR_LEFT + r, f64x2.splat(1));
  let level = f64x2.splat(0);
  let active = i64x2.splat(-1);
  do {
    let step = f64x2.splat(Infinity);
    let place = i64x2.splat(-1);
    for (let r: usize = 0; r < row; r += 64) {
      let load0 = f64x2.splat(0);
      let load1 = load0;
      let load2 = load0;
      let load3 = load0;
      let wants = pairWants + r;
      for (let m: usize = 0; m < M; m++) {
        const on = v128.load(PAIR_ACTIVE + (m << 4));
        load0 = f64x2.add(load0, v128.and(v128.load(wants), on));
        load1 = f64x2.add(load1, v128.and(v128.load(wants, 16), on));
        load2 = f64x2.add(load2, v128.and(v128.load(wants, 32), on));
        load3 = f64x2.add(load3, v128.and(v128.load(wants, 48), on));
        wants += row;
      }
      v128.store(PAIR_LOAD + r, load0);
      v128.store(PAIR_LOAD + r, load1, 16);
      v128.store(PAIR_LOAD + r, load2, 32);
      v128.store(PAIR_LOAD + r, load3, 48);
      const room0 = room(load0, v128.load(PAIR_LEFT + r));
      const room1 = room(load1, v128.load(PAIR_LEFT + r, 16));
      const room2 = room(load2, v128.load(PAIR_LEFT + r, 32));
      const room3 = room(load3, v128.load(PAIR_LEFT + r, 48));
      const index = <i64>(r >> 4);
      place = v128.bitselect(i64x2.splat(index), place, f64x2.lt(room0, step));
      step = f64x2.pmin(step, room0);
      place = v128.bitselect(i64x2.splat(index + 1), place, f64x2.lt(room1, step));
      step = f64x2.pmin(step, room1);
      place = v128.bitselect(i64x2.splat(index + 2), place, f64x2.lt(room2, step));
      step = f64x2.pmin(step, room2);
      place = v128.bitselect(i64x2.splat(index + 3), place, f64x2.lt(room3, step));
      step = f64x2.pmin(step, room3);
    }
    // A lane that is done wants nothing; one that is not must want something.
    const idle = f64x2.eq(step, f64x2.splat(Infinity));
    if (v128.any_true(v128.and(idle, active))) return false;
    step = v128.andnot(step, idle);
    level = f64x2.add(level, step);
    let full = i64x2.splat(0);
    for (let r: usize = 0; r < R; r++) {
      const left = f64x2.sub(v128.load(PAIR_LEFT + (r << 4)), f64x2.mul(step, v128.load(PAIR_LOAD + (r << 4))));
      const spent = v128.or(f64x2.le(left, f64x2.splat(FULL)), i64x2.eq(place, i64x2.splat(r)));
      v128.store(PAIR_LEFT + (r << 4), v128.andnot(left, spent));
      full = v128.or(full, v128.and(spent, i64x2.splat(<i64>1 << r)));
    }
    active = i64x2.splat(0);
    for (let m: usize = 0; m < M; m++) {
      const before = v128.load(PAIR_ACTIVE + (m << 4));
      const hit = i64x2.ne(v128.and(v128.load(PAIR_USES + (m << 4)), full), i64x2.splat(0));
      const stopped = v128.and(hit, before);
      const rate = f64x2.mul(v128.load(PAIR_WEIGHT + (m << 4)), level);
      v128.store(PAIR_RATE + (m << 4), v128.bitselect(rate, v128.load(PAIR_RATE + (m << 4)), stopped));
      const after = v128.andnot(before, hit);
      v128.store(PAIR_ACTIVE + (m << 4), after);
      active = v128.or(active, after);
    }
  } while (v128.any_true(active));
  return true;
}

// @ts-ignore: decorator
@inline
function room(load: v128, left: v128): v128 {
  return v128.bitselect(f64x2.div(left, load), f64x2.splat(Infinity), f64x2.gt(load, f64x2.splat(0)));
}
