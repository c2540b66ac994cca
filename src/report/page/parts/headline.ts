/** The plan in one sentence, and what it is worth in another. */

import type { PlanView } from '../../charts/plan-view.ts';
import { element, escapeText } from '../../charts/svg.ts';
import { counted, MEASURES, valueText } from '../../charts/units.ts';
import { figure, percent, relative } from '../../numbers.ts';
import { type Part, paragraph } from './part.ts';

export const HEADLINE: Part = {
  id: 'headline',
  markup: (view) => element('h1', {}, escapeText(planSentence(view))),
};

export const STANDING: Part = {
  id: 'standing',
  markup: (view) => paragraph([...standing(view), foundBy(view)].join(' '), 'standing'),
};

/** `4 models on HiKey 970 run at 14.6 frames/s on average, the slowest at 1.64 frames/s.` */
export function planSentence({ plan, platform }: PlanView): string {
  const { models, score, objective } = plan;
  const [first] = models;
  const least = `${figure(score.minThroughputPerS)} frames/s`;
  if (models.length === 1 && first) {
    const energy = objective === 'energy' ? `, for ${valueText(objective, score.value)}` : '';
    return `${first.name} on ${platform.name} runs at ${least}${energy}.`;
  }
  const who = `${counted(models.length, 'model')} on ${platform.name}`;
  const mean = `${figure(score.meanThroughputPerS)} frames/s on average`;
  switch (objective) {
    case 'throughput':
      return `${who} run at ${mean}, the slowest at ${least}.`;
    case 'min':
      return `${who} all reach at least ${least}, ${mean}.`;
    case 'weighted':
      return `${who} run at a weighted mean of ${valueText(objective, score.value)}, the slowest at ${least}.`;
    case 'geometric-mean':
      return `${who} run at a geometric mean of ${valueText(objective, score.value)}, the slowest at ${least}.`;
    case 'priority':
      return `${who} reach a priority score of ${figure(score.value)} at ${mean}.`;
    case 'energy':
      return `${who} take ${valueText(objective, score.value)} at ${mean}.`;
  }
}

function standing({ plan, before }: PlanView): string[] {
  const { objective, score, bound, baselines = {} } = plan;
  const sentences: string[] = [];
  if (before?.keptValue !== undefined) {
    sentences.push(`The plan kept as it was would give ${valueText(objective, before.keptValue)}.`);
  }
  if (bound?.kind === 'exact') sentences.push('No better placement exists: all were searched or excluded.');
  else if (bound) {
    const kind = bound.kind === 'search' ? 'branch and bound' : 'the fluid relaxation';
    const beyond = MEASURES[objective].lessIsBetter ? 'gets below' : 'gets above';
    sentences.push(
      `No placement ${beyond} ${valueText(objective, bound.value)} (${kind}): the plan is within ${percent(bound.gap)} of that.`,
    );
  }
  const [best] = Object.entries(baselines).sort(([, a], [, b]) => b - a);
  if (best && plan.planner.takenFrom === undefined) {
    const [id, value] = best;
    sentences.push(
      value < score.value
        ? `It gains ${relative(score.value, value).replace('+', '')} on the best baseline, ${id}.`
        : `The best baseline, ${id}, is as good.`,
    );
  }
  return sentences;
}

function foundBy({ plan }: PlanView): string {
  const { name, takenFrom, evaluations, seed, partial, estimator } = plan.planner;
  const budget = `${counted(evaluations, 'evaluation')}, seed ${seed}`;
  const steered = estimator ? `, steered by the estimator ${estimator}` : '';
  const cut = partial ? ' It was interrupted: this is the best so far.' : '';
  return takenFrom === undefined
    ? `Found by ${name} in ${budget}${steered}.${cut}`
    : `Found by ${takenFrom}, which was better than ${name} in ${budget}${steered}.${cut}`;
}
