/** What a plan made from a plan in use leaves in place, and what it moves. */
import { element, escapeText } from '../../charts/svg.ts';
import { counted, valueText } from '../../charts/units.ts';
import { percent } from '../../numbers.ts';
import { type Part, paragraph } from './part.ts';

const KINDS = {
  moved: 'moves because it pays',
  forced: 'moves because a processor of it is gone',
  new: 'is new',
} as const;

export const MOVES: Part = {
  id: 'moves',
  markup: ({ plan, before }) => {
    const { replan, objective } = plan;
    if (replan === undefined || before !== undefined) return '';
    const was = replan.before === undefined ? '' : ` The old plan would give ${valueText(objective, replan.before)}.`;
    const moves = replan.moves.map(({ model, kind, stages, gain }) => {
      const gained = gain === undefined ? '' : `: ${valueText(objective, gain)} gained`;
      return element('li', {}, escapeText(`${model} ${KINDS[kind]} (${counted(stages, 'stage')})${gained}`));
    });
    return [
      element('h3', {}, 'Planned from a plan in use'),
      paragraph(
        `${counted(replan.kept, 'model')} stay as they were; a moved stage had to earn ${percent(replan.moveCost)} of the objective.${was}`,
      ),
      moves.length > 0 ? element('ul', {}, ...moves) : '',
    ].join('');
  },
};
