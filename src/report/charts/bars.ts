/** Horizontal bars, one per processor, cut into the models' parts. */
import { axisCaption, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import { legend, Marks, onMark } from './marks.ts';
import type { Scale } from './scale.ts';
import { element, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';

export interface Bar {
  name: string;
  /** Tooltip of the whole row. */
  about: string;
  /** In order from the left. */
  parts: { model: number; value: number; about: string }[];
  /** What the bar holds beyond its parts, drawn in grey. */
  rest?: { value: number; about: string };
  /** Printed at the right end. */
  text: string;
}

export interface StackedBars {
  id: string;
  title: string;
  description: string;
  /** Below the axis: what it counts, with unit. */
  caption: string;
  bars: Bar[];
  scale: Scale;
  tickText?: (tick: number) => string;
  /** Draw the whole length of the axis behind each bar. */
  track?: boolean;
  /** A chart with the same models stands above it. */
  followsLegend?: true;
  /** Models that the parts refer to, by number. */
  models: { number: number; name: string }[];
}

export function stackedBars(frame: Frame, chart: StackedBars): string {
  const { width, fontSize, palette } = frame;
  const { bars, scale, models } = chart;
  const marks = new Marks(frame);
  const row = fontSize + 16;
  const thick = row - 8;
  const nameWidth = Math.min(0.3 * width, Math.max(...bars.map(({ name }) => textWidth(name, fontSize))));
  const valueWidth = Math.max(...bars.map(({ text }) => textWidth(text, fontSize)));
  const left = nameWidth + 8;
  const plot = width - valueWidth - 12 - left;
  const x = (value: number) => left + plot * Math.min(1, scale.at(value));
  const bottom = bars.length * row;
  const body: string[] = [];
  const labels: string[] = [];
  for (const tick of scale.ticks) body.push(line(x(tick), 0, x(tick), bottom + 3, { stroke: palette.rule }));
  bars.forEach((bar, i) => {
    const y = i * row + 4;
    const baseline = y + thick / 2 + 0.36 * fontSize;
    const parts = [
      title(bar.about),
      label(nameWidth, baseline, fitText(bar.name, nameWidth, fontSize), { anchor: 'end' }),
    ];
    if (chart.track) parts.push(element('rect', { x: left, y, width: plot, height: thick, fill: palette.rule }));
    let at = 0;
    const next = (value: number) => {
      const from = x(at);
      at += value;
      const wide = x(at) - from;
      const edge = { stroke: palette.edge, 'stroke-width': wide > 1.5 ? 0.75 : 0 };
      return { place: { x: from, y, width: wide, height: thick }, edge };
    };
    for (const { model, value, about } of bar.parts) {
      const { place, edge } = next(value);
      parts.push(marks.rectangle(model, place, edge, title(about)));
      const text = String(model);
      if (place.width < textWidth(text, fontSize - 1) + 3) continue;
      labels.push(onMark(frame, model, place.x + place.width / 2, baseline, text));
    }
    if (bar.rest) {
      const { place, edge } = next(bar.rest.value);
      parts.push(element('rect', { ...place, fill: palette.hatch, ...edge }, title(bar.rest.about)));
    }
    parts.push(label(width, baseline, bar.text, { anchor: 'end' }));
    body.push(element('g', {}, ...parts));
  });
  body.push(marks.textures(), ...labels);
  body.push(...tickLabels(frame, scale.ticks, x, bottom + fontSize + 5, chart.tickText));
  const caption = axisCaption(frame, chart.caption, left, left + plot, bottom + fontSize + 8);
  body.push(...caption.body);
  const below = bottom + fontSize + 20 + caption.height;
  if (chart.followsLegend && frame.together) return drawing(frame, { ...chart, height: below - 8, body });
  const key = legend(frame, models, below);
  body.push(...key.body);
  return drawing(frame, { ...chart, height: below + key.height, body });
}
