/** Where the texts of a drawing lie, and that they are neither cut nor over each other. */
import * as assert from 'uvu/assert';
import { textWidth } from '../../src/report/charts/text-width.ts';
import { type Element, textOf } from './markup.ts';

export interface Box {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Where texts lie, by the widths of the widest usual font. */
export function textBoxes(element: Element, dx = 0, dy = 0, size = Number(element.attributes['font-size'])): Box[] {
  const { transform, x, y, 'font-size': own } = element.attributes;
  const moved = /^translate\(([-\d.]+) ([-\d.]+)\)$/.exec(transform ?? '');
  const [shiftX, shiftY] = moved ? [dx + Number(moved[1]), dy + Number(moved[2])] : [dx, dy];
  const fontSize = own === undefined ? size : Number(own);
  if (element.name !== 'text') {
    return element.children.flatMap((child) =>
      typeof child === 'string' ? [] : textBoxes(child, shiftX, shiftY, fontSize),
    );
  }
  const text = textOf(element);
  const width = textWidth(text, fontSize);
  const anchor = element.attributes['text-anchor'] ?? 'start';
  const left = shiftX + Number(x) - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0);
  const baseline = shiftY + Number(y);
  return [{ text, left, right: left + width, top: baseline - 0.75 * fontSize, bottom: baseline + 0.2 * fontSize }];
}

export function assertInside(svg: Element, place: string): void {
  const width = Number(svg.attributes.width);
  const height = Number(svg.attributes.height);
  for (const { text, left, right, top, bottom } of textBoxes(svg)) {
    assert.ok(left > -1 && right < width + 1, `${place}: "${text}" from ${left} to ${right} of ${width}`);
    assert.ok(top > -2 && bottom < height + 2, `${place}: "${text}" from ${top} to ${bottom} of ${height}`);
  }
}

export function assertApart(svg: Element, place: string): void {
  const boxes = textBoxes(svg).filter(({ text }) => text !== '');
  boxes.forEach((a, i) => {
    for (const b of boxes.slice(i + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      assert.ok(across < 1 || down < 1.5, `${place}: "${a.text}" lies over "${b.text}"`);
    }
  });
}
