/** How far a group plan is from the best: the optimum where it is proven, else bounds. */
import { HeterodyneError } from '../../core/errors.ts';
import type { GroupAnswer } from './answers.ts';
import { isOneToOne } from './bottleneck.ts';
import { workBound } from './bounds.ts';
import { isLinear, relaxedBound, solveByHighs } from './linear-program.ts';
import { groupFps, isShorter } from './loads.ts';
import type { Portfolio } from './portfolio.ts';
import type { GroupProblem } from './problem.ts';
import type { GroupPlan } from './schema.ts';

/** Two proofs of one optimum may differ by this share. */
const AGREEMENT = 1e-9;

/**
 * The optimum where it is proven, else the lowest bound; and how far the plan is from it. Where devices overlap the limit
 * of all sets of them is the highest of any set.
 *
 * @param answers of all sets, that of the plan first
 */
export async function bounded(
  answers: readonly Pick<GroupAnswer, 'problem' | 'best'>[],
  fps: number,
  prove: boolean,
): Promise<Pick<GroupPlan, 'bound' | 'bounds'>> {
  const limits: Limit[] = [];
  for (const { problem, best } of answers) limits.push(await limitOf(problem, best, prove));
  // The first of equal ones is that of the plan; a proof counts more than a bound of the same height.
  const top = limits.reduce((high, each) => {
    if (isShorter(1 / each.bound.groupFps, 1 / high.bound.groupFps)) return each;
    const level = !isShorter(1 / high.bound.groupFps, 1 / each.bound.groupFps);
    return level && each.bound.kind === 'exact' && high.bound.kind !== 'exact' ? each : high;
  });
  const limit = Math.max(fps, top.bound.groupFps);
  const gap = isShorter(1 / limit, 1 / fps) ? 1 - fps / limit : 0;
  const lps = limits.flatMap(({ bounds: { lp } }) => lp ?? []);
  return {
    bound: { ...top.bound, groupFps: top.bound.kind === 'exact' ? top.bound.groupFps : limit, gap },
    bounds: {
      work: Math.max(...limits.map(({ bounds }) => bounds.work)),
      ...(lps.length === limits.length && { lp: Math.max(...lps) }),
    },
  };
}

interface Limit {
  bound: Omit<GroupPlan['bound'], 'gap'>;
  bounds: GroupPlan['bounds'];
}

async function limitOf(problem: GroupProblem, best: Portfolio, prove: boolean): Promise<Limit> {
  const linear = isLinear(problem);
  const lp = linear && (prove || !best.proven) ? await relaxedBound(problem) : undefined;
  const bounds = { work: workBound(problem), ...(lp !== undefined && { lp }) };
  if (!best.proven) {
    const kind = lp !== undefined && lp < bounds.work ? 'lp' : 'work';
    return { bound: { kind, groupFps: kind === 'lp' ? (lp as number) : bounds.work, nodes: best.nodes }, bounds };
  }
  const optimum = groupFps(problem, best.assignment);
  const matched = isOneToOne(problem);
  const provenBy: GroupPlan['bound']['provenBy'] = [matched ? 'bottleneck-matching' : 'branch-and-bound'];
  if (prove && linear && (await highsAgrees(problem, optimum))) provenBy.push('highs');
  return {
    bound: { kind: 'exact', groupFps: optimum, provenBy, ...(!matched && { nodes: best.nodes }) },
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
