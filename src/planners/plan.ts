/**
 * From documents to a plan document: build the problem, run the planner, run the baselines with as many evaluations,
 * take the best answer, and say what it is worth.
 */
import { type Core, defaultCore } from '../../bindings/core.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Objective, PlacementKernel, PlacementProblem } from '../core/placement.ts';
import type { PreparedProblem } from '../core/prepared.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import { demandReader } from '../estimators/demands.ts';
import type { Estimator, Verifier } from '../estimators/estimator.ts';
import { type NamedProblem, placementProblem } from '../estimators/problem.ts';
import type { BlockedModel } from '../models/graph.ts';
import { operatingPointOf } from '../platforms/operating-point.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';
import { chooseVariants } from '../profiles/variant-choice.ts';
import type { Workload, WorkloadPrecision } from '../profiles/workload.ts';
import { fluidBound } from './bound.ts';
import { type Inputs, resolveInputs } from './inputs.ts';
import {
  DEFAULT_EVALUATIONS,
  type PlannerContext,
  type PlannerOptions,
  type PlannerProgress,
  type PlannerResult,
} from './planner.ts';
import { coreName, predict, statedValue } from './predicted.ts';
import { comparators, plannerById } from './registry.ts';
import { replan } from './replan.ts';
import type { Plan, PlannedModel } from './schema.ts';

/** A model with less than this share of the mean rate is named as starving. */
const STARVING = 0.1;

export interface PlanRequest {
  /** A platform document, or the id of a shipped platform. */
  platform: Platform | string;
  /** What runs together; absent = `models`, without wishes. */
  workload?: Workload;
  /** In workload order: models cut into blocks, or names of the zoo. Absent = the workload's models, from the zoo. */
  models?: readonly (BlockedModel | string)[];
  /** Costs; absent = computed from models and platform (roofline). */
  profile?: Profile;
  /** Further forms of models, to be costed beside them; without effect when `profile` is given. */
  variants?: readonly VariantModel[];
  /** Accuracy that every model must be known to have, a fraction; a model's own floor goes before. */
  minAccuracy?: number;
  /** Default `throughput`. */
  objective?: Objective;
  /** Planner id, default `mcts`. */
  planner?: string;
  plannerOptions?: PlannerOptions;
  /** Placements to score, default 500. */
  evaluations?: number;
  timeLimitMs?: number;
  /** Stop after that many evaluations without improvement. */
  patience?: number;
  /** Default 1. */
  seed?: number;
  /** Most stages of a model, default min(processors, 3). */
  maxStages?: number;
  /** One request in flight per model: its stages do not overlap. */
  depthOne?: boolean;
  /** Ids of the planners to compare with; default all comparators, none under an outside estimator. */
  baselines?: readonly string[];
  /** Steers the search instead of the throughput model; or makes such a one for the problem, which is then closed. */
  estimator?: Estimator | ((problem: PlacementProblem, kernel: PlacementKernel) => Promise<ClosableEstimator>);
  /** With an estimator: judges the placements that it likes best. Default: the throughput model. */
  verifier?: (problem: PlacementProblem) => Verifier;
  /** A plan in use: the new one moves only what pays. */
  from?: Plan;
  /** With `from`: share of the objective that one moved stage must earn, default 0.01. */
  moveCost?: number;
}

/** One more form of a model of the workload. */
export interface VariantModel {
  /** Its `name` is that of the model in the workload. */
  model: BlockedModel;
  variant: string;
  precision?: WorkloadPrecision;
}

export interface ClosableEstimator extends Estimator {
  close(): Promise<void>;
}

export interface PlanOptions {
  signal?: AbortSignal;
  onProgress?: (progress: PlannerProgress) => void;
  /** Default: the fastest core of this host. */
  core?: Core;
  /** Write the `run` object: start, duration, core. */
  provenance?: boolean;
}

/** A plan with what it was made from. */
export interface PlanEvidence {
  plan: Plan;
  profile: Profile;
  platform: Platform;
  workload: Workload;
  problem: NamedProblem;
  /** By planner id: the planner's and the baselines' own results. */
  results: ReadonlyMap<string, PlannerResult>;
}

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
    const verify = asked.verifier?.(named.problem);
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

/** What a planned placement becomes a document from. */
export interface PlanParts extends Partial<Pick<Plan, 'baselines' | 'replan' | 'joint'>> {
  /** Its warnings are those of the plan, except for what the prediction itself gives reason to. */
  inputs: Inputs;
  objective: Objective;
  named: NamedProblem;
  kernel: PlacementKernel;
  prepared: PreparedProblem;
  placement: Uint8Array;
  planner: Plan['planner'];
  /** By name of the model, where known. */
  accuracies: Readonly<Record<string, number>>;
  bound?: Pick<Bound, 'kind' | 'value'>;
  results: ReadonlyMap<string, PlannerResult>;
  options: PlanOptions;
  /** When planning began, for the record of the run. */
  started: { at: Date; ms: number };
}

/** Predicts a placement, and writes the document. */
export function planEvidence(parts: PlanParts): PlanEvidence {
  const { inputs, objective, named, kernel, prepared, placement, planner, bound, options, started } = parts;
  const { platform, profile, workload } = inputs;
  const predicted = predict({ kernel, prepared, names: named.names, profile, workload, placement });
  const warnings = [...inputs.warnings, ...findings(predicted.models, named)];
  const { estimate } = planner;
  if (estimate?.aboveBound) warnings.push(tooGood(estimate.value, bound?.value ?? 0));
  const plan: Plan = {
    kind: 'plan',
    schemaVersion: 1,
    platform: platform.id,
    platformHash: contentHash(platform),
    profileHash: contentHash(profile),
    workloadHash: contentHash(workload),
    objective,
    planner,
    operatingPoint: operatingPointOf(platform),
    models: predicted.models.map((model) => withAccuracy(model, parts.accuracies[model.name])),
    processors: predicted.processors,
    score: predicted.score,
    ...(parts.baselines && { baselines: parts.baselines }),
    ...(bound && { bound: boundOf(bound.kind, bound.value, predicted.score.value) }),
    ...(parts.replan && { replan: parts.replan }),
    ...(parts.joint && { joint: parts.joint }),
    provenance: predicted.provenance,
    warnings,
    ...(options.provenance && {
      run: {
        startedAt: started.at.toISOString(),
        elapsedMs: performance.now() - started.ms,
        core: coreName(options.core ?? defaultCore()),
      },
    }),
  };
  return { plan, profile, platform, workload, problem: named, results: parts.results };
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

function tooGood(value: number, bound: number): Warning {
  return {
    code: 'ESTIMATE_ABOVE_BOUND',
    message: `the estimator expects ${Number(value.toPrecision(4))} of this plan, more than the ${Number(bound.toPrecision(4))} that the throughput model allows any placement: do not trust it here`,
    path: '/planner/estimate',
  };
}

interface Competition {
  results: Map<string, PlannerResult>;
  /** The planner's own result, before any baseline is taken instead. */
  own: PlannerResult | undefined;
  winner: { id: string; result: PlannerResult };
  warnings: Warning[];
}

/** Run the planner, then its rivals on the same terms; the best answer wins, the planner's own on ties. */
async function compete(
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
const MOVE_COST = 0.01;

/** Plan anew from a plan in use. Baselines know nothing of moves, and are left out. */
async function replanFrom(
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
  return {
    competition: { results: new Map([['mcts', result]]), own: result, winner: { id: 'mcts', result }, warnings: [] },
    summary: { moveCost, ...(before > -Infinity && { before }), kept, moves },
  };
}

/** In the order of the schema, which is the order of the file. */
function withAccuracy(model: PlannedModel, accuracy: number | undefined): PlannedModel {
  const { name, variant, ...rest } = model;
  return { name, variant, ...(accuracy !== undefined && { accuracy }), ...rest };
}

/** What the reader should know about the plan itself. */
function findings(models: Plan['models'], { problem }: NamedProblem): Warning[] {
  const warnings: Warning[] = [];
  const mean = models.reduce((sum, model) => sum + model.throughputPerS, 0) / models.length;
  for (const [m, model] of models.entries()) {
    const satisfied = model.throughputPerS >= problem.models[m].rateLimit;
    if (model.throughputPerS < STARVING * mean && !satisfied) {
      warnings.push({
        code: 'STARVING',
        message: `${model.name} starves: ${perS(model.throughputPerS)}, while the mean is ${perS(mean)}; objective min or geometric-mean would share more evenly`,
        path: `/models/${m}/throughputPerS`,
      });
    }
    if (model.deadlineMs !== undefined && model.latencyMs > model.deadlineMs) {
      warnings.push({
        code: 'DEADLINE',
        message: `${model.name} takes ${Number(model.latencyMs.toPrecision(3))} ms even without waiting, more than its deadline of ${model.deadlineMs} ms`,
        path: `/models/${m}/latencyMs`,
      });
    }
  }
  return warnings;
}

function perS(rate: number): string {
  return `${Number(rate.toPrecision(3))}/s`;
}

type Bound = NonNullable<Plan['bound']>;

/** The lower of what branch and bound left and the fluid relaxation; undefined where there is neither. */
function lowestBound(
  prepared: PreparedProblem,
  searched: number | undefined,
): Pick<Bound, 'kind' | 'value'> | undefined {
  const fluid = fluidBound(prepared);
  if (searched !== undefined && !(fluid !== undefined && fluid < searched)) return { kind: 'search', value: searched };
  return fluid === undefined ? undefined : { kind: 'fluid-lp', value: fluid };
}

function boundOf(kind: Bound['kind'], bound: number, value: number): Bound {
  // Equal up to rounding is equal.
  const limit = Math.max(bound, value);
  return { kind, value: limit, gap: limit === 0 ? 0 : (limit - value) / Math.abs(limit) };
}
