/** Tables of operating points for people: the rows that were kept, and what was lost by thinning. */
import type { TablesDocument } from '../profiles/tables-schema.ts';
import { figure, percent } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

export function tablesText(tables: TablesDocument, style: TextStyle): string {
  const { bold } = paint(style);
  const rows = tables.rows.map(({ point, powerUp, busyWatts, idleWatts }, k) => [
    String(point),
    figure(powerUp),
    figure(busyWatts),
    figure(idleWatts),
    ...tables.models.map(({ blocks }) => figure(frameSpeedUp(blocks, k))),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const { unionRows, worstPowerExcess, worstSpeedUpLoss } = tables.thinning;
  return `${[
    bold(
      `Operating points of ${tables.platform} for ${tables.processor}: SpeedUp of whole models and PowerUp of the device, as factors`,
    ),
    table(
      [
        right('point'),
        right('PowerUp'),
        right('busy W'),
        right('idle W'),
        ...tables.models.map(({ name }) => right(shorten(name, 16, style))),
      ],
      rows,
      style,
    ),
    wrap(
      `${tables.pointCount} points, ${unionRows} of them best for some block, ${rows.length} kept. Lost by that at most ${percent(worstSpeedUpLoss)} of a block's SpeedUp, at most ${percent(worstPowerExcess)} more power. --json names the clocks of each point. All figures are modelled (roofline and clock model).`,
      style.width,
    ),
  ].join('\n\n')}\n`;
}

function frameSpeedUp(blocks: TablesDocument['models'][number]['blocks'], row: number): number {
  const before = blocks.reduce((sum, { referenceMs }) => sum + referenceMs, 0);
  const after = blocks.reduce((sum, { referenceMs, speedUp }) => sum + referenceMs / speedUp[row], 0);
  return after > 0 ? before / after : 1;
}
