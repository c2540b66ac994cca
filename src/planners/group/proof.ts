/** How far a group plan is from the best: the optimum where it is proven, else bounds. */
import { HeterodyneError } from '../../core/errors.ts';
import { isOneToOne } from './bottleneck.ts';
import { workBound } from './bounds.ts';
import { isLinear, relaxedBound, solveByHighs } from './linear-program.ts';
import { groupFps, isShorter } from './loads.ts';
import type { Portfolio } from './portfolio.ts';
import type { GroupProblem } from './problem.ts';
import type { GroupPlan } from './schema.ts';

/** Two proofs of one optimum may differ by this share. */
const AGREEMENT = 1e-9;

/** The optimum where it is proven, else the lowest bound; and how far the plan is from it. */
export async function bounded(
  problem: GroupProblem,
  best: Portfolio,
  fps: number,
  prove: boolean,
): Promise<Pick<GroupPlan, 'bound' | 'bounds'>> {
  const linear = isLinear(problem);
  const lp = linear && (prove || !best.proven) ? await relaxedBound(problem) : undefined;
  const bounds = { work: workBound(problem), ...(lp !== undefined && { lp }) };
  const gap = (limit: number) => (isShorter(1 / limit, 1 / fps) ? 1 - fps / limit : 0);
  if (!best.proven) {
    const kind = lp !== undefined && lp < bounds.work ? 'lp' : 'work';
    const limit = Math.max(fps, kind === 'lp' ? (lp as number) : bounds.work);
    return { bound: { kind, groupFps: limit, gap: gap(limit), nodes: best.nodes }, bounds };
  }
  const optimum = groupFps(problem, best.assignment);
  const matched = isOneToOne(problem);
  const provenBy: GroupPlan['bound']['provenBy'] = [matched ? 'bottleneck-matching' : 'branch-and-bound'];
  if (prove && linear && (await highsAgrees(problem, optimum))) provenBy.push('highs');
  return {
    bound: {
      kind: 'exact',
      groupFps: optimum,
      gap: gap(optimum),
      provenBy,
      ...(!matched && { nodes: best.nodes }),
    },
    bounds,
  };
}

/** false = HiGHS did not finish. @throws HeterodyneError `INTERNAL` when the two optima differ */
async function highsAgrees(problem: GroupProblem, optimum: number): Promise<boolean> {
  const answer = await solveByHighs(problem);
  if (answer.status === 'unfinished') return false;
  const fps = answer.status === 'proven' ? groupFps(problem, answer.assignment) : 0;
  if (Math.abs(fps - optimum) <= AGREEMENT * optimum) return true;
  throw new HeterodyneError('INTERNAL', 'two proofs of the optimum differ', {
    expected: `${optimum} frames/s`,
    received: `${fps} frames/s by HiGHS`,
  });
}
