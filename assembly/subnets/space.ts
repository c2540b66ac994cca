/**
 * Genomes and networks: decoding, drawing, mutation, crossover. Twin of src/reference/subnets/space.ts.
 *
 *   slotOf   [S] 4 bytes each: first gene, genes, gate (255 = none), least
 *   unitsOf  [U] 2 bytes each: end gene, 1 = mutates with the resolution's probability
 */
import { below, nextU32, unit } from '../random';

export let genes: u32 = 0;
export let slots: u32 = 0;
export let units: u32 = 0;
/** [genes] u8 */
export let choicesOf: usize = 0;
export let unitsOf: usize = 0;
export let slotOf: usize = 0;
/** Slot with two values for one network; 255 = none. */
export let aliasSlot: u32 = 255;
export let aliasFrom: u32 = 0;
export let aliasTo: u32 = 0;

// @ts-ignore: decorator
@inline
export function choices(gene: u32): u32 {
  return load<u8>(choicesOf + gene);
}

export function decode(genome: usize, network: usize): void {
  for (let s: u32 = 0; s < slots; s++) {
    const slot = slotOf + (s << 2);
    const gate: u32 = load<u8>(slot, 2);
    let value: u32 = 0;
    if (gate == 255 || load<u8>(genome + gate) >= load<u8>(slot, 3)) {
      const first: u32 = load<u8>(slot);
      for (let g = first, end = first + load<u8>(slot, 1); g < end; g++) value = value * choices(g) + load<u8>(genome + g);
      value++;
    }
    store<u8>(network + s, value);
  }
  if (aliasSlot != 255 && load<u8>(network + aliasSlot) == aliasFrom) store<u8>(network + aliasSlot, aliasTo);
}

/** Every gene uniform. */
export function drawGenome(genome: usize): void {
  for (let g: u32 = 0; g < genes; g++) store<u8>(genome + g, below(choices(g)));
}

/** Each unit redraws all its genes with its probability. */
export function mutate(genome: usize, probability: f64, resolutionProbability: f64): void {
  let g: u32 = 0;
  for (let u: u32 = 0; u < units; u++) {
    const end: u32 = load<u8>(unitsOf + (u << 1));
    if (unit() < (load<u8>(unitsOf + (u << 1), 1) ? resolutionProbability : probability)) {
      for (; g < end; g++) store<u8>(genome + g, below(choices(g)));
    }
    g = end;
  }
}

/** Each gene from one of two parents, by a fair coin. */
export function cross(a: usize, b: usize, child: usize): void {
  for (let g: u32 = 0; g < genes; g++) store<u8>(child + g, load<u8>((nextU32() >> 31 ? b : a) + g));
}
