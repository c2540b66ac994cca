/**
 * Hatching as plain lines, cut to rectangles. SVG has patterns for that, but printers turn them into large images, and
 * the programs that papers are made with often lose them.
 */
import { coordinate } from './svg.ts';

export type Direction = 'up' | 'down' | 'vertical' | 'horizontal';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Path of all lines of a direction, `spacing` apart, inside a rectangle; those of neighbours continue each other. */
export function hatchPath({ x, y, width, height }: Rectangle, direction: Direction, spacing: number): string {
  const right = x + width;
  const bottom = y + height;
  let path = '';
  const segment = (x1: number, y1: number, x2: number, y2: number) => {
    if (x1 === x2 && y1 === y2) return;
    path += `M${coordinate(x1)} ${coordinate(y1)}L${coordinate(x2)} ${coordinate(y2)}`;
  };
  const each = (from: number, to: number, draw: (c: number) => void) => {
    for (let i = Math.ceil(from / spacing); i * spacing <= to; i++) draw(i * spacing);
  };
  switch (direction) {
    case 'up': // x + y = c
      each(x + y, right + bottom, (c) => {
        const x1 = Math.max(x, c - bottom);
        const x2 = Math.min(right, c - y);
        segment(x1, c - x1, x2, c - x2);
      });
      break;
    case 'down': // x - y = c
      each(x - bottom, right - y, (c) => {
        const x1 = Math.max(x, c + y);
        const x2 = Math.min(right, c + bottom);
        segment(x1, x1 - c, x2, x2 - c);
      });
      break;
    case 'vertical':
      each(x, right, (c) => segment(c, y, c, bottom));
      break;
    case 'horizontal':
      each(y, bottom, (c) => segment(x, c, right, c));
      break;
  }
  return path;
}
