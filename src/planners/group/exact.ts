/** The optimum of a small change to a known problem: synchronous, for the many solves of a what-if. */
import { bottleneckAssignment, isOneToOne } from './bottleneck.ts';
import { BranchAndBound } from './branch-and-bound.ts';
import { feasibleMatching } from './feasibility.ts';
import { bestMember, heuristicMembers } from './portfolio.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** Nodes of one such solve: a few milliseconds. */
const NODES = 50_000;

export interface Optimum {
  /** undefined = nothing is possible, or (not proven) nothing was found. */
  assignment: Assignment | undefined;
  proven: boolean;
}

/** @param start a feasible assignment to improve on */
export function optimumFrom(problem: GroupProblem, start?: Assignment): Optimum {
  if (isOneToOne(problem)) return { assignment: bottleneckAssignment(problem), proven: true };
  const search = new BranchAndBound(problem, start);
  search.run(NODES);
  return { assignment: search.best, proven: search.done };
}

/**
 * The best plan of a problem that nothing is known of; undefined = none keeps the memory limits, or none was found.
 *
 * @throws HeterodyneError `INFEASIBLE` when support and caps exclude every plan
 */
export function solve(problem: GroupProblem): Assignment | undefined {
  feasibleMatching(problem);
  return optimumFrom(problem, bestMember(problem, heuristicMembers(problem))?.assignment).assignment;
}
