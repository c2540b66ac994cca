/** The mark of each model, the same in every chart: its number, a fill, and from the tenth on a texture. */
import { type Frame, label } from './frame.ts';
import { FILLS } from './palette.ts';
import { element, escapeText, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';

/** Strokes of each texture in a square of 6. */
const TEXTURES = ['', 'M0 6L6 0', 'M0 0L6 6', 'M3 0V6', 'M0 3H6', 'M0 3H6M3 0V6', 'M0 0L6 6M0 6L6 0', 'M1 3h2'];

/** More models take two columns at least, if need be with shortened names. */
const MANY = 6;

export interface Marks {
  /** Definitions that the fills refer to. */
  definitions: string;
  /** Value of `fill` for the model of that number. */
  fill(number: number): string;
}

/**
 * @param chart id of the chart, so that definitions of several charts do not meet
 * @param numbers of the models that are shown, from 1
 */
export function modelMarks(frame: Frame, chart: string, numbers: Iterable<number>): Marks {
  const { palette, prefix } = frame;
  const nameOf = (number: number) => `${prefix}${chart}-model${number}`;
  const patterns: string[] = [];
  for (const number of numbers) {
    if (textureOf(number) === '') continue;
    patterns.push(
      element(
        'pattern',
        { id: nameOf(number), width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
        element('rect', { width: 6, height: 6, fill: plainFill(frame, number) }),
        element('path', { d: textureOf(number), stroke: palette.onFill, 'stroke-opacity': '0.45', fill: 'none' }),
      ),
    );
  }
  return {
    definitions: patterns.length === 0 ? '' : element('defs', {}, ...patterns),
    fill: (number) => (textureOf(number) === '' ? plainFill(frame, number) : `url(#${nameOf(number)})`),
  };
}

function textureOf(number: number): string {
  return TEXTURES[Math.floor((number - 1) / FILLS.length) % TEXTURES.length] as string;
}

function plainFill({ palette }: Frame, number: number): string {
  return palette.fills[(number - 1) % FILLS.length] as string;
}

/** Text on the fill of a model: with a halo where a texture or other edges lie under it (`busy`). */
export function onMark(frame: Frame, number: number, x: number, y: number, text: string, busy = false): string {
  const { palette, fontSize } = frame;
  const halo =
    textureOf(number) === '' && !busy
      ? {}
      : { stroke: plainFill(frame, number), 'stroke-width': 3, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };
  return label(x, y, text, { anchor: 'middle', 'font-size': fontSize - 1, fill: palette.onFill, ...halo });
}

/** Numbers, fills and names of all models in columns. */
export function legend(
  frame: Frame,
  marks: Marks,
  models: readonly { number: number; name: string }[],
  top: number,
): { body: string[]; height: number } {
  const { width, fontSize, palette } = frame;
  const swatch = fontSize + 8;
  const gap = 14;
  const widest = Math.max(...models.map(({ name }) => textWidth(name, fontSize)));
  const least = models.length > MANY ? 2 : 1;
  const columns = Math.max(least, Math.min(models.length, Math.floor((width + gap) / (swatch + 5 + widest + gap))));
  const columnWidth = (width + gap) / columns;
  const rowHeight = fontSize + 8;
  const rows = Math.ceil(models.length / columns);
  const body = models.map(({ number, name }, i) => {
    const x = Math.floor(i / rows) * columnWidth;
    const y = top + (i % rows) * rowHeight;
    const shown = fitText(name, columnWidth - swatch - 6 - (columns > 1 ? gap : 0), fontSize);
    return [
      element('rect', {
        x: x + 0.5,
        y: y + 0.5,
        width: swatch,
        height: fontSize + 3,
        rx: 2,
        fill: marks.fill(number),
        stroke: palette.edge,
        'stroke-width': 0.75,
      }),
      onMark(frame, number, x + 0.5 + swatch / 2, y + fontSize, String(number)),
      element('text', { x: x + swatch + 6, y: y + fontSize }, shown === name ? '' : title(name), escapeText(shown)),
    ].join('');
  });
  return { body, height: rows * rowHeight };
}
