/** From a network over the limit to one within it. Twin of assembly/subnets/repair.ts. */
import type { SubnetSpace } from '../../core/subnets.ts';
import { decode } from './space.ts';

export interface RepairInput {
  space: SubnetSpace;
  costOf: (network: Uint8Array) => number;
  limit: number;
  /** [S] what each value of a slot is worth. */
  worth: Float64Array[];
  /** Taken where no change lowers the cost. */
  cheapest: Uint8Array;
}

/**
 * While over the limit: of all changes of one gene that lower the cost, the one that gives up the least worth per cost
 * saved (the first among equals). Ends, for every step lowers the cost.
 */
export function repair(genome: Uint8Array, { space, costOf, limit, worth, cheapest }: RepairInput): Uint8Array {
  const worthOf = (network: Uint8Array) => network.reduce((sum, value, slot) => sum + worth[slot][value], 0);
  let now = genome;
  for (;;) {
    const network = decode(space, now);
    const cost = costOf(network);
    if (cost <= limit) return now;
    const worthNow = worthOf(network);
    let best: { rate: number; genome: Uint8Array } | undefined;
    for (const [gene, choice] of changes(space, now, network)) {
      const draft = now.slice();
      draft[gene] = choice;
      const changed = decode(space, draft);
      const saved = cost - costOf(changed);
      if (!(saved > 0)) continue;
      const rate = (worthNow - worthOf(changed)) / saved;
      if (rate < (best?.rate ?? Infinity)) best = { rate, genome: draft };
    }
    if (!best) return cheapest.slice();
    now = best.genome;
  }
}

/** Other choices of every gene of an active slot, and one step less depth where that drops the slot. */
function* changes(space: SubnetSpace, genome: Uint8Array, network: Uint8Array): Generator<[number, number]> {
  for (const [s, { firstGene, genes, gate, least }] of space.slots.entries()) {
    if (network[s] === 0) continue;
    for (let g = firstGene; g < firstGene + genes; g++) {
      for (let choice = 0; choice < space.choices[g]; choice++) if (choice !== genome[g]) yield [g, choice];
    }
    if (gate >= 0 && genome[gate] > 0 && least === genome[gate]) yield [gate, genome[gate] - 1];
  }
}
