/** Genomes and networks: decoding, drawing, mutation, crossover. Twin of assembly/subnets/space.ts. */
import type { SubnetSpace } from '../../core/subnets.ts';
import type { Random } from '../random.ts';

/** The network [S] that a genome [G] spells. */
export function decode(space: SubnetSpace, genome: Uint8Array): Uint8Array {
  const network = Uint8Array.from(space.slots, ({ firstGene, genes, gate, least }) => {
    if (gate >= 0 && genome[gate] < least) return 0;
    let value = 0;
    for (let g = firstGene; g < firstGene + genes; g++) value = value * space.choices[g] + genome[g];
    return value + 1;
  });
  const { alias } = space;
  if (alias && network[alias.slot] === alias.from) network[alias.slot] = alias.to;
  return network;
}

/** Every gene uniform. */
export function drawGenome(space: SubnetSpace, random: Random): Uint8Array {
  return Uint8Array.from(space.choices, (choices) => random.below(choices));
}

export interface MutationRates {
  mutateProbability: number;
  resolutionProbability: number;
}

/** Each unit redraws all its genes with its probability. */
export function mutate(space: SubnetSpace, genome: Uint8Array, rates: MutationRates, random: Random): void {
  let g = 0;
  space.unitEnds.forEach((end, unit) => {
    const rate = space.resolutionUnits[unit] ? rates.resolutionProbability : rates.mutateProbability;
    if (random.unit() < rate) for (; g < end; g++) genome[g] = random.below(space.choices[g]);
    g = end;
  });
}

/** Each gene from one of two parents, by a fair coin. */
export function cross(a: Uint8Array, b: Uint8Array, random: Random): Uint8Array {
  return a.map((gene, g) => (random.nextU32() >>> 31 ? b[g] : gene));
}
