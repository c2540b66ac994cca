/** What `run` executes: a plan, where its models are, how frames come. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { folderNames, readText } from '../../bindings/host/index.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import { type Plan, planDocument } from '../planners/schema.ts';
import { type Profile, profileDocument } from '../profiles/schema.ts';
import { type Workload, type WorkloadModel, workloadNames, workloadVariants } from '../profiles/workload.ts';
import type { DeployedModel, DeployOptions } from '../runtime/deploy.ts';
import { expectedModel, type ModelFile } from '../runtime/plan-models.ts';
import { type FrameSource, folderSource, moduleSource } from '../runtime/sources.ts';
import type { Call } from './command.ts';
import { chooseWorkload, chosenModels, fileOf, inputFiles, withShapes } from './model-choice.ts';
import { modelsOfPlan } from './plan-sources.ts';

export interface RunInputs {
  plan: Plan;
  profile?: Profile;
  workload?: Workload;
  models: Record<string, ModelFile>;
  variants: NonNullable<DeployOptions['variants']>;
  /** That were read and must not be written over. */
  files: string[];
  warnings: Warning[];
}

export interface RunInputValues {
  plan: string;
  profile?: string;
  workload?: string;
  batch?: string;
}

export async function readRunInputs(values: RunInputValues, call: Call): Promise<RunInputs> {
  const { document: plan, warnings } = planDocument.parse(await readText(values.plan), values.plan);
  const inputs: RunInputs = { plan, models: {}, variants: {}, files: [values.plan], warnings: [...warnings] };
  if (values.profile !== undefined) {
    const read = profileDocument.parse(await readText(values.profile), values.profile);
    inputs.profile = read.document;
    inputs.files.push(values.profile);
    inputs.warnings.push(...read.warnings);
    if (contentHash(read.document) !== plan.profileHash) {
      inputs.warnings.push({
        code: 'PROFILE_CHANGED',
        message: 'the profile is not the one that the plan was made from: models are held against it all the same',
        path: '/profileHash',
      });
    }
  }
  const { models: lists, shape } = call.repeated;
  if (lists === undefined && values.workload === undefined) {
    const { models, files } = await statedModels(inputs, values, shape ?? []);
    return { ...inputs, models, files: [...inputs.files, ...files] };
  }
  const chosen = await chooseWorkload({ ...values, models: lists, shape });
  const names = workloadNames(chosen.workload);
  const variants: Record<string, Record<string, ModelFile>> = {};
  chosen.workload.models.forEach((entry, m) => {
    const form = formOf(entry);
    inputs.models[names[m]!] = { source: fileOf(entry.model, chosen.file), ...form };
    for (const variant of workloadVariants(entry)) {
      if (variant.model === undefined) continue;
      (variants[names[m]!] ??= {})[variant.name] = { source: fileOf(variant.model, chosen.file), ...form };
    }
  });
  return {
    ...inputs,
    workload: chosen.workload,
    variants,
    files: [...inputs.files, ...inputFiles(chosen)],
    warnings: [...inputs.warnings, ...chosen.warnings],
  };
}

/** Models that are where the profile or the plan says; where both are silent, the runtime looks in the zoo. */
async function statedModels(
  { plan, profile }: RunInputs,
  { plan: planFile, batch }: RunInputValues,
  shape: readonly string[],
): Promise<Pick<RunInputs, 'models' | 'files'>> {
  const planned = plan.models
    .map((model) => ({ ...model, source: expectedModel(model, profile).profiled?.source ?? model.source }))
    .filter(({ source }) => source !== undefined);
  const { models, moved } = await modelsOfPlan(planned, planFile);
  const chosen = { ...chosenModels(withShapes(models, shape), { batch }), moved };
  return {
    models: Object.fromEntries(
      chosen.workload.models.map((entry, m) => [
        planned[m]!.name,
        { source: moved.get(entry.model) ?? entry.model, ...formOf(entry) },
      ]),
    ),
    files: inputFiles(chosen),
  };
}

function formOf({ shapes, batch }: WorkloadModel): Pick<ModelFile, 'shapes' | 'batch'> {
  return { ...(shapes && { shapes }), ...(batch !== undefined && { batch }) };
}

/** `--source`: a folder or a module, for every model. */
export async function openSources(
  given: string | undefined,
  models: readonly DeployedModel[],
): Promise<{ kind: 'synthetic' | 'folder' | 'module'; sources: Record<string, FrameSource> }> {
  if (given === undefined) return { kind: 'synthetic', sources: {} };
  const kind = (await folderNames(given)) ? 'folder' : 'module';
  const url = pathToFileURL(resolve(given)).href;
  const sources: Record<string, FrameSource> = {};
  for (const { name, inputs } of models) {
    const context = { model: name, inputs };
    sources[name] = kind === 'folder' ? await folderSource(given, context) : await moduleSource(url, context);
  }
  return { kind, sources };
}
