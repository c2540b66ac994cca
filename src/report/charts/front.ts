/** A front of sub-networks: accuracy against cost, with the limits' answers and the ladder. */
import type { Front, FrontNetwork } from '../../subnets/front-schema.ts';
import { fileStems } from '../file-stems.ts';
import { figure } from '../numbers.ts';
import { axisCaption, axisNumber, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import { linearScale } from './scale.ts';
import { coordinate, element, title } from './svg.ts';
import { textWidth } from './text-width.ts';

const costOf = ({ costMs, costMflops }: Pick<FrontNetwork, 'costMs' | 'costMflops'>) => costMs ?? costMflops ?? 0;

/** One chart for each processor: file name and content. */
export function frontCharts(front: Front, frame: Frame): { name: string; content: string }[] {
  const stems = fileStems(front.processors.map(({ id }) => id));
  return front.processors
    .map(({ id }, p) => ({ id, stem: stems[p] }))
    .filter(({ id }) => front.front.some(({ processor }) => processor === id))
    .map(({ id, stem }) => ({
      name: `front-${stem}.svg`,
      content: `<?xml version="1.0" encoding="UTF-8"?>\n${frontChart(front, id, frame)}\n`,
    }));
}

export function frontChart(front: Front, processor: string, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const points = front.front.filter((each) => each.processor === processor);
  const answers = front.results.filter(
    (each) => each.processor === processor && each.accuracy !== undefined && each.outcome !== 'infeasible',
  );
  const places = front.ladders?.find((each) => each.processor === processor)?.levels ?? [];
  const levels = places.map((place) => front.front[place]);
  const unit = points[0]?.costMs === undefined ? 'million multiply-accumulates' : 'ms';
  const costs = points.map(costOf);
  const accuracies = points.map(({ accuracy }) => 100 * accuracy);
  const xScale = linearScale(0, Math.max(...costs), 5);
  const yScale = linearScale(Math.min(...accuracies), Math.max(...accuracies), 5);

  const texts = yScale.ticks.map(axisNumber);
  const left = Math.max(...texts.map((text) => textWidth(text, fontSize))) + 8;
  const right = width - 8;
  const top = fontSize + 6;
  const bottom = top + 0.6 * width;
  const x = (cost: number) => left + (right - left) * xScale.at(cost);
  const y = (percent: number) => bottom - (bottom - top) * yScale.at(percent);

  const body: string[] = [];
  yScale.ticks.forEach((tick, i) => {
    body.push(line(left, y(tick), right, y(tick), { stroke: palette.rule }));
    body.push(label(left - 6, y(tick) + 0.36 * fontSize, texts[i], { anchor: 'end', fill: palette.faint }));
  });
  for (const tick of xScale.ticks) body.push(line(x(tick), bottom, x(tick), bottom + 3, { stroke: palette.faint }));
  body.push(...tickLabels(frame, xScale.ticks, x, bottom + fontSize + 5));
  // What is dominated lies below and right of these steps.
  const steps = points.map(
    (point, i) =>
      `${i === 0 ? 'M' : 'H'}${coordinate(x(costOf(point)))}${i === 0 ? ' ' : 'V'}${coordinate(y(100 * point.accuracy))}`,
  );
  body.push(element('path', { d: steps.join(''), fill: 'none', stroke: palette.other, 'stroke-width': 1 }));
  const said = (each: { accuracy?: number } & Pick<FrontNetwork, 'costMs' | 'costMflops'>) =>
    `${(100 * (each.accuracy ?? 0)).toFixed(2)} % at ${figure(costOf(each))} ${unit}`;
  for (const point of points) {
    const place = { cx: x(costOf(point)), cy: y(100 * point.accuracy), r: 2, fill: palette.faint };
    body.push(element('circle', place, title(said(point))));
  }
  for (const answer of answers) {
    const place = { cx: x(costOf(answer)), cy: y(100 * answer.accuracy!), r: 5 };
    body.push(element('circle', { ...place, fill: 'none', stroke: palette.ink }, title(`limit: ${said(answer)}`)));
  }
  levels.forEach((level, i) => {
    const [cx, cy] = [x(costOf(level)), y(100 * level.accuracy)];
    body.push(element('circle', { cx, cy, r: 3.5, fill: palette.accent }, title(`level ${i + 1}: ${said(level)}`)));
    const after = cx + 14 > right;
    body.push(
      label(after ? cx - 7 : cx + 7, cy + fontSize, String(i + 1), {
        anchor: after ? 'end' : 'start',
        fill: palette.accent,
        'font-weight': 'bold',
      }),
    );
  });
  const marks = [answers.length > 0 ? 'rings: answers to the limits' : '', levels.length > 0 ? 'numbers: levels' : ''];
  const provenance = front.processors.find(({ id }) => id === processor)?.provenance ?? '';
  const caption = axisCaption(
    frame,
    [`${unit}, ${provenance}; upwards: accuracy in per cent, predicted`, ...marks.filter((mark) => mark !== '')].join(
      '; ',
    ),
    left,
    right,
    bottom + fontSize + 8,
  );
  body.push(...caption.body);
  return drawing(frame, {
    id: `front-${processor.replace(/\W/g, '-')}`,
    title: `Sub-networks of ${front.space} on ${processor}: accuracy against cost`,
    description: `${points.length} trade-offs from ${said(points[0])} to ${said(points[points.length - 1])}.${levels.length > 0 ? ` Levels: ${levels.map(said).join(', ')}.` : ''}`,
    height: bottom + fontSize + 12 + caption.height,
    body,
  });
}
