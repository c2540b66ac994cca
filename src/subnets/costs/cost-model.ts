/** What networks of a space cost on one processor: additive over factors, with the variance of every entry where known. */

import { slotValues } from '../../core/subnet-checks.ts';
import type { CostFactor } from '../../core/subnets.ts';
import type { Warning } from '../../documents/warnings.ts';
import type { SearchSpace } from '../space.ts';

export interface CostModel {
  unit: 'ms' | 'MFLOPs';
  /** Where its numbers come from; FLOPs are counted from the architecture. */
  provenance: 'measured' | 'imported' | 'modelled';
  /** Content hash of what it was made from. */
  hash: string;
  factors: CostFactor[];
  /** Same layout: squared standard deviations; absent = unknown, which is not zero. */
  variances?: CostFactor[];
  warnings: Warning[];
}

/**
 * A factor over slots, from what each combination of choices costs.
 *
 * @param choice gets the index of each slot's choice; -1 = inactive
 */
export function factor(
  space: SearchSpace,
  slots: readonly number[],
  choice: (...choices: number[]) => number,
): CostFactor {
  const values = slotValues(space.numbers);
  const sizes = slots.map((slot) => values[slot] + 1);
  const table = new Float64Array(sizes.reduce((product, size) => product * size, 1));
  const digits = slots.map(() => 0);
  for (let index = 0; index < table.length; index++) {
    let rest = index;
    for (let j = slots.length - 1; j >= 0; j--) {
      digits[j] = (rest % sizes[j]) - 1;
      rest = Math.floor(rest / sizes[j]);
    }
    table[index] = digits.some((digit, j) => digit < 0 && !inactive(space, slots[j])) ? 0 : choice(...digits);
  }
  return { slots: [...slots], table };
}

/** Whether a slot can be inactive at all. */
function inactive(space: SearchSpace, slot: number): boolean {
  return space.stages.some(({ blockSlots }) => blockSlots.includes(slot));
}

/** Sum over factors for one network: for single figures; lists go through the kernels. */
export function sumOf(factors: readonly CostFactor[], space: SearchSpace, network: Uint8Array): number {
  const values = slotValues(space.numbers);
  let sum = 0;
  for (const { slots, table } of factors) {
    let index = 0;
    for (const slot of slots) index = index * (values[slot] + 1) + network[slot];
    sum += table[index];
  }
  return sum;
}
