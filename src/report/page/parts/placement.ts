/** Where every model runs, as a table. */
import { modelNumbers, type PlanView } from '../../charts/plan-view.ts';
import { escapeText } from '../../charts/svg.ts';
import { figure } from '../../numbers.ts';
import { type Column, type Part, table } from './part.ts';

export const PLACEMENT: Part = {
  id: 'placement',
  markup: (view) => {
    const { models } = view.plan;
    const numbers = modelNumbers(view);
    const deadlines = models.some(({ deadlineMs }) => deadlineMs !== undefined);
    const energy = models.some(({ energyMj }) => energyMj !== undefined);
    const columns: Column[] = [
      { title: 'model' },
      { title: 'stages: processor, blocks, ms' },
      { title: 'frames/s', number: true },
      { title: 'alone, frames/s', number: true },
      { title: 'latency, ms', number: true },
      ...(deadlines ? [{ title: 'deadline, ms', number: true }] : []),
      ...(energy ? [{ title: 'energy, mJ', number: true }] : []),
    ];
    const optional = (value: number | undefined) => (value === undefined ? '–' : figure(value));
    const rows = models.map((model) => [
      escapeText(`${numbers.get(model.name)} ${model.name}`),
      stagesMarkup(model),
      figure(model.throughputPerS),
      figure(model.soloThroughputPerS),
      figure(model.latencyMs),
      ...(deadlines ? [optional(model.deadlineMs)] : []),
      ...(energy ? [optional(model.energyMj)] : []),
    ]);
    return table('Placement of each model; rates, latency and energy are modelled', columns, rows);
  },
};

function stagesMarkup({ stages }: PlanView['plan']['models'][number]): string {
  const parts = stages
    .map(({ processor, firstBlock, lastBlock, latencyMs, transferMs }, s) => {
      const blocks = firstBlock === lastBlock ? String(firstBlock) : `${firstBlock}–${lastBlock}`;
      const transfer = transferMs > 0 ? ` <small>(+ ${figure(transferMs)} transfer)</small>` : '';
      const arrow = s > 0 ? '<span aria-hidden="true">→</span> ' : '';
      return `<span class="stage">${arrow}<b>${escapeText(processor)}</b> ${blocks}, ${figure(latencyMs)}${transfer}</span>`;
    })
    .join(' ');
  return `<span>${parts}</span>`;
}
