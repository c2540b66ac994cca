/** What commands that build forms of a model share: inputs to measure them with, and the document that they end with. */

import { join } from 'node:path';
import { readBytes, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { type Feeds, syntheticFeeds } from '../execution/artefacts/calibration.ts';
import { feedsFromArrays, type NpyArray, readNpy } from '../execution/artefacts/npy.ts';
import { RUNTIMES } from '../execution/artefacts/runtime.ts';
import type { SizedTensor } from '../models/graph.ts';
import { type Variant, type Variants, variantsDocument } from '../models/variants.ts';
import { modelWarnings } from '../models/warnings.ts';
import { variantsText } from '../report/variants.ts';
import type { Call, Options } from './command.ts';
import type { OpenedModel } from './cuttable-choice.ts';
import { wholeNumber } from './option-values.ts';
import { OUTPUT_OPTIONS, type OutputSettings } from './options.ts';
import { deliver } from './output.ts';

const { json, quiet, verbose, progress } = OUTPUT_OPTIONS;

/** Options of all such commands. */
export const FORM_OPTIONS = {
  runtime: {
    type: 'enum',
    options: [...RUNTIMES],
    valueHint: 'NAME',
    description: 'onnxruntime-web or onnxruntime-node (the latter where it is installed)',
  },
  calibration: {
    type: 'string',
    repeatable: true,
    valueHint: '[INPUT=]FILE.npy',
    description: 'real inputs, samples along the first dimension, for ranges and output errors; may be repeated',
  },
  samples: { type: 'string', valueHint: 'N', description: 'made-up inputs instead (4)' },
  json: { ...json, description: 'print the variants document alone, the same bytes as in the folder' },
  quiet,
  verbose,
  progress,
} as const satisfies Options;

export interface Samples {
  feeds: Feeds[];
  /** As the document says it. */
  stated: Variants['calibration'];
}

/** Seed of made-up inputs. */
const SEED = 1;

/** @throws HeterodyneError `USAGE`, `NOT_READABLE`, `BAD_INPUT` */
export async function chosenSamples(
  inputs: readonly SizedTensor[],
  files: readonly string[] = [],
  samples?: string,
): Promise<Samples> {
  if (files.length === 0) {
    const count = wholeNumber(samples ?? '4', '--samples', 1, 10_000);
    const stated = { inputs: 'synthetic', samples: count, seed: SEED } as const;
    return { feeds: syntheticFeeds(inputs, count, SEED), stated };
  }
  if (samples !== undefined) {
    throw new HeterodyneError('USAGE', '--samples and --calibration contradict each other', {
      path: '--samples',
      expected: 'made-up inputs or real ones',
      received: 'both',
    });
  }
  const arrays = new Map<string, NpyArray>();
  for (const text of files) {
    const named = inputs.find(({ name }) => text.startsWith(`${name}=`));
    const file = named === undefined ? text : text.slice(named.name.length + 1);
    const input = named ?? inputs[0]!;
    if (named === undefined && inputs.length > 1) {
      throw new HeterodyneError('USAGE', `--calibration ${text}: for which input?`, {
        path: '--calibration',
        expected: `INPUT=FILE.npy with one of ${inputs.map(({ name }) => name).join(', ')}`,
        received: `"${text}"`,
      });
    }
    arrays.set(input.name, readNpy(await readBytes(file), file));
  }
  const feeds = feedsFromArrays(inputs, arrays);
  return { feeds, stated: { inputs: 'given', samples: feeds.length } };
}

/** Name of the document beside the files. */
export function variantsFile(folder: string, name: string): string {
  return join(folder, `${name}.variants.json`);
}

/** Writes the document into the folder, and tells. */
export async function deliverVariants(
  { model, name, seed }: OpenedModel,
  about: { folder: string; samples: Samples; runtime: string; variants: Variant[]; warnings?: Warning[] },
  settings: OutputSettings,
  call: Call,
): Promise<void> {
  const warnings = [...modelWarnings([model.blocked]), ...(about.warnings ?? [])];
  const document: Variants = {
    kind: 'variants',
    schemaVersion: 1,
    name,
    source: model.blocked.source,
    hash: model.blocked.hash,
    ...(seed !== undefined && { seed }),
    blocks: model.blocked.blocks.length,
    calibration: about.samples.stated,
    runtime: about.runtime,
    variants: about.variants,
    ...(warnings.length > 0 && { warnings }),
  };
  const text = variantsDocument.write(document);
  await writeFileWhole(variantsFile(about.folder, name), text);
  const result = { json: text, text: (style: Call['out']['style']) => variantsText(document, style), warnings };
  await deliver(result, { ...settings, out: undefined }, call);
}
