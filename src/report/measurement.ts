/** How a profile was measured: block sums beside whole models, and how far pairs of processors slow each other. */

import { bytesText } from '../documents/quantities.ts';
import type { PairErrors } from '../estimators/pair-error.ts';
import { median } from '../profiles/samples.ts';
import type { Measurement, Profile } from '../profiles/schema.ts';
import { figure, percent, relative, scaled } from './numbers.ts';
import { formName } from './profile.ts';
import { paint, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 24;

/** What the blocks of a model add up to on a processor, relative to the whole model. */
export function blockSumDifference({ whole, pieceSumMs, nodeSumMs, used }: Measurement): number {
  const sum = used === 'pieces' ? pieceSumMs : nodeSumMs;
  return sum === undefined || whole.mean === 0 ? 0 : sum / whole.mean - 1;
}

/** Empty for a profile without measurements. */
export function measurementText(profile: Profile, style: TextStyle): string {
  const rows: string[][] = [];
  const differences: number[] = [];
  for (const model of profile.models) {
    for (const [id, measurement] of Object.entries(model.measurement ?? {})) {
      const { whole, pieceSumMs, nodeSumMs, pieces, used } = measurement;
      const against = (sum: number | undefined): string =>
        sum === undefined ? '' : `${figure(sum)} (${relative(sum, whole.mean, style.unicode)})`;
      differences.push(Math.abs(blockSumDifference(measurement)));
      rows.push([
        shorten(formName(model), LONGEST_NAME, style),
        id,
        figure(whole.mean),
        against(pieceSumMs),
        pieces === undefined ? '' : String(pieces),
        against(nodeSumMs),
        used,
      ]);
    }
  }
  if (rows.length === 0) return '';
  const { bold } = paint(style);
  return `${[
    bold('Block sums against whole models (ms, measured)'),
    table(
      [
        { title: 'model' },
        { title: 'processor' },
        { title: 'whole', align: 'right' },
        { title: 'cut pieces', align: 'right' },
        { title: 'files', align: 'right' },
        { title: "runtime's nodes", align: 'right' },
        { title: 'used' },
      ],
      rows,
      style,
    ),
    wrap(
      `Per kind of processor, the way whose sums are nearer to the whole models gives the costs of the blocks; median difference ${percent(median(differences))} over ${rows.length} cells, largest ${percent(Math.max(...differences))}. Cut pieces lose what the runtime does across blocks, its profile of nodes costs time itself.`,
      style.width,
    ),
  ].join('\n\n')}\n`;
}

/** Empty for a profile without executed pairs. */
export function interferenceText({ interference }: Profile, errors: PairErrors | undefined, style: TextStyle): string {
  if (interference === undefined) return '';
  const { bold } = paint(style);
  const factors = Object.entries(interference.slowdown).map(([id, factor]) => `${id} x${factor.toFixed(3)}`);
  const error =
    errors === undefined
      ? ''
      : ` Mean error of a pair's predicted throughput: ${percent(errors.measured)} with these factors (each pair predicted from the others), ${percent(errors.none)} with none.`;
  return `${bold('Interference')} (measured)\n\n${wrap(
    `Beside a busy neighbour a call takes longer: ${factors.join(', ')}; from ${interference.pairs.length} pairs executed together.${error}`,
    style.width,
  )}\n`;
}

/** Empty for a profile without it. */
export function handoverText({ handover }: Profile, style: TextStyle): string {
  if (handover === undefined) return '';
  const { bold } = paint(style);
  const rate = (bytesPerS: number | undefined): string => (bytesPerS === undefined ? '' : scaled(bytesPerS, 'B/s'));
  const rows = Object.entries(handover.processors).map(([id, { callMs, intoBytesPerS, outOfBytesPerS }]) => [
    id,
    figure(callMs),
    rate(intoBytesPerS),
    rate(outOfBytesPerS),
  ]);
  const columns = ['ms a call', 'tensors in', 'tensors out'].map((title) => ({ title, align: 'right' as const }));
  return `${[
    bold('Calls of stages in their processes (core time, measured)'),
    table([{ title: 'processor' }, ...columns], rows, style),
    wrap(
      `${percent(handover.feederShare)} of it in the process that feeds frames; from ${handover.series.length} series.`,
      style.width,
    ),
  ].join('\n\n')}\n`;
}

/** Empty for a profile without it. */
export function memoryText({ memory }: Profile, style: TextStyle): string {
  if (memory === undefined) return '';
  const alone = Object.entries(memory.aloneBytesPerS).map(([id, rate]) => `${id} ${scaled(rate, 'B/s')}`);
  const all = scaled(memory.togetherBytesPerS, 'B/s');
  return `${wrap(
    `Memory (measured, tensors of ${bytesText(memory.tensorBytes)}): ${all} for ${memory.together.join(' and ')} together; alone ${alone.join(', ')}.`,
    style.width,
  )}\n`;
}
