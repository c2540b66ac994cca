/** What all charts share: the frame that they are drawn in, and its parts that carry text. */
import type { Palette } from './palette.ts';
import { LIGHT, PAGE } from './palette.ts';
import { type Attributes, coordinate, element, escapeText } from './svg.ts';
import { textWidth, wrapText } from './text-width.ts';

/** Where a chart is drawn. Charts lay themselves out for the width: narrow ones are not shrunken wide ones. */
export interface Frame {
  /** CSS pixels. */
  width: number;
  /** Of all text, CSS pixels. */
  fontSize: number;
  palette: Palette;
  /** Before every id, so that several charts share a document. */
  prefix: string;
  fontFamily?: string;
  /** Fill the background. */
  opaque?: boolean;
  /** Charts stand below each other: what one tells about the models, the next need not repeat. */
  together?: boolean;
}

/** One column of a paper, 89 mm; its text is then 7.5 pt high. */
export const PAPER_FRAME: Frame = {
  width: 336,
  fontSize: 10,
  palette: LIGHT,
  prefix: '',
  fontFamily: 'sans-serif',
  opaque: true,
};

export function pageFrame(width: number): Frame {
  return { width, fontSize: 12, palette: PAGE, prefix: 'chart-', together: true };
}

export interface Drawing {
  id: string;
  /** What it shows, with unit. */
  title: string;
  /** The same in words, for those who do not see it. */
  description: string;
  height: number;
  body: string[];
}

export function drawing(frame: Frame, { id, title, description, height, body }: Drawing): string {
  const { width, fontSize, palette, prefix, fontFamily, opaque } = frame;
  const name = `${prefix}${id}`;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      role: 'img',
      'aria-labelledby': `${name}-title ${name}-description`,
      'font-family': fontFamily,
      'font-size': fontSize,
      fill: palette.ink,
    },
    element('title', { id: `${name}-title` }, escapeText(title)),
    element('desc', { id: `${name}-description` }, escapeText(description)),
    ...(opaque ? [element('rect', { width, height, fill: palette.paper })] : []),
    ...body,
  );
}

export type Anchor = 'start' | 'middle' | 'end';

/** One line of text; y is its baseline. */
export function label(x: number, y: number, text: string, attributes: Attributes & { anchor?: Anchor } = {}): string {
  const { anchor, ...rest } = attributes;
  return element('text', { x, y, 'text-anchor': anchor === 'start' ? undefined : anchor, ...rest }, escapeText(text));
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes): string {
  return element('path', {
    d: `M${coordinate(x1)} ${coordinate(y1)}L${coordinate(x2)} ${coordinate(y2)}`,
    ...attributes,
  });
}

/** Text of second rank below an axis that runs from x1 to x2: in one line under its middle, else in several. */
export function axisCaption(
  frame: Frame,
  text: string,
  x1: number,
  x2: number,
  y: number,
): { body: string[]; height: number } {
  const { fontSize, palette, width } = frame;
  const whole = textWidth(text, fontSize);
  const lines = wrapText(text, width, fontSize);
  const middle = lines.length > 1 ? width / 2 : Math.min(Math.max((x1 + x2) / 2, whole / 2), width - whole / 2);
  const body = lines.map((each, i) =>
    label(middle, y + fontSize + i * (fontSize + 3), each, { anchor: 'middle', fill: palette.faint }),
  );
  return { body, height: lines.length * (fontSize + 3) };
}

/** Labels under an axis: those that would touch their neighbour are left out, those at the ends stay inside. */
export function tickLabels(
  frame: Frame,
  ticks: readonly number[],
  x: (value: number) => number,
  y: number,
  text: (tick: number) => string = axisNumber,
): string[] {
  const { fontSize, palette, width } = frame;
  const labels: string[] = [];
  let taken = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const half = textWidth(text(tick), fontSize) / 2;
    const place = Math.min(Math.max(x(tick), half), width - half);
    if (place - half < taken + 4) continue;
    taken = place + half;
    labels.push(label(place, y, text(tick), { anchor: 'middle', fill: palette.faint }));
  }
  return labels;
}

/** A round number as short as it goes: `0.05`, `20000`, `200k`. */
export function axisNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e5) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(6)));
}
