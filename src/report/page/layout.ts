/** The order of the page: sections with their parts and charts. */
import { CHARTS, type Chart } from '../charts/charts.ts';
import { drawing, pageFrame } from '../charts/frame.ts';
import type { PlanView } from '../charts/plan-view.ts';
import { element, escapeText } from '../charts/svg.ts';
import { originsOf } from '../charts/units.ts';
import { originLabel } from './parts/part.ts';
import { PARTS } from './parts/parts.ts';

interface Section {
  id: string;
  title: string;
  /** How to read it. */
  note: string;
  /** Where its figures come from; absent = modelled. */
  origin?: (view: PlanView) => string | undefined;
  parts?: readonly string[];
  charts?: readonly string[];
  /** May be longer than a printed page. */
  long?: true;
}

const SECTIONS: readonly Section[] = [
  {
    id: 'score',
    title: 'Score',
    note: 'What the plan reaches beside simpler ways to plan with as many evaluations, and the bound that no placement exceeds.',
    parts: ['key-figures'],
    charts: ['score'],
  },
  {
    id: 'steady-state',
    title: 'Steady state',
    note: 'One course of events that keeps the rates of the plan: frames start evenly, stages run to their ends. Blocks carry the number of their model.',
    charts: ['gantt'],
    parts: ['course'],
  },
  {
    id: 'processors',
    title: 'Processors',
    note: 'How busy each processor is and what it must hold. The processor at 100 % limits the models that use it.',
    charts: ['utilization', 'memory'],
  },
  {
    id: 'models',
    title: 'Models',
    note: 'Each model in the plan, and alone on its best processor.',
    charts: ['throughput'],
    parts: ['placement', 'moves'],
  },
  {
    id: 'search',
    title: 'Search',
    note: 'How the best value grew. Planners that end early are drawn on with a thin line.',
    charts: ['progress'],
  },
  {
    id: 'costs',
    title: 'Costs and placement',
    note: 'What every block costs on every processor, and the blocks that the plan chose. Point at a block to read it.',
    origin: ({ profile }) => {
      const words = profile.models.flatMap((model) => profile.processors.flatMap((id) => originsOf(model, id)));
      return [...new Set(words)].sort().join(', ');
    },
    charts: ['heat-map'],
    long: true,
  },
  { id: 'warnings', title: 'Warnings', note: '', origin: () => undefined, parts: ['warnings'] },
  {
    id: 'provenance',
    title: 'Provenance',
    note: '',
    origin: () => undefined,
    parts: ['provenance'],
  },
];

const EXPLANATIONS: Record<string, string> = {
  modelled: 'computed from a model of the device, not observed on it',
  measured: 'timed on the device',
  imported: 'timed by another tool and read from its file',
};

/** All sections; `after` is markup for the end of the last one. */
export function sectionsMarkup(view: PlanView, width: number, after: string): string {
  return SECTIONS.map(({ id, title, note, origin, parts = [], charts = [], long }) => {
    const word = origin === undefined ? 'modelled' : origin(view);
    const chip = word === undefined ? '' : originLabel(word, EXPLANATIONS[word] ?? 'of several origins');
    return element(
      'section',
      { id, class: long ? 'long' : undefined },
      element('h2', {}, escapeText(title), chip),
      note === '' ? '' : element('p', { class: 'note' }, escapeText(note)),
      ...charts.map((chart) => figureMarkup(view, chart, width)),
      ...parts.map((part) => partMarkup(view, part)),
      id === SECTIONS.at(-1)?.id ? after : '',
    );
  }).join('\n');
}

/** A part in a place where the script finds it again. */
export function partMarkup(view: PlanView, id: string): string {
  const part = PARTS.find((each) => each.id === id);
  return element('div', { 'data-part': id }, part?.markup(view) ?? '');
}

function figureMarkup(view: PlanView, id: string, width: number): string {
  const chart = CHARTS.find((each) => each.id === id) as Chart;
  return element(
    'figure',
    { 'data-chart': id },
    element('figcaption', {}, escapeText(chart.title(view))),
    element('div', { class: 'drawing' }, chartMarkup(chart, view, width)),
    element('p', { class: 'readout', 'aria-live': 'polite' }, ''),
  );
}

/** The chart at that width, CSS pixels. */
export function chartMarkup(chart: Chart, view: PlanView, width: number): string {
  const frame = pageFrame(width);
  if (chart.pieces === undefined) return chart.draw(view, frame);
  return chart
    .pieces(view, frame)
    .map((piece) => drawing(frame, piece))
    .join('');
}
