/** The levels of a ladder as measured on every processor, beside what the ladder stated. */
import type { Outcome } from '../profiles/measured.ts';
import type { Ladder } from '../subnets/ladder-schema.ts';
import { type LadderNetwork, seriesRange } from '../subnets/measured-ladder.ts';
import { figure, percent } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { table, wrap } from './table.ts';

/** @param outcomes per network, in order: by processor id */
export function measuredLadderText(
  { space, ladders }: Ladder,
  networks: readonly LadderNetwork[],
  outcomes: readonly ReadonlyMap<string, Outcome>[],
  style: TextStyle,
): string {
  const { bold, dim } = paint(style);
  const sign = style.unicode ? '±' : '+-';
  let leftOut = false;

  const measuredCell = (network: LadderNetwork, outcome: Outcome | undefined, processor: string): string => {
    if (outcome === undefined || 'unsupported' in outcome) return dim('cannot run');
    const { mean } = outcome.whole;
    const { low, high } = seriesRange(outcome);
    const text = `${figure(mean)} ${sign}${percent(Math.max(high - mean, mean - low) / mean)}`;
    const { levels } = ladders.find((each) => each.processor === processor)!;
    const { level, processor: stated } = network;
    if (levels.some((each) => each.stated?.level === level.level && each.stated.processor === stated)) return text;
    leftOut = true;
    return dim(`${text} *`);
  };
  const processors = ladders.map(({ processor }) => processor);
  const rows = networks.map((network, n) => {
    const { resolution, accuracy, accuracyError, accuracySource, latencyMs: stated } = network.level;
    const error = accuracyError === undefined ? '' : ` ${sign}${(100 * accuracyError).toFixed(2)}`;
    return [
      network.name,
      String(resolution),
      `${(100 * accuracy).toFixed(2)}${error} %`,
      accuracySource,
      stated === undefined ? '' : figure(stated),
      ...processors.map((id) => measuredCell(network, outcomes[n].get(id), id)),
    ];
  });
  const columns = [
    { title: 'level' },
    { title: 'pixels', align: 'right' as const },
    { title: 'accuracy', align: 'right' as const },
    { title: 'it is' },
    { title: 'stated ms', align: 'right' as const },
    ...processors.map((id) => ({ title: `${id} ms`, align: 'right' as const })),
  ];
  const body = table(columns, rows, style);
  const notes = [
    'Times per processor are measured: means of the middle half of the calls in the middle one of all series, and how far the others lie from it.',
    ...statedNote(networks),
    ...(leftOut ? ['* Left out there: a level at least as accurate is no slower.'] : []),
  ];
  const title = `${bold(`Ladder of ${space}`)}: ${ladders.map(({ processor, levels }) => `${levels.length} levels on ${processor}`).join(', ')}`;
  return `${[wrap(title, style.width), body, wrap(notes.join(' '), style.width)].join('\n\n')}\n`;
}

/** For what, and how known, the latencies were that the ladder held before. */
function statedNote(networks: readonly LadderNetwork[]): string[] {
  const known = networks.filter(({ level }) => level.latencyMs !== undefined);
  if (known.length === 0) return [];
  const sources = new Set(known.map(({ processor, level }) => `${processor} (${level.latencySource ?? 'unknown'})`));
  return [`Stated is what the ladder gave before, for ${[...sources].join(', ')}.`];
}
