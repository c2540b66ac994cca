/** A profile as a table: what each model costs on each processor. */
import type { CostOrigin, Profile, ProfileModel } from '../profiles/schema.ts';
import { figure, scaled } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;

/** `net`, or `net (int8)` for another form than the original. */
export function formName({ name, variant }: Pick<ProfileModel, 'name' | 'variant'>): string {
  return variant === 'original' ? name : `${name} (${variant})`;
}

/** Milliseconds of the whole model on one processor, and how many blocks that leaves out. */
function total(model: ProfileModel, processor: string): { milliseconds: number; unsupported: number } {
  let milliseconds = 0;
  let unsupported = 0;
  for (const block of model.blocks) {
    const cost = block.costs[processor];
    if (cost === undefined || cost === 'unsupported') unsupported++;
    else milliseconds += cost.latencyMs.mean;
  }
  return { milliseconds, unsupported };
}

/** Of the model on each processor, and of blocks that differ. */
function originsOf({ origin, blocks }: ProfileModel): CostOrigin[] {
  const costs = blocks.flatMap((block) => Object.values(block.costs));
  return [...Object.values(origin), ...costs.flatMap((cost) => (cost === 'unsupported' ? [] : (cost.origin ?? [])))];
}

export function profileText(profile: Profile, style: TextStyle): string {
  const { bold, dim } = paint(style);
  const rows = profile.models.map((model) => [
    shorten(formName(model), LONGEST_NAME, style),
    String(model.blocks.length),
    scaled(model.macs),
    model.precision,
    ...profile.processors.map((id) => {
      const { milliseconds, unsupported } = total(model, id);
      if (unsupported === model.blocks.length) return dim('no block');
      return unsupported === 0 ? figure(milliseconds) : `${figure(milliseconds)} (${unsupported} not)`;
    }),
  ]);
  const origins = new Set(profile.models.flatMap(originsOf));
  const origin = [...origins].map((each) => (each === 'roofline' ? 'modelled (roofline)' : each)).join(', ');
  return `${[
    `${bold(`Profile on ${profile.platform}`)}: ms per inference of each model alone on each processor`,
    table(
      [
        { title: 'model' },
        { title: 'blocks', align: 'right' },
        { title: 'MACs', align: 'right' },
        { title: 'precision' },
        ...profile.processors.map((id) => ({ title: id, align: 'right' as const })),
      ],
      rows,
      style,
    ),
    wrap(
      `Costs are ${origin}. (n not): n blocks that the processor cannot run are left out. --json and --out give every block.`,
      style.width,
    ),
  ].join('\n\n')}\n`;
}
