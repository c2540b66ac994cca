/** The plan's value beside the baselines and the bound. */
import { figure, relative } from '../numbers.ts';
import { axisCaption, drawing, type Frame, label, line, tickLabels } from './frame.ts';
import type { PlanView } from './plan-view.ts';
import { linearScale } from './scale.ts';
import { element, title } from './svg.ts';
import { BOLD, textWidth } from './text-width.ts';
import { MEASURES, predictionLabel } from './units.ts';

interface Row {
  name: string;
  value: number;
  role: 'plan' | 'kept' | 'other';
}

const BOUND_WORDS = { exact: 'optimum', search: 'bound', 'fluid-lp': 'bound' } as const;

export function scoreTitle(view: PlanView): string {
  return `Score of the plan beside its baselines${view.plan.bound ? ' and the bound' : ''}: ${MEASURES[view.plan.objective].title}`;
}

export function scoreChart(view: PlanView, frame: Frame): string {
  const { width, fontSize, palette } = frame;
  const { plan } = view;
  const measure = MEASURES[plan.objective];
  const shown = (value: number) => value * measure.factor;
  const rows = scoreRows(view);
  const bound = plan.bound === undefined ? undefined : shown(plan.bound.value);
  const best = shown(plan.score.value);
  const values = rows.map(({ value }) => figure(shown(value)));
  const gains = rows.map(({ value, role }) => (role === 'plan' ? '' : relative(best, shown(value))));
  const row = fontSize + 14;
  const nameWidth = Math.max(...rows.map(({ name, role }) => textWidth(name, fontSize) * (role === 'plan' ? BOLD : 1)));
  const gainWidth = Math.max(...gains.map((text) => textWidth(text, fontSize)));
  const valueWidth = BOLD * Math.max(...values.map((text) => textWidth(text, fontSize)));
  const valuesEnd = width - (gainWidth > 0 ? gainWidth + 10 : 0);
  const left = nameWidth + 8;
  const right = valuesEnd - valueWidth - 12;
  // A bound far above would squeeze the bars: then it is told in words alone.
  const most = Math.max(...rows.map(({ value }) => shown(value)), 0);
  const drawn = bound !== undefined && bound <= 2 * most;
  const scale = linearScale(0, Math.max(most, drawn ? bound : 0) || 1, Math.max(2, Math.floor((right - left) / 70)));
  const x = (value: number) => left + (right - left) * scale.at(value);
  const top = bound === undefined ? 0 : fontSize + 6;
  const bottom = top + rows.length * row;
  const body: string[] = [];
  for (const tick of scale.ticks) body.push(line(x(tick), top, x(tick), bottom + 3, { stroke: palette.rule }));
  rows.forEach(({ name, value, role }, i) => {
    const y = top + i * row + 4;
    const baseline = y + (row - 8) / 2 + 0.36 * fontSize;
    const weight = role === 'plan' ? { 'font-weight': 'bold' } : {};
    body.push(
      element(
        'g',
        {},
        title(`${name}: ${figure(shown(value))} ${measure.unit}`),
        label(nameWidth, baseline, name, { anchor: 'end', ...weight }),
        element('rect', {
          x: left,
          y,
          width: Math.max(0, x(shown(value)) - left),
          height: row - 8,
          fill: role === 'plan' ? palette.accent : palette.other,
        }),
        label(valuesEnd, baseline, values[i] as string, { anchor: 'end', ...weight }),
        gains[i] === '' ? '' : label(width, baseline, gains[i] as string, { anchor: 'end', fill: palette.faint }),
      ),
    );
  });
  if (bound !== undefined && plan.bound) {
    const text = `${BOUND_WORDS[plan.bound.kind]} ${figure(bound)}${drawn ? '' : ' (beyond the axis)'}`;
    const half = textWidth(text, fontSize) / 2;
    const at = drawn ? x(bound) : right;
    body.push(
      label(Math.min(Math.max(at, half), width - half), fontSize, text, { anchor: 'middle', fill: palette.limit }),
    );
    if (drawn)
      body.push(line(at, top, at, bottom, { stroke: palette.limit, 'stroke-width': 1.5, 'stroke-dasharray': '5 3' }));
  }
  body.push(...tickLabels(frame, scale.ticks, x, bottom + fontSize + 5));
  const better = measure.lessIsBetter ? '; less is better' : '';
  const caption = axisCaption(
    frame,
    `${measure.title}, modelled${better}${rows.length > 1 ? '; %: the plan against each' : ''}`,
    left,
    right,
    bottom + fontSize + 8,
  );
  body.push(...caption.body);
  const words = rows.map(({ name, value }) => `${name} ${figure(shown(value))}`);
  if (bound !== undefined && plan.bound) words.push(`${BOUND_WORDS[plan.bound.kind]} ${figure(bound)}`);
  return drawing(frame, {
    id: 'score',
    title: scoreTitle(view),
    description: `${measure.title}, ${predictionLabel(plan)}: ${words.join(', ')}.`,
    height: bottom + fontSize + 12 + caption.height,
    body,
  });
}

/** The plan first, then what it is compared with, best first. */
function scoreRows({ plan, before }: PlanView): Row[] {
  const rows: Row[] = [];
  const { name, takenFrom, value } = plan.planner;
  if (takenFrom !== undefined && value !== undefined) rows.push({ name, value, role: 'other' });
  for (const [id, baseline] of Object.entries(plan.baselines ?? {}))
    rows.push({ name: id, value: baseline, role: 'other' });
  if (before?.keptValue !== undefined)
    rows.push({ name: 'plan kept as it was', value: before.keptValue, role: 'kept' });
  rows.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
  const found = before ? 'what-if' : 'this plan';
  return [{ name: `${found} (${takenFrom ?? name})`, value: plan.score.value, role: 'plan' }, ...rows];
}
