/** What a plan is simulated with: its platform, and the models or the profile that it was made from. */
import { readText } from '../../bindings/host/index.ts';
import type { Warning } from '../documents/warnings.ts';
import type { BlockedModel } from '../models/graph.ts';
import type { VariantModel } from '../planners/request.ts';
import { type Plan, planDocument } from '../planners/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import { knownFrom, stillAssumed } from '../profiles/measured-memory.ts';
import { type Profile, profileDocument } from '../profiles/schema.ts';
import type { Workload, WorkloadPrecision } from '../profiles/workload.ts';
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

export interface SimulationValues {
  plan: string;
  platform?: string;
  workload?: string;
  profile?: string;
  batch?: string;
  cut?: string;
  precision?: string;
}

export interface SimulationInputs {
  plan: Plan;
  platform: Platform;
  workload: Workload;
  models?: BlockedModel[];
  variants?: VariantModel[];
  profile?: Profile;
  /** Files that were read: what must not be written over. */
  files: string[];
  warnings: Warning[];
}

/**
 * A plan names its platform and says where its models are. Known platforms are found by name; a workload document and
 * whatever else the plan was made with is given again, as it was given to `heterodyne plan`.
 */
export async function readSimulationInputs(values: SimulationValues, call: Call): Promise<SimulationInputs> {
  const { document: plan, warnings } = planDocument.parse(await readText(values.plan), values.plan);
  const { platform, warnings: ofPlatform, file } = await choosePlatform(values.platform ?? plan.platform);
  const files = [values.plan, file, values.profile].filter((name) => name !== undefined);
  if (values.profile !== undefined) {
    const { document: profile, warnings: ofProfile } = profileDocument.parse(
      await readText(values.profile),
      values.profile,
    );
    const chosen = await workloadBesideProfile(values, call, profile);
    return {
      plan,
      platform,
      profile,
      workload: chosen.workload,
      files: [...files, ...(chosen.file === undefined ? [] : [chosen.file])],
      warnings: [...warnings, ...stillAssumed(ofPlatform, knownFrom(profile)), ...ofProfile, ...chosen.warnings],
    };
  }
  const chosen = await chooseModels(values, call, plan);
  const cut = parseCut(values.cut);
  const models = await loadModels(chosen, cut, call.signal);
  const variants = await loadVariants(chosen, cut, call.signal);
  return {
    plan,
    platform,
    workload: chosen.workload,
    models,
    variants,
    files: [...files, ...inputFiles(chosen)],
    warnings: [...warnings, ...ofPlatform, ...chosen.warnings],
  };
}

async function chooseModels(values: SimulationValues, call: Call, plan: Plan): Promise<ChosenWorkload> {
  const { models, shape } = call.repeated;
  const precision = values.precision as WorkloadPrecision | undefined;
  if (models !== undefined || values.workload !== undefined) {
    return chooseWorkload({ ...values, precision, models, shape });
  }
  const stated = await modelsOfPlan(plan.models, values.plan);
  const chosen = chosenModels(withShapes(stated.models, shape ?? []), { batch: values.batch, precision });
  return { ...chosen, moved: stated.moved };
}

async function workloadBesideProfile(values: SimulationValues, call: Call, profile: Profile): Promise<ChosenWorkload> {
  const { models } = call.repeated;
  if (models !== undefined || values.workload !== undefined) {
    return chooseWorkload({ models, workload: values.workload });
  }
  const named = profile.models
    .filter(({ variant }) => variant === 'original')
    .map(({ name, source }) => ({ model: source, name }));
  return { workload: { kind: 'workload', schemaVersion: 1, models: named }, warnings: [] };
}
