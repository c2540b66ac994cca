/** `--models`, `--shape`, `--batch` and `--workload`: which models run together, and in which form. */
import { dirname, isAbsolute, join } from 'node:path';
import { exists, readBytes, readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { LIMITS } from '../core/placement.ts';
import type { Warning } from '../documents/warnings.ts';
import { alignBlocks } from '../models/align-blocks.ts';
import type { Granularity } from '../models/blocks.ts';
import type { BlockedModel } from '../models/graph.ts';
import { loadOnnxModel } from '../models/load.ts';
import { loadZooModel } from '../models/zoo/load.ts';
import { findZooEntry, ZOO, zooEntry } from '../models/zoo/zoo.ts';
import type { VariantModel } from '../planners/request.ts';
import {
  type Workload,
  type WorkloadModel,
  type WorkloadPrecision,
  workloadDocument,
  workloadNames,
  workloadVariants,
} from '../profiles/workload.ts';
import { wholeNumber } from './option-values.ts';

/** More instances than any planner takes are refused there, with its limit; this only bounds the list. */
const MOST_INSTANCES = 1000;

export interface ChosenWorkload {
  workload: Workload;
  warnings: Warning[];
  /** The workload document, if there is one. */
  file?: string;
  /** Where files are that are not at their paths, by path. */
  moved?: ReadonlyMap<string, string>;
}

/** `alexnet,left=./my.onnx,resnet-50*2` as workload entries. @throws HeterodyneError `USAGE` */
export function parseModelList(lists: readonly string[]): WorkloadModel[] {
  const models: WorkloadModel[] = [];
  for (const item of lists.flatMap((list) => list.split(',')).map((text) => text.trim())) {
    const match = /^(?:([^=/\\]+)=)?(.*?)(?:\*(\d+))?$/s.exec(item);
    const [, name, model = '', times = '1'] = match ?? [];
    if (model === '') {
      throw new HeterodyneError('USAGE', item === '' ? '--models holds an empty entry' : `"${item}" names no model`, {
        path: '--models',
        expected: 'ONNX files and zoo names with single commas between, as alexnet,./my.onnx',
        received: lists.join(','),
        hint: item === '' ? `zoo: ${ZOO.map((entry) => entry.name).join(', ')}` : undefined,
      });
    }
    const count = wholeNumber(times, `the number after * in "${item}"`, 1, MOST_INSTANCES);
    for (let i = 0; i < count; i++) {
      models.push({ model, ...(name === undefined ? {} : { name: i === 0 ? name : `${name}-${i + 1}` }) });
    }
  }
  return models;
}

/** `[MODEL:]INPUT=1x3x224x224`. */
interface GivenShape {
  text: string;
  /** All before `=`: an input, or a model, a colon and an input. */
  target: string;
  shape: number[];
}

function parseShape(text: string): GivenShape {
  const at = text.lastIndexOf('=');
  const shape = text
    .slice(at + 1)
    .split(/[x×]/)
    .map((size) => (/^\d+$/.test(size) ? Number(size) : 0));
  if (at > 0 && shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    return { text, target: text.slice(0, at), shape };
  }
  throw new HeterodyneError('USAGE', `--shape cannot be "${text}"`, {
    path: '--shape',
    expected: 'INPUT=SIZES or MODEL:INPUT=SIZES, as input=1x3x224x224',
    received: `"${text}"`,
  });
}

/** Hands every shape to the entries that it is meant for; instances of one model share a shape. */
export function withShapes(models: readonly WorkloadModel[], texts: readonly string[]): WorkloadModel[] {
  const names = workloadNames({ kind: 'workload', schemaVersion: 1, models: [...models] });
  const shaped = models.map((model) => ({ ...model }));
  const distinct = new Set(models.map((model) => model.model));
  for (const { text, target, shape } of texts.map(parseShape)) {
    const meant = new Set<number>();
    let input = target;
    models.forEach(({ model }, m) => {
      const prefix = [names[m], model].find((name) => target.startsWith(`${name}:`));
      if (prefix === undefined) return;
      meant.add(m);
      input = target.slice(prefix.length + 1);
    });
    if (meant.size === 0) {
      if (distinct.size > 1) {
        throw new HeterodyneError('USAGE', `--shape ${text}: which of the ${distinct.size} models?`, {
          path: '--shape',
          expected: `MODEL:INPUT=SIZES with one of ${[...new Set(names)].join(', ')}`,
          received: `"${text}"`,
          hint: `for example --shape ${names[0]}:${text}`,
        });
      }
      for (const m of models.keys()) meant.add(m);
    }
    for (const m of meant) shaped[m]!.shapes = { ...shaped[m]!.shapes, [input]: shape };
  }
  return shaped;
}

/** The options that make a workload. */
export interface WorkloadOptions {
  models?: readonly string[];
  shape?: readonly string[];
  batch?: string;
  precision?: WorkloadPrecision;
  workload?: string;
}

/** @throws HeterodyneError `USAGE` (nothing given, or both a list and a document), `NOT_READABLE`, `BAD_INPUT` */
export async function chooseWorkload(options: WorkloadOptions): Promise<ChosenWorkload> {
  const { models = [], shape = [], batch, precision, workload: file } = options;
  if (file !== undefined) {
    const given = {
      '--models': models.length > 0,
      '--shape': shape.length > 0,
      '--batch': batch,
      '--precision': precision,
    };
    for (const [option, value] of Object.entries(given)) {
      if (value) throw contradiction(option, file);
    }
    return readWorkload(file);
  }
  if (models.length === 0) {
    throw new HeterodyneError('USAGE', 'no models are given', {
      path: '--models',
      expected: `a list of ONNX files and zoo names (${ZOO.map((entry) => entry.name).join(', ')}), or --workload FILE`,
      received: 'nothing',
      hint: '--models alexnet,./my.onnx',
    });
  }
  return chosenModels(withShapes(parseModelList(models), shape), options);
}

/** A workload of listed models, all in the same batch and precision. */
export function chosenModels(
  listed: readonly WorkloadModel[],
  { batch, precision }: Pick<WorkloadOptions, 'batch' | 'precision'>,
): ChosenWorkload {
  const size = batch === undefined ? undefined : wholeNumber(batch, '--batch', 1, 65_536);
  const models = listed.map((model) => ({
    ...model,
    ...(size === undefined ? {} : { batch: size }),
    ...(precision === undefined ? {} : { precision }),
  }));
  return { workload: { kind: 'workload', schemaVersion: 1, models }, warnings: [] };
}

function contradiction(option: string, file: string): HeterodyneError {
  return new HeterodyneError('USAGE', `${option} and --workload contradict each other`, {
    path: option,
    expected: `${option} or --workload`,
    received: 'both',
    hint: `write it into ${file}`,
  });
}

async function readWorkload(file: string): Promise<ChosenWorkload> {
  const { document, warnings } = workloadDocument.parse(await readText(file), file);
  return { workload: document, warnings, file };
}

/** Paths are told from zoo names by their look, so that a file named like a zoo entry cannot take its place. */
export function isPath(model: string): boolean {
  return /[/\\]|\.onnx$/i.test(model);
}

export function parseCut(text: string | undefined): Granularity | undefined {
  if (text === undefined || text === 'block' || text === 'operator') return text;
  if (/^\d+$/.test(text)) return wholeNumber(text, '--cut', 1, LIMITS.blocksPerModel);
  throw new HeterodyneError('USAGE', `--cut cannot be "${text}"`, {
    path: '--cut',
    expected: `block, operator, or a number of blocks from 1 to ${LIMITS.blocksPerModel}`,
    received: `"${text}"`,
  });
}

/** Paths in a workload document are relative to the document. */
export function fileOf(model: string, document: string | undefined): string {
  return document === undefined || isAbsolute(model) ? model : join(dirname(document), model);
}

/** The files that a workload is read from: what must not be written over. */
export function inputFiles({ workload, file, moved }: ChosenWorkload): string[] {
  const models = workload.models
    .flatMap((entry) => [entry.model, ...workloadVariants(entry).flatMap(({ model }) => model ?? [])])
    .filter((model) => findZooEntry(model) === undefined);
  const paths = models.map((model) => fileOf(model, file));
  return [...(file === undefined ? [] : [file]), ...paths.map((path) => moved?.get(path) ?? path)];
}

/** Reads an ONNX file, or builds a network of the zoo without weights, and cuts it into blocks. */
async function loadModel(
  entry: WorkloadModel,
  name: string,
  { file, moved }: Pick<ChosenWorkload, 'file' | 'moved'>,
  cut?: Granularity,
) {
  const { model, shapes, batch } = entry;
  const options = { name, shapes, batch, granularity: cut };
  const path = fileOf(model, file);
  const place = moved?.get(path) ?? path;
  if (!isPath(model)) {
    if (findZooEntry(model) !== undefined) return loadZooModel(model, options);
    if (!(await exists(place))) zooEntry(model);
  }
  return loadOnnxModel(await readBytes(place), { ...options, source: path });
}

/** All models of a workload, in its order and under its names; instances of one model are read once. */
export async function loadModels(
  chosen: ChosenWorkload,
  cut: Granularity | undefined,
  signal: AbortSignal,
): Promise<BlockedModel[]> {
  const { workload } = chosen;
  if (workload.models.length > LIMITS.models) throw tooMany(workload.models.length);
  const names = workloadNames(workload);
  const loaded = new Map<string, BlockedModel>();
  const models: BlockedModel[] = [];
  for (const [m, entry] of workload.models.entries()) {
    signal.throwIfAborted();
    const name = names[m] as string;
    const key = JSON.stringify([entry.model, entry.shapes, entry.batch]);
    const model = loaded.get(key) ?? (await loadModel(entry, name, chosen, cut));
    loaded.set(key, model);
    models.push({ ...model, name });
  }
  return models;
}

/**
 * The further forms of a workload's models that have files of their own, under the models' names and in their blocks.
 *
 * @param originals the models themselves, in order, if they are loaded already
 */
export async function loadVariants(
  chosen: ChosenWorkload,
  cut: Granularity | undefined,
  signal: AbortSignal,
  originals: readonly BlockedModel[] = [],
): Promise<VariantModel[]> {
  const { workload } = chosen;
  const names = workloadNames(workload);
  const loaded: VariantModel[] = [];
  for (const [m, entry] of workload.models.entries()) {
    for (const { name: variant, model, precision } of workloadVariants(entry)) {
      if (model === undefined) continue;
      signal.throwIfAborted();
      const name = names[m] as string;
      const original = originals[m] ?? (await loadModel(entry, name, chosen, cut));
      const form = alignBlocks(await loadModel({ ...entry, model }, name, chosen, cut), original);
      const format = precision ?? entry.precision;
      loaded.push({ model: form, variant, ...(format !== undefined && { precision: format }) });
    }
  }
  return loaded;
}

/** Before half a thousand files are read in vain. */
function tooMany(count: number): HeterodyneError {
  return new HeterodyneError('LIMIT', `${count} models, but at most ${LIMITS.models} can be planned together`, {
    path: '/models',
    expected: `at most ${LIMITS.models}`,
    received: String(count),
    hint: 'split the workload',
  });
}
