/** Our own cost document: latencies of the blocks of any elastic space on one processor. */
import { z } from 'zod';
import { HeterodyneError, type Problem } from '../../core/errors.ts';
import type { CostFactor } from '../../core/subnets.ts';
import { contentHash } from '../../documents/canonical.ts';
import { type DocumentFrom, defineDocument } from '../../documents/document.ts';
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
  stage: z.string().optional().describe('Absent = what every network of this resolution pays beside its blocks.'),
  block: z.int().min(0).optional().describe('Place in the stage; absent with a stage = all but the first block.'),
  form: z.record(z.string(), z.number()).optional().describe("The block's genes by key."),
  width: z.number().optional().describe("The stage's width choice; absent = any."),
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
  const lookUp = (wanted: Omit<Entry, 'meanMs'>): Entry => {
    const entry = document.entries.find((each) => matches(each, wanted));
    if (entry) return entry;
    const path = [wanted.resolution, wanted.stage, wanted.block, JSON.stringify(wanted.form)]
      .filter((part) => part !== undefined)
      .join(' ');
    missing.push({
      path: '/entries',
      message: `no cost for ${path}`,
      expected: path,
      received: 'nothing',
      hint: MISSING_HINT,
    });
    return { resolution: wanted.resolution, meanMs: Number.NaN };
  };
  const factors = (of: (entry: Entry) => number): CostFactor[] => [
    factor(space, [space.resolutionSlot], (r) => of(lookUp({ resolution: space.resolutions[r] }))),
    ...space.stages.flatMap((_, s) => stageFactors(space, s, (wanted) => of(lookUp(wanted)))),
  ];
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

function stageFactors(space: SearchSpace, s: number, costOf: (wanted: Omit<Entry, 'meanMs'>) => number): CostFactor[] {
  const { definition, blockSlots, widthSlot } = space.stages[s];
  const before = space.stages[s - 1];
  const { choices } = space.numbers;
  return blockSlots.map((slot, block) => {
    const inputs = block === 0 && before && before.widthSlot >= 0 ? [before.widthSlot] : [];
    const own = widthSlot >= 0 ? [widthSlot] : [];
    return factor(space, [space.resolutionSlot, slot, ...inputs, ...own], (r, form, ...widths) => {
      if (form < 0) return 0;
      const digits: Record<string, number> = {};
      let rest = form;
      for (let g = definition.genes.length - 1; g >= 0; g--) {
        const size = choices[space.numbers.slots[slot].firstGene + g];
        digits[definition.genes[g].key] = definition.genes[g].choices[rest % size];
        rest = Math.floor(rest / size);
      }
      return costOf({
        resolution: space.resolutions[r],
        stage: definition.name,
        block,
        form: digits,
        ...(own.length > 0 && { width: definition.width!.choices[widths[inputs.length]] }),
        ...(inputs.length > 0 && { inputWidth: before.definition.width!.choices[widths[0]] }),
      });
    });
  });
}

function matches(entry: Entry, wanted: Omit<Entry, 'meanMs'>): boolean {
  if (entry.resolution !== wanted.resolution || entry.stage !== wanted.stage) return false;
  if (wanted.stage === undefined) return true;
  const place = entry.block === wanted.block || (entry.block === undefined && wanted.block! > 0);
  const forms = Object.entries(wanted.form!).every(([key, value]) => entry.form?.[key] === value);
  const open = (own: number | undefined, asked: number | undefined) => own === undefined || own === asked;
  return place && forms && open(entry.width, wanted.width) && open(entry.inputWidth, wanted.inputWidth);
}
