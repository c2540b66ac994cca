/** What a plan is simulated with: its platform, and the models or the profile that it was made from. */
import { readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { BlockedModel } from '../models/graph.ts';
import { findZooEntry, ZOO } from '../models/zoo/zoo.ts';
import type { VariantModel } from '../planners/plan.ts';
import { type Plan, planDocument } from '../planners/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import { type Profile, profileDocument } from '../profiles/schema.ts';
import type { Workload, WorkloadPrecision } from '../profiles/workload.ts';
import type { Call } from './command.ts';
import { type ChosenWorkload, chooseWorkload, inputFiles, loadModels, loadVariants, parseCut } from './model-choice.ts';
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
 * A plan names its platform and its models. Known platforms and zoo networks are found by these names; whatever else the
 * plan was made with is given again, as it was given to `heterodyne plan`.
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
      warnings: [...warnings, ...ofPlatform, ...ofProfile, ...chosen.warnings],
    };
  }
  const chosen = await chosenModels(values, call, plan);
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

async function chosenModels(values: SimulationValues, call: Call, plan: Plan): Promise<ChosenWorkload> {
  const { models, shape } = call.repeated;
  const precision = values.precision as WorkloadPrecision | undefined;
  if (models !== undefined || values.workload !== undefined) {
    return chooseWorkload({ ...values, precision, models, shape });
  }
  return chooseWorkload({ ...values, precision, shape, models: plan.models.map(({ name }) => entryOf(name)) });
}

/** `resnet-50` and `resnet-50-2` are instances of the zoo's `resnet-50`. */
function entryOf(name: string): string {
  if (findZooEntry(name) !== undefined) return name;
  const base = name.replace(/-\d+$/, '');
  if (base !== name && findZooEntry(base) !== undefined) return base;
  throw new HeterodyneError('USAGE', `the plan does not say where the model "${name}" is`, {
    path: '--models',
    expected: '--models, --workload or --profile, as they were given to heterodyne plan',
    received: 'a plan alone',
    hint: `found by name are: ${ZOO.map((entry) => entry.name).join(', ')}`,
  });
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
