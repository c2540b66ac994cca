/** Additive cost. Twin of assembly/subnets/cost.ts. */

import { slotValues } from '../../core/subnet-checks.ts';
import type { SubnetProblem } from '../../core/subnets.ts';

/** The cost of a network [S]: factor after factor. */
export function costFunction({ space, cost }: SubnetProblem): (network: Uint8Array) => number {
  const values = slotValues(space);
  return (network) => {
    let sum = 0;
    for (const { slots, table } of cost) {
      let index = 0;
      for (const slot of slots) index = index * (values[slot] + 1) + network[slot];
      sum += table[index];
    }
    return sum;
  };
}
