/** What `search` reads: space, costs and predictor. */
import { defaultCore } from '../../bindings/core.ts';
import { exists, folderNames, readBytes, readText, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { readJson } from '../documents/json-text.ts';
import type { Warning } from '../documents/warnings.ts';
import { type MeasuredNetwork, readMeasured } from '../subnets/calibration.ts';
import { confirmed, readCheckVectors } from '../subnets/check-vectors.ts';
import type { CostModel } from '../subnets/costs/cost-model.ts';
import { costsModel, type SubnetCosts, subnetCostsDocument } from '../subnets/costs/costs-schema.ts';
import { flopsModel } from '../subnets/costs/flops.ts';
import { readLayerTable } from '../subnets/costs/layer-table.ts';
import { measureCosts } from '../subnets/costs/measure.ts';
import { ofaLatencyModel } from '../subnets/costs/ofa-tables.ts';
import { smoothed } from '../subnets/costs/smoothing.ts';
import { elasticSpaceDocument } from '../subnets/elastic-space.ts';
import type { EvolutionPreset } from '../subnets/methods/presets.ts';
import { type AccuracyPredictor, loadPredictor } from '../subnets/predictor.ts';
import type { ProcessorCosts } from '../subnets/search.ts';
import { type SearchSpace, searchSpace } from '../subnets/space.ts';
import { spaceByName, spaceNames } from '../subnets/spaces.ts';
import { Interrupted } from './failure.ts';
import { wholeNumber } from './option-values.ts';

/** Costs counted from the architecture instead of read. */
const FLOPS = 'flops';
/** Timed blocks between two writes of the file. */
const SAVE_EVERY = 10;

export async function readSpace(
  given: string,
  resolutions: string | undefined,
  preset?: EvolutionPreset,
): Promise<{ space: SearchSpace; warnings: Warning[] }> {
  const narrowed = preset?.choices;
  if (narrowed && given !== 'ofa-mbv3') {
    throw new HeterodyneError('USAGE', `preset ${preset.id} searches a part of ofa-mbv3`, {
      path: '--preset',
      expected: '--space ofa-mbv3, or another preset',
      received: `--space ${given}`,
    });
  }
  const sizes =
    resolutions?.split(',').map((text) => wholeNumber(text, '--resolutions', 32, 4096)) ??
    (narrowed && [...narrowed.resolutions]);
  if (spaceNames.includes(given) || !/[./\\]/.test(given)) {
    return {
      space: searchSpace(
        spaceByName(
          given,
          sizes?.sort((a, b) => a - b),
          narrowed,
        ),
      ),
      warnings: [],
    };
  }
  const { document, warnings } = elasticSpaceDocument.parse(await readText(given), given);
  return { space: searchSpace(sizes ? { ...document, resolutions: sizes.sort((a, b) => a - b) } : document), warnings };
}

export interface CostSettings {
  /** Put missing entries in from their neighbours. */
  interpolate?: boolean;
  /** Let larger choices never cost less. */
  smooth?: boolean;
}

/** `DIR`, `FILE`, `flops`, or `NAME=` one of them. */
export async function readCosts(
  given: readonly string[],
  space: SearchSpace,
  settings: CostSettings = {},
): Promise<ProcessorCosts[]> {
  const read = await readAsStated(given, space, settings);
  return settings.smooth ? read.map((costs) => smoothedCosts(space, costs)) : read;
}

export function smoothedCosts(space: SearchSpace, { processor, model }: ProcessorCosts): ProcessorCosts {
  return { processor, model: smoothed(space, model, processor) };
}

function readAsStated(given: readonly string[], space: SearchSpace, settings: CostSettings): Promise<ProcessorCosts[]> {
  return Promise.all(
    given.map(async (text): Promise<ProcessorCosts> => {
      const [, name, place] = /^(?:([^=/\\]+)=)?(.*)$/s.exec(text)!;
      if (place === FLOPS) return { processor: name ?? 'model', model: flopsModel(space) };
      const names = await folderNames(place);
      const fallback = place
        .replace(/[/\\]+$/, '')
        .split(/[/\\]/)
        .at(-1)!;
      if (names) return { processor: name ?? fallback, model: await readTables(place, names, space, settings) };
      const content = await readText(place);
      if (/"kind"\s*:\s*"subnet-costs"/.test(content)) {
        const { document, warnings } = subnetCostsDocument.parse(content, place);
        const model = costsModel(space, document, place, settings);
        return {
          processor: name ?? document.processor,
          model: { ...model, warnings: [...warnings, ...model.warnings] },
        };
      }
      return { processor: name ?? fallback, model: ofaLatencyModel(space, [readLayerTable(content, place)], settings) };
    }),
  );
}

async function readTables(
  folder: string,
  names: readonly string[],
  space: SearchSpace,
  settings: CostSettings,
): Promise<CostModel> {
  const tables = names.filter((name) => /_lookup_table\.(ya?ml|json)$/.test(name));
  if (tables.length === 0) {
    throw new HeterodyneError('BAD_INPUT', `${folder} holds no latency tables`, {
      source: folder,
      expected: 'files named RESOLUTION_lookup_table.yaml',
      received: names.length === 0 ? 'an empty folder' : names.slice(0, 5).join(', '),
    });
  }
  const read = tables.map(async (name) => readLayerTable(await readText(`${folder}/${name}`), `${folder}/${name}`));
  return ofaLatencyModel(space, await Promise.all(read), settings);
}

/**
 * Costs of this host, timed block by block. With a file, what it holds already is not timed again, and what is new goes
 * into it as it comes.
 *
 * @throws Interrupted when the signal comes before all is timed
 */
export async function measureHost(
  space: SearchSpace,
  file: string | undefined,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<ProcessorCosts> {
  const earlier =
    file !== undefined && (await exists(file))
      ? subnetCostsDocument.parse(await readText(file), file).document
      : undefined;
  let unsaved = 0;
  let stopped = true;
  const save = async (costs: SubnetCosts) => {
    if (file !== undefined && costs.entries.length > 0) await writeFileWhole(file, subnetCostsDocument.write(costs));
    unsaved = 0;
  };
  const costs = await measureCosts(space, {
    earlier,
    signal,
    onEntry: async (sofar, share) => {
      onShare(share);
      stopped = share < 1;
      if (++unsaved >= SAVE_EVERY) await save(sofar);
    },
  });
  if (unsaved > 0) await save(costs);
  if (stopped && signal.aborted) {
    const kept = file === undefined ? 'nothing is kept without --costs-out FILE' : `${file} keeps them`;
    throw new Interrupted(`interrupted after ${costs.entries.length} blocks were timed: ${kept}`);
  }
  return { processor: 'host', model: costsModel(space, costs, file ?? 'measurement') };
}

export interface PredictorValues {
  predictor: string;
  'predictor-layout'?: string;
  check?: string;
}

export async function readPredictor(values: PredictorValues, space: SearchSpace): Promise<AccuracyPredictor> {
  const { predictor: source, check } = values;
  const predictor = await loadPredictor(await readBytes(source), space, { source, layout: values['predictor-layout'] });
  if (check !== undefined) {
    const vectors = readCheckVectors(readJson(await readText(check), check), check);
    return confirmed(predictor, vectors, space, check, defaultCore());
  }
  const message = `the input layout "${predictor.layout}" of ${source} is taken on trust: confirm it with --check FILE`;
  return { ...predictor, warnings: [...predictor.warnings, { code: 'UNCHECKED_LAYOUT', message }] };
}

export async function readMeasurements(file: string): Promise<MeasuredNetwork[]> {
  return readMeasured(readJson(await readText(file), file), file);
}
