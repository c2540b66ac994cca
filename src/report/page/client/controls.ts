/** The panel as numbers: what it says, and how it is put back. */
import type { Objective } from '../../../core/placement.ts';
import type { PlanView } from '../../charts/plan-view.ts';
import { budgets, FACTORS } from '../controls.ts';
import type { SearchSettings } from '../page-data.ts';
import { type Changes, noChanges } from '../what-if.ts';

/** Narrower windows begin with the panel closed. */
const ROOM_FOR_PANEL = 1000;

export class Controls {
  readonly unchanged: Changes;
  onChange: () => void = () => {};
  onReset: () => void = () => {};
  readonly #panel = document.getElementById('what-if') as HTMLElement;
  readonly #budgets: number[];

  constructor(view: PlanView, { evaluations }: SearchSettings) {
    const { choices, initial } = budgets(evaluations);
    this.unchanged = noChanges(view, view.plan.objective, initial);
    this.#budgets = choices;
    this.#panel.hidden = false;
    const details = this.#panel.querySelector('details') as HTMLDetailsElement;
    details.open = innerWidth >= ROOM_FOR_PANEL;
    // Browsers keep what was set when a page is loaded again.
    this.reset();
    this.#panel.addEventListener('input', () => {
      this.#label();
      this.onChange();
    });
    for (const button of document.querySelectorAll('button.reset')) {
      button.addEventListener('click', () => this.onReset());
    }
  }

  /** What the controls say now. */
  changes(): Changes {
    const { processors, models } = this.unchanged;
    return {
      processors: processors.map(({ id }, i) => ({
        id,
        units: Number(this.#input('data-units', i).value),
        speed: FACTORS[Number(this.#input('data-speed', i).value)] as number,
      })),
      models: models.map(({ name }, i) => ({
        name,
        on: this.#input('data-on', i).checked,
        weight: FACTORS[Number(this.#input('data-weight', i).value)] as number,
      })),
      objective: this.#byId('objective').value as Objective,
      evaluations: this.#budgets[Number(this.#byId('budget').value)] as number,
    };
  }

  reset(): void {
    const { processors, models, objective, evaluations } = this.unchanged;
    const unchangedFactor = String(FACTORS.indexOf(1));
    for (const i of processors.keys()) {
      this.#input('data-units', i).value = '1';
      this.#input('data-speed', i).value = unchangedFactor;
    }
    for (const i of models.keys()) {
      this.#input('data-on', i).checked = true;
      this.#input('data-weight', i).value = unchangedFactor;
    }
    this.#byId('objective').value = objective;
    this.#byId('budget').value = String(this.#budgets.indexOf(evaluations));
    this.#label();
  }

  /** Whether there is something to put back. */
  set resettable(resettable: boolean) {
    for (const button of document.querySelectorAll<HTMLButtonElement>('button.reset')) button.disabled = !resettable;
  }

  /** The words beside the sliders. */
  #label(): void {
    const { processors, models, evaluations } = this.changes();
    for (const [i, { units, speed }] of processors.entries()) this.#labelFactor('data-speed', i, speed, units > 0);
    for (const [i, { on, weight }] of models.entries()) this.#labelFactor('data-weight', i, weight, on);
    const budget = this.#byId('budget');
    budget.setAttribute('aria-valuetext', `${evaluations} evaluations`);
    (budget.parentElement?.querySelector('output') as HTMLElement).textContent = String(evaluations);
  }

  #labelFactor(attribute: string, i: number, factor: number, on: boolean): void {
    const input = this.#input(attribute, i);
    input.setAttribute('aria-valuetext', `${factor} times`);
    input.disabled = !on;
    (input.parentElement?.querySelector('output') as HTMLElement).textContent = on ? `×${factor}` : 'off';
    input.closest('.control')?.classList.toggle('off', !on);
  }

  #input(attribute: string, i: number): HTMLInputElement {
    return this.#panel.querySelector(`[${attribute}="${i}"]`) as HTMLInputElement;
  }

  #byId(id: string): HTMLInputElement {
    return document.getElementById(id) as HTMLInputElement;
  }
}
