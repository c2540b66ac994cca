/** `search`: sub-networks of a supernet within cost limits, their front, and a ladder picked from it. */
import { referenceCore, wasmCore } from '../../../bindings/core.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import type { Warning } from '../../documents/warnings.ts';
import { evaluatedLadderText } from '../../report/evaluated-ladder.ts';
import { frontText } from '../../report/front.ts';
import type { CostModel } from '../../subnets/costs/cost-model.ts';
import { type Front, frontDocument } from '../../subnets/front-schema.ts';
import { evolutionMethod } from '../../subnets/methods/evolution.ts';
import {
  EVOLUTION_PRESETS,
  type EvolutionPreset,
  type EvolutionPresetId,
  evolutionPreset,
} from '../../subnets/methods/presets.ts';
import { METHODS } from '../../subnets/methods/registry.ts';
import { type ProcessorCosts, type SubnetRequest, searchSubnets } from '../../subnets/search.ts';
import type { SearchSpace } from '../../subnets/space.ts';
import { spaceNames } from '../../subnets/spaces.ts';
import { type Call, defineCommand } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { readEvaluate } from '../ladder-evaluation.ts';
import { checkLadder, LADDER_OPTIONS, writeLadder } from '../ladder-files.ts';
import { readEvaluations, readSeed, readShare, readTimeLimit, wholeNumber } from '../option-values.ts';
import { OUTPUT_OPTIONS, type OutputSettings, SEED_OPTION } from '../options.ts';
import { checkOutput, deliver, tell } from '../output.ts';
import { startProgress } from '../progress.ts';
import { measureHost, readCosts, readMeasurements, readPredictor, readSpace, smoothedCosts } from '../search-inputs.ts';

const CORES = { wasm: wasmCore, reference: referenceCore };
/** Some limit cannot be kept, or the accuracy asked for was not found. */
const MISSED_EXIT = 2;

export const searchCommand = defineCommand({
  options: {
    space: {
      type: 'string',
      valueHint: 'NAME|FILE',
      known: () => spaceNames,
      description: 'ofa-mbv3, ofa-resnet50, or a document of kind elastic-space (ofa-mbv3)',
    },
    resolutions: { type: 'string', valueHint: 'LIST', description: 'input sizes to search instead, as 160,192,224' },
    predictor: { type: 'string', valueHint: 'FILE', required: true, description: 'accuracy predictor, an ONNX file' },
    'predictor-layout': {
      type: 'string',
      valueHint: 'NAME',
      description: "layout of the predictor's input: kernels-first or resolution-first for ofa-mbv3 (kernels-first)",
    },
    check: {
      type: 'string',
      valueHint: 'FILE',
      description: 'known answers that confirm the layout: [{"genotype": {...}, "accuracy": 0.79}, ...]',
    },
    costs: {
      type: 'string',
      valueHint: '[NAME=]DIR|FILE|flops',
      repeatable: true,
      description:
        'latency tables (a folder of RESOLUTION_lookup_table.yaml, or a document of kind subnet-costs), or flops; once for each processor',
    },
    interpolate: {
      type: 'boolean',
      description: 'put entries that a latency table lacks in from their neighbours, with a warning that names them',
    },
    smooth: {
      type: 'boolean',
      description: 'change latency tables as little as it takes for larger choices never to be faster',
    },
    measure: {
      type: 'enum',
      options: ['host'],
      description: 'time every block on this machine in ONNX Runtime, as a further processor (minutes)',
    },
    'costs-out': {
      type: 'string',
      valueHint: 'FILE',
      description: 'with --measure: keep the times in FILE; what it holds already is not timed again',
    },
    limit: {
      type: 'string',
      valueHint: 'COST',
      repeatable: true,
      description: 'largest cost, as 20ms (a bare number means ms) or 400Mmac with --costs flops; may be repeated',
    },
    front: { type: 'boolean', description: 'search the whole front, up to the largest limit if there is one' },
    'min-accuracy': { type: 'string', valueHint: 'SHARE', description: 'least predicted accuracy, as 0.75 or 75%' },
    risk: {
      type: 'string',
      valueHint: 'SHARE',
      description:
        'keep limits with this probability, as 95% or 0.95, by the spread that the table states (absent: on average)',
    },
    measured: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'measured networks, [{"genotype": {...}, "latencyMs": 41.2, "accuracy": 0.742}, ...]: results are also shown calibrated by them',
    },
    method: {
      type: 'enum',
      options: METHODS.map(({ id }) => id),
      valueHint: 'NAME',
      description: `how to search (${METHODS[0].id})`,
    },
    preset: {
      type: 'enum',
      options: [...EVOLUTION_PRESETS],
      valueHint: 'NAME',
      description:
        'with --method evolution: published settings (ofa-tutorial); dynamic-ofa also narrows the space, unless --min-accuracy is given',
    },
    evaluations: {
      type: 'string',
      valueHint: 'N',
      description: 'networks to score for each processor (what suits the method); 10k is understood',
    },
    stall: {
      type: 'string',
      valueHint: 'N',
      description:
        'end the search after N generations (passes of exact-surrogate, that is rounds over all limits) without a better network',
    },
    'time-limit': {
      type: 'string',
      valueHint: 'TIME',
      description:
        'end the search of each processor after TIME, as 30s, with the best so far; equal seeds may then differ',
    },
    levels: { type: 'string', valueHint: 'N', description: 'also pick a ladder of N levels from the front' },
    ...LADDER_OPTIONS,
    'exact-resolution': {
      type: 'boolean',
      description: 'search resolutions apart even where the predictor sees no difference between them',
    },
    ...SEED_OPTION,
    core: {
      type: 'enum',
      options: Object.keys(CORES),
      valueHint: 'NAME',
      description: 'implementation of the kernels; both find the same (the fastest that runs here)',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne search --space ofa-mbv3 --predictor acc.onnx --costs ./note10 --limit 20ms --limit 30ms',
    'heterodyne search --predictor acc.onnx --costs cpu=./cpu --costs gpu=./gpu --front --levels 6 --export ./levels',
    'heterodyne search --predictor acc.onnx --costs ./gpu --front --levels 6 --export ./levels --evaluate "python measure.py {} {genotype}"',
    'heterodyne search --predictor acc.onnx --costs flops --limit 300Mmac --method evolution',
  ],
  details: [
    'A limit that no network keeps is answered at once with the cheapest network, and exit code 2. Accuracy is what the predictor says; it is no measurement.',
  ],
  async run(values, call) {
    const started = performance.now();
    const preset = readPreset(values);
    const { space, warnings } = await readSpace(values.space ?? 'ofa-mbv3', values.resolutions, preset);
    const given = call.repeated.costs ?? [];
    await checkOutput(values, [values.predictor, ...given]);
    await checkLadder(values, [values.predictor, ...given]);
    const evaluate = readEvaluate(values, space.name, call.signal);
    if (values['costs-out'] !== undefined && values.measure === undefined) throw unmeasured(values['costs-out']);
    const read = await readCosts(given, space, values);
    const whole = values.front === true || values.levels !== undefined;
    const limits = readLimits(call.repeated.limit ?? [], read[0]?.model.unit ?? 'ms', whole);
    const networks = values.measured === undefined ? undefined : await readMeasurements(values.measured);
    const seed = readSeed(values.seed);
    const asked: Partial<SubnetRequest> = {
      front: values.front,
      seed,
      exactResolution: values['exact-resolution'],
      ...(networks && { measured: networks }),
      ...(values['min-accuracy'] !== undefined && {
        minAccuracy: readShare(values['min-accuracy'], '--min-accuracy'),
      }),
      ...(values.risk !== undefined && { risk: readShare(values.risk, '--risk', { least: 0.5, strict: true }) }),
      ...(values.evaluations !== undefined && { evaluations: readEvaluations(values.evaluations, 10) }),
      ...(values.stall !== undefined && { stall: wholeNumber(values.stall, '--stall', 1, 1e6) }),
      ...(values['time-limit'] !== undefined && { timeLimitMs: Math.ceil(readTimeLimit(values['time-limit'])) }),
      ...(values.levels !== undefined && { levels: { levels: wholeNumber(values.levels, '--levels', 1, 100) } }),
    };
    // All that can be wrong with the words is said before minutes of timing.
    const costs = values.measure === undefined ? read : [...read, await measured(space, values, call)];
    const bar = await startProgress(values, call);
    let front: Front;
    try {
      front = await searchSubnets(
        {
          space,
          predictor: () => readPredictor(values, space),
          costs,
          limits,
          method: preset
            ? evolutionMethod(preset.settings(costs[0]?.model.unit ?? 'ms'), preset.id)
            : METHODS.find(({ id }) => id === values.method),
          ...asked,
        },
        {
          signal: call.signal,
          ...(values.core !== undefined && { core: CORES[values.core as keyof typeof CORES]() }),
          onProgress: ({ share, evaluations, note }) => {
            const rate = (evaluations / (performance.now() - started)) * 1000;
            bar.update(share, `${note}, ${evaluations} evaluations, ${Math.round(rate)}/s`);
          },
        },
      );
    } finally {
      bar.end();
    }
    const document: Front = { ...front, warnings: [...warnings, ...front.warnings] };
    const evaluated = await writeLadder(document, space, seed, evaluate, values, call);
    await deliver(
      {
        json: frontDocument.write(document),
        text: (style) => frontText(document, style) + (evaluated ? `\n${evaluatedLadderText(evaluated, style)}` : ''),
        warnings: [...(document.warnings as Warning[]), ...(evaluated?.findings ?? [])],
      },
      values,
      call,
    );
    tell(`searched in ${(performance.now() - started).toFixed(0)} ms`, values, call);
    if (call.signal.aborted) return INTERRUPTED_EXIT;
    return document.results.every(({ outcome }) => outcome === 'found' || outcome === 'unconstrained')
      ? 0
      : MISSED_EXIT;
  },
});

function readPreset(values: {
  preset?: string;
  method?: string;
  'min-accuracy'?: string;
}): EvolutionPreset | undefined {
  const { preset, method } = values;
  if (preset === undefined) return undefined;
  if (method === 'evolution') return evolutionPreset(preset as EvolutionPresetId, values['min-accuracy'] !== undefined);
  throw new HeterodyneError('USAGE', '--preset means nothing without --method evolution', {
    path: '--preset',
    expected: '--method evolution',
    received: method === undefined ? `--preset ${preset} alone` : `--method ${method}`,
  });
}

/** Blocks timed on this machine, behind a bar of their own. */
async function measured(
  space: SearchSpace,
  values: OutputSettings & { 'costs-out'?: string; smooth?: boolean },
  call: Call,
): Promise<ProcessorCosts> {
  const bar = await startProgress(values, call);
  try {
    const timed = await measureHost(space, values['costs-out'], call.signal, (share) =>
      bar.update(share, 'timing blocks'),
    );
    return values.smooth ? smoothedCosts(space, timed) : timed;
  } finally {
    bar.end();
  }
}

function readLimits(texts: readonly string[], unit: CostModel['unit'], front: boolean): number[] {
  if (texts.length === 0 && !front) {
    throw new HeterodyneError('USAGE', 'a search needs a limit', {
      path: '--limit',
      expected: '--limit COST, or --front',
      received: 'neither',
    });
  }
  return texts.map((text) => parseQuantity(text, unit === 'MFLOPs' ? 'Mmac' : 'ms', '--limit'));
}

function unmeasured(file: string): HeterodyneError {
  return new HeterodyneError('USAGE', '--costs-out means nothing without --measure', {
    path: '--costs-out',
    expected: '--measure host',
    received: `--costs-out ${file} alone`,
  });
}
