/** A factor's table as a grid with one axis for each choice, all of which cost more the larger they are. */
import { slotValues } from '../../core/subnet-checks.ts';
import type { CostFactor } from '../../core/subnets.ts';
import type { SearchSpace } from '../space.ts';

export interface CostAxis {
  /** `resolution`, or the key of a gene. */
  name: string;
  /** Ascending. */
  choices: readonly number[];
}

export interface CostGrid {
  /** The stage of the block that it is about; absent = what all networks pay. */
  block?: { stage: string; position: number };
  axes: CostAxis[];
  /** By cell, the last axis running fastest: place in the factor's table. Those of inactive blocks have no cell. */
  places: number[];
}

export function costGrid(space: SearchSpace, { slots }: CostFactor): CostGrid {
  const values = slotValues(space.numbers);
  const axes: CostAxis[] = [];
  let block: CostGrid['block'];
  let places = [0];
  for (const slot of slots) {
    axes.push(...axesOf(space, slot));
    const stage = space.stages.find(({ blockSlots }) => blockSlots.includes(slot));
    if (stage) block = { stage: stage.definition.name, position: stage.blockSlots.indexOf(slot) };
    const choices = Array.from({ length: values[slot] }, (_, v) => v + 1);
    places = places.flatMap((place) => choices.map((value) => place * (values[slot] + 1) + value));
  }
  return { ...(block && { block }), axes, places };
}

/** The choices behind a slot's values, first those that change least often. */
function axesOf(space: SearchSpace, slot: number): CostAxis[] {
  if (slot === space.resolutionSlot) return [{ name: 'resolution', choices: space.resolutions }];
  const { globals = [] } = space.definition;
  const named = ({ key, choices }: { key: string; choices: number[] }): CostAxis => ({ name: key, choices });
  const stage = space.stages.find(({ blockSlots, widthSlot }) => blockSlots.includes(slot) || widthSlot === slot);
  if (!stage) return [named(globals[space.globalSlots.indexOf(slot)])];
  const { definition, widthSlot } = stage;
  return widthSlot === slot ? [named(definition.width!)] : definition.genes.map(named);
}

/** Choices of a cell, by axis. */
function cellChoices({ axes }: CostGrid, cell: number): number[] {
  const choices: number[] = [];
  let rest = cell;
  for (const axis of [...axes].reverse()) {
    choices.unshift(axis.choices[rest % axis.choices.length]);
    rest = Math.floor(rest / axis.choices.length);
  }
  return choices;
}

/** `stage1 block 0, resolution 176, ks 7, e 3` */
export function cellName(grid: CostGrid, cell: number): string {
  const place = grid.block ? `${grid.block.stage} block ${grid.block.position}` : 'all blocks aside';
  const choices = cellChoices(grid, cell).map((choice, a) => `${grid.axes[a].name} ${choice}`);
  return [place, ...choices].join(', ');
}
