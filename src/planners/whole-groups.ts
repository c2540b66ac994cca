/**
 * The planners of groups on a placement problem: whole models alone, decided from the seconds of whole models, scored
 * like any other placement. What they see is the group problem; shared resources, links and pools are the scorer's.
 */
import type { PlacementProblem } from '../core/placement.ts';
import { optimumFrom } from './group/exact.ts';
import { groupMethod } from './group/methods.ts';
import { bestMember, GROUP_RULES, heuristicMembers } from './group/portfolio.ts';
import { type Assignment, type GroupProblem, prepareGroup } from './group/problem.ts';
import { Ledger } from './ledger.ts';
import type { Planner } from './planner.ts';
import { joinPlacement, wholeRecord, wholeSeconds } from './whole-models.ts';

/** The seconds of whole models, residency limits, and pools that a single processor has for itself. */
function groupOfPlacements(problem: PlacementProblem): GroupProblem {
  const { models, processors, maxModels, poolProcessors, poolBytes } = problem;
  const ids = Array.from({ length: processors }, (_, p) => p);
  return prepareGroup({
    models: models.map((model) => ({
      name: model.name,
      calls: model.callsPerFrame,
      memoryBytes: model.weightBytes.reduce((sum, bytes) => sum + bytes, model.activationBytes),
    })),
    devices: ids.map((p) => {
      const own = [...poolBytes].filter((_, q) => poolProcessors[q] === 1 << p);
      return {
        id: String(p),
        kind: 'unknown',
        cap: Math.min(models.length, maxModels[p] as number),
        memoryBytes: Math.min(Number.POSITIVE_INFINITY, ...own),
        interference: 0,
      };
    }),
    sharing: 'serial',
    rates: models.map((_, m) => ids.map((p) => 1 / wholeSeconds(problem, m, p))),
  });
}

function groupPlanner(id: string, assignments: (problem: GroupProblem) => (Assignment | undefined)[]): Planner {
  const { title, source } = groupMethod(id);
  return {
    id,
    title: `Whole models; ${title}`,
    source,
    async plan(context) {
      const ledger = new Ledger(id, context);
      const { problem } = context.kernel;
      for (const assignment of assignments(groupOfPlacements(problem))) {
        const reason = ledger.stop();
        if (reason) return ledger.result(reason);
        if (!assignment) continue;
        await ledger.score(joinPlacement(assignment.map((p, m) => wholeRecord(p, problem.models[m]!.blocks))));
      }
      return ledger.result('exhausted');
    },
  };
}

const byRule = (id: string) => groupPlanner(id, (problem) => [GROUP_RULES[id]!(problem)]);

export const groupPlanners: readonly Planner[] = [
  byRule('hams-mfs'),
  byRule('hams-mfs-dynamic'),
  byRule('hams-hfs'),
  groupPlanner('portfolio', (problem) => {
    const members = heuristicMembers(problem);
    const best = bestMember(problem, members)?.assignment;
    return [...members.map(({ assignment }) => assignment), best && optimumFrom(problem, best).assignment];
  }),
];
