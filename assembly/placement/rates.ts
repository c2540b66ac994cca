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
 * Four placements at a time, two vectors, without rate limits: a round of filling is a chain of dependent operations,
 * so that four cost little more than one. No branch depends on data but the end of the rounds.
 *
 *   a cell, 32 bytes: placements 0 and 1, 2 and 3
 *   fourWants [M][R padded to even] weight x demand      FOUR_LOAD, FOUR_LEFT [R padded to even]
 *   FOUR_USES, FOUR_LEVEL [M] resources, level reached   FOUR_ACTIVE [M] all bits = not stopped yet
 */
import { allocate } from '../arena';
import { LATENCY, ROW, USES } from './demand';
import { depthOne, f64At, models, rateLimited, rateLimitOf, resources, rowStride, shareWeightOf } from './problem';

const LEFT: usize = memory.data(256, 16);
const LOAD: usize = memory.data(256, 16);
const LIMIT: usize = memory.data(512, 16);
const FOUR_LOAD: usize = memory.data(1024, 16);
const FOUR_LEFT: usize = memory.data(1024, 16);
const FOUR_USES: usize = memory.data(2048, 16);
const FOUR_LEVEL: usize = memory.data(2048, 16);
const FOUR_ACTIVE: usize = memory.data(2048, 16);
const FULL: f64 = 1e-12;
let fourWants: usize = 0;

/** Once the problem is known; false = no memory. */
export function beginRates(): bool {
  fourWants = allocate((<usize>models * rowStride) << 5);
  return fourWants != 0;
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

/** @param placements [count] addresses of [M] addresses of demands  @param rates [count][M] f64, written */
export function maxMinRatesOfAll(placements: usize, count: u32, rates: usize): void {
  const M: usize = models;
  for (let i: u32 = 0; i < count; i += 4) {
    // The last ones stand in for those that are missing.
    const some = min(count - i, 4);
    const first = placements + (<usize>i << 2);
    const a = load<usize>(first);
    const b = load<usize>(first + (<usize>min(some - 1, 1) << 2));
    const c = load<usize>(first + (<usize>min(some - 1, 2) << 2));
    const d = load<usize>(first + (<usize>min(some - 1, 3) << 2));
    const ratesOfFirst = rates + ((<usize>i * M) << 3);
    if (!rateLimited && fillFour(a, b, c, d)) {
      for (let m: usize = 0; m < M; m++) {
        const weight = v128.load_splat<f64>(shareWeightOf + (m << 3));
        const cell = FOUR_LEVEL + (m << 5);
        const pair = f64x2.mul(weight, v128.load(cell));
        const otherPair = f64x2.mul(weight, v128.load(cell, 16));
        let out = ratesOfFirst + (m << 3);
        v128.store_lane<f64>(out, pair, 0);
        if (some > 1) v128.store_lane<f64>((out += M << 3), pair, 1);
        if (some > 2) v128.store_lane<f64>((out += M << 3), otherPair, 0);
        if (some > 3) v128.store_lane<f64>(out + (M << 3), otherPair, 1);
      }
    } else {
      for (let k: u32 = 0; k < some; k++) {
        maxMinRates(load<usize>(first + (<usize>k << 2)), ratesOfFirst + ((<usize>k * M) << 3));
      }
    }
  }
}

/** Fill four to the end; false = some model wants nothing, or more than numbers hold: no round for every resource. */
function fillFour(a: usize, b: usize, c: usize, d: usize): bool {
  const M: usize = models;
  const width = <usize>rowStride << 3;
  const cells = width << 2;
  for (let m: usize = 0; m < M; m++) {
    const weight = v128.load_splat<f64>(shareWeightOf + (m << 3));
    const ofA = load<usize>(a + (m << 2));
    const ofB = load<usize>(b + (m << 2));
    const ofC = load<usize>(c + (m << 2));
    const ofD = load<usize>(d + (m << 2));
    let wants = fourWants + m * cells;
    for (let r: usize = 0; r < width; r += 16) {
      const rowA = v128.load(ofA + r, ROW);
      const rowB = v128.load(ofB + r, ROW);
      v128.store(wants, f64x2.mul(weight, v128.shuffle<f64>(rowA, rowB, 0, 2)));
      v128.store(wants, f64x2.mul(weight, v128.shuffle<f64>(rowA, rowB, 1, 3)), 32);
      const rowC = v128.load(ofC + r, ROW);
      const rowD = v128.load(ofD + r, ROW);
      v128.store(wants, f64x2.mul(weight, v128.shuffle<f64>(rowC, rowD, 0, 2)), 16);
      v128.store(wants, f64x2.mul(weight, v128.shuffle<f64>(rowC, rowD, 1, 3)), 48);
      wants += 64;
    }
    const cell = m << 5;
    v128.store(FOUR_USES + cell, i64x2(load<u32>(ofA, USES), load<u32>(ofB, USES)));
    v128.store(FOUR_USES + cell, i64x2(load<u32>(ofC, USES), load<u32>(ofD, USES)), 16);
    v128.store(FOUR_LEVEL + cell, f64x2.splat(0));
    v128.store(FOUR_LEVEL + cell, f64x2.splat(0), 16);
    v128.store(FOUR_ACTIVE + cell, i64x2.splat(-1));
    v128.store(FOUR_ACTIVE + cell, i64x2.splat(-1), 16);
  }
  for (let r: usize = 0; r < cells; r += 16) v128.store(FOUR_LEFT + r, f64x2.splat(1));
  const infinity = f64x2.splat(Infinity);
  for (let round: u32 = 0; round < resources; round++) {
    let step0 = infinity;
    let step1 = infinity;
    for (let r: usize = 0; r < cells; r += 64) {
      let load0 = f64x2.splat(0);
      let load1 = load0;
      let next0 = load0;
      let next1 = load0;
      let wants = fourWants + r;
      for (let cell: usize = 0; cell < M << 5; cell += 32) {
        const on0 = v128.load(FOUR_ACTIVE + cell);
        const on1 = v128.load(FOUR_ACTIVE + cell, 16);
        load0 = f64x2.add(load0, v128.and(v128.load(wants), on0));
        load1 = f64x2.add(load1, v128.and(v128.load(wants, 16), on1));
        next0 = f64x2.add(next0, v128.and(v128.load(wants, 32), on0));
        next1 = f64x2.add(next1, v128.and(v128.load(wants, 48), on1));
        wants += cells;
      }
      v128.store(FOUR_LOAD + r, load0);
      v128.store(FOUR_LOAD + r, load1, 16);
      v128.store(FOUR_LOAD + r, next0, 32);
      v128.store(FOUR_LOAD + r, next1, 48);
      // Where nobody wants the resource the room is infinite, or not a number: never less than another.
      step0 = f64x2.pmin(step0, f64x2.div(v128.load(FOUR_LEFT + r), load0));
      step1 = f64x2.pmin(step1, f64x2.div(v128.load(FOUR_LEFT + r, 16), load1));
      step0 = f64x2.pmin(step0, f64x2.div(v128.load(FOUR_LEFT + r, 32), next0));
      step1 = f64x2.pmin(step1, f64x2.div(v128.load(FOUR_LEFT + r, 48), next1));
    }
    // A placement that is done wants nothing.
    step0 = v128.andnot(step0, f64x2.eq(step0, infinity));
    step1 = v128.andnot(step1, f64x2.eq(step1, infinity));
    let full0 = i64x2.splat(0);
    let full1 = full0;
    let bit = i64x2.splat(1);
    for (let r: usize = 0; r < cells; r += 32) {
      const left0 = f64x2.sub(v128.load(FOUR_LEFT + r), f64x2.mul(step0, v128.load(FOUR_LOAD + r)));
      const left1 = f64x2.sub(v128.load(FOUR_LEFT + r, 16), f64x2.mul(step1, v128.load(FOUR_LOAD + r, 16)));
      // The resource with the least room is among them: what is left of it is a rounding error.
      const spent0 = f64x2.le(left0, f64x2.splat(FULL));
      const spent1 = f64x2.le(left1, f64x2.splat(FULL));
      v128.store(FOUR_LEFT + r, v128.andnot(left0, spent0));
      v128.store(FOUR_LEFT + r, v128.andnot(left1, spent1), 16);
      full0 = v128.or(full0, v128.and(spent0, bit));
      full1 = v128.or(full1, v128.and(spent1, bit));
      bit = i64x2.add(bit, bit);
    }
    let active = i64x2.splat(0);
    for (let cell: usize = 0; cell < M << 5; cell += 32) {
      const on0 = v128.load(FOUR_ACTIVE + cell);
      const on1 = v128.load(FOUR_ACTIVE + cell, 16);
      v128.store(FOUR_LEVEL + cell, f64x2.add(v128.load(FOUR_LEVEL + cell), v128.and(step0, on0)));
      v128.store(FOUR_LEVEL + cell, f64x2.add(v128.load(FOUR_LEVEL + cell, 16), v128.and(step1, on1)), 16);
      const stays0 = v128.and(on0, i64x2.eq(v128.and(v128.load(FOUR_USES + cell), full0), i64x2.splat(0)));
      const stays1 = v128.and(on1, i64x2.eq(v128.and(v128.load(FOUR_USES + cell, 16), full1), i64x2.splat(0)));
      v128.store(FOUR_ACTIVE + cell, stays0);
      v128.store(FOUR_ACTIVE + cell, stays1, 16);
      active = v128.or(active, v128.or(stays0, stays1));
    }
    if (!v128.any_true(active)) return true;
  }
  return false;
}
