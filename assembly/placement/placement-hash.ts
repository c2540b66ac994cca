/** What tells one joint placement from another: twin of src/reference/placement/placement-hash.ts. */
import { copyRecord, HASH_HIGH, HASH_LOW, hashRecord, SALT_HIGH, SALT_LOW } from './demand';
import { identical, models, processors } from './problem';

/** Results of the last call of hashPlacement. */
export let placementLow: u32 = 0;
export let placementHigh: u32 = 0;

const NAMES: usize = memory.data(16, 16);
const NEXT: usize = memory.data(16, 16);
const RENAMED: usize = memory.data(16, 16);

/** @param demands [M] addresses of demands */
export function hashPlacement(demands: usize): void {
  let low: u32 = 0;
  let high: u32 = 0;
  if (identical == 0) {
    for (let m: u32 = 0; m < models; m++) {
      const demand = load<usize>(demands + (m << 2));
      low += load<u32>(demand, HASH_LOW);
      high += load<u32>(demand, HASH_HIGH);
    }
  } else {
    nameByFirstUse(demands);
    for (let m: u32 = 0; m < models; m++) {
      copyRecord(RENAMED, load<usize>(demands + (m << 2)));
      const stages = <u32>load<u8>(RENAMED);
      for (let s: u32 = 0; s < stages; s++) {
        const place = RENAMED + 1 + 2 * s;
        store<u8>(place, load<u8>(NAMES + load<u8>(place)));
      }
      low += hashRecord(RENAMED, m, SALT_LOW);
      high += hashRecord(RENAMED, m, SALT_HIGH);
    }
  }
  placementLow = low;
  placementHigh = high;
}

function nameByFirstUse(demands: usize): void {
  const P = processors;
  v128.store(NAMES, i8x16.splat(-1));
  memory.copy(NEXT, identical, P);
  for (let m: u32 = 0; m < models; m++) {
    const record = load<usize>(demands + (m << 2));
    const stages = <u32>load<u8>(record);
    for (let s: u32 = 0; s < stages; s++) {
      const p = <u32>load<u8>(record + 1 + 2 * s);
      if (load<u8>(NAMES + p) != 255) continue;
      const kind = <u32>load<u8>(identical + p);
      let next = <u32>load<u8>(NEXT + kind);
      store<u8>(NAMES + p, <u8>next);
      do next++;
      while (next < P && <u32>load<u8>(identical + next) != kind);
      store<u8>(NEXT + kind, <u8>next);
    }
  }
}
