/** `MODEL`, `--shape`, `--batch`, `--cut`, `--seed`: one model with its weights, for commands that write models. */
import { basename, dirname, join } from 'node:path';
import { exists, readBytes } from '../../bindings/host/index.ts';
import { alignBlocks } from '../models/align-blocks.ts';
import type { Granularity } from '../models/blocks.ts';
import type { CuttableModel } from '../models/cut.ts';
import { cuttableOnnx, cuttableZoo } from '../models/cuttable.ts';
import { findZooEntry, zooEntry } from '../models/zoo/zoo.ts';
import { type WorkloadModel, workloadNames, workloadVariants } from '../profiles/workload.ts';
import type { Options } from './command.ts';
import { type ChosenWorkload, chosenModels, fileOf, isPath, parseCut, withShapes } from './model-choice.ts';
import { readSeed } from './option-values.ts';
import { MODEL_OPTIONS, SEED_OPTION } from './options.ts';

/** Options of {@link openModel}. */
export const ONE_MODEL_OPTIONS = {
  model: {
    type: 'positional',
    required: true,
    description: 'an ONNX file, or a network of the zoo (heterodyne models list)',
  },
  shape: { ...MODEL_OPTIONS.shape, valueHint: 'INPUT=1x3x224x224' },
  batch: MODEL_OPTIONS.batch,
  cut: MODEL_OPTIONS.cut,
  seed: { ...SEED_OPTION.seed, description: 'seed of the random weights of a zoo network (1)' },
} as const satisfies Options;

export interface OneModelChoice {
  model: string;
  batch?: string;
  cut?: string;
  seed?: string;
}

export interface OpenedModel {
  model: CuttableModel;
  /** Short, for names of files. */
  name: string;
  /** Files that were read and must not be written over. */
  inputs: string[];
  /** Of random weights; undefined for a file. */
  seed?: number;
}

/** @throws HeterodyneError `USAGE`, `NOT_READABLE`, `BAD_INPUT` as for all models */
export async function openModel(choice: OneModelChoice, shapeTexts: readonly string[]): Promise<OpenedModel> {
  const { workload } = chosenModels(withShapes([{ model: choice.model }], shapeTexts), choice);
  const { model: source, shapes, batch } = workload.models[0]!;
  const granularity: Granularity | undefined = parseCut(choice.cut);
  const options = {
    ...(shapes !== undefined && { shapes }),
    ...(batch !== undefined && { batch }),
    ...(granularity !== undefined && { granularity }),
  };
  const entry = isPath(source) ? undefined : findZooEntry(source);
  if (entry === undefined && !isPath(source) && !(await exists(source))) zooEntry(source);
  if (entry !== undefined) {
    const seed = readSeed(choice.seed);
    return { model: cuttableZoo(entry.name, { ...options, seed }), name: entry.name, inputs: [], seed };
  }
  const name = basename(source).replace(/\.onnx$/i, '');
  const inputs = [source];
  const readBeside = (location: string): Promise<Uint8Array> => {
    inputs.push(join(dirname(source), location));
    return readBytes(inputs.at(-1)!);
  };
  const model = await cuttableOnnx(await readBytes(source), { ...options, name, source }, readBeside);
  return { model, name, inputs };
}

/** All models of a workload, in its order and under its names; those of the zoo with random weights. */
export async function openModels(
  { workload, file }: ChosenWorkload,
  granularity: Granularity | undefined,
  signal: AbortSignal,
): Promise<CuttableModel[]> {
  const names = workloadNames(workload);
  const models: CuttableModel[] = [];
  for (const [m, entry] of workload.models.entries()) {
    signal.throwIfAborted();
    models.push(await openEntry(entry, names[m]!, file, granularity));
  }
  return models;
}

/** The further forms of a workload's models that have files of their own, under the models' names and in their blocks. */
export async function openVariants(
  { workload, file }: ChosenWorkload,
  granularity: Granularity | undefined,
  signal: AbortSignal,
  originals: readonly CuttableModel[],
): Promise<{ variant: string; model: CuttableModel }[]> {
  const names = workloadNames(workload);
  const forms: { variant: string; model: CuttableModel }[] = [];
  for (const [m, entry] of workload.models.entries()) {
    for (const { name: variant, model } of workloadVariants(entry)) {
      if (model === undefined) continue;
      signal.throwIfAborted();
      const form = await openEntry({ ...entry, model }, names[m]!, file, granularity);
      forms.push({ variant, model: { ...form, blocked: alignBlocks(form.blocked, originals[m]!.blocked) } });
    }
  }
  return forms;
}

async function openEntry(
  { model: source, shapes, batch }: WorkloadModel,
  name: string,
  document: string | undefined,
  granularity: Granularity | undefined,
): Promise<CuttableModel> {
  const options = {
    name,
    ...(shapes !== undefined && { shapes }),
    ...(batch !== undefined && { batch }),
    ...(granularity !== undefined && { granularity }),
  };
  const entry = isPath(source) ? undefined : findZooEntry(source);
  const path = fileOf(source, document);
  if (entry !== undefined) return cuttableZoo(entry.name, options);
  if (!isPath(source) && !(await exists(path))) zooEntry(source);
  const beside = (location: string): Promise<Uint8Array> => readBytes(join(dirname(path), location));
  return cuttableOnnx(await readBytes(path), { ...options, source: path }, beside);
}
