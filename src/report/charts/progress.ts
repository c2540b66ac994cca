/** How the best value grew with the evaluations, for the planner and each baseline. */
import { figure } from '../numbers.ts';
import { axisCaption, axisNumber, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import type { PlanView, SearchHistory } from './plan-view.ts';
import { linearScale } from './scale.ts';
import { coordinate, element, title } from './svg.ts';
import { BOLD, textWidth } from './text-width.ts';
import { MEASURES } from './units.ts';

/** Dashes of the baselines, so that no line is told by colour. */
const DASHES = ['7 3', '2 2.5', '10 3 2 3', '4 4', '1 3', '12 4', '6 2 1 2 1 2'];
/** Share of the axis that the best values get at least: early values far below are clamped to its lower end. */
const LOWEST_SHARE = 0.6;

export function progressTitle(view: PlanView): string {
  return `Best value found against evaluations: ${MEASURES[view.plan.objective].title}`;
}

export function progressChart(view: PlanView, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const { plan } = view;
  const measure = MEASURES[plan.objective];
  const series = view.histories.filter(({ points }) => points.length > 0);
  if (series.length === 0) return withoutSearch(view, frame);
  const finals = series.map(({ points }) => shownValue(points.at(-1)?.value ?? 0, measure.factor));
  const all = series.flatMap(({ points }) => points.map(({ value }) => shownValue(value, measure.factor)));
  const [low, high] = axisRange(all, finals, measure.lessIsBetter === true);
  const end = Math.max(2, ...series.map(({ evaluations }) => evaluations));

  const yScale = linearScale(low, high, 5);
  const tickTexts = yScale.ticks.map(axisNumber);
  const left = Math.max(...tickTexts.map((text) => textWidth(text, fontSize))) + 8;
  const nameWidth = Math.max(0, ...series.map(({ planner }) => BOLD * textWidth(planner, fontSize)));
  const right = width - nameWidth - 22;
  const top = fontSize / 2 + 2;
  const bottom = top + Math.max(190, series.length * (fontSize + 4) + 30);
  const xScale = linearScale(0, end, Math.max(2, Math.floor((right - left) / 70)));
  const lastTick = xScale.ticks.at(-1) as number;
  const x = (evaluations: number) => left + (right - left) * (evaluations / Math.min(lastTick, end));
  const y = (value: number) => bottom - (bottom - top) * Math.min(1, Math.max(0, yScale.at(value)));

  const body: string[] = [];
  for (const [i, tick] of yScale.ticks.entries()) {
    body.push(line(left, y(tick), right, y(tick), { stroke: palette.rule }));
    body.push(
      label(left - 6, y(tick) + 0.36 * fontSize, tickTexts[i] as string, { anchor: 'end', fill: palette.faint }),
    );
  }
  const xTicks = xScale.ticks.filter((tick) => tick <= end);
  for (const tick of xTicks) body.push(line(x(tick), bottom, x(tick), bottom + 3, { stroke: palette.faint }));
  body.push(...tickLabels({ ...frame, width: right + 10 }, xTicks, x, bottom + fontSize + 5));
  const own = view.plan.planner.name;
  const styles = lineStyles(frame, series, own);
  // The planner's own line lies on top.
  for (const i of [...series.keys()].reverse()) {
    const { planner, points, evaluations } = series[i] as SearchHistory;
    const style = styles[i] as (typeof styles)[number];
    const path = stepPath(points, evaluations, x, (value) => y(shownValue(value, measure.factor)));
    const said = `${planner}: ${figure(finals[i] as number)} ${measure.unit} after ${evaluations} evaluations`;
    body.push(element('path', { d: path.line, fill: 'none', ...style }, title(said)));
    const [ex, ey] = path.end;
    if (ex < right - 1) {
      body.push(line(ex, ey, right, ey, { stroke: palette.rule, 'stroke-width': 1.5 }));
    }
    body.push(element('circle', { cx: ex, cy: ey, r: planner === own ? 3.5 : 2.5, fill: style.stroke }));
  }
  body.push(...endLabels(frame, series, finals, own, right, y, top, bottom));
  const caption = axisCaption(
    frame,
    `placements scored; upwards: ${measure.title}, modelled${measure.lessIsBetter ? '; less is better' : ''}`,
    left,
    right,
    bottom + fontSize + 8,
  );
  body.push(...caption.body);
  return drawing(frame, {
    id: 'progress',
    title: progressTitle(view),
    description: `Best value so far: ${series.map(({ planner, evaluations, points }, i) => `${planner} begins with ${figure(shownValue(points[0]?.value ?? 0, measure.factor))} and ends with ${figure(finals[i] as number)} after ${evaluations} evaluations`).join('; ')}.`,
    height: bottom + fontSize + 12 + caption.height,
    body,
  });
}

/** Of a plan that is shown from its document alone. */
function withoutSearch(view: PlanView, frame: Frame): string {
  const { fontSize, palette } = frame;
  return drawing(frame, {
    id: 'progress',
    title: progressTitle(view),
    description: 'The document does not hold the course of the search.',
    height: 2 * fontSize,
    body: [label(0, 1.2 * fontSize, 'not in the document', { fill: palette.faint })],
  });
}

function shownValue(value: number, factor: number): number {
  return value * factor;
}

/** All values where that leaves the final ones readable, else only the neighbourhood of the final ones. */
function axisRange(all: readonly number[], finals: readonly number[], lessIsBetter: boolean): [number, number] {
  const best = lessIsBetter ? Math.min(...finals) : Math.max(...finals);
  const worst = lessIsBetter ? Math.max(...finals) : Math.min(...finals);
  const farthest = lessIsBetter ? Math.max(...all) : Math.min(...all);
  const span = Math.abs(best - worst) || Math.abs(best) * 0.1 || 1;
  const reach = Math.min(Math.abs(best - farthest), span / LOWEST_SHARE);
  const low = lessIsBetter ? best : best - Math.max(reach, span);
  const high = lessIsBetter ? best + Math.max(reach, span) : best;
  return [Math.min(...finals, low) >= 0 ? Math.max(0, low) : low, high];
}

/** Steps: a value holds until the next better one. */
function stepPath(
  points: SearchHistory['points'],
  evaluations: number,
  x: (evaluations: number) => number,
  y: (value: number) => number,
): { line: string; end: [number, number] } {
  let path = '';
  let height = 0;
  for (const [i, { evaluations: at, value }] of points.entries()) {
    height = y(value);
    path += i === 0 ? `M${coordinate(x(at))} ${coordinate(height)}` : `H${coordinate(x(at))}V${coordinate(height)}`;
  }
  const last = Math.max(evaluations, points.at(-1)?.evaluations ?? 0);
  return { line: `${path}H${coordinate(x(last))}`, end: [x(last), height] };
}

function lineStyles({ palette }: Frame, series: readonly SearchHistory[], own: string) {
  let dashes = 0;
  return series.map(({ planner }) =>
    planner === own
      ? { stroke: palette.accent, 'stroke-width': 2.5 }
      : {
          stroke: palette.faint,
          'stroke-width': 1.5,
          'stroke-dasharray': DASHES[dashes++ % DASHES.length],
        },
  );
}

/** Names beside the ends of the lines, moved apart where they would touch. */
function endLabels(
  frame: Frame,
  series: readonly SearchHistory[],
  finals: readonly number[],
  own: string,
  right: number,
  y: (value: number) => number,
  top: number,
  bottom: number,
): string[] {
  const { fontSize, palette } = frame;
  const distance = fontSize + 3;
  const order = [...series.keys()].sort((a, b) => y(finals[a] as number) - y(finals[b] as number) || a - b);
  const places = order.map((i) => y(finals[i] as number));
  for (let i = 1; i < places.length; i++)
    places[i] = Math.max(places[i] as number, (places[i - 1] as number) + distance);
  const over = Math.max(0, (places.at(-1) ?? 0) - bottom);
  if (over > 0) {
    places[places.length - 1] = (places.at(-1) as number) - over;
    for (let i = places.length - 2; i >= 0; i--)
      places[i] = Math.min(places[i] as number, (places[i + 1] as number) - distance);
  }
  return order.flatMap((s, i) => {
    const at = Math.max(top, places[i] as number);
    const { planner } = series[s] as SearchHistory;
    return [
      element('path', {
        d: `M${coordinate(right + 2)} ${coordinate(y(finals[s] as number))}L${coordinate(right + 14)} ${coordinate(at)}h3`,
        stroke: palette.other,
        fill: 'none',
      }),
      label(
        right + 20,
        at + 0.36 * fontSize,
        planner,
        planner === own ? { 'font-weight': 'bold', fill: palette.accent } : {},
      ),
    ];
  });
}
