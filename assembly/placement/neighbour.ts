/** One model placed anew, near its record or fresh: twin of src/reference/placement/neighbour.ts. */
import { below } from '../random';
import { copyRecord } from './demand';
import { executable } from './limits';
import { samplePlacement } from './sampler';

export function neighbour(m: u32, record: usize, out: usize): void {
  if (below(2) == 0) return samplePlacement(m, false, out);
  const stages = <u32>load<u8>(record);
  if (stages < 2) return samplePlacement(m, false, out);
  copyRecord(out, record);
  if (below(2) == 0) {
    const place = out + 2 + 2 * below(stages - 1);
    const distance = <i32>(1 + below(2));
    const end = <i32>load<u8>(place) + (below(2) == 0 ? distance : -distance);
    if (end < 1 || end > 255) return samplePlacement(m, false, out);
    store<u8>(place, <u8>end);
  } else {
    const one = below(stages);
    const other = (one + 1 + below(stages - 1)) % stages;
    const processor = load<u8>(out + 1 + 2 * one);
    store<u8>(out + 1 + 2 * one, load<u8>(out + 1 + 2 * other));
    store<u8>(out + 1 + 2 * other, processor);
  }
  if (!executable(m, out)) samplePlacement(m, false, out);
}
