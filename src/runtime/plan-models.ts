/** From a plan to networks with weights: the files it was made from, and no others. */
import { exists, readBytes } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Granularity } from '../models/blocks.ts';
import type { CuttableModel } from '../models/cut.ts';
import { cuttableOnnx, cuttableZoo } from '../models/cuttable.ts';
import { findZooEntry } from '../models/zoo/zoo.ts';
import type { Plan, PlannedModel } from '../planners/schema.ts';
import type { Profile, ProfileModel } from '../profiles/schema.ts';

/** Where a network comes from: a file, its bytes, `zoo:NAME` (random weights), or one that is open already. */
export type ModelSource = string | Uint8Array | CuttableModel | ModelFile;

export interface ModelFile {
  source: string | Uint8Array;
  /** Sizes of open dimensions, as for the plan. */
  shapes?: Readonly<Record<string, readonly number[]>>;
  batch?: number;
}

const ZOO_PREFIX = 'zoo:';

/** A network as the plan and the profile know it. */
export interface ExpectedModel {
  name: string;
  blocks: number;
  /** As the plan has them. */
  source?: string;
  hash?: string;
  /** Content hash and block names of the profile; absent = unknown. */
  profiled?: ProfileModel;
}

export function expectedModel(planned: PlannedModel, profile: Profile | undefined): ExpectedModel {
  const { name, source, hash, stages, variant } = planned;
  const profiled = profile?.models.find((model) => model.name === name && model.variant === variant);
  return {
    name,
    blocks: stages.at(-1)!.lastBlock + 1,
    ...(source !== undefined && { source }),
    ...(hash !== undefined && { hash }),
    ...(profiled && { profiled }),
  };
}

/** Where a model is when nobody says: as the profile or the plan has it, else in the zoo by its name. */
function defaultSource({ name, source, profiled }: ExpectedModel): string {
  const stated = profiled?.source ?? source;
  if (stated !== undefined) return stated;
  for (const entry of [name, name.replace(/-\d+$/, '')]) {
    if (findZooEntry(entry) !== undefined) return ZOO_PREFIX + entry;
  }
  throw new HeterodyneError('USAGE', `the plan does not say where the model "${name}" is`, {
    path: name,
    expected: 'its file, or the profile that the plan was made from',
    received: 'a plan alone',
  });
}

/**
 * Opens one network of a plan, cut into blocks as it was for the plan.
 *
 * @throws HeterodyneError `NOT_READABLE` (the file is gone), `BAD_INPUT` (its content is not what was profiled, or it
 *   cannot be cut as the plan says), `USAGE` (nobody says where it is)
 */
export async function openPlanModel(expected: ExpectedModel, given?: ModelSource): Promise<CuttableModel> {
  if (given !== undefined && isCuttable(given)) return checked(given, expected);
  const file: ModelFile = isFile(given) ? given : { source: given ?? defaultSource(expected) };
  const open = await opener(file, expected);
  // The number of blocks says how the model was cut, unless two ways give as many: then the names decide.
  const ways: Granularity[] = ['block', expected.blocks, 'operator'];
  let best: CuttableModel | undefined;
  for (const granularity of ways) {
    const model = await open(granularity);
    best ??= model;
    if (fits(model, expected)) return checked(model, expected);
  }
  return checked(best!, expected);
}

function isCuttable(given: ModelSource): given is CuttableModel {
  return typeof given === 'object' && 'blocked' in given;
}

function isFile(given: ModelSource | undefined): given is ModelFile {
  return typeof given === 'object' && 'source' in given;
}

async function opener(
  { source, shapes, batch }: ModelFile,
  { name, profiled }: ExpectedModel,
): Promise<(granularity: Granularity) => CuttableModel | Promise<CuttableModel>> {
  const size = batch ?? profiled?.batch;
  const options = { name, ...(shapes && { shapes }), ...(size !== undefined && { batch: size }) };
  const zoo = typeof source !== 'string' ? undefined : zooName(source);
  if (zoo !== undefined) return (granularity) => cuttableZoo(zoo, { ...options, granularity });
  if (typeof source !== 'string') {
    return (granularity) => cuttableOnnx(source, { ...options, source: name, granularity });
  }
  if (!(await exists(source))) {
    throw new HeterodyneError('NOT_READABLE', `the model file of "${name}" is gone: ${source}`, {
      source,
      path: name,
      expected: 'the file that the plan was made from',
      received: 'no such file',
    });
  }
  const bytes = await readBytes(source);
  const folder = /^(.*[/\\])?/.exec(source)![0];
  return (granularity) =>
    cuttableOnnx(bytes, { ...options, source, granularity }, (location) => readBytes(folder + location));
}

function zooName(source: string): string | undefined {
  const name = source.startsWith(ZOO_PREFIX) ? source.slice(ZOO_PREFIX.length) : source;
  return findZooEntry(name) === undefined ? undefined : name;
}

function fits({ blocked }: CuttableModel, { blocks, profiled }: ExpectedModel): boolean {
  if (blocked.blocks.length !== blocks) return false;
  return profiled === undefined || profiled.blocks.every(({ name }, b) => blocked.blocks[b]!.name === name);
}

function checked(model: CuttableModel, expected: ExpectedModel): CuttableModel {
  const { blocked } = model;
  const { name, blocks, profiled } = expected;
  const hash = profiled?.hash ?? expected.hash;
  if (hash !== undefined && blocked.hash !== hash) {
    const what = profiled === undefined ? 'planned' : 'profiled';
    throw new HeterodyneError('BAD_INPUT', `"${name}" is not the model that was ${what}: its content has changed`, {
      source: blocked.source,
      path: name,
      expected: `sha256 ${hash}`,
      received: `sha256 ${blocked.hash}`,
      hint: profiled ? 'profile and plan again' : 'give the model, shapes and batch of the plan, or plan again',
    });
  }
  if (blocked.blocks.length !== blocks) {
    throw new HeterodyneError('BAD_INPUT', `the plan cuts "${name}" into ${blocks} blocks, which this file is not`, {
      source: blocked.source,
      path: name,
      expected: `${blocks} blocks`,
      received: `${blocked.blocks.length} blocks`,
      hint: 'give the same model, shapes and batch as for the plan',
    });
  }
  return model;
}

/** What was not checked, because nothing says what it should be. */
export function unverified(plan: Plan, profile: Profile | undefined): Warning[] {
  const unknown = plan.models.filter(({ hash }) => hash === undefined).map(({ name }) => name);
  if (profile !== undefined || unknown.length === 0) return [];
  return [
    {
      code: 'UNVERIFIED',
      message: `without the profile that the plan was made from nothing tells whether the files of ${unknown.join(', ')} are the same (--profile)`,
      path: '/profileHash',
    },
  ];
}
