/** What the method that was asked for, and all baselines, say about a group: on every set of devices that may be used. */
import { HeterodyneError } from '../../core/errors.ts';
import { GROUP_BASELINES } from './baselines.ts';
import { deviceSets, onDevices } from './device-sets.ts';
import { feasibleMatching } from './feasibility.ts';
import { groupFps, isFeasible, isShorter } from './loads.ts';
import { GROUP_RULES, type Portfolio, type PortfolioOptions, portfolio } from './portfolio.ts';
import type { Assignment, GroupProblem } from './problem.ts';
import { repair } from './repair.ts';

/** The answer on one set of devices. */
export interface GroupAnswer {
  /** With the devices of the set alone. */
  problem: GroupProblem;
  best: Portfolio;
  assignment: Assignment;
  /** Absent when it is the method's own. */
  wonBy?: string;
  groupFps: number;
}

export interface GroupAnswers {
  /** The best first; at least one. */
  answers: GroupAnswer[];
  /** Sets on which nothing is possible, as device ids. */
  impossible: string[][];
}

/**
 * @throws HeterodyneError `INFEASIBLE` when no set of devices takes the group: the reason of the first one; as `portfolio`
 */
export async function groupAnswers(
  problem: GroupProblem,
  planner: string,
  options: PortfolioOptions = {},
): Promise<GroupAnswers> {
  const sets = deviceSets(problem);
  const answers: GroupAnswer[] = [];
  const impossible: string[][] = [];
  let reason: unknown;
  for (const [s, set] of sets.entries()) {
    const here = onDevices(problem, set);
    const onProgress = options.onProgress && ((done: number) => options.onProgress?.((s + done) / sets.length));
    try {
      const best = await portfolio(here, { ...options, ...(onProgress && { onProgress }) });
      const answer = answerOf(here, planner, best);
      answers.push({ problem: here, best, ...answer, groupFps: groupFps(here, answer.assignment) });
    } catch (error) {
      if (!(error instanceof HeterodyneError) || error.code !== 'INFEASIBLE') throw error;
      reason ??= error;
      impossible.push(here.devices.map(({ id }) => id));
    }
  }
  if (answers.length === 0) throw reason;
  // Stable: of equal ones the first stays first.
  answers.sort((a, b) =>
    isShorter(1 / a.groupFps, 1 / b.groupFps) ? -1 : isShorter(1 / b.groupFps, 1 / a.groupFps) ? 1 : 0,
  );
  return { answers, impossible };
}

/** What the method itself says; a rule that got stuck starts anew from the best that is possible. */
function answerOf(problem: GroupProblem, planner: string, best: Portfolio): { assignment: Assignment; wonBy?: string } {
  const rule = Object.hasOwn(GROUP_RULES, planner) ? GROUP_RULES[planner] : undefined;
  if (!rule) return { assignment: best.assignment, wonBy: best.name };
  const assignment = rule(problem);
  if (assignment) return { assignment };
  if (Object.hasOwn(GROUP_BASELINES, planner)) {
    throw new HeterodyneError('INFEASIBLE', `${planner} finds no way to place this group, and others do`, {
      path: '/planner',
      expected: 'a method that respects caps, memory and support',
      received: planner,
      hint: 'use the planner portfolio',
    });
  }
  const matching = feasibleMatching(problem);
  return isFeasible(problem, matching)
    ? { assignment: repair(problem, matching), wonBy: 'repair(matching)' }
    : { assignment: best.assignment, wonBy: best.name };
}

/** Group FPS by baseline, each on the devices where it does best; those that find no way are left out. */
export function baselineRates(problems: readonly GroupProblem[]): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const [name, rule] of Object.entries(GROUP_BASELINES)) {
    for (const problem of problems) {
      const assignment = rule(problem);
      if (assignment) rates[name] = Math.max(rates[name] ?? 0, groupFps(problem, assignment));
    }
  }
  return rates;
}

export function strongestOf(baselines: Record<string, number>): { name: string; groupFps: number } | undefined {
  let best: { name: string; groupFps: number } | undefined;
  for (const [name, fps] of Object.entries(baselines)) {
    if (!best || isShorter(1 / fps, 1 / best.groupFps)) best = { name, groupFps: fps };
  }
  return best;
}
