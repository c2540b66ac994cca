/** Who finds the placement: the planner against the baselines on equal terms, or a replanning of the plan in use. */
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementKernel } from '../core/placement.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Estimator } from '../estimators/estimator.ts';
import type { NamedProblem } from '../estimators/problem.ts';
import { DEFAULT_EVALUATIONS, type PlannerContext, type PlannerResult } from './planner.ts';
import { plannerById } from './registry.ts';
import { replan } from './replan.ts';
import type { PlanOptions, PlanRequest } from './request.ts';
import type { Plan } from './schema.ts';

interface Competition {
  results: Map<string, PlannerResult>;
  /** The planner's own result, before any baseline is taken instead. */
  own: PlannerResult | undefined;
  winner: { id: string; result: PlannerResult };
  warnings: Warning[];
}

/** Run the planner, then its rivals on the same terms; the best answer wins, the planner's own on ties. */
export async function compete(
  kernel: PlacementKernel,
  named: NamedProblem,
  plannerId: string,
  rivals: readonly string[],
  request: PlanRequest,
  { signal, onProgress }: PlanOptions,
): Promise<Competition> {
  const results = new Map<string, PlannerResult>();
  const warnings: Warning[] = [];
  const { evaluations = DEFAULT_EVALUATIONS, timeLimitMs, patience, seed, estimator, plannerOptions } = request;
  const context: PlannerContext = {
    kernel,
    evaluations,
    timeLimitMs,
    patience,
    seed,
    signal,
    onProgress,
    estimator: estimator as Estimator | undefined,
    options: plannerOptions,
    names: named.names,
  };
  let refusal: HeterodyneError | undefined;
  const attempt = async (id: string, changes: Partial<PlannerContext>): Promise<PlannerResult | undefined> => {
    try {
      const result = await plannerById(id).plan({ ...context, ...changes });
      results.set(id, result);
      return result;
    } catch (error) {
      if (!(error instanceof HeterodyneError) || error.code !== 'INFEASIBLE') throw error;
      refusal ??= error;
      return undefined;
    }
  };
  const own = await attempt(plannerId, {});
  // Cut by the clock, the planner had fewer evaluations: so have its rivals.
  const equal = own?.stoppedBy === 'time' ? Math.max(1, own.evaluations) : evaluations;
  const without: string[] = [];
  const cut: string[] = [];
  for (const id of rivals) {
    if (signal?.aborted) break;
    if (id === plannerId) continue;
    const result = await attempt(id, { evaluations: equal, patience: undefined, options: undefined });
    if (!result) without.push(id);
    else if (result.partial) results.delete(id);
    else if (result.stoppedBy === 'time') cut.push(id);
  }
  let winner = own && { id: plannerId, result: own };
  for (const [id, result] of results) {
    const better =
      !winner ||
      result.value > winner.result.value ||
      (result.value === winner.result.value && result.meanRate > winner.result.meanRate && winner.id !== plannerId);
    if (better) winner = { id, result };
  }
  if (!winner) throw refusal;
  if (winner.id !== plannerId) {
    warnings.push({
      code: 'BASELINE_TAKEN',
      message: own
        ? `${winner.id} found a better placement than ${plannerId}: the plan is that of ${winner.id}`
        : `${plannerId} found no placement within the limits: the plan is that of ${winner.id}`,
      path: '/planner',
    });
  }
  if (without.length > 0) {
    warnings.push({
      code: 'BASELINE_INFEASIBLE',
      message: `found no placement within the limits, and are not compared: ${without.join(', ')}`,
      path: '/baselines',
    });
  }
  if (cut.length > 0) {
    warnings.push({
      code: 'BASELINE_CUT',
      message: `the time limit ended before all evaluations were done: ${cut.join(', ')}`,
      path: '/baselines',
    });
  }
  if (signal?.aborted) {
    warnings.push({
      code: 'INTERRUPTED',
      message: own?.partial
        ? 'stopped from outside: the best placement so far'
        : 'stopped before all baselines had run',
      path: '/planner',
    });
  }
  return { results, own, winner, warnings };
}

/** The share of the objective that a moved stage must earn, when the caller does not say. */
export const MOVE_COST = 0.01;

/** Plan anew from a plan in use. Baselines know nothing of moves, and are left out. */
export async function replanFrom(
  from: Plan,
  kernel: PlacementKernel,
  named: NamedProblem,
  request: PlanRequest,
  { signal, onProgress }: PlanOptions,
): Promise<{ competition: Competition; summary: NonNullable<Plan['replan']> }> {
  const { evaluations, timeLimitMs, patience, seed, plannerOptions: options, moveCost = MOVE_COST } = request;
  const refuse = (path: string, what: string) => {
    throw new HeterodyneError(
      'USAGE',
      `a plan in use is replanned with mcts and the throughput model, not with ${what}`,
      {
        path,
        hint: `leave ${what} out`,
      },
    );
  };
  if ((request.planner ?? 'mcts') !== 'mcts') refuse('/planner', `planner ${request.planner}`);
  if (request.estimator) refuse('/estimator', 'an estimator');
  const context = { kernel, evaluations, timeLimitMs, patience, seed, signal, onProgress, options, names: named.names };
  const { result, moves, kept, before } = await replan(context, from, moveCost);
  const warnings = strangeOldPlan(from, named);
  return {
    competition: { results: new Map([['mcts', result]]), own: result, winner: { id: 'mcts', result }, warnings },
    summary: { moveCost, ...(before > -Infinity && { before }), kept, moves },
  };
}

/** An old plan of another device or of other models is seldom meant: nothing of it can stay. */
function strangeOldPlan(from: Plan, { names }: NamedProblem): Warning[] {
  const warnings: Warning[] = [];
  const processors = new Set(from.models.flatMap(({ stages }) => stages.map(({ processor }) => processor)));
  if (!names.processors.some((id) => processors.has(id))) {
    warnings.push({
      code: 'OLD_PLAN',
      message: `the plan in use is for ${from.platform}, and none of its processors is here`,
      path: '/platform',
    });
  }
  if (!from.models.some(({ name }) => names.models.includes(name))) {
    const old = from.models.map(({ name }) => name).join(', ');
    warnings.push({
      code: 'OLD_PLAN',
      message: `the plan in use holds none of these models, by name: its own are ${old}`,
      path: '/models',
    });
  }
  return warnings;
}
