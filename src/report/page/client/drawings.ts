/** Writes charts and parts into their places, at the width that each has. */
import { CHARTS } from '../../charts/charts.ts';
import type { PlanView } from '../../charts/plan-view.ts';
import { chartMarkup } from '../layout.ts';
import { PARTS } from '../parts/parts.ts';

/** Width of a printed page's text, CSS pixels. */
const PRINTED = 680;

export class Drawings {
  #view: PlanView;
  /** By chart id: width and view of what stands there. */
  readonly #drawn = new Map<string, { width: number; view: PlanView }>();
  #scheduled = false;

  constructor(view: PlanView) {
    this.#view = view;
    this.#drawCharts();
    addEventListener('resize', () => this.#schedule());
    addEventListener('beforeprint', () => this.#drawCharts(PRINTED));
    addEventListener('afterprint', () => this.#drawCharts());
  }

  get view(): PlanView {
    return this.#view;
  }

  show(view: PlanView): void {
    this.#view = view;
    for (const { id, markup } of PARTS) {
      for (const place of document.querySelectorAll(`[data-part="${id}"]`)) place.innerHTML = markup(view);
    }
    this.#drawCharts();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#drawCharts();
    });
  }

  #drawCharts(fixed?: number): void {
    for (const chart of CHARTS) {
      const figure = document.querySelector(`[data-chart="${chart.id}"]`);
      const place = figure?.querySelector('.drawing');
      if (!figure || !place) continue;
      const width = fixed ?? Math.floor(place.clientWidth);
      const drawn = this.#drawn.get(chart.id);
      if (width <= 0 || (drawn?.width === width && drawn.view === this.#view)) continue;
      this.#drawn.set(chart.id, { width, view: this.#view });
      place.innerHTML = chartMarkup(chart, this.#view, width);
      const caption = figure.querySelector('figcaption');
      if (caption) caption.textContent = chart.title(this.#view);
    }
  }
}
