/** `profile --ladder`: every level of a ladder on every processor of this host. */

import { dirname, isAbsolute, join, relative } from 'node:path';
import { readBytes, readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { type Journal, type Measured, measureModels } from '../execution/measure.ts';
import { thisHost } from '../execution/this-host.ts';
import type { CuttableModel } from '../models/cut.ts';
import { cuttableOnnx } from '../models/cuttable.ts';
import { modelWarnings } from '../models/warnings.ts';
import { HOST_PLATFORM } from '../platforms/registry.ts';
import type { Platform } from '../platforms/schema.ts';
import { measuredLadderText } from '../report/measured-ladder.ts';
import { ladderDocument } from '../subnets/ladder-schema.ts';
import { contested, type LadderNetwork, ladderNetworks, measuredLadder } from '../subnets/measured-ladder.ts';
import type { Call, Options } from './command.ts';
import { journaled, type MeasureSettings, timeLimit } from './host-measurement.ts';
import { fileOf } from './model-choice.ts';
import type { OutputSettings } from './options.ts';
import { checkOutput, deliver } from './output.ts';

export const LADDER_OPTION = {
  ladder: {
    type: 'string',
    valueHint: 'FILE',
    description:
      'instead of models: measure every level of this ladder on every processor of the host; the document is the ladder as measured',
  },
} as const satisfies Options;

export interface LadderMeasureSettings extends MeasureSettings, OutputSettings {
  ladder?: string;
}

/**
 * Levels are compared with each other: each is measured so often, in turns, and more often while noise decides about a
 * level. With each, the share of the progress bar that is over then.
 */
const ROUNDS: [number, number][] = [
  [3, 0.6],
  [5, 0.8],
  [9, 1],
];

/** A ladder brings its models, whole and as they are; and it is measured, here. */
const REFUSED = [
  ...['models', 'workload', 'shape', 'batch', 'precision', 'cut'],
  ...['matrix', 'csv', 'tables', 'interference', 'rounds', 'provenance', 'roofline'],
];

/** @returns the exit code */
export async function profileLadder(file: string, values: LadderMeasureSettings, call: Call): Promise<number> {
  checkUse(values, call);
  const { document, warnings } = ladderDocument.parse(await readText(file), file);
  const networks = ladderNetworks(document, file);
  const files = networks.map(({ level }) => fileOf(level.model, file));
  await checkOutput(values, [file, ...files]);
  const timeLimitMs = timeLimit(values);
  const models: CuttableModel[] = [];
  for (const [n, network] of networks.entries()) models.push(await openLevel(network, files[n], call.signal));
  const { platform } = await thisHost();

  const measured = await journaled(values, platform, call, (journal, progress) =>
    measureLevels(networks, models, platform, timeLimitMs, { journal, progress, signal: call.signal }),
  );
  const ofModels = modelWarnings(models.map(({ blocked }) => blocked));
  const found: Warning[] = [...warnings, ...ofModels, ...measured.warnings];
  const folder = values.out === undefined || values.out === '-' ? '.' : dirname(values.out);
  const modelOf = ({ level: { model } }: LadderNetwork) =>
    isAbsolute(model) ? model : relative(folder, fileOf(model, file)).replaceAll('\\', '/');
  const { ladder, findings } = measuredLadder(document, networks, platform, measured.outcomes, modelOf, found);
  await deliver(
    {
      json: ladderDocument.write(ladder, { keepUnknown: true }),
      text: (style) => measuredLadderText(ladder, networks, measured.outcomes, style),
      warnings: findings,
    },
    values,
    call,
  );
  return 0;
}

interface Means {
  journal: Journal;
  progress(share: number, note: string): void;
  signal: AbortSignal;
}

/**
 * Earlier rounds stand in the journal, so that asking for more of them measures only what is new; and after how many it
 * was enough, so that a journal of all gives the same ladder however fast it is read.
 */
async function measureLevels(
  networks: readonly LadderNetwork[],
  models: readonly CuttableModel[],
  platform: Platform,
  timeLimitMs: number | undefined,
  { journal, progress, signal }: Means,
): Promise<Measured> {
  const began = performance.now();
  const warnings = new Map<string, Warning>();
  let outcomes: Measured['outcomes'] = [];
  let before = 0;
  let done = 0;
  const key = JSON.stringify(['rounds', models.map(({ blocked }) => blocked.hash)]);
  const enough = journal.get(key) as number | undefined;
  for (const [rounds, over] of ROUNDS) {
    const leftMs = timeLimitMs === undefined ? undefined : timeLimitMs - (performance.now() - began);
    if (done > 0 && (done === enough || !contested(networks, platform, outcomes) || (leftMs ?? 1) <= 0)) break;
    const measured = await measureModels(models, platform, {
      wholeOnly: true,
      rounds,
      ...(leftMs !== undefined && { timeLimitMs: leftMs }),
      journal,
      signal,
      onProgress: (share, note) => progress(before + share * (over - before), note),
    });
    outcomes = measured.outcomes;
    for (const warning of measured.warnings) warnings.set(`${warning.code} ${warning.path}`, warning);
    before = over;
    done = rounds;
  }
  if (done !== enough) await journal.put(key, done);
  return { outcomes, warnings: [...warnings.values()] };
}

function checkUse(values: LadderMeasureSettings, call: Call): void {
  const given: Record<string, unknown> = { ...values, ...call.repeated };
  for (const name of REFUSED) {
    if (given[name] === undefined || given[name] === false) continue;
    throw new HeterodyneError('USAGE', `--${name} and --ladder contradict each other`, {
      path: `--${name}`,
      expected: 'a ladder alone: its levels are measured whole, as their files are',
      received: 'both',
    });
  }
  if (values.platform !== undefined && values.platform !== HOST_PLATFORM) {
    throw new HeterodyneError('USAGE', `a ladder is measured here, not on ${values.platform}`, {
      path: '--platform',
      expected: `${HOST_PLATFORM}, or nothing`,
      received: values.platform,
    });
  }
}

/** @throws HeterodyneError as `cuttableOnnx`; `BAD_INPUT` for a file that takes images of another size */
async function openLevel(
  { name, level: { resolution } }: LadderNetwork,
  path: string,
  signal: AbortSignal,
): Promise<CuttableModel> {
  signal.throwIfAborted();
  const beside = (location: string): Promise<Uint8Array> => readBytes(join(dirname(path), location));
  const model = await cuttableOnnx(await readBytes(path), { name, source: path }, beside);
  const images = model.blocked.inputs.map(({ shape }) => shape).filter(({ length }) => length === 4);
  const fits = images.some((shape) => shape.filter((size) => size === resolution).length >= 2);
  if (images.length === 0 || fits) return model;
  throw new HeterodyneError('BAD_INPUT', `${path} is not the network of ${name}: it takes images of another size`, {
    source: path,
    path: 'inputs',
    expected: `${resolution} x ${resolution} pixels, as the ladder states`,
    received: `[${images[0].join(', ')}]`,
  });
}
