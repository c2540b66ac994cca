/**
 * The default answer: the best of all simple ways, MFS and HFS, each also repaired, improved by ejection chains, and
 * the optimum; where that cannot be proven, what shaking the best of them leads to. Never below any feasible baseline,
 * which is checked at run time.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { Pace } from '../../core/pace.ts';
import { GROUP_BASELINES } from './baselines.ts';
import { bottleneckAssignment, isOneToOne } from './bottleneck.ts';
import { workBound } from './bounds.ts';
import { BranchAndBound, NODE_LIMIT } from './branch-and-bound.ts';
import { chainRepair } from './chains.ts';
import { feasibleMatching, memoryTooSmall } from './feasibility.ts';
import type { GreedyResult } from './greedy-state.ts';
import { deviceAllocations } from './hfs.ts';
import { kicked } from './kicks.ts';
import { groupSeconds, isFeasible, isShorter } from './loads.ts';
import { modelAllocations } from './mfs.ts';
import type { Assignment, GroupProblem } from './problem.ts';
import { repair } from './repair.ts';

/** An answer and the method that gave it. */
export interface Member {
  name: string;
  assignment: Assignment;
}

/** The worst-case-first rules, with the order of their decisions. */
export const GREEDY_RULES: Readonly<Record<string, (problem: GroupProblem) => GreedyResult>> = {
  'hams-mfs': (problem) => modelAllocations(problem),
  'hams-mfs-dynamic': (problem) => modelAllocations(problem, 'dynamic'),
  'hams-hfs': deviceAllocations,
};

/** The rules themselves, before repair; undefined = stuck. */
export const GROUP_RULES: Readonly<Record<string, (problem: GroupProblem) => Assignment | undefined>> = {
  ...GROUP_BASELINES,
  ...Object.fromEntries(
    Object.entries(GREEDY_RULES).map(([name, rule]) => [name, (problem: GroupProblem) => rule(problem).assignment]),
  ),
};

/**
 * All members in order: the rules as they are, then repaired, then improved by chains. One that does not help is not
 * repeated. Empty when every rule got stuck.
 */
export function heuristicMembers(problem: GroupProblem): Member[] {
  const rules = Object.entries(GROUP_RULES).flatMap(([name, rule]): Member[] => {
    const assignment = rule(problem);
    return assignment ? [{ name, assignment }] : [];
  });
  const repaired = rules.map(({ name, assignment }) => ({
    name: `repair(${name})`,
    assignment: repair(problem, assignment),
  }));
  const chained = distinct(repaired).map(({ name, assignment }) => ({
    name: name.replace('repair', 'chains'),
    assignment: chainRepair(problem, assignment),
  }));
  return distinct([...rules, ...repaired, ...chained]);
}

/** The best member, the first of equals. */
export function bestMember(problem: GroupProblem, members: readonly Member[]): Member | undefined {
  let best: Member | undefined;
  for (const member of members) {
    if (!best || isShorter(groupSeconds(problem, member.assignment), groupSeconds(problem, best.assignment)))
      best = member;
  }
  return best;
}

export interface Portfolio extends Member {
  /** The optimum is proven: no assignment is faster. */
  proven: boolean;
  /** Nodes that branch and bound visited; 0 = a matching answered. */
  nodes: number;
  /** All that was compared, without the exact answer. */
  members: Member[];
}

export interface PortfolioOptions {
  /** Nodes of branch and bound; 0 = heuristics alone. Default {@link NODE_LIMIT}. */
  nodes?: number;
  signal?: AbortSignal;
  /** 0 to 1, of the node limit. */
  onProgress?: (progress: number) => void;
}

/** Nodes between two looks at the clock. */
const NODES_PER_LOOK = 4096;

/**
 * @throws HeterodyneError `INFEASIBLE` proven, with the reason; `LIMIT` no assignment was found and none excluded;
 *   `INTERNAL` the answer is below a baseline
 */
export async function portfolio(problem: GroupProblem, options: PortfolioOptions = {}): Promise<Portfolio> {
  const { nodes: limit = NODE_LIMIT, signal, onProgress } = options;
  const matching = feasibleMatching(problem);
  const members = heuristicMembers(problem);
  if (members.length === 0 && isFeasible(problem, matching)) {
    members.push({ name: 'chains(matching)', assignment: chainRepair(problem, matching) });
  }
  const heuristic = bestMember(problem, members);
  let exact: Omit<Portfolio, 'members' | 'name'> | undefined;
  if (limit > 0 || !heuristic) {
    exact = isOneToOne(problem)
      ? matched(problem)
      : await branchAndBound(problem, heuristic?.assignment, limit || NODE_LIMIT, signal, onProgress);
  }
  const found = exact && { name: 'exact', assignment: exact.assignment };
  let best = bestMember(problem, [...members, ...(found ? [found] : [])]);
  if (!best) throw memoryTooSmall(problem);
  if (!exact?.proven && isShorter(1 / workBound(problem), groupSeconds(problem, best.assignment))) {
    const kicks = { name: `kicks(${best.name})`, assignment: await kicked(problem, best.assignment, signal) };
    best = bestMember(problem, [best, kicks]) as Member;
  }
  notBelow(problem, best, members);
  return { ...best, proven: exact?.proven ?? false, nodes: exact?.nodes ?? 0, members };
}

function matched(problem: GroupProblem): Omit<Portfolio, 'members' | 'name'> {
  // There is one: the question of feasibility was answered by a matching, too.
  return { assignment: bottleneckAssignment(problem) as Assignment, proven: true, nodes: 0 };
}

async function branchAndBound(
  problem: GroupProblem,
  start: Assignment | undefined,
  limit: number,
  signal?: AbortSignal,
  onProgress?: (progress: number) => void,
): Promise<Omit<Portfolio, 'members' | 'name'>> {
  const search = new BranchAndBound(problem, start);
  const pace = new Pace();
  while (!search.done && search.nodes < limit && !signal?.aborted) {
    search.run(Math.min(NODES_PER_LOOK, limit - search.nodes));
    if (!pace.due) continue;
    onProgress?.(search.nodes / limit);
    await pace.handOver();
  }
  const { best, done, nodes } = search;
  if (best) return { assignment: best, proven: done, nodes };
  if (done) throw memoryTooSmall(problem);
  signal?.throwIfAborted();
  throw new HeterodyneError('LIMIT', `no assignment within the limits was found in ${nodes} attempts`, {
    path: '/models',
    expected: 'an assignment within caps and memory',
    received: 'neither one nor a proof that there is none',
    hint: 'raise a memory limit, or take models out',
  });
}

/** The promise of the portfolio, kept by construction and checked all the same. */
function notBelow(problem: GroupProblem, best: Member, members: readonly Member[]): void {
  const mine = groupSeconds(problem, best.assignment);
  const better = members.find(({ assignment }) => isShorter(groupSeconds(problem, assignment), mine));
  if (!better && isFeasible(problem, best.assignment)) return;
  throw new HeterodyneError(
    'INTERNAL',
    `the portfolio's answer is ${better ? `below ${better.name}` : 'not feasible'}`,
    {
      received: best.name,
    },
  );
}

function distinct(members: readonly Member[]): Member[] {
  const seen = new Set<string>();
  return members.filter(({ assignment }) => {
    const key = assignment.join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
