/** Levels as they were measured, beside what was predicted of them. */
import type { EvaluatedLadder } from '../subnets/evaluation.ts';
import type { LadderLevel } from '../subnets/ladder-schema.ts';
import { figure } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { table, wrap } from './table.ts';

/** Half a 95 % interval, in standard errors. */
const NORMAL_95 = 1.96;

export function evaluatedLadderText({ ladder, all }: EvaluatedLadder, style: TextStyle): string {
  const { bold, dim } = paint(style);
  const sign = style.unicode ? '±' : '+-';
  const columns = [
    { title: 'level', align: 'right' as const },
    { title: 'pixels', align: 'right' as const },
    { title: 'accuracy predicted', align: 'right' as const },
    { title: 'measured', align: 'right' as const },
    { title: 'ms in the table', align: 'right' as const },
    { title: 'ms measured', align: 'right' as const },
    { title: '' },
  ];
  const accuracyCells = ({ accuracy, accuracyError, accuracySource, stated }: LadderLevel) => {
    const error = accuracyError === undefined ? '' : ` ${sign}${(100 * NORMAL_95 * accuracyError).toFixed(2)}`;
    return [
      `${(100 * (stated?.accuracy ?? accuracy)).toFixed(2)} %`,
      accuracySource === 'measured' ? `${(100 * accuracy).toFixed(2)}${error} %` : '-',
    ];
  };
  const latencyCells = ({ latencyMs, latencySigmaMs, latencySource, stated }: LadderLevel) => {
    const spread = latencySigmaMs === undefined ? '' : ` ${sign}${Number(latencySigmaMs.toPrecision(2))}`;
    return [
      stated?.latencyMs === undefined ? '-' : figure(stated.latencyMs),
      latencySource === 'measured' && latencyMs !== stated?.latencyMs ? figure(latencyMs!) + spread : '-',
    ];
  };
  const parts = ladder.ladders.flatMap(({ processor, levels }, l) => {
    const rows = all[l].map((level) => {
      const place = levels.find(({ stated }) => stated?.level === level.level);
      const row = [String(level.level), String(level.resolution), ...accuracyCells(level), ...latencyCells(level)];
      return place ? [...row, `now ${place.level}`] : [...row, 'left out'].map(dim);
    });
    const title = `${bold(`Ladder as measured, ${processor}`)}: ${levels.length} of ${rows.length} levels are worth having`;
    return [title, table(columns, rows, style)];
  });
  const notes = `Measured accuracy with its 95 % interval, by the number of images; measured times with the standard deviation of a call, where it is known.`;
  return `${[...parts, wrap(notes, style.width)].join('\n\n')}\n`;
}
