/** `run --data`: what was measured becomes rows of an estimator's data set. */
import { basename } from 'node:path';
import { exists, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { contentHash } from '../documents/canonical.ts';
import { type EstimatorData, writeData } from '../estimators/dataset/data.ts';
import { type ExecutedPlacement, withExecuted } from '../estimators/dataset/executed.ts';
import { mixResources } from '../estimators/dataset/mixes.ts';
import { type EstimatorDataDocument, estimatorDataDocument } from '../estimators/dataset/schema.ts';
import { bytesHash } from '../estimators/training/export.ts';
import { thisHost } from '../execution/this-host.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';
import type { RunDocument } from '../runtime/schema.ts';
import type { Call } from './command.ts';
import { companionOf, readDataDocument, samplesOf } from './estimator-files.ts';
import type { OutputSettings } from './options.ts';
import { checkCompanion, tell } from './output.ts';
import type { RunInputs } from './run-inputs.ts';

export interface DataValues extends OutputSettings {
  data?: string;
  controller?: string;
}

/** A data set that rows may be added to, or the beginning of one. */
export interface GrowingData {
  file: string;
  arrays: string;
  platform: Platform;
  /** Of the catalogue, in its order. */
  profile: Profile;
  known?: { document: EstimatorDataDocument; data: EstimatorData };
}

/**
 * Before anything runs: whether rows of this run belong into the data set.
 *
 * @returns undefined without --data
 * @throws HeterodyneError `USAGE` for a run whose rates say nothing of placements; `BAD_INPUT` for the data of another
 *   platform or profile, or with labels of another kind
 */
export async function openGrowingData(inputs: RunInputs, values: DataValues): Promise<GrowingData | undefined> {
  const { data: file, controller } = values;
  if (file === undefined) return undefined;
  const { profile, plan, workload, files } = inputs;
  if (profile === undefined) throw unfit('--data means nothing without --profile', '--profile', '--data alone');
  if (controller !== undefined) {
    throw unfit('--data and --controller contradict each other', 'one form of every model', '--controller');
  }
  const limited = workload?.models.find(({ ratePerS }) => ratePerS !== undefined);
  if (limited !== undefined) {
    throw unfit('--data needs frames that come as fast as they are done', 'a workload without ratePerS', 'ratePerS');
  }
  const form = plan.models.find(({ variant }) => variant !== 'original');
  if (form !== undefined) {
    throw unfit('--data knows original models alone', 'a plan of originals', `${form.name} as ${form.variant}`);
  }
  const arrays = companionOf(file, '.npz', 'data.json');
  for (const each of [file, arrays]) await checkCompanion('--data', each, values, files);
  const { platform } = await thisHost();
  if (!(await exists(file))) return { file, arrays, platform, profile: originals(profile) };
  const known = await readDataDocument(file);
  const { document } = known;
  const catalogue = catalogueOf(document, profile, file);
  const differs = (path: string, message: string, expected: string, received: string, hint: string): never => {
    throw new HeterodyneError('BAD_INPUT', message, { source: file, path, expected, received, hint });
  };
  const another = 'give another file to --data: a new data set begins there';
  if (document.label.source !== 'executed') {
    differs('/label/source', `${file} holds rates that were not executed`, 'executed', document.label.source, another);
  }
  if (document.platformHash !== contentHash(platform)) {
    differs(
      '/platformHash',
      `${file} is about another platform than this machine as it is`,
      contentHash(platform),
      document.platformHash ?? 'nothing',
      another,
    );
  }
  if (document.profileHash !== contentHash(catalogue)) {
    differs(
      '/profileHash',
      `${file} was begun with another profile: its costs would not be those of the new rows`,
      contentHash(catalogue),
      document.profileHash ?? 'nothing',
      another,
    );
  }
  for (const { name } of plan.models) placeOf(name, profile, catalogue, file);
  return { file, arrays, platform, profile: catalogue, known };
}

function unfit(message: string, expected: string, received: string): HeterodyneError {
  return new HeterodyneError('USAGE', message, { path: '--data', expected, received });
}

function originals(profile: Profile): Profile {
  return { ...profile, models: profile.models.filter(({ variant }) => variant === 'original') };
}

/** The models of the data set, with the costs of the profile. */
function catalogueOf({ models }: EstimatorDataDocument, profile: Profile, file: string): Profile {
  const { models: known } = originals(profile);
  return {
    ...profile,
    models: models.map(({ name }, m) => {
      const found = known.find((model) => model.name === name);
      if (found !== undefined) return found;
      throw new HeterodyneError('BAD_INPUT', `the profile has no model "${name}" of the data set`, {
        source: file,
        path: `/models/${m}`,
        expected: `models among ${known.map((model) => model.name).join(', ')}`,
        received: name,
      });
    }),
  };
}

/** Place of a planned model in the catalogue: of its name, else of its content. */
function placeOf(name: string, profile: Profile, { models }: Profile, file: string): number {
  const planned = profile.models.find((model) => model.name === name && model.variant === 'original');
  const named = models.findIndex((model) => model.name === name);
  const place = named >= 0 ? named : models.findIndex(({ hash }) => hash === planned?.hash);
  if (place >= 0) return place;
  throw new HeterodyneError('BAD_INPUT', `the data set does not know ${name}`, {
    source: file,
    path: '/models',
    expected: `models among ${models.map((model) => model.name).join(', ')}`,
    received: name,
  });
}

/** Adds what was executed: the plan, and with --compare every candidate that stands on processors of the platform. */
export async function growData(
  document: RunDocument,
  growing: GrowingData,
  { profile }: RunInputs,
  values: DataValues,
  call: Call,
): Promise<void> {
  const { file, arrays, platform, profile: catalogue, known } = growing;
  const executed = (document.compare ?? [document]).flatMap(({ models }): ExecutedPlacement[] => {
    const rows = models.map(({ name, throughputPerS, stages = [] }) => ({
      model: placeOf(name, profile!, catalogue, file),
      stages,
      throughputPerS,
    }));
    const here = rows.every(({ stages }) => stages.every(({ processor }) => catalogue.processors.includes(processor)));
    return here ? [{ models: rows }] : [];
  });
  const { data, added } = withExecuted(catalogue, platform, executed, known?.data);
  if (data.rows === 0) return;
  const bytes = writeData(data);
  const about: EstimatorDataDocument = {
    ...(known?.document ?? {
      kind: 'estimator-data' as const,
      schemaVersion: 1 as const,
      platform: platform.id,
      platformHash: contentHash(platform),
      profileHash: contentHash(catalogue),
      processors: catalogue.processors,
      resources: mixResources(catalogue, platform),
      models: catalogue.models.map(({ name, blocks }) => ({ name, blocks: blocks.length })),
      label: { source: 'executed' as const },
    }),
    samples: samplesOf(data),
    arrays: { file: basename(arrays), hash: bytesHash(bytes) },
  };
  await writeFileWhole(arrays, bytes);
  await writeFileWhole(file, estimatorDataDocument.write(about));
  tell(`${added} rows more, ${data.rows} in ${file}`, values, call);
}
