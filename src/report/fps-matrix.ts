/** An FPS matrix as a table. */
import { type FpsCell, type FpsMatrix, fpsCell } from '../profiles/fps-matrix.ts';
import { figure, percent } from './numbers.ts';
import { paint, type TextStyle } from './style.ts';
import { shorten, table, wrap } from './table.ts';

const LONGEST_NAME = 28;

/** Rate, spread of the latencies behind it, and a mark where a part ran elsewhere. */
function cellText(cell: FpsCell, style: TextStyle): string {
  const { std, mean } = cell.latencyMs ?? {};
  const sign = style.unicode ? '±' : '+-';
  const spread = std === undefined || mean === undefined || mean === 0 ? '' : ` ${sign}${percent(std / mean)}`;
  return `${figure(cell.framesPerS)}${spread}${cell.fallback ? ' *' : ''}`;
}

export function fpsMatrixText(matrix: FpsMatrix, style: TextStyle): string {
  const { bold, dim } = paint(style);
  const cells = matrix.models.flatMap((model) => matrix.devices.flatMap(({ id }) => fpsCell(model, id) ?? []));
  const origins = [...new Set(cells.map(({ origin }) => origin))];
  const rows = matrix.models.map((model) => [
    shorten(model.name, LONGEST_NAME, style),
    ...matrix.devices.map(({ id }) => {
      const cell = fpsCell(model, id);
      return cell === undefined ? dim('cannot run') : cellText(cell, style);
    }),
  ]);
  const notes = [`Figures are ${origins.join(', ')}.`];
  if (cells.some(({ latencyMs }) => latencyMs?.std !== undefined))
    notes.push('The spread is the standard deviation of the latencies, as a share of their mean.');
  if (cells.some(({ fallback }) => fallback)) notes.push('* A part of the model ran on another provider.');
  return `${[
    bold(
      `FPS matrix${matrix.platform === undefined ? '' : ` of ${matrix.platform}`}: frames per second of each model alone`,
    ),
    table(
      [{ title: 'model' }, ...matrix.devices.map(({ id }) => ({ title: id, align: 'right' as const }))],
      rows,
      style,
    ),
    wrap(notes.join(' '), style.width),
  ].join('\n\n')}\n`;
}
