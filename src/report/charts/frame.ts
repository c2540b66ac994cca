/** What all charts share: the frame that they are drawn in, and its parts that carry text. */
import type { Palette } from './palette.ts';
import { LIGHT, PAGE } from './palette.ts';
import { type Attributes, coordinate, element, escapeText } from './svg.ts';

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
  return { width, fontSize: 12, palette: PAGE, prefix: 'chart-' };
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
  return element('path', { d: `M${coordinate(x1)} ${coordinate(y1)}L${coordinate(x2)} ${coordinate(y2)}`, ...attributes });
}
