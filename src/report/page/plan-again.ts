/**
 * Planning under changed conditions, in the page: the tree search begins at the plan as it was, then the baselines get
 * the same budget, and the best answer is shown. The planners hand over every few milliseconds, so that a page stays
 * alive and the next change ends the run.
 */
import { type Core, PLACEMENT_STRIDE, type PlacementKernel } from '../../core/placement.ts';
import { prepareProblem } from '../../core/prepared.ts';
import type { ProblemNames } from '../../estimators/memory-bound.ts';
import { type NamedProblem, placementProblem } from '../../estimators/problem.ts';
import { fluidBound } from '../../planners/bound.ts';
import { mcts } from '../../planners/mcts.ts';
import type { PlannerProgress, PlannerResult } from '../../planners/planner.ts';
import { predict, statedValue } from '../../planners/predicted.ts';
import { comparators } from '../../planners/registry.ts';
import { joinPlacement } from '../../planners/whole-models.ts';
import type { PlanView, ShownPlan } from '../charts/plan-view.ts';
import type { SearchSettings } from './page-data.ts';
import { type Changes, type Conditions, changedConditions } from './what-if.ts';

export interface PlanAgainInput {
  base: Conditions;
  changes: Changes;
  /** The plan as it was. */
  plan: ShownPlan;
  settings: SearchSettings;
  core: Core;
  signal: AbortSignal;
  onProgress?: (progress: PlannerProgress) => void;
}

/**
 * Gives the planner's answer at once, and the comparison with the baselines after. Ends without a further answer when
 * aborted.
 *
 * @throws HeterodyneError `INFEASIBLE`, `USAGE`, `LIMIT` in the words of the documents
 */
export async function* planAgain(input: PlanAgainInput): AsyncGenerator<PlanView> {
  const { changes, plan, settings, core, signal, onProgress } = input;
  const conditions = changedConditions(input.base, changes);
  const { objective, evaluations } = changes;
  const { maxStages, depthOne, seed } = settings;
  const processors = conditions.profile.processors.length;
  const named = placementProblem({
    ...conditions,
    variants: Object.fromEntries(plan.models.map(({ name, variant }) => [name, variant])),
    objective,
    maxStages: Math.min(maxStages, processors),
    depthOne,
  });
  const kernel = core.placement(named.problem);
  try {
    const kept = keptPlacement(plan, kernel, named.names);
    const context = { kernel, evaluations, seed, signal, onProgress, names: named.names };
    const own = await mcts.plan({ ...context, options: kept ? { startFrom: kept } : {} });
    if (own.partial) return;
    const keptValue = kept && statedValue(kernel, kept);
    const about: About = { input, conditions, named, kernel, keptValue };
    const results = new Map<string, PlannerResult>([[mcts.id, own]]);
    yield viewOf(about, results);
    for (const planner of comparators) {
      const result = await planner.plan(context).catch(() => undefined);
      if (signal.aborted) return;
      if (result) results.set(planner.id, result);
    }
    yield viewOf(about, results, true);
  } finally {
    kernel.free();
  }
}

/** The old plan's stages as a placement of the new problem, where all of it can still be executed within the limits. */
function keptPlacement(plan: ShownPlan, kernel: PlacementKernel, names: ProblemNames): Uint8Array | undefined {
  const { problem } = kernel;
  const records: Uint8Array[] = [];
  for (const [m, name] of names.models.entries()) {
    const stages = plan.models.find((model) => model.name === name)?.stages ?? [];
    if (stages.length === 0 || stages.length > problem.maxStages) return undefined;
    const record = new Uint8Array(PLACEMENT_STRIDE);
    record[0] = stages.length;
    for (const [s, { processor, lastBlock }] of stages.entries()) {
      const p = names.processors.indexOf(processor);
      if (p < 0) return undefined;
      record.set([p, lastBlock + 1], 1 + 2 * s);
    }
    if (stages.at(-1)?.lastBlock !== (problem.models[m]?.blocks ?? 0) - 1) return undefined;
    records.push(record);
  }
  const placement = joinPlacement(records);
  return kernel.evaluate(placement).excess[0] === 0 ? placement : undefined;
}

interface About {
  input: PlanAgainInput;
  conditions: Conditions;
  named: NamedProblem;
  kernel: PlacementKernel;
  keptValue: number | undefined;
}

function viewOf(about: About, results: ReadonlyMap<string, PlannerResult>, compared = false): PlanView {
  const { input, conditions, named, kernel, keptValue } = about;
  const { profile, platform, workload } = conditions;
  const [winner, best] = [...results].reduce((a, b) => (better(b[1], a[1]) ? b : a));
  const own = results.get(mcts.id) as PlannerResult;
  const prepared = prepareProblem(named.problem);
  const predicted = predict({ kernel, prepared, names: named.names, profile, workload, placement: best.placement });
  const { value } = predicted.score;
  const { objective } = input.changes;
  const exact = own.exhaustive === true;
  const limit = exact ? value : fluidBound(prepared);
  const plan: ShownPlan = {
    platform: platform.id,
    objective,
    planner: {
      name: mcts.id,
      seed: input.settings.seed,
      evaluations: own.evaluations,
      value: statedValue(kernel, own.placement),
      ...(winner !== mcts.id && { takenFrom: winner }),
    },
    operatingPoint: input.plan.operatingPoint,
    ...predicted,
    ...(compared && { baselines: baselinesOf(kernel, results) }),
    ...(limit !== undefined && { bound: boundOf(exact ? 'exact' : 'fluid-lp', limit, value) }),
    warnings: named.warnings.filter(({ code }) => code !== 'PLATFORM_CHANGED'),
  };
  const histories = [...results].map(([planner, { evaluations, history }]) => ({
    planner,
    evaluations,
    points: history,
  }));
  return {
    plan,
    profile,
    platform,
    workload,
    histories,
    before: { plan: input.plan, ...(keptValue !== undefined && { keptValue }) },
  };
}

function better(a: PlannerResult, b: PlannerResult): boolean {
  return a.value > b.value || (a.value === b.value && a.meanRate > b.meanRate);
}

function baselinesOf(kernel: PlacementKernel, results: ReadonlyMap<string, PlannerResult>): Record<string, number> {
  return Object.fromEntries(
    [...results].filter(([id]) => id !== mcts.id).map(([id, { placement }]) => [id, statedValue(kernel, placement)]),
  );
}

/** A bound below the plan's own value is rounding. */
function boundOf(kind: 'exact' | 'fluid-lp', limit: number, value: number): NonNullable<ShownPlan['bound']> {
  const bound = Math.max(limit, value);
  return { kind, value: bound, gap: bound === 0 ? 0 : (bound - value) / Math.abs(bound) };
}
