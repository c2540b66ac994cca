/**
 * From an FPS matrix to a group plan: run the method that was asked for, put all baselines and the optimum beside it,
 * and explain what stands in the way of more.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Warning } from '../../documents/warnings.ts';
import { type FpsMatrix, fpsMatrixFindings } from '../../profiles/fps-matrix.ts';
import { baselineRates, type GroupAnswer, groupAnswers, strongestOf } from './answers.ts';
import { bottleneck, explainDevices, explainModels, nextMove, provenance } from './explain.ts';
import { type GroupOptions, groupProblem } from './from-matrix.ts';
import { groupFps, isShorter } from './loads.ts';
import { groupMethod } from './methods.ts';
import { GREEDY_RULES, type Portfolio, portfolio } from './portfolio.ts';
import type { Assignment, GroupProblem } from './problem.ts';
import { bounded } from './proof.ts';
import type { GroupPlan } from './schema.ts';
import { modelRates, type ServiceWeights, serviceAlone, servicesOf, withServiceWeights } from './services.ts';
import { whatIf } from './what-if.ts';

export interface GroupPlanRequest extends GroupOptions {
  matrix: FpsMatrix;
  /** Method id, default `portfolio`. */
  planner?: string;
  /** Frames of each service per group frame. */
  weights?: ServiceWeights;
  /** Add the what-if. */
  whatIf?: boolean;
  /** Of the what-if: rates are off by up to this share, default 0.1. */
  noise?: number;
  /** Of the what-if's draws, default 1. */
  seed?: number;
  /** Nodes of branch and bound, default two million; 0 = no exact answer. */
  nodes?: number;
  /** Have HiGHS prove the optimum once more. Default: for the planner `exact`. */
  prove?: boolean;
  /** Refuse a matrix that mixes kinds of figures, instead of warning. */
  strict?: boolean;
}

export interface GroupPlanOptions {
  signal?: AbortSignal;
  /** 0 to 1. */
  onProgress?: (progress: number) => void;
}

/**
 * Plan a group. The same request gives the same document, byte for byte, unless a signal cut the search.
 *
 * @throws HeterodyneError `INFEASIBLE` proven, with the reason; `USAGE`; `LIMIT` nothing found and none excluded;
 *   `BAD_INPUT` mixed figures if strict
 */
export async function planGroup(request: GroupPlanRequest, options: GroupPlanOptions = {}): Promise<GroupPlan> {
  return (await planGroupWithEvidence(request, options)).plan;
}

/** A group plan with the problem that it answers. */
export interface GroupEvidence {
  plan: GroupPlan;
  problem: GroupProblem;
  assignment: Assignment;
}

/** As {@link planGroup}, with the problem beside the document. */
export async function planGroupWithEvidence(
  request: GroupPlanRequest,
  options: GroupPlanOptions = {},
): Promise<GroupEvidence> {
  const { matrix, planner = 'portfolio', seed = 1 } = request;
  const method = groupMethod(planner);
  const group = withServiceWeights(groupProblem(matrix, request), request.weights ?? {});
  const warnings = findings(matrix, request.strict === true);
  const { answers, impossible } = await groupAnswers(group, planner, { nodes: request.nodes, ...options });
  const [{ problem, best, assignment, wonBy, groupFps: fps }] = answers as [GroupAnswer];
  const baselines = baselineRates(answers.map((answer) => answer.problem));
  const strongest = strongestOf(baselines);
  if (strongest && isShorter(1 / strongest.groupFps, 1 / fps)) {
    warnings.push({
      code: 'BASELINE_BETTER',
      message: `${planner} alone is below ${strongest.name}: the planner portfolio takes the best of all`,
      path: '/score/groupFps',
    });
  }
  if (planner === 'exact' && !best.proven && !options.signal?.aborted) warnings.push(unproven(best));
  const models = explainModels(problem, matrix, assignment);
  const move = nextMove(problem, assignment);
  const steps = wonBy === undefined ? decisions(problem, planner) : undefined;
  const services = await serviceRates(answers, request);
  const changes = request.whatIf ? await changesOf(problem, assignment, request, options.signal) : undefined;
  const aborted = options.signal?.aborted === true;
  const plan: GroupPlan = {
    kind: 'group-plan',
    schemaVersion: 1,
    ...(matrix.name !== undefined && { matrixName: matrix.name }),
    matrixHash: contentHash(matrix),
    ...(matrix.platform !== undefined && { platform: matrix.platform }),
    ...(matrix.platformHash !== undefined && { platformHash: matrix.platformHash }),
    sharing: problem.sharing,
    planner: {
      name: planner,
      source: method.source,
      seed,
      ...(wonBy !== undefined && { wonBy }),
      ...(aborted && { partial: true }),
    },
    ...(steps && { steps }),
    models,
    devices: explainDevices(problem, assignment),
    score: { groupFps: fps, frameMs: 1000 / fps },
    ...(services.length > 0 && { services }),
    ...(answers.length + impossible.length > 1 && { deviceSets: setsOf(answers, impossible) }),
    bottleneck: bottleneck(problem, assignment),
    ...(move && { nextMove: move }),
    baselines,
    ...(strongest && { strongestBaseline: strongest.name }),
    ...(await bounded(answers, fps, request.prove ?? planner === 'exact')),
    ...(changes && { whatIf: changes }),
    provenance: provenance(models),
    warnings,
  };
  return { plan, problem, assignment };
}

/** The optimum was asked for, and what is given is the best found. */
function unproven({ nodes }: Portfolio): Warning {
  return {
    code: 'UNPROVEN',
    message: `${nodes} nodes did not prove an optimum: the best found is given, and the gap is at most what is stated`,
    path: '/bound',
  };
}

/** What a greedy rule decided, in order; undefined for all other methods. */
function decisions(problem: GroupProblem, planner: string): GroupPlan['steps'] {
  const rule = Object.hasOwn(GREEDY_RULES, planner) ? GREEDY_RULES[planner] : undefined;
  return rule?.(problem).steps.map(({ model, device }) => ({
    model: problem.models[model]!.name,
    device: problem.devices[device]!.id,
  }));
}

/** As the matrix itself warns; mixed kinds of figures are refused if strict. */
function findings(matrix: FpsMatrix, strict: boolean): Warning[] {
  const known = matrix.warnings ?? [];
  const listed = new Set(known.map(({ message, path }) => `${path} ${message}`));
  const warnings = [
    ...known,
    ...fpsMatrixFindings(matrix).filter(({ message, path }) => !listed.has(`${path} ${message}`)),
  ];
  const mixed = warnings.find(({ code }) => code === 'MIXED_MODES');
  if (!strict || !mixed) return warnings;
  throw new HeterodyneError('BAD_INPUT', mixed.message, {
    path: mixed.path,
    expected: 'figures of one kind',
    received: 'several kinds',
  });
}

/** Sets of devices that share nothing, and what this planner gives on each. */
function setsOf(answers: readonly GroupAnswer[], impossible: readonly string[][]): GroupPlan['deviceSets'] {
  return [
    ...answers.map(({ problem, groupFps: fps }) => ({ devices: problem.devices.map(({ id }) => id), groupFps: fps })),
    ...impossible.map((devices) => ({ devices })),
  ];
}

/** The what-if; undefined when a signal came first, which costs the plan nothing. */
async function changesOf(
  problem: GroupProblem,
  assignment: Assignment,
  { noise, seed }: GroupPlanRequest,
  signal?: AbortSignal,
): Promise<GroupPlan['whatIf']> {
  try {
    return await whatIf(problem, assignment, { noise, seed, signal });
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}

/** Every service in the joint plan, beside the best plan of it alone. */
async function serviceRates(
  answers: readonly GroupAnswer[],
  { nodes, weights = {} }: GroupPlanRequest,
): Promise<NonNullable<GroupPlan['services']>> {
  const [{ problem, assignment }] = answers as [GroupAnswer];
  const rates = modelRates(problem, assignment);
  const services: NonNullable<GroupPlan['services']> = [];
  for (const name of servicesOf(problem)) {
    const weight = (Object.hasOwn(weights, name) && weights[name]) || 1;
    const mine = rates.filter((_, i) => problem.models[i]!.service === name);
    let aloneFps = 0;
    for (const each of answers) {
      const alone = serviceAlone(each.problem, name);
      aloneFps = Math.max(aloneFps, groupFps(alone, (await portfolio(alone, { nodes })).assignment));
    }
    services.push({ name, weight, fps: weight * Math.min(...mine), aloneFps: weight * aloneFps });
  }
  return services;
}
