/**
 * An elastic space in numbers: genes and slots for the kernels, and the stages behind them.
 *
 *   slots   blocks of stage 0, of stage 1, ... │ width of every stage that has one │ globals │ resolution
 *   genes   genes of block 0, of block 1, ...  │ depth of every stage │ widths │ globals │ resolution
 */
import type { SubnetSlot, SubnetSpace } from '../core/subnets.ts';
import { contentHash } from '../documents/canonical.ts';
import { activeBlocks, checkSpaceSize, type ElasticSpace, type ElasticStage } from './elastic-space.ts';

export interface SpaceStage {
  definition: ElasticStage;
  /** Slots of its blocks, in order. */
  blockSlots: number[];
  /** Forms that a block may take. */
  forms: number;
  /** Active blocks at each depth, ascending. */
  active: number[];
  depthGene: number;
  /** Slot of its width; -1 = none. */
  widthSlot: number;
  widths: number;
}

export interface SearchSpace {
  name: string;
  definition: ElasticSpace;
  hash: string;
  numbers: SubnetSpace;
  stages: SpaceStage[];
  globalSlots: number[];
  resolutionSlot: number;
  resolutions: number[];
}

/** @throws HeterodyneError `LIMIT` */
export function searchSpace(definition: ElasticSpace): SearchSpace {
  checkSpaceSize(definition);
  const choices: number[] = [];
  const unitEnds: number[] = [];
  const slots: SubnetSlot[] = [];
  const unit = (...counts: number[]): number => {
    choices.push(...counts);
    unitEnds.push(choices.length);
    return choices.length - counts.length;
  };
  const blockGenes = definition.stages.map((stage) =>
    Array.from({ length: stage.blocks }, () => unit(...stage.genes.map((gene) => gene.choices.length))),
  );
  const depthGenes = definition.stages.map((stage) => unit(stage.depths.length));
  const stages = definition.stages.map((stage, s): SpaceStage => {
    const active = activeBlocks(stage);
    const blockSlots = blockGenes[s].map((firstGene, position) => {
      const least = active.findIndex((count) => count > position);
      slots.push({ firstGene, genes: stage.genes.length, gate: least === 0 ? -1 : depthGenes[s], least });
      return slots.length - 1;
    });
    const forms = stage.genes.reduce((product, gene) => product * gene.choices.length, 1);
    const widths = stage.width?.choices.length ?? 1;
    return { definition: stage, blockSlots, forms, active, depthGene: depthGenes[s], widthSlot: -1, widths };
  });
  const single = (count: number): number => {
    slots.push({ firstGene: unit(count), genes: 1, gate: -1, least: 0 });
    return slots.length - 1;
  };
  for (const stage of stages) if (stage.definition.width) stage.widthSlot = single(stage.widths);
  const globals = definition.globals ?? [];
  const globalSlots = globals.map((gene) => single(gene.choices.length));
  const resolutionSlot = single(definition.resolutions.length);
  const { merged } = definition;
  const owner = globals.findIndex((gene) => gene.key === merged?.key);
  return {
    name: definition.name,
    definition,
    hash: contentHash(definition),
    numbers: {
      choices: Uint8Array.from(choices),
      unitEnds: Uint8Array.from(unitEnds),
      resolutionUnits: Uint8Array.from(unitEnds, (_, u) => Number(u === unitEnds.length - 1)),
      slots,
      ...(merged && {
        alias: {
          slot: globalSlots[owner],
          from: 1 + globals[owner].choices.indexOf(merged.from),
          to: 1 + globals[owner].choices.indexOf(merged.to),
        },
      }),
    },
    stages,
    globalSlots,
    resolutionSlot,
    resolutions: definition.resolutions,
  };
}

/** Number of distinct networks: equal spellings count once. */
export function networkCount(space: SearchSpace): bigint {
  let count = BigInt(space.resolutions.length);
  for (const { active, forms, widths } of space.stages) {
    count *= BigInt(widths) * active.reduce((sum, blocks) => sum + BigInt(forms) ** BigInt(blocks), 0n);
  }
  space.globalSlots.forEach((slot, g) => {
    const choices = space.definition.globals![g].choices.length;
    count *= BigInt(choices - Number(space.numbers.alias?.slot === slot));
  });
  return count;
}

/** A genome [G] of a network [S]: genes of inactive blocks take their first choice. */
export function genomeOf(space: SearchSpace, network: Uint8Array): Uint8Array {
  const { choices, slots } = space.numbers;
  const genome = new Uint8Array(choices.length);
  slots.forEach(({ firstGene, genes }, s) => {
    let rest = Math.max(0, network[s] - 1);
    for (let g = firstGene + genes - 1; g >= firstGene; g--) {
      genome[g] = rest % choices[g];
      rest = Math.floor(rest / choices[g]);
    }
  });
  for (const { blockSlots, active, depthGene } of space.stages) {
    genome[depthGene] = active.indexOf(blockSlots.filter((slot) => network[slot] > 0).length);
  }
  return genome;
}

/** The canonical key of a network: equal keys, equal networks. */
export function networkKey(network: Uint8Array): string {
  return String.fromCharCode(...network);
}
