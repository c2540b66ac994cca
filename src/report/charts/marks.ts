/** The mark of each model, the same in every chart: its number, a fill, and from the tenth on a texture. */
import { type Frame, label } from './frame.ts';
import { type Direction, hatchPath, type Rectangle } from './hatching.ts';
import { FILLS } from './palette.ts';
import { type Attributes, element, escapeText, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';

/** Lines over the fill, one texture for every nine models. */
const TEXTURES: readonly { directions: readonly Direction[]; spacing: number }[] = [
  { directions: [], spacing: 0 },
  { directions: ['up'], spacing: 6 },
  { directions: ['down'], spacing: 6 },
  { directions: ['vertical'], spacing: 4 },
  { directions: ['horizontal'], spacing: 4 },
  { directions: ['vertical', 'horizontal'], spacing: 5 },
  { directions: ['up', 'down'], spacing: 7 },
  { directions: ['up'], spacing: 3.5 },
];
/** Narrower rectangles show no texture. */
const NARROWEST = 2.5;
/** More models take two columns at least, if need be with shortened names. */
const MANY = 6;

/** Rectangles in the models' fills; their textures are gathered, to be drawn over all of them as one path. */
export class Marks {
  readonly #frame: Frame;
  #lines = '';

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** A rectangle of the model of that number, from 1. */
  rectangle(number: number, place: Rectangle, attributes: Attributes, ...content: string[]): string {
    const { directions, spacing } = textureOf(number);
    if (place.width >= NARROWEST) {
      for (const direction of directions) this.#lines += hatchPath(place, direction, spacing);
    }
    return element('rect', { ...place, fill: fillOf(this.#frame, number), ...attributes }, ...content);
  }

  /** The textures of all rectangles so far: after them, before their labels. */
  textures(): string {
    const { palette } = this.#frame;
    const lines = this.#lines;
    this.#lines = '';
    if (lines === '') return '';
    return element('path', {
      d: lines,
      stroke: palette.onFill,
      'stroke-opacity': '0.4',
      fill: 'none',
      'pointer-events': 'none',
    });
  }
}

function textureOf(number: number) {
  return TEXTURES[Math.floor((number - 1) / FILLS.length) % TEXTURES.length] as (typeof TEXTURES)[number];
}

function fillOf({ palette }: Frame, number: number): string {
  return palette.fills[(number - 1) % FILLS.length] as string;
}

/** Text on the fill of a model: on a plain patch where a texture or other edges lie under it (`busy`). */
export function onMark(frame: Frame, number: number, x: number, y: number, text: string, busy = false): string {
  const { palette, fontSize } = frame;
  const size = fontSize - 1;
  const words = label(x, y, text, {
    anchor: 'middle',
    'font-size': size,
    fill: palette.onFill,
    'pointer-events': 'none',
  });
  if (textureOf(number).directions.length === 0 && !busy) return words;
  const width = textWidth(text, size) + 1;
  const patch = { x: x - width / 2, y: y - 0.82 * size, width, height: 1.08 * size };
  return element('rect', { ...patch, fill: fillOf(frame, number), 'pointer-events': 'none' }) + words;
}

/** Numbers, fills and names of all models in columns. */
export function legend(
  frame: Frame,
  models: readonly { number: number; name: string }[],
  top: number,
): { body: string[]; height: number } {
  const { width, fontSize, palette } = frame;
  const marks = new Marks(frame);
  const swatch = fontSize + 8;
  const gap = 14;
  const widest = Math.max(...models.map(({ name }) => textWidth(name, fontSize)));
  const least = models.length > MANY ? 2 : 1;
  const fitting = Math.min(models.length, Math.floor((width + gap) / (swatch + 5 + widest + gap)));
  const columns = Math.max(least, fitting);
  const columnWidth = (width + gap) / columns;
  const rowHeight = fontSize + 8;
  const rows = Math.ceil(models.length / columns);
  const places = models.map((_, i) => ({ x: Math.floor(i / rows) * columnWidth, y: top + (i % rows) * rowHeight }));
  const swatches = models.map(({ number }, i) => {
    const { x, y } = places[i] as (typeof places)[number];
    const place = { x: x + 0.5, y: y + 0.5, width: swatch, height: fontSize + 3 };
    return marks.rectangle(number, place, { rx: 2, stroke: palette.edge, 'stroke-width': 0.75 });
  });
  const texts = models.map(({ number, name }, i) => {
    const { x, y } = places[i] as (typeof places)[number];
    const shown = fitText(name, columnWidth - swatch - 6 - gap, fontSize);
    return [
      onMark(frame, number, x + 0.5 + swatch / 2, y + fontSize, String(number)),
      element('text', { x: x + swatch + 6, y: y + fontSize }, shown === name ? '' : title(name), escapeText(shown)),
    ].join('');
  });
  return { body: [...swatches, marks.textures(), ...texts], height: rows * rowHeight };
}
