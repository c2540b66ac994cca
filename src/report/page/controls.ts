/** The what-if panel. Hidden until the page's script is there to obey it. */
import { OBJECTIVES } from '../../core/placement.ts';
import type { PlanView } from '../charts/plan-view.ts';
import { element, escapeText } from '../charts/svg.ts';
import type { SearchSettings } from './page-data.ts';
import { MOST_UNITS } from './what-if.ts';

/** Places of a slider for speeds and weights. */
export const FACTORS = [0.25, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4];
const UNCHANGED = FACTORS.indexOf(1);

const BUDGETS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];

/** Largest budget of the page: beyond it, an answer would not come at once. */
const LARGEST_BUDGET = BUDGETS.at(-1) as number;

/** Places of the budget slider, and where it begins: the plan's own budget, or the largest. */
export function budgets(own: number): { choices: number[]; initial: number } {
  const initial = Math.min(own, LARGEST_BUDGET);
  return { choices: [...new Set([...BUDGETS, initial])].sort((a, b) => a - b), initial };
}

export function controlsMarkup(view: PlanView, settings: SearchSettings): string {
  return element(
    'aside',
    { id: 'what-if', hidden: '', 'aria-label': 'What if' },
    element(
      'details',
      { open: '' },
      element('summary', {}, element('h2', {}, 'What if …')),
      element(
        'p',
        { class: 'note' },
        'Change something: this page plans again at once, in your browser, with the same kernels and planner, and draws the answer beside the plan as it was.',
      ),
      element('fieldset', {}, element('legend', {}, 'Processors: units, speed'), ...processorControls(view)),
      element('fieldset', {}, element('legend', {}, 'Models: on, weight'), ...modelControls(view)),
      element('fieldset', {}, element('legend', {}, 'Search'), ...searchControls(view, settings)),
      element('p', {}, element('button', { type: 'button', class: 'reset', disabled: '' }, 'Reset')),
    ),
  );
}

function processorControls({ profile }: PlanView): string[] {
  return profile.processors.map((id, i) => {
    const options = Array.from({ length: MOST_UNITS + 1 }, (_, units) =>
      element(
        'option',
        { value: String(units), selected: units === 1 ? '' : undefined },
        units === 0 ? 'off' : units === 1 ? '1 unit' : `${units} units`,
      ),
    );
    const select = element('select', { 'data-units': String(i), 'aria-label': `units of ${id}` }, ...options);
    return control(nameMarkup(id), select, factorSlider('data-speed', i, `speed of ${id}`));
  });
}

function modelControls({ plan }: PlanView): string[] {
  return plan.models.map(({ name }, i) => {
    const box = element('input', { type: 'checkbox', checked: '', 'data-on': String(i) });
    const named = element('label', { class: 'name', title: name }, box, ` ${escapeText(`${i + 1} ${name}`)}`);
    return control(named, '', factorSlider('data-weight', i, `weight of ${name}`));
  });
}

function searchControls({ plan, platform }: PlanView, { evaluations }: SearchSettings): string[] {
  const { choices, initial } = budgets(evaluations);
  const range = element('input', {
    type: 'range',
    id: 'budget',
    min: '0',
    max: String(choices.length - 1),
    value: String(choices.indexOf(initial)),
  });
  const output = element('output', { for: 'budget' }, String(initial));
  const powered =
    platform.power?.idleWatts !== undefined && platform.processors.some((each) => each.activeWatts !== undefined);
  const options = OBJECTIVES.filter(
    (objective) => objective !== 'energy' || powered || plan.objective === 'energy',
  ).map((objective) =>
    element('option', { value: objective, selected: objective === plan.objective ? '' : undefined }, objective),
  );
  return [
    control(
      element('label', { class: 'name', for: 'budget' }, 'budget, evaluations'),
      '',
      element('div', { class: 'slider' }, range, output),
    ),
    control(
      element('label', { class: 'name', for: 'objective' }, 'objective'),
      element('select', { id: 'objective' }, ...options),
      '',
    ),
  ];
}

function control(name: string, beside: string, below: string): string {
  return element('div', { class: 'control' }, name, beside, below);
}

function nameMarkup(name: string): string {
  return element('span', { class: 'name', title: name }, escapeText(name));
}

function factorSlider(attribute: string, index: number, name: string): string {
  const range = element('input', {
    type: 'range',
    min: '0',
    max: String(FACTORS.length - 1),
    value: String(UNCHANGED),
    'aria-label': name,
    'aria-valuetext': '1 times',
    [attribute]: String(index),
  });
  return element('div', { class: 'slider' }, range, element('output', {}, '×1'));
}
