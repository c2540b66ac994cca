/** Panels above each other over one axis of virtual time: dots (one per frame), steps (what held when), or a line. */
import { axisCaption, axisNumber, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import { linearScale } from './scale.ts';
import { coordinate, element, escapeText } from './svg.ts';
import { textWidth } from './text-width.ts';

export interface TimePanel {
  title: string;
  kind: 'dots' | 'steps' | 'line';
  /** Seconds, and the value from then on (steps) or of that frame (dots). */
  points: readonly { at: number; value: number }[];
  /** A line that should not be crossed; dots above it are drawn hollow, in its colour. */
  limit?: number;
  /** The axis begins at zero. */
  fromZero?: boolean;
  /** The axis reaches at least so far: panels of the same quantity can share a scale. */
  most?: number;
  /** Height without the title, default 64. */
  height?: number;
}

export interface TimePanels {
  id: string;
  title: string;
  description: string;
  caption: string;
  /** Seconds. */
  from: number;
  until: number;
  panels: readonly TimePanel[];
  /** Vertical lines through all panels. */
  marks?: readonly { at: number; text: string }[];
}

/** Points drawn in one panel; of more, evenly many are left out. */
const MOST_POINTS = 1500;
const HEIGHT = 64;

export function timePanels(frame: Frame, chart: TimePanels): string {
  const { fontSize, palette, width } = frame;
  const { from, until, panels, marks = [] } = chart;
  const scales = panels.map((panel) => scaleOf(panel));
  const texts = scales.map(({ ticks }) => ticks.map(axisNumber));
  const left = Math.max(...texts.flat().map((text) => textWidth(text, fontSize))) + 8;
  const right = width - 4;
  const x = (seconds: number) => left + ((right - left) * (seconds - from)) / (until - from);
  const body: string[] = [];
  let top = 0;
  panels.forEach((panel, i) => {
    const { height = HEIGHT } = panel;
    const bottom = top + fontSize + 8 + height;
    body.push(label(left, top + fontSize + 1, panel.title, { 'font-weight': 'bold' }));
    const y = (value: number) => bottom - height * Math.min(1, Math.max(0, scales[i].at(value)));
    scales[i].ticks.forEach((tick, t) => {
      body.push(line(left, y(tick), right, y(tick), { stroke: palette.rule }));
      body.push(label(left - 6, y(tick) + 0.36 * fontSize, texts[i][t], { anchor: 'end', fill: palette.faint }));
    });
    for (const { at } of marks) {
      body.push(line(x(at), bottom - height, x(at), bottom, { stroke: palette.other, 'stroke-dasharray': '2 2' }));
    }
    const { limit } = panel;
    if (limit !== undefined) {
      body.push(line(left, y(limit), right, y(limit), { stroke: palette.limit, 'stroke-dasharray': '5 3' }));
    }
    body.push(panel.kind === 'dots' ? dots(frame, panel, x, y) : steps(frame, panel, until, x, y));
    top = bottom + 8;
  });
  const { ticks } = linearScale(from, until, Math.max(2, Math.floor((right - left) / 60)));
  const shown = ticks.filter((tick) => tick >= from && tick <= until);
  body.push(...tickLabels(frame, shown, x, top + fontSize - 2));
  const caption = axisCaption(frame, chart.caption, left, right, top + fontSize + 2);
  body.push(...caption.body);
  return drawing(frame, {
    id: chart.id,
    title: chart.title,
    description: chart.description,
    height: top + fontSize + 8 + caption.height,
    body,
  });
}

function scaleOf({ points, limit, fromZero = false, most = Number.NEGATIVE_INFINITY }: TimePanel) {
  let low = fromZero ? 0 : Number.POSITIVE_INFINITY;
  let high = most;
  for (const { value } of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (limit !== undefined) {
    low = Math.min(low, limit);
    high = Math.max(high, limit);
  }
  return high > Number.NEGATIVE_INFINITY ? linearScale(low, Math.max(high, low), 3) : linearScale(0, 1, 2);
}

function dots(frame: Frame, panel: TimePanel, x: (at: number) => number, y: (value: number) => number): string {
  const { palette } = frame;
  const every = Math.max(1, Math.ceil(panel.points.length / MOST_POINTS));
  const { limit = Number.POSITIVE_INFINITY } = panel;
  let within = '';
  let over = '';
  panel.points.forEach(({ at, value }, i) => {
    // What is over the limit is never left out.
    if (i % every !== 0 && value <= limit) return;
    const place = `M${coordinate(x(at))} ${coordinate(y(value))}h0`;
    if (value <= limit) within += place;
    else over += place;
  });
  const drawn = (d: string, stroke: string): string =>
    d === '' ? '' : element('path', { d, stroke, 'stroke-width': 2, 'stroke-linecap': 'round', fill: 'none' });
  return drawn(within, palette.accent) + drawn(over, palette.limit);
}

function steps(
  frame: Frame,
  { points, title, kind }: TimePanel,
  until: number,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  if (points.length === 0) return '';
  const every = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  let d = '';
  points.forEach(({ at, value }, i) => {
    if (i % every !== 0) return;
    const [across, up] = [coordinate(x(at)), coordinate(y(value))];
    d += d === '' ? `M${across} ${up}` : kind === 'line' ? `L${across} ${up}` : `H${across}V${up}`;
  });
  const path = { d: `${d}H${coordinate(x(until))}`, fill: 'none', stroke: frame.palette.accent, 'stroke-width': 1.25 };
  return element('path', path, element('title', {}, escapeText(title)));
}
