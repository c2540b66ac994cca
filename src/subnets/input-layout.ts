/**
 * How a predictor's one-hot input is laid out. A wrong layout gives plausible nonsense, so layouts are data, and a
 * predictor's check vectors decide (see predictor.ts).
 */
import { HeterodyneError } from '../core/errors.ts';
import { EXPANSIONS, KERNELS } from './ofa-mbv3.ts';
import type { SearchSpace } from './space.ts';

export interface InputLayout {
  name: string;
  inputs: number;
  /** One-hot over bins of `step` pixels from `start`, or over listed sizes. */
  resolution: { offset: number } & ({ start: number; step: number; bins: number } | { values: readonly number[] });
  /**
   * One-hot per number of a key's list, one after the other; `index` = that number of the list alone. `choices` = what the
   * predictor knows, where a space may have fewer.
   */
  genes: readonly { key: string; offset: number; index?: number; choices?: readonly number[] }[];
}

const MBV3_BINS = { start: 112, step: 16, bins: 8 };

/** Layouts of published predictors, the one that files usually have first. */
const LAYOUTS: Record<string, readonly InputLayout[]> = {
  'ofa-mbv3': [
    {
      name: 'kernels-first',
      inputs: 128,
      resolution: { offset: 120, ...MBV3_BINS },
      genes: [
        { key: 'ks', offset: 0, choices: KERNELS },
        { key: 'e', offset: 60, choices: EXPANSIONS },
      ],
    },
    {
      name: 'resolution-first',
      inputs: 128,
      resolution: { offset: 0, ...MBV3_BINS },
      genes: [
        { key: 'ks', offset: 8, choices: KERNELS },
        { key: 'e', offset: 68, choices: EXPANSIONS },
      ],
    },
  ],
  'ofa-resnet50': [
    {
      name: 'resolution-first',
      inputs: 82,
      resolution: { offset: 0, values: [128, 144, 160, 176, 192, 224, 240, 256] },
      genes: [
        { key: 'd', offset: 8, index: 0 },
        { key: 'w', offset: 10 },
        { key: 'e', offset: 28 },
      ],
    },
  ],
};

/** The layout of a space of one's own: lists in the order of a genotype, then the resolution. */
function plainLayout(space: SearchSpace): InputLayout {
  const genes: { key: string; offset: number }[] = [];
  let offset = 0;
  const add = (key: string, width: number) => {
    if (!genes.some((gene) => gene.key === key)) genes.push({ key, offset });
    offset += width;
  };
  const keys = [...new Set(space.stages.flatMap(({ definition }) => definition.genes.map(({ key }) => key)))];
  for (const key of keys) {
    for (const { definition } of space.stages) {
      const gene = definition.genes.find((entry) => entry.key === key);
      if (gene) add(key, gene.choices.length * definition.blocks);
    }
  }
  for (const { key, choices } of outerGenes(space)) add(key, choices.length);
  return {
    name: 'plain',
    inputs: offset + space.resolutions.length,
    resolution: { offset, values: space.resolutions },
    genes,
  };
}

function outerGenes(space: SearchSpace): { key: string; choices: number[]; slot: number }[] {
  const globals = (space.definition.globals ?? []).map((gene, g) => ({ ...gene, slot: space.globalSlots[g] }));
  const widths = space.stages.flatMap(({ definition, widthSlot }) =>
    definition.width ? [{ ...definition.width, slot: widthSlot }] : [],
  );
  const keys = [...new Set([...globals, ...widths].map(({ key }) => key))];
  return keys.flatMap((key) => [...globals, ...widths].filter((gene) => gene.key === key));
}

/** @throws HeterodyneError `USAGE` */
export function inputLayout(space: SearchSpace, name?: string): InputLayout {
  const known = LAYOUTS[space.name] ?? [plainLayout(space)];
  const found = name === undefined ? known[0] : known.find((layout) => layout.name === name);
  if (found) return found;
  throw new HeterodyneError('USAGE', `predictors of "${space.name}" have no input layout "${name}"`, {
    path: '--predictor-layout',
    expected: `one of ${known.map((layout) => layout.name).join(', ')}`,
    received: name,
  });
}

/** Column of a resolution. @throws HeterodyneError `BAD_INPUT` */
export function resolutionColumn({ resolution }: InputLayout, size: number): number {
  const index =
    'values' in resolution ? resolution.values.indexOf(size) : Math.floor((size - resolution.start) / resolution.step);
  const most = 'values' in resolution ? resolution.values.length : resolution.bins;
  if (index >= 0 && index < most) return resolution.offset + index;
  throw new HeterodyneError('BAD_INPUT', `the predictor knows no resolution of ${size} pixels`, {
    path: '/resolutions',
    expected: 'values' in resolution ? resolution.values.join(', ') : `from ${resolution.start} pixels`,
    received: String(size),
  });
}

/** [S][values] columns that are one when a slot has value 1, 2, ... */
export function slotColumns(space: SearchSpace, layout: InputLayout): number[][][] {
  const { slots, choices } = space.numbers;
  const columns: number[][][] = slots.map(() => []);
  const positions = new Map<string, number>();
  /** Columns of the choices of the next number of a key's list, or undefined when it is no input. */
  const place = (key: string, choices: readonly number[], index: number): number[] | undefined => {
    const gene = layout.genes.find((entry) => entry.key === key);
    if (!gene || (gene.index !== undefined && gene.index !== index)) return undefined;
    const start = gene.offset + (gene.index === undefined ? (positions.get(key) ?? 0) : 0);
    const known = gene.choices ?? choices;
    positions.set(key, (positions.get(key) ?? 0) + known.length);
    return choices.map((choice) => start + known.indexOf(choice));
  };
  const counts = new Map<string, number>();
  const next = (key: string, choices: readonly number[]): number[] | undefined => {
    const index = counts.get(key) ?? 0;
    counts.set(key, index + 1);
    return place(key, choices, index);
  };
  for (const { definition, blockSlots, forms } of space.stages) {
    for (const slot of blockSlots) {
      const own = definition.genes.map(({ key, choices: list }) => next(key, list));
      for (let form = 0; form < forms; form++) {
        const digits: number[] = [];
        let rest = form;
        for (let g = definition.genes.length - 1; g >= 0; g--) {
          const size = choices[slots[slot].firstGene + g];
          digits[g] = rest % size;
          rest = Math.floor(rest / size);
        }
        columns[slot][form] = digits.flatMap((digit, g) => own[g]?.[digit] ?? []);
      }
    }
  }
  for (const { key, choices: list, slot } of outerGenes(space)) {
    const own = next(key, list);
    columns[slot] = list.map((_, choice) => (own === undefined ? [] : [own[choice]]));
  }
  columns[space.resolutionSlot] = space.resolutions.map((size) => [resolutionColumn(layout, size)]);
  return columns;
}

/** One-hot inputs of networks [count][S]: [count][inputs]. */
export function encode(networks: Uint8Array, columns: readonly number[][][], inputs: number): Float32Array {
  const slots = columns.length;
  const count = networks.length / slots;
  const rows = new Float32Array(count * inputs);
  for (let i = 0; i < count; i++) {
    for (let s = 0; s < slots; s++) {
      const value = networks[i * slots + s];
      if (value > 0) for (const column of columns[s][value - 1]) rows[i * inputs + column] = 1;
    }
  }
  return rows;
}
