/** Our own cost document: latencies of the blocks of any elastic space on one processor. */
import { z } from 'zod';
import { HeterodyneError, type Problem } from '../../core/errors.ts';
import type { CostFactor } from '../../core/subnets.ts';
import { contentHash } from '../../documents/canonical.ts';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
import { formGenes } from '../elastic-space.ts';
import type { SearchSpace } from '../space.ts';
import { type CostModel, factor } from './cost-model.ts';
import { interpolated, MISSING_HINT } from './interpolation.ts';

const timing = {
  meanMs: z.number().min(0),
  stdMs: z.number().min(0).optional(),
  count: z.int().min(1).optional(),
};

const entrySchema = z.strictObject({
  resolution: z.int().min(1),
  stage: z
    .string()
    .optional()
    .describe(
      'Absent = what every network of this resolution pays beside its blocks; with a width, what the part behind the last stage costs at that width.',
    ),
  block: z.int().min(0).optional().describe('Place in the stage; absent with a stage = all but the first block.'),
  form: z.record(z.string(), z.number()).optional().describe("The block's genes by key."),
  width: z.number().optional().describe("The stage's width choice; absent = any."),
  globals: z
    .record(z.string().regex(/^\d+$/), z.number())
    .optional()
    .describe('Choices of globals on which it depends, by their place in the space; absent ones = any.'),
  inputWidth: z.number().optional().describe('Width choice of the stage before, for a first block; absent = any.'),
  ...timing,
});

const shape = {
  space: z.string(),
  processor: z.string(),
  provenance: z.enum(['measured', 'imported', 'modelled']),
  entries: z.array(entrySchema).min(1),
};

export type SubnetCosts = DocumentFrom<'subnet-costs', typeof shape>;
type Entry = SubnetCosts['entries'][number];

export const subnetCostsDocument = defineDocument({
  kind: 'subnet-costs',
  schemaVersion: 1,
  title: 'Heterodyne sub-network costs: what the blocks of an elastic space cost on one processor',
  shape,
});

/**
 * @param interpolate put missing entries in from their neighbours; absent = refuse the document
 * @throws HeterodyneError `BAD_INPUT` with every missing entry
 */
export function costsModel(
  space: SearchSpace,
  document: SubnetCosts,
  source: string,
  { interpolate = false }: { interpolate?: boolean } = {},
): CostModel {
  if (document.space !== space.name) {
    throw new HeterodyneError('BAD_INPUT', `${source} holds costs of another space`, {
      source,
      path: '/space',
      expected: space.name,
      received: document.space,
    });
  }
  const missing: Problem[] = [];
  const lookUp = (wanted: Wanted): Entry => {
    const entry = document.entries.find((each) => matches(each, wanted));
    if (entry) return entry;
    const { resolution, stage, block, form, width, inputWidth, globals = {} } = wanted;
    const chosen = Object.entries({ ...form, width, inputWidth, ...globals }).filter(
      ([, value]) => value !== undefined,
    );
    const path = [resolution, stage, block, ...(chosen.length > 0 ? [JSON.stringify(Object.fromEntries(chosen))] : [])]
      .filter((part) => part !== undefined)
      .join(' ');
    missing.push({
      path: '/entries',
      message: `no cost for ${path}`,
      expected: path,
      received: 'nothing',
      hint: MISSING_HINT,
    });
    return { resolution, meanMs: Number.NaN };
  };
  const factors = (of: (entry: Entry) => number): CostFactor[] => {
    const costOf = (wanted: Wanted) => of(lookUp(wanted));
    return [
      ...sharedFactors(space, document, costOf),
      ...space.stages.flatMap((_, s) => stageFactors(space, document, s, costOf)),
    ];
  };
  const means = factors(({ meanMs }) => meanMs);
  if (missing.length > 0 && !interpolate) {
    throw new HeterodyneError('BAD_INPUT', `${source} lacks entries: ${missing[0].message}`, {
      source,
      problems: missing,
    });
  }
  const known = missing.length === 0 && document.entries.every(({ stdMs }) => stdMs !== undefined);
  const model: CostModel = {
    unit: 'ms',
    provenance: document.provenance,
    hash: contentHash(document),
    factors: means,
    ...(known && { variances: factors(({ stdMs = 0 }) => stdMs ** 2) }),
    warnings: [],
  };
  return interpolate ? interpolated(space, model, missing, source) : model;
}

/** What is asked of the document: every member is a choice that some entry may leave open. */
type Wanted = Omit<Entry, 'meanMs' | 'stdMs' | 'count'>;

/** What networks pay beside their blocks: in front of the stages, and behind the last one by its width. */
function sharedFactors(space: SearchSpace, { entries }: SubnetCosts, costOf: (wanted: Wanted) => number): CostFactor[] {
  const own = entries.filter(({ stage }) => stage === undefined);
  const places = placesIn(own.filter(({ width }) => width === undefined));
  const front = factor(space, [space.resolutionSlot, ...slotsOf(space, places)], (r, ...values) =>
    costOf({ resolution: space.resolutions[r], ...globalsOf(space, places, values) }),
  );
  const { widthSlot, definition } = space.stages[space.stages.length - 1];
  if (widthSlot < 0 || own.every(({ width }) => width === undefined)) return [front];
  const behind = factor(space, [space.resolutionSlot, widthSlot], (r, w) =>
    costOf({ resolution: space.resolutions[r], width: definition.width!.choices[w] }),
  );
  return [front, behind];
}

function stageFactors(
  space: SearchSpace,
  { entries }: SubnetCosts,
  s: number,
  costOf: (wanted: Wanted) => number,
): CostFactor[] {
  const { definition, blockSlots, widthSlot } = space.stages[s];
  const before = space.stages[s - 1];
  return blockSlots.map((slot, block) => {
    const inputs = block === 0 && before && before.widthSlot >= 0 ? [before.widthSlot] : [];
    const own = widthSlot >= 0 ? [widthSlot] : [];
    const places = placesIn(entries.filter((entry) => entry.stage === definition.name && isOf(entry, block)));
    return factor(
      space,
      [space.resolutionSlot, slot, ...inputs, ...own, ...slotsOf(space, places)],
      (r, form, ...values) => {
        if (form < 0) return 0;
        const widths = inputs.length + own.length;
        return costOf({
          resolution: space.resolutions[r],
          stage: definition.name,
          block,
          form: formGenes(definition, form),
          ...(own.length > 0 && { width: definition.width!.choices[values[inputs.length]] }),
          ...(inputs.length > 0 && { inputWidth: before.definition.width!.choices[values[0]] }),
          ...globalsOf(space, places, values.slice(widths)),
        });
      },
    );
  });
}

/** Places of the globals that some entry names. */
function placesIn(entries: readonly Entry[]): number[] {
  return [...new Set(entries.flatMap(({ globals = {} }) => Object.keys(globals).map(Number)))].sort((a, b) => a - b);
}

/** @throws HeterodyneError `BAD_INPUT` for a global that the space does not have */
function slotsOf(space: SearchSpace, places: readonly number[]): number[] {
  return places.map((place) => {
    const slot = space.globalSlots[place];
    if (slot !== undefined) return slot;
    throw new HeterodyneError('BAD_INPUT', `${space.name} has no global ${place}`, {
      path: '/entries/globals',
      expected: `places below ${space.globalSlots.length}`,
      received: String(place),
    });
  });
}

/** Choices of globals, those that build the same network as one. */
function globalsOf(space: SearchSpace, places: readonly number[], values: readonly number[]): Pick<Wanted, 'globals'> {
  if (places.length === 0) return {};
  const { merged, globals = [] } = space.definition;
  const chosen = places.map((place, i): [number, number] => {
    const choice = globals[place].choices[values[i]];
    const alike = space.numbers.alias?.slot === space.globalSlots[place] && choice === merged?.from;
    return [place, alike ? merged.to : choice];
  });
  return { globals: Object.fromEntries(chosen) };
}

const isOf = (entry: Entry, block: number) => entry.block === block || (entry.block === undefined && block > 0);

function matches(entry: Entry, wanted: Wanted): boolean {
  if (entry.resolution !== wanted.resolution || entry.stage !== wanted.stage) return false;
  const { globals = {} } = wanted;
  const fits = Object.entries(entry.globals ?? {}).every(([place, choice]) => globals[place] === choice);
  if (wanted.stage === undefined) return fits && entry.width === wanted.width;
  const forms = Object.entries(wanted.form!).every(([key, value]) => entry.form?.[key] === value);
  const open = (own: number | undefined, asked: number | undefined) => own === undefined || own === asked;
  return (
    fits &&
    isOf(entry, wanted.block!) &&
    forms &&
    open(entry.width, wanted.width) &&
    open(entry.inputWidth, wanted.inputWidth)
  );
}
