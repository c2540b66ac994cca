/**
 * One step away from a plan: a single model placed anew. Half of the steps draw a fresh placement (stratified), the
 * others change a detail: shift one cut by one or two blocks, or exchange the processors of two stages.
 */
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { Random } from '../random.ts';
import { executable } from './limits.ts';
import { samplePlacement } from './sampler.ts';

/** A placement record for model m, near `record` or fresh. */
export function neighbour(prepared: PreparedProblem, m: number, record: Uint8Array, random: Random): Uint8Array {
  const fresh = () => samplePlacement(prepared, m, 'stratified', random);
  if (random.below(2) === 0) return fresh();
  const stages = record[0];
  if (stages < 2) return fresh();
  const changed = record.slice(0, PLACEMENT_STRIDE);
  if (random.below(2) === 0) {
    const cut = random.below(stages - 1);
    const distance = 1 + random.below(2);
    const end = changed[2 + 2 * cut] + (random.below(2) === 0 ? distance : -distance);
    if (end < 1 || end > 255) return fresh();
    changed[2 + 2 * cut] = end;
  } else {
    const one = random.below(stages);
    const other = (one + 1 + random.below(stages - 1)) % stages;
    const processor = changed[1 + 2 * one];
    changed[1 + 2 * one] = changed[1 + 2 * other];
    changed[1 + 2 * other] = processor;
  }
  return executable(prepared, m, changed) ? changed : fresh();
}
