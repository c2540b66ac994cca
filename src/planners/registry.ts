/** All planners. Adding one = adding its file and a line here. */
import { HeterodyneError } from '../core/errors.ts';
import { nearest } from '../documents/nearest.ts';
import { exact } from './exact.ts';
import { genetic } from './genetic.ts';
import { hillClimb } from './hill-climb.ts';
import { mcts } from './mcts.ts';
import { mosaicDp } from './mosaic-dp.ts';
import type { Planner } from './planner.ts';
import { random } from './random.ts';
import { singleBest } from './single-best.ts';
import { groupPlanners } from './whole-groups.ts';

/** The planners that every plan is compared with. */
export const comparators: readonly Planner[] = [singleBest, random, hillClimb, genetic, mosaicDp];

export const planners: readonly Planner[] = [mcts, exact, ...comparators, ...groupPlanners];

/** @throws HeterodyneError `USAGE` for an id that no planner has */
export function plannerById(id: string): Planner {
  const planner = planners.find((each) => each.id === id);
  if (planner) return planner;
  const ids = planners.map((each) => each.id);
  const meant = nearest(id, ids);
  throw new HeterodyneError('USAGE', `there is no planner "${id}"`, {
    path: 'planner',
    expected: `one of ${ids.join(', ')}`,
    received: `"${id}"`,
    hint: meant === undefined ? `choose among ${ids.join(', ')}` : `did you mean "${meant}"?`,
  });
}
