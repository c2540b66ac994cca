/** Memory pools, residency, executability: twin of src/reference/placement/limits.ts. */
import { UNIT_EXCESS } from './objective';
import {
  activationBytesOf, addressAt, blocksOf, f64At, maxModels, maxStagesOf, models, poolBytes, poolProcessors, pools, processors,
  reachOf, u32At, weightPrefixOf,
} from './problem';

/** Per processor: f64 bytes, u32 residents. */
const BYTES: usize = memory.data(128, 16);
const RESIDENTS: usize = memory.data(64, 16);

/** Excess of a joint placement given as [M] addresses of demands (or of records). */
export function excessOf(demands: usize): f64 {
  for (let p: u32 = 0; p < processors; p++) {
    store<f64>(BYTES + (p << 3), 0);
    store<u32>(RESIDENTS + (p << 2), 0);
  }
  for (let m: u32 = 0; m < models; m++) {
    const record = load<usize>(demands + (m << 2));
    const weights = addressAt(weightPrefixOf, m);
    const activation = f64At(activationBytesOf, m);
    const stages = <u32>load<u8>(record);
    let first: u32 = 0;
    for (let s: u32 = 0; s < stages; s++) {
      const p = <u32>load<u8>(record + 1 + 2 * s);
      const end = <u32>load<u8>(record + 2 + 2 * s);
      store<f64>(BYTES + (p << 3), f64At(BYTES, p) + (f64At(weights, end) - f64At(weights, first) + activation));
      store<u32>(RESIDENTS + (p << 2), u32At(RESIDENTS, p) + 1);
      first = end;
    }
  }
  let excess: f64 = 0;
  for (let q: u32 = 0; q < pools; q++) {
    let used: f64 = 0;
    let rest = u32At(poolProcessors, q);
    while (rest != 0) {
      used += f64At(BYTES, ctz(rest));
      rest &= rest - 1;
    }
    const capacity = f64At(poolBytes, q);
    if (used > capacity) excess += used - capacity;
  }
  for (let p: u32 = 0; p < processors; p++) {
    const residents = u32At(RESIDENTS, p);
    const most = u32At(maxModels, p);
    if (residents > most) excess += <f64>(residents - most) * UNIT_EXCESS;
  }
  return excess;
}

/** Whether model m can be placed as the record says. */
export function executable(m: u32, record: usize): bool {
  const stages = <u32>load<u8>(record);
  if (stages < 1 || stages > u32At(maxStagesOf, m)) return false;
  const n = u32At(blocksOf, m);
  const reach = addressAt(reachOf, m);
  let first: u32 = 0;
  let used: u32 = 0;
  for (let s: u32 = 0; s < stages; s++) {
    const p = <u32>load<u8>(record + 1 + 2 * s);
    const end = <u32>load<u8>(record + 2 + 2 * s);
    if (p >= processors || end <= first || end > n) return false;
    if (<u32>load<u8>(reach + p * n + first) < end) return false;
    used |= 1 << p;
    first = end;
  }
  return first == n && popcnt(used) == stages;
}
