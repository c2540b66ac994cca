/**
 * Genotypes as records: one list per key, as Once-for-All writes them.
 *
 *   {"ks":[3,5,0,0, ...],"e":[4,6,0,0, ...],"d":[2, ...],"r":224}      0 = the block is inactive (canonical form)
 */
import { HeterodyneError } from '../core/errors.ts';
import type { SearchSpace } from './space.ts';

/** Lists by key: blocks' genes in block order, `d` and widths with the globals of that key first, and `r` a number. */
export type Genotype = Record<string, number | number[]>;

/** One number of a genotype: where it stands and which gene it sets. */
interface Place {
  key: string;
  index: number;
  gene: number;
  choices: readonly number[];
  /** Slot of the block that it belongs to; undefined = the number always counts. */
  block?: number;
}

const places = new WeakMap<SearchSpace, Place[]>();

function placesOf(space: SearchSpace): Place[] {
  const known = places.get(space);
  if (known) return known;
  const list: Place[] = [];
  const counts = new Map<string, number>();
  const add = (key: string, gene: number, choices: readonly number[], block?: number) => {
    const index = counts.get(key) ?? 0;
    counts.set(key, index + 1);
    list.push({ key, index, gene, choices, block });
  };
  const { slots } = space.numbers;
  for (const { definition, blockSlots } of space.stages) {
    for (const slot of blockSlots) {
      definition.genes.forEach(({ key, choices }, g) => {
        add(key, slots[slot].firstGene + g, choices, slot);
      });
    }
  }
  space.definition.globals?.forEach(({ key, choices }, g) => {
    add(key, slots[space.globalSlots[g]].firstGene, choices);
  });
  for (const { definition, depthGene, widthSlot } of space.stages) {
    add('d', depthGene, definition.depths);
    if (definition.width) add(definition.width.key, slots[widthSlot].firstGene, definition.width.choices);
  }
  places.set(space, list);
  return list;
}

const INACTIVE = 0;

/** The record of a genome; `network` decides which blocks are inactive and written as 0. */
export function genotypeOf(space: SearchSpace, genome: Uint8Array, network: Uint8Array): Genotype {
  const record: Record<string, number[]> = {};
  for (const { key, index, gene, choices, block } of placesOf(space)) {
    record[key] ??= [];
    record[key][index] = block !== undefined && network[block] === 0 ? INACTIVE : choices[genome[gene]];
  }
  const { firstGene } = space.numbers.slots[space.resolutionSlot];
  return { ...record, r: space.resolutions[genome[firstGene]] };
}

/** The same with the smallest legal value in place of 0: what Once-for-All code reads. */
export function exchangeRecord(space: SearchSpace, genotype: Genotype): Record<string, unknown> {
  const filled: Record<string, unknown> = { wid: null };
  for (const { key, index, choices, block } of placesOf(space)) {
    const list = (filled[key] ??= []) as number[];
    const value = (genotype[key] as number[])[index];
    list[index] = block !== undefined && value === INACTIVE && !choices.includes(0) ? choices[0] : value;
  }
  return { ...filled, r: [genotype.r] };
}

/**
 * The genome that a record spells. Accepts `r` as a number or a list of one, `wid`, and 0 for inactive blocks.
 *
 * @throws HeterodyneError `BAD_INPUT` with path and allowed values
 */
export function genomeFrom(space: SearchSpace, record: unknown, source = 'genotype'): Uint8Array {
  const given = record as Record<string, unknown>;
  if (typeof record !== 'object' || record === null) throw wrong(source, '', 'an object', record);
  const genome = new Uint8Array(space.numbers.choices.length);
  const list = placesOf(space);
  const lengths = new Map<string, number>();
  for (const { key } of list) lengths.set(key, (lengths.get(key) ?? 0) + 1);
  for (const [key, length] of lengths) {
    const values = given[key];
    if (!Array.isArray(values) || values.length !== length)
      throw wrong(source, `/${key}`, `a list of ${length}`, values);
  }
  const unknown = Object.keys(given).find((key) => key !== 'r' && key !== 'wid' && !lengths.has(key));
  if (unknown !== undefined) throw wrong(source, `/${unknown}`, `only ${[...lengths.keys(), 'r'].join(', ')}`, unknown);
  const inactiveAt: Place[] = [];
  for (const place of list) {
    const { key, index, gene, choices, block } = place;
    const value = (given[key] as unknown[])[index];
    const choice = choices.indexOf(value as number);
    if (choice >= 0) genome[gene] = choice;
    else if (block !== undefined && value === INACTIVE) inactiveAt.push(place);
    else throw wrong(source, `/${key}/${index}`, `one of ${choices.join(', ')}`, value);
  }
  const { slots } = space.numbers;
  for (const { key, index, choices, block } of inactiveAt) {
    const { gate, least } = slots[block!];
    if (gate < 0 || genome[gate] >= least) {
      throw wrong(
        source,
        `/${key}/${index}`,
        `one of ${choices.join(', ')}: its depth makes the block active`,
        INACTIVE,
      );
    }
  }
  const resolution = Array.isArray(given.r) && given.r.length === 1 ? given.r[0] : given.r;
  const choice = space.resolutions.indexOf(resolution as number);
  if (choice < 0) throw wrong(source, '/r', `one of ${space.resolutions.join(', ')}`, resolution);
  genome[slots[space.resolutionSlot].firstGene] = choice;
  return genome;
}

function wrong(source: string, path: string, expected: string, received: unknown): HeterodyneError {
  const found = received === undefined ? 'nothing' : (JSON.stringify(received) ?? String(received)).slice(0, 60);
  return new HeterodyneError(
    'BAD_INPUT',
    `${path === '' ? 'the genotype' : path.slice(1)} is not legal in this space`,
    {
      source,
      path,
      expected,
      received: found,
    },
  );
}
