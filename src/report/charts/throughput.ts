/** Each model's rate in the plan beside its rate alone, and beside the plan before where there was one. */
import { figure, percent } from '../numbers.ts';
import { axisCaption, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import { modelNumbers, type PlanView } from './plan-view.ts';
import { linearScale, logScale } from './scale.ts';
import { coordinate, element, title } from './svg.ts';
import { fitText, textWidth } from './text-width.ts';
import { predictionLabel } from './units.ts';

/** Rates that differ by more are drawn on a logarithmic axis. */
const LINEAR_RANGE = 20;

export function throughputTitle(): string {
  return 'Throughput of each model in the plan and alone, frames/s';
}

export function throughputChart(view: PlanView, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const { models } = view.plan;
  const before = new Map(view.before?.plan.models.map((model) => [model.name, model.throughputPerS]));
  const values = models.map(
    ({ throughputPerS, soloThroughputPerS }) => `${figure(throughputPerS)} of ${figure(soloThroughputPerS)}`,
  );
  const shown = models.flatMap(({ name, throughputPerS, soloThroughputPerS }) => [
    throughputPerS,
    soloThroughputPerS,
    before.get(name) ?? throughputPerS,
  ]);
  const high = Math.max(...shown);
  const low = Math.min(...shown.filter((rate) => rate > 0), high);
  const logarithmic = high / low > LINEAR_RANGE;

  const row = fontSize + 10;
  const numbers = modelNumbers(view);
  const names = models.map(({ name }) => `${numbers.get(name)} ${name}`);
  const nameWidth = Math.min(0.36 * width, Math.max(...names.map((name) => textWidth(name, fontSize))));
  const valueWidth = Math.max(...values.map((value) => textWidth(value, fontSize)));
  const left = nameWidth + 14;
  const right = width - valueWidth - 14;
  const plot = right - left;
  const scale = logarithmic
    ? logScale(low, high, Math.floor(plot / 40))
    : linearScale(0, high, Math.max(2, Math.floor(plot / 60)));
  const x = (value: number) => left + plot * scale.at(value);
  const top = 2 * fontSize + 6;
  const bottom = top + models.length * row;

  const body = [key(frame, before.size > 0)];
  for (const tick of scale.ticks) {
    body.push(line(x(tick), top, x(tick), bottom + 3, { stroke: palette.rule }));
  }
  body.push(...tickLabels(frame, scale.ticks, x, bottom + fontSize + 5));
  const caption = axisCaption(
    frame,
    `frames/s, modelled${logarithmic ? '; logarithmic axis' : ''}`,
    left,
    right,
    bottom + fontSize + 8,
  );
  body.push(...caption.body);
  models.forEach(({ name, throughputPerS, soloThroughputPerS }, m) => {
    const y = top + (m + 0.5) * row;
    const share = soloThroughputPerS > 0 ? `, ${percent(throughputPerS / soloThroughputPerS)} of it` : '';
    const was = before.get(name);
    body.push(
      element(
        'g',
        {},
        title(
          `${name}: ${figure(throughputPerS)} frames/s; alone ${figure(soloThroughputPerS)} frames/s${share}${was === undefined ? '' : `; in the plan before ${figure(was)} frames/s`}`,
        ),
        label(nameWidth, y + 0.36 * fontSize, fitText(names[m] as string, nameWidth, fontSize), { anchor: 'end' }),
        line(x(throughputPerS), y, x(soloThroughputPerS), y, { stroke: palette.other, 'stroke-width': 2 }),
        element('circle', {
          cx: x(soloThroughputPerS),
          cy: y,
          r: 4,
          fill: palette.paper,
          stroke: palette.ink,
          'stroke-width': 1.5,
        }),
        was === undefined ? '' : line(x(was), y - 7, x(was), y + 7, { stroke: palette.limit, 'stroke-width': 2 }),
        element('circle', { cx: x(throughputPerS), cy: y, r: 4.5, fill: palette.accent }),
        label(width, y + 0.36 * fontSize, values[m] as string, { anchor: 'end' }),
      ),
    );
  });
  const description = models
    .map(
      ({ name, throughputPerS, soloThroughputPerS }) =>
        `${name} ${figure(throughputPerS)} in the plan, ${figure(soloThroughputPerS)} alone`,
    )
    .join('; ');
  return drawing(frame, {
    id: 'throughput',
    title: throughputTitle(),
    description: `Frames per second, ${predictionLabel(view.plan)}: ${description}.`,
    height: bottom + fontSize + 12 + caption.height,
    body,
  });
}

/** What the marks mean. */
function key(frame: Frame, before: boolean): string {
  const { fontSize, palette } = frame;
  const y = fontSize;
  let x = 6;
  const parts: string[] = [];
  const entry = (mark: string, text: string) => {
    parts.push(`<g transform="translate(${coordinate(x)} ${coordinate(y - 0.36 * fontSize)})">${mark}</g>`);
    parts.push(label(x + 9, y, text));
    x += 9 + textWidth(text, fontSize) + 18;
  };
  entry(element('circle', { r: 4.5, fill: palette.accent }), before ? 'what-if' : 'in the plan');
  if (before) entry(line(0, -6, 0, 6, { stroke: palette.limit, 'stroke-width': 2 }), 'before');
  entry(element('circle', { r: 4, fill: palette.paper, stroke: palette.ink, 'stroke-width': 1.5 }), 'alone');
  return parts.join('');
}
