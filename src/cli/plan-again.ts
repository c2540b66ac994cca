/**
 * A plan document as `plan` showed it when it made it: with the documents behind it, and the search where planning again
 * gives the same plan.
 */
import { readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import { type Inputs, resolveInputs } from '../planners/inputs.ts';
import { planWithEvidence } from '../planners/plan.ts';
import { DEFAULT_EVALUATIONS, type PlannerProgress, type PlannerResult } from '../planners/planner.ts';
import { planners } from '../planners/registry.ts';
import type { PlanEvidence, PlanRequest } from '../planners/request.ts';
import type { Plan } from '../planners/schema.ts';
import { atOperatingPoint } from '../platforms/at-operating-point.ts';
import { profileAtOperatingPoint } from '../profiles/at-operating-point.ts';
import { profileDocument } from '../profiles/schema.ts';
import type { Call } from './command.ts';
import {
  type ChosenWorkload,
  chooseWorkload,
  chosenModels,
  inputFiles,
  loadModels,
  loadVariants,
  parseCut,
  withShapes,
} from './model-choice.ts';
import { modelsOfPlan } from './plan-sources.ts';
import { choosePlatform } from './platform-choice.ts';

export interface PlanSourceValues {
  platform?: string;
  profile?: string;
  workload?: string;
  batch?: string;
  cut?: string;
}

export interface PlanSources {
  inputs: Inputs;
  /** That were read, and must not be written over. */
  files: string[];
  warnings: Warning[];
}

/**
 * Platform, workload and costs of a plan, from where it says that they are, or from what is given.
 *
 * @throws HeterodyneError `BAD_INPUT` costs that are not those of the plan
 */
export async function sourcesOf(plan: Plan, file: string, values: PlanSourceValues, call: Call): Promise<PlanSources> {
  const profile =
    values.profile === undefined
      ? undefined
      : profileDocument.parse(await readText(values.profile), values.profile).document;
  const { platform: fastest, file: platformFile, warnings } = await choosePlatform(values.platform ?? plan.platform);
  const point = plan.operatingPoint.id;
  const chosen = await workloadOf(plan, file, values, call);
  const files = [...inputFiles(chosen), ...[values.profile, platformFile].filter((name) => name !== undefined)];
  let inputs: Inputs;
  if (profile === undefined) {
    const cut = parseCut(values.cut);
    const models = await loadModels(chosen, cut, call.signal);
    const variants = await loadVariants(chosen, cut, call.signal, models);
    const platform = atOperatingPoint(fastest, point);
    inputs = resolveInputs({ platform, workload: chosen.workload, models, variants });
  } else {
    const held = profileAtOperatingPoint(profile, fastest, point);
    inputs = resolveInputs({ platform: held.platform, workload: chosen.workload, profile: held.profile });
  }
  if (contentHash(inputs.profile) !== plan.profileHash) {
    throw new HeterodyneError('BAD_INPUT', `${file} was not made from these costs`, {
      path: '/profileHash',
      source: file,
      expected: plan.profileHash,
      received: contentHash(inputs.profile),
      hint: 'give --profile, or --models, --shape, --batch, --cut and --platform, as they were given to heterodyne plan',
    });
  }
  return { inputs, files, warnings: [...warnings, ...chosen.warnings] };
}

/** As given, else the models that the plan states, with their deadlines. */
async function workloadOf(plan: Plan, file: string, values: PlanSourceValues, call: Call): Promise<ChosenWorkload> {
  const { models: lists, shape = [] } = call.repeated;
  if (lists !== undefined || values.workload !== undefined) {
    return chooseWorkload({ ...values, models: lists, shape });
  }
  const { models, moved } = await modelsOfPlan(plan.models, file);
  const { workload, warnings } = chosenModels(withShapes(models, shape), values);
  const wished = workload.models.map((model, m) => {
    const { deadlineMs } = plan.models[m]!;
    return { ...model, ...(deadlineMs !== undefined && { deadlineMs }) };
  });
  return { workload: { ...workload, models: wished }, warnings, moved };
}

/** The plan with what it was made from. */
export interface PlanAgain extends Pick<PlanEvidence, 'platform' | 'profile' | 'workload'> {
  /** By planner id; empty where planning again gives another plan. */
  results: ReadonlyMap<string, PlannerResult>;
  /** Budget of the planner and of every baseline. */
  evaluations: number;
}

/**
 * Plans again as the document states: the same seed gives the same plan, and with it the course of the search. A plan that
 * was made with other options than the document states, or cut by a clock, comes out without its search.
 */
export async function planAgain(
  plan: Plan,
  { platform, profile, workload }: Inputs,
  options: { signal: AbortSignal; onProgress: (progress: PlannerProgress) => void },
): Promise<PlanAgain> {
  const { name, seed, evaluations, estimator, partial } = plan.planner;
  const shown = { platform, profile, workload };
  const unplannable = estimator ?? plan.replan ?? plan.joint ?? partial;
  const known = unplannable === undefined && planners.some(({ id }) => id === name);
  // A search that ended early had the budget of the default, or exactly what it took.
  const budgets = known ? [...new Set([Math.max(evaluations, DEFAULT_EVALUATIONS), evaluations])] : [];
  for (const budget of budgets.filter((each) => each > 0)) {
    const request: PlanRequest = { ...shown, planner: name, seed, evaluations: budget, objective: plan.objective };
    const again = await planWithEvidence(request, options);
    options.signal.throwIfAborted();
    if (sameBut(again.plan, plan)) return { ...shown, results: again.results, evaluations: budget };
  }
  return { ...shown, results: new Map(), evaluations: Math.max(evaluations, DEFAULT_EVALUATIONS) };
}

/** Equal but for warnings, which the command line adds to, and what hangs on the workload's wishes. */
function sameBut(a: Plan, b: Plan): boolean {
  const bare = ({ warnings: _, run: __, workloadHash: ___, ...rest }: Plan) => contentHash(rest);
  return bare(a) === bare(b);
}
