/** The what-if: every change ends the run before it and begins another; the answer is drawn when it is there. */
import { defaultCore, referenceCore } from '../../../../bindings/core.ts';
import type { Core } from '../../../core/placement.ts';
import type { PlanView } from '../../charts/plan-view.ts';
import { valueText } from '../../charts/units.ts';
import { relative } from '../../numbers.ts';
import type { SearchSettings } from '../page-data.ts';
import { planAgain } from '../plan-again.ts';
import { changesInWords } from '../what-if.ts';
import type { Controls } from './controls.ts';
import type { Drawings } from './drawings.ts';

/** `original`: nothing is changed. `planned`: the planner has answered. `compared`: the baselines too. */
type State = 'original' | 'searching' | 'planned' | 'compared' | 'failed';

export class WhatIf {
  readonly #original: PlanView;
  readonly #settings: SearchSettings;
  readonly #controls: Controls;
  readonly #drawings: Drawings;
  readonly #status = document.getElementById('status') as HTMLElement;
  readonly #words = document.querySelector('#status p') as HTMLElement;
  #core: Core | undefined;
  #run: AbortController | undefined;

  constructor(original: PlanView, settings: SearchSettings, controls: Controls, drawings: Drawings) {
    this.#original = original;
    this.#settings = settings;
    this.#controls = controls;
    this.#drawings = drawings;
    controls.onChange = () => this.#begin();
    controls.onReset = () => {
      controls.reset();
      this.#begin();
    };
    this.#state = 'original';
  }

  set #state(state: State) {
    document.documentElement.dataset.state = state;
    this.#status.hidden = state === 'original';
    this.#controls.resettable = state !== 'original';
  }

  #begin(): void {
    this.#run?.abort();
    const changes = this.#controls.changes();
    const words = changesInWords(changes, this.#controls.unchanged);
    if (words.length === 0) {
      this.#state = 'original';
      this.#drawings.show(this.#original);
      return;
    }
    const run = new AbortController();
    this.#run = run;
    this.#search(run, changes, words.join(', ')).catch((error: unknown) => {
      if (run.signal.aborted) return;
      this.#state = 'failed';
      this.#words.textContent = `${words.join(', ')}: ${error instanceof Error ? error.message : String(error)}`;
    });
  }

  async #search(run: AbortController, changes: ReturnType<Controls['changes']>, words: string): Promise<void> {
    const { signal } = run;
    this.#state = 'searching';
    this.#words.textContent = `${words}: planning again …`;
    // The control that was moved is drawn before the work begins.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (signal.aborted) return;
    let state: State = 'planned';
    for await (const view of planAgain({
      base: this.#original,
      changes,
      plan: this.#original.plan,
      settings: this.#settings,
      core: (this.#core ??= coreOfBrowser()),
      signal,
      onProgress: ({ planner, progress }) => {
        if (state === 'planned' && !signal.aborted) {
          this.#words.textContent = `${words}: planning again, ${planner} ${Math.round(100 * progress)} %`;
        }
      },
    })) {
      if (signal.aborted) return;
      this.#state = state;
      this.#words.textContent = `${words}: ${this.#verdict(view)}`;
      this.#drawings.show(view);
      state = 'compared';
    }
  }

  #verdict({ plan, before }: PlanView): string {
    const { objective, score } = plan;
    const now = valueText(objective, score.value);
    const was = this.#original.plan;
    const kept = before?.keptValue;
    const stay =
      kept === undefined
        ? 'The plan as it was can no longer run.'
        : `The plan kept as it was would give ${valueText(objective, kept)}.`;
    if (objective !== was.objective) return `${now}. ${stay}`;
    const change = relative(score.value, was.score.value);
    return `${now} instead of ${valueText(objective, was.score.value)} (${change}). ${stay}`;
  }
}

/** Old browsers refuse to compile on the page's thread: then the kernels run in plain JavaScript, with the same result. */
function coreOfBrowser(): Core {
  try {
    return defaultCore();
  } catch {
    return referenceCore();
  }
}
