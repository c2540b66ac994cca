/** The score's figures side by side. */
import type { PlanView } from '../../charts/plan-view.ts';
import { element, escapeText } from '../../charts/svg.ts';
import { figure } from '../../numbers.ts';
import type { Part } from './part.ts';

export const KEY_FIGURES: Part = {
  id: 'key-figures',
  markup: (view) => element('dl', { class: 'figures' }, ...keyFigures(view)),
};

function keyFigures({ plan, before }: PlanView): string[] {
  const { score } = plan;
  const was = before?.plan.score;
  const shown: [name: string, unit: string, now: number | undefined, then: number | undefined][] = [
    ['mean throughput', 'frames/s', score.meanThroughputPerS, was?.meanThroughputPerS],
    ['least throughput', 'frames/s', score.minThroughputPerS, was?.minThroughputPerS],
    ['geometric mean', 'frames/s', score.geometricMeanPerS, was?.geometricMeanPerS],
    ['fairness (Jain, 0 to 1)', '', score.jain, was?.jain],
    ['energy with the idle device', 'mJ per frame', score.energyMjPerInference, was?.energyMjPerInference],
  ];
  return shown.flatMap(([name, unit, now, then]) => {
    if (now === undefined) return [];
    const aside = [unit, then === undefined ? '' : `was ${figure(then)}`].filter((text) => text !== '').join(', ');
    return element(
      'div',
      {},
      element('dt', {}, escapeText(name)),
      element('dd', {}, element('b', {}, figure(now)), ' ', element('small', {}, escapeText(aside))),
    );
  });
}
