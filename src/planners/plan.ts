/**
 * From documents to a plan document: build the problem, run the planner, run the baselines with as many evaluations,
 * take the best answer, and say what it is worth.
 */
import { defaultCore } from '../../bindings/core.ts';
import type { PlacementProblem } from '../core/placement.ts';
import type { PreparedProblem } from '../core/prepared.ts';
import type { Warning } from '../documents/warnings.ts';
import { demandReader } from '../estimators/demands.ts';
import type { Estimator } from '../estimators/estimator.ts';
import { placementProblem } from '../estimators/problem.ts';
import { chooseVariants } from '../profiles/variant-choice.ts';
import { fluidBound } from './bound.ts';
import { compete, replanFrom } from './competition.ts';
import { resolveInputs } from './inputs.ts';
import { type Bound, planEvidence } from './plan-document.ts';
import type { PlannerResult } from './planner.ts';
import { statedValue } from './predicted.ts';
import { comparators, plannerById } from './registry.ts';
import type { ClosableEstimator, PlanEvidence, PlanOptions, PlanRequest } from './request.ts';
import type { Plan } from './schema.ts';

/**
 * Plan a workload. The same request gives the same document, byte for byte, unless `timeLimitMs` or a signal cut the
 * search or `provenance` is asked for. After an abort the best so far is given, marked `partial`.
 *
 * @throws HeterodyneError `USAGE` unknown names or options; `BAD_INPUT` documents that do not belong together; `LIMIT`;
 *   `INFEASIBLE` nothing fits
 */
export async function plan(request: PlanRequest, options: PlanOptions = {}): Promise<Plan> {
  return (await planWithEvidence(request, options)).plan;
}

/** As {@link plan}, with the profile, the problem and every planner's result beside the document. */
export async function planWithEvidence(asked: PlanRequest, options: PlanOptions = {}): Promise<PlanEvidence> {
  const startedAt = new Date();
  const started = performance.now();
  let request = asked;
  const planner = plannerById(request.planner ?? 'mcts');
  const rivals = (request.baselines ?? (request.estimator || request.from ? [] : comparators.map(({ id }) => id))).map(
    plannerById,
  );
  const inputs = resolveInputs(request);
  const { platform, profile, workload } = inputs;
  const { objective = 'throughput', maxStages, depthOne } = request;
  const chosen = chooseVariants(profile, workload, request.minAccuracy);
  const { variants } = chosen;
  const named = placementProblem({ profile, platform, workload, variants, objective, maxStages, depthOne });
  const core = options.core ?? defaultCore();
  const kernel = core.placement(named.problem);
  let opened: ClosableEstimator | undefined;
  try {
    if (typeof asked.estimator === 'function') opened = await asked.estimator(named.problem, kernel);
    const estimator = opened ?? (asked.estimator as Estimator | undefined);
    const verify = asked.verifier?.(named.problem, named.names);
    request = {
      ...asked,
      estimator,
      ...(verify && { plannerOptions: { ...asked.plannerOptions, verify } }),
    };
    const warnings: Warning[] = [
      ...inputs.warnings,
      ...(profile.warnings ?? []),
      ...chosen.warnings,
      ...named.warnings,
    ];
    const replanned = request.from && (await replanFrom(request.from, kernel, named, request, options));
    const competition =
      replanned?.competition ??
      (await compete(
        kernel,
        named,
        planner.id,
        rivals.map(({ id }) => id),
        request,
        options,
      ));
    const { results, own, winner } = competition;
    warnings.push(...competition.warnings);

    const { prepared } = kernel;
    const { placement } = winner.result;
    const value = statedValue(kernel, placement);
    const exact = own?.exhaustive === true;
    const bound = exact ? ({ kind: 'exact', value } as const) : lowestBound(prepared, own?.bound);
    const estimate = estimator && own && (await estimateOf(estimator, named.problem, own, bound?.value));
    return planEvidence({
      inputs: { ...inputs, warnings },
      objective,
      named,
      kernel,
      prepared,
      placement,
      planner: {
        name: planner.id,
        seed: request.seed ?? 1,
        evaluations: own?.evaluations ?? 0,
        ...(own && { value: statedValue(kernel, own.placement) }),
        ...(winner.id !== planner.id && { takenFrom: winner.id }),
        ...(estimator && { estimator: estimator.id }),
        ...(estimate && { estimate }),
        ...(own?.verification && {
          verified: { by: own.verification.by, checked: own.verification.checked, value: own.verification.value },
          rankDisagreements: { checked: own.verification.checked, pairs: own.verification.disagreements },
        }),
        ...(own?.partial && { partial: true }),
      },
      accuracies: chosen.accuracies,
      ...(rivals.length > 0 && {
        baselines: Object.fromEntries(
          rivals.flatMap(({ id }) => {
            const result = results.get(id);
            return result ? [[id, statedValue(kernel, result.placement)]] : [];
          }),
        ),
      }),
      bound,
      ...(replanned && { replan: replanned.summary }),
      results,
      options,
      started: { at: startedAt, ms: started },
    });
  } finally {
    await opened?.close();
    kernel.free();
  }
}

/** What the estimator expects of a result. */
async function estimateOf(
  estimator: Estimator,
  problem: PlacementProblem,
  { placement }: PlannerResult,
  bound: number | undefined,
): Promise<NonNullable<Plan['planner']['estimate']>> {
  const batch = { count: 1, placements: placement, demands: demandReader(problem)(placement) };
  const [value] = await estimator.score(batch);
  const rates = await estimator.rates?.(batch);
  const aboveBound = rates !== undefined && bound !== undefined && value > bound + ABOVE_BOUND * Math.abs(bound);
  return { value, ...(rates && { ratesPerS: [...rates] }), ...(aboveBound && { aboveBound }) };
}

/** More than rounding. */
const ABOVE_BOUND = 1e-6;

/** The lower of what branch and bound left and the fluid relaxation; undefined where there is neither. */
function lowestBound(
  prepared: PreparedProblem,
  searched: number | undefined,
): Pick<Bound, 'kind' | 'value'> | undefined {
  const fluid = fluidBound(prepared);
  if (searched !== undefined && !(fluid !== undefined && fluid < searched)) return { kind: 'search', value: searched };
  return fluid === undefined ? undefined : { kind: 'fluid-lp', value: fluid };
}
