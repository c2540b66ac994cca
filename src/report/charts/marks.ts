/** The mark of each model, the same in every chart: its number, a fill, and from the tenth on a texture. */
import type { Frame } from './frame.ts';
import { FILLS } from './palette.ts';
import { coordinate, element, escapeText } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';

/** Strokes of each texture in a square of 6. */
const TEXTURES = ['', 'M0 6L6 0', 'M0 0L6 6', 'M3 0V6', 'M0 3H6', 'M0 3H6M3 0V6', 'M0 0L6 6M0 6L6 0', 'M1 3h2'];

export interface Marks {
  /** Definitions that the fills refer to. */
  definitions: string;
  /** Value of `fill` for model m. */
  fill(m: number): string;
}

/** @param chart id of the chart, so that definitions of several charts do not meet */
export function modelMarks(frame: Frame, chart: string, models: number): Marks {
  const { palette, prefix } = frame;
  const nameOf = (m: number) => `${prefix}${chart}-model${m}`;
  const plain = (m: number) => palette.fills[m % FILLS.length] as string;
  const textureOf = (m: number) => TEXTURES[Math.floor(m / FILLS.length) % TEXTURES.length] as string;
  const patterns: string[] = [];
  for (let m = 0; m < models; m++) {
    if (textureOf(m) === '') continue;
    patterns.push(
      element(
        'pattern',
        { id: nameOf(m), width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
        element('rect', { width: 6, height: 6, fill: plain(m) }),
        element('path', { d: textureOf(m), stroke: palette.onFill, 'stroke-opacity': '0.45', fill: 'none' }),
      ),
    );
  }
  return {
    definitions: patterns.length === 0 ? '' : element('defs', {}, ...patterns),
    fill: (m) => (textureOf(m) === '' ? plain(m) : `url(#${nameOf(m)})`),
  };
}

/** Text on a mark: with a halo where a texture lies under it. */
export function onMark(frame: Frame, m: number, x: number, y: number, text: string): string {
  const { palette, fontSize } = frame;
  const halo = m >= FILLS.length ? { stroke: palette.fills[m % FILLS.length], 'stroke-width': 3 } : {};
  return element(
    'text',
    {
      x,
      y,
      'text-anchor': 'middle',
      'font-size': fontSize - 1,
      fill: palette.onFill,
      'paint-order': m >= FILLS.length ? 'stroke' : undefined,
      ...halo,
    },
    escapeText(text),
  );
}

/** Numbers, fills and names of all models in columns. */
export function legend(frame: Frame, marks: Marks, names: readonly string[], top: number): { body: string[]; height: number } {
  const { width, fontSize, palette } = frame;
  const swatch = fontSize + 8;
  const gap = 14;
  const widest = Math.max(...names.map((name) => textWidth(name, fontSize)));
  const columns = Math.max(1, Math.min(names.length, Math.floor((width + gap) / (swatch + 5 + widest + gap))));
  const columnWidth = (width + gap) / columns;
  const rowHeight = fontSize + 8;
  const rows = Math.ceil(names.length / columns);
  const body = names.map((name, m) => {
    const x = Math.floor(m / rows) * columnWidth;
    const y = top + (m % rows) * rowHeight;
    return (
      element('rect', { x: x + 0.5, y: y + 0.5, width: swatch, height: fontSize + 3, rx: 2, fill: marks.fill(m), stroke: palette.edge, 'stroke-width': 0.75 }) +
      onMark(frame, m, x + 0.5 + swatch / 2, y + fontSize, String(m + 1)) +
      `<text x="${coordinate(x + swatch + 6)}" y="${coordinate(y + fontSize)}">${escapeText(fitText(name, columnWidth - swatch - 6 - gap, fontSize))}</text>`
    );
  });
  return { body, height: rows * rowHeight };
}
