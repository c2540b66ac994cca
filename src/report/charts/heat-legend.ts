/** What the heat map's steps and marks mean. */
import { figure } from '../numbers.ts';
import { type Frame, label } from './frame.ts';
import { hatchPath } from './hatching.ts';
import type { HeatScale } from './heat-scale.ts';
import { coordinate, element } from './svg.ts';
import { textWidth } from './text-width.ts';

/** Hatching of blocks that a processor cannot run. */
export const CANNOT_RUN = { direction: 'up', spacing: 5 } as const;

export interface HeatWords {
  /** Something cannot run somewhere. */
  gaps: boolean;
  /** Of the figures, in words. */
  origin: string;
  unit?: string;
  /** What a column is. */
  column?: string;
}

export function heatLegend(
  frame: Frame,
  { limits }: HeatScale,
  { gaps, origin, unit = 'ms', column = 'each column a block, first to last' }: HeatWords,
): { body: string[]; height: number } {
  const { width, fontSize, palette } = frame;
  const steps = limits.length - 1;
  const body: string[] = [];
  const high = fontSize + 2;
  let x = 0;
  let y = 0;
  if (steps > 0) {
    const box = Math.min(34, (width - 20) / steps);
    for (let i = 0; i < steps; i++) {
      body.push(element('rect', { x: x + i * box, y, width: box, height: high, fill: palette.heat[i] }));
    }
    body.push(
      element('rect', {
        x: x + 0.5,
        y: y + 0.5,
        width: steps * box - 1,
        height: high - 1,
        fill: 'none',
        stroke: palette.faint,
        'stroke-width': 0.75,
      }),
    );
    let taken = Number.NEGATIVE_INFINITY;
    limits.forEach((limit, i) => {
      const text = i === steps ? `${figure(limit)} ${unit}` : figure(limit);
      const half = textWidth(text, fontSize) / 2;
      const last = textWidth(`${figure(limits[steps] as number)} ${unit}`, fontSize);
      const at = Math.max(half, i * box);
      const reserved = Math.max(last / 2, steps * box) - last / 2 - 6;
      if (at - half < taken + 6 || (i < steps && at + half > reserved)) return;
      taken = at + half;
      body.push(label(at, y + high + fontSize + 1, text, { anchor: 'middle', fill: palette.faint }));
    });
    y += high + fontSize + 10;
  }
  const entry = (mark: string, text: string) => {
    const indent = mark === '' ? 0 : 26;
    const wide = indent + textWidth(text, fontSize);
    if (x > 0 && x + wide > width) {
      x = 0;
      y += fontSize + 8;
    }
    body.push(
      mark === '' ? '' : `<g transform="translate(${coordinate(x)} ${coordinate(y)})">${mark}</g>`,
      label(x + indent, y + fontSize - 1, text),
    );
    x += wide + 18;
  };
  entry(
    element('rect', {
      x: 1,
      y: 0,
      width: 18,
      height: fontSize,
      fill: 'none',
      stroke: palette.path,
      'stroke-width': 2.5,
    }),
    'chosen by the plan',
  );
  if (gaps) {
    const place = { x: 0.5, y: 0.5, width: 20, height: fontSize - 1 };
    const outline = { fill: 'none', stroke: palette.hatch };
    entry(
      element('rect', { ...place, ...outline }) +
        element('path', { d: hatchPath(place, CANNOT_RUN.direction, CANNOT_RUN.spacing), ...outline }),
      'cannot run',
    );
  }
  entry('', `${column}; ${origin}`);
  return { body, height: y + fontSize + 10 };
}
