/** What the report draws: a plan with what it was made from. */
import type { HistoryPoint, PlannerResult } from '../../planners/planner.ts';
import type { Plan } from '../../planners/schema.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Profile } from '../../profiles/schema.ts';
import { type Workload, workloadNames } from '../../profiles/workload.ts';

/** How one planner's best value grew. */
export interface SearchHistory {
  planner: string;
  /** Evaluations in all. */
  evaluations: number;
  points: HistoryPoint[];
}

type Hash = 'platformHash' | 'profileHash' | 'workloadHash';

/** A plan that may lack the hashes that tie it to files. */
export type ShownPlan = Omit<Plan, '$schema' | 'kind' | 'schemaVersion' | Hash> & Partial<Pick<Plan, Hash>>;

export interface PlanView {
  plan: ShownPlan;
  /** The costs that it was made from. */
  profile: Profile;
  platform: Platform;
  /** With a name for every model. */
  workload: Workload;
  /** The planner first. */
  histories: SearchHistory[];
  /** Under changed conditions: the plan that was, and what it would still give. */
  before?: { plan: ShownPlan; keptValue?: number };
}

/** As given by `planWithEvidence`; the document may have been completed since. */
export function planView(
  evidence: {
    profile: Profile;
    platform: Platform;
    workload: Workload;
    results: ReadonlyMap<string, PlannerResult>;
  },
  plan: Plan,
): PlanView {
  const { profile, platform, workload, results } = evidence;
  const histories = [...results].map(([planner, { evaluations, history }]) => ({
    planner,
    evaluations,
    points: history.map(({ evaluations: at, value }) => ({ evaluations: at, value })),
  }));
  const names = workloadNames(workload);
  const named = { ...workload, models: workload.models.map((model, m) => ({ ...model, name: names[m] as string })) };
  return { plan, profile, platform, workload: named, histories };
}

/** Number of a model by name, from 1: that of the plan before, so that a model keeps it when others are switched off. */
export function modelNumbers({ plan, before }: PlanView): ReadonlyMap<string, number> {
  return new Map((before?.plan ?? plan).models.map(({ name }, m) => [name, m + 1]));
}
