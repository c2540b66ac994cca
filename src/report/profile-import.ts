/** What an import found, for people: the file, how much of it was mapped, and the costs. */
import type { ImportResult } from '../profiles/importers/imported-profile.ts';
import type { ImportedProfile } from '../profiles/importers/record.ts';
import type { Profile } from '../profiles/schema.ts';
import { figure, percent } from './numbers.ts';
import { profileText } from './profile.ts';
import { paint, type TextStyle } from './style.ts';
import { table } from './table.ts';

/** Blocks of a longer model are told by `--json` and `--out`. */
const MOST_BLOCKS = 40;

export function profileImportText(
  profile: Profile,
  record: ImportedProfile,
  { mapping, costs, profile: alone }: ImportResult,
  processor: string,
  style: TextStyle,
): string {
  const { bold } = paint(style);
  const [model] = alone.models;
  const latency = record.latencyMs?.median ?? record.latencyMs?.mean;
  const whole = latency === undefined ? '' : `; whole model ${figure(latency)} ms (imported, ${record.mode} mode)`;
  const providers = Object.entries(record.providers ?? {}).map(([name, share]) => `${name} ${percent(share)}`);
  const ran = providers.length === 0 ? '' : `\nKernel time by provider: ${providers.join(', ')}.`;
  const facts = [
    `${bold(`Imported ${record.sourceFile}`)} (${record.format}) for ${model!.name} on ${processor}: ${record.ops.length} kernels${whole}.`,
    `Kernel time: ${percent(mapping.mappedShare)} mapped to layers, ${percent(mapping.overheadShare)} overhead, ${percent(mapping.unmappedShare)} unmapped; the last two count to neighbouring blocks.${ran}`,
  ].join('\n');
  return `${[facts, blockTable(alone, costs.dividedMs, processor, style), profileText(profile, style)].filter((part) => part !== '').join('\n\n')}`;
}

function blockTable(profile: Profile, dividedMs: readonly number[], processor: string, style: TextStyle): string {
  const { blocks } = profile.models[0]!;
  if (blocks.length > MOST_BLOCKS) return '';
  const rows = blocks.map((block, b) => {
    const cost = block.costs[processor];
    const known = cost !== undefined && cost !== 'unsupported';
    const origin = !known ? '' : cost.origin === 'roofline' ? 'divided by MACs' : 'imported';
    return [
      String(b),
      block.name,
      known ? figure(cost.latencyMs.mean) : 'no kernel',
      dividedMs[b]! > 0 && origin === 'imported' ? 'imported, part divided by MACs' : origin,
    ];
  });
  return table(
    [{ title: 'block', align: 'right' }, { title: 'name' }, { title: 'ms', align: 'right' }, { title: 'origin' }],
    rows,
    style,
  );
}
