/** Group rates of several plans as bars, with the rate that they are held against as a line through all of them. */
import { axisCaption, drawing, type Frame, label, line, tickLabels } from '../charts/frame.ts';
import { linearScale } from '../charts/scale.ts';
import { element, title } from '../charts/svg.ts';
import { BOLD, fitText, textWidth } from '../charts/text-width.ts';
import { figure, relative } from '../numbers.ts';

export interface RateRow {
  name: string;
  /** Frames per second; undefined = impossible. */
  fps: number | undefined;
  /** The plan itself. */
  own?: boolean;
}

export interface RateBars {
  id: string;
  title: string;
  caption: string;
  rows: readonly RateRow[];
  /** What the rows are held against: the plan, or the best plan as things are. */
  reference: number;
  /** In words. */
  referenceName: string;
  /** `plan`: how much the reference is above the row. `row`: how much the row is above the reference. */
  gains: 'plan' | 'row';
}

export function rateBars(frame: Frame, chart: RateBars): string {
  const { width, fontSize, palette } = frame;
  const { rows, reference } = chart;
  const row = fontSize + 12;
  const texts = rows.map(({ fps }) => (fps === undefined ? 'impossible' : figure(fps)));
  const gains = rows.map(({ fps, own }) => {
    if (fps === undefined || (own && fps === reference)) return '';
    return chart.gains === 'plan' ? relative(reference, fps) : relative(fps, reference);
  });
  const longest = Math.max(...rows.map(({ name, own }) => textWidth(name, fontSize) * (own ? BOLD : 1)));
  const nameWidth = Math.min(0.4 * width, longest);
  const gainWidth = Math.max(...gains.map((text) => textWidth(text, fontSize)));
  const textWide = BOLD * Math.max(...texts.map((text) => textWidth(text, fontSize)));
  const textEnd = width - (gainWidth > 0 ? gainWidth + 10 : 0);
  const left = nameWidth + 8;
  const right = textEnd - textWide - 12;
  const most = Math.max(reference, ...rows.map(({ fps }) => fps ?? 0));
  const scale = linearScale(0, most, Math.max(2, Math.floor((right - left) / 70)));
  const x = (fps: number) => left + (right - left) * scale.at(fps);
  const bottom = rows.length * row;
  const body = scale.ticks.map((tick) => line(x(tick), 0, x(tick), bottom + 3, { stroke: palette.rule }));
  rows.forEach(({ name, fps, own }, i) => {
    const y = i * row + 3;
    const baseline = y + (row - 6) / 2 + 0.36 * fontSize;
    const weight = own ? { 'font-weight': 'bold' } : {};
    const room = own ? nameWidth / BOLD : nameWidth;
    const fill = own ? palette.accent : palette.other;
    body.push(
      element(
        'g',
        {},
        title(`${name}: ${texts[i]}${fps === undefined ? '' : ' frames/s'}`),
        label(nameWidth, baseline, fitText(own ? ownName(name, room, fontSize) : name, room, fontSize), {
          anchor: 'end',
          ...weight,
        }),
        element('rect', { x: left, y, width: Math.max(0, x(fps ?? 0) - left), height: row - 6, fill }),
        label(textEnd, baseline, texts[i]!, { anchor: 'end', ...weight }),
        gains[i] === '' ? '' : label(width, baseline, gains[i]!, { anchor: 'end', fill: palette.faint }),
      ),
    );
  });
  body.push(
    line(x(reference), 0, x(reference), bottom, {
      stroke: palette.limit,
      'stroke-width': 1.5,
      'stroke-dasharray': '5 3',
    }),
    ...tickLabels(frame, scale.ticks, x, bottom + fontSize + 5),
  );
  const caption = axisCaption(frame, chart.caption, left, right, bottom + fontSize + 8);
  body.push(...caption.body);
  const words = rows.map(({ name }, i) => `${name} ${texts[i]}`);
  return drawing(frame, {
    id: chart.id,
    title: chart.title,
    description: `Group frames per second, modelled: ${words.join(', ')}. ${chart.referenceName} has ${figure(reference)}.`,
    height: bottom + fontSize + 12 + caption.height,
    body,
  });
}

/** Where there is no room, without what stands in brackets. */
function ownName(name: string, room: number, fontSize: number): string {
  return textWidth(name, fontSize) <= room ? name : name.replace(/ \(.*\)$/, '');
}
