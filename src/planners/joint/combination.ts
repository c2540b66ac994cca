/** One operating point with one form of every model: a placement problem of its own. */
import type { Core, PlacementKernel } from '../../core/placement.ts';
import { type PreparedProblem, prepareProblem } from '../../core/prepared.ts';
import { type NamedProblem, placementProblem } from '../../estimators/problem.ts';
import type { OperatingPoint, Platform } from '../../platforms/schema.ts';
import type { Profile } from '../../profiles/schema.ts';
import { type Workload, workloadNames } from '../../profiles/workload.ts';
import { fluidBound } from '../bound.ts';
import type { PlannerResult } from '../planner.ts';

/** Costs at one operating point. */
export interface PointCosts {
  point: OperatingPoint;
  platform: Platform;
  profile: Profile;
}

export interface Combination extends PointCosts {
  /** Form of each model, in workload order. */
  forms: readonly string[];
  /** Sum of the forms' known accuracies: decides between equal values. */
  accuracy: number;
  named: NamedProblem;
  kernel: PlacementKernel;
  prepared: PreparedProblem;
  /** No placement is worth more; Infinity = unknown. */
  bound: number;
  /** The best that was found, constraints kept. */
  result?: PlannerResult;
  /** Evaluations spent here. */
  evaluations: number;
}

export function combine(
  costs: PointCosts,
  workload: Workload,
  forms: readonly string[],
  accuracy: number,
  settings: Pick<Parameters<typeof placementProblem>[0], 'objective' | 'maxStages' | 'depthOne'>,
  core: Core,
): Combination {
  const { platform, profile } = costs;
  const variants = Object.fromEntries(workloadNames(workload).map((name, m) => [name, forms[m]]));
  const named = placementProblem({ profile, platform, workload, variants, ...settings });
  const prepared = prepareProblem(named.problem);
  return {
    ...costs,
    forms,
    accuracy,
    named,
    kernel: core.placement(named.problem),
    prepared,
    bound: fluidBound(prepared) ?? Number.POSITIVE_INFINITY,
    evaluations: 0,
  };
}

/** Whether a's best is the better plan: by value, then by accuracy. */
export function isBetterThan(a: Combination, b: Combination | undefined): boolean {
  if (a.result === undefined) return false;
  if (b?.result === undefined) return true;
  if (a.result.value !== b.result.value) return a.result.value > b.result.value;
  return a.accuracy > b.accuracy;
}
