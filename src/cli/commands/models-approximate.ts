import { join } from 'node:path';
import { checkWritable, createFolder, refuseOverwrite, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { type Approximation, approximate } from '../../execution/artefacts/approximate.ts';
import { type Feeds, syntheticFeeds } from '../../execution/artefacts/calibration.ts';
import { type Measured, measureForm, outputErrorOf } from '../../execution/artefacts/measure.ts';
import { type ArtefactRuntime, artefactRuntime, PROVIDERS, type Provider } from '../../execution/artefacts/runtime.ts';
import type { CuttableModel } from '../../models/cut.ts';
import { hashBytes } from '../../models/load.ts';
import { findLayers } from '../../models/low-rank/layers.ts';
import { PUBLISHED_RANKS } from '../../models/low-rank/published.ts';
import { type RankRule, ranksInOrder } from '../../models/low-rank/ranks.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { type Variant, type Variants, variantsDocument } from '../../models/variants.ts';
import { variantsText } from '../../report/variants.ts';
import { wholeNumber } from '../arguments.ts';
import { type Call, defineCommand } from '../command.ts';
import { ONE_MODEL_OPTIONS, openModel } from '../cuttable-choice.ts';
import { modelWarnings } from '../model-choice.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { deliver } from '../output.ts';
import { startProgress } from '../progress.ts';

const { json, quiet, verbose, progress } = OUTPUT_OPTIONS;
const DEFAULT_SHARES = '0.75,0.5,0.25';

export const modelsApproximateCommand = defineCommand({
  options: {
    ...ONE_MODEL_OPTIONS,
    rank: {
      type: 'string',
      valueHint: 'LIST',
      description: `one form for each share of the rank at which factors stop to pay, K* (${DEFAULT_SHARES})`,
    },
    energy: {
      type: 'string',
      valueHint: 'LIST',
      description: 'one form for each share of the squared singular values to keep, as 0.95,0.8',
    },
    ranks: {
      type: 'string',
      valueHint: 'LIST',
      description: `one form with ranks by layer, conv2=40,conv3=60, or published (${Object.keys(PUBLISHED_RANKS).join(', ')})`,
    },
    'keep-slow': {
      type: 'boolean',
      description: 'keep factors that are slower on this machine, as long as they need less arithmetic',
    },
    provider: {
      type: 'enum',
      options: [...PROVIDERS],
      valueHint: 'cpu|wasm',
      description: 'measure in onnxruntime-node or onnxruntime-web (the former where it is installed)',
    },
    samples: { type: 'string', valueHint: 'N', description: 'made-up inputs for the output error (4)' },
    'out-dir': { type: 'string', valueHint: 'DIR', description: 'folder for the files, made if missing (.)' },
    json: { ...json, description: 'print the variants document alone, the same bytes as in the folder' },
    quiet,
    verbose,
    progress,
  },
  examples: [
    'heterodyne models approximate ./my.onnx --rank 0.75,0.5 --out-dir ./variants',
    'heterodyne models approximate alexnet --ranks published --keep-slow',
  ],
  details: [
    'Convolutions become a vertical and a horizontal one, dense layers two smaller ones, by singular value decomposition. Ranks that need no less arithmetic, or are not faster when measured, are refused. NAME.variants.json holds rank, energy, measured time and output error of every layer.',
    'There is no fine-tuning: output error is no accuracy, which must be measured on labelled data.',
  ],
  async run(values, call) {
    const count = wholeNumber(values.samples ?? '4', '--samples', 1, 10_000);
    const { model, name, inputs, seed } = await openModel(values, call.repeated.shape ?? []);
    const forms = wantedForms(values, model);
    const runtime = await artefactRuntime(values.provider as Provider | undefined);
    const folder = values['out-dir'] ?? '.';
    const documentFile = join(folder, `${name}.variants.json`);
    for (const file of [documentFile, ...forms.map((form) => join(folder, fileOf(name, form)))]) {
      await refuseOverwrite(file, inputs, '--out-dir');
    }
    await createFolder(folder);
    await checkWritable(documentFile);
    const samples = syntheticFeeds(model.blocked.inputs, count, 1);
    const bar = await startProgress(values, call);
    const variants: Variant[] = [];
    try {
      bar.update(0, 'the original');
      const timing = { signal: call.signal };
      const original = await measureForm(writeOnnx(model.graph, model.weightsOf), samples, runtime, timing);
      const { macs } = model.blocked;
      variants.push({ name: 'original', method: 'original', macs, latencyMs: original.latencyMs });
      const results = await approximate(
        model,
        forms.map(({ rule }) => rule),
        {
          runtime,
          feeds: samples[0]!,
          keepSlow: values['keep-slow'] === true,
          signal: call.signal,
          onProgress: bar.update,
        },
      );
      for (const [i, result] of results.entries()) {
        bar.update(1, forms[i]!.name);
        const about = { form: forms[i]!, model, file: fileOf(name, forms[i]!), folder };
        variants.push(await written(result, about, original, samples, runtime, call));
      }
    } finally {
      bar.end();
    }
    const warnings = modelWarnings([model.blocked]);
    const document: Variants = {
      kind: 'variants',
      schemaVersion: 1,
      name,
      source: model.blocked.source,
      hash: model.blocked.hash,
      ...(seed !== undefined && { seed }),
      blocks: model.blocked.blocks.length,
      calibration: { inputs: 'synthetic', samples: count, seed: 1 },
      runtime: `${runtime.label}, ${runtime.provider}, one thread`,
      variants,
      ...(warnings.length > 0 && { warnings }),
    };
    const text = variantsDocument.write(document);
    await writeFileWhole(documentFile, text);
    await deliver(
      { json: text, text: (style) => variantsText(document, style), warnings },
      { ...values, out: undefined },
      call,
    );
    return 0;
  },
});

interface WantedForm {
  /** Of the variant. */
  name: string;
  rule: RankRule;
}

function fileOf(model: string, form: WantedForm): string {
  return `${model}.${form.name}.onnx`;
}

async function written(
  result: Approximation,
  { form, model, file, folder }: { form: WantedForm; model: CuttableModel; file: string; folder: string },
  original: Measured,
  samples: readonly Feeds[],
  runtime: ArtefactRuntime,
  call: Call,
): Promise<Variant> {
  const bytes = writeOnnx(result.graph, model.weightsOf);
  const measured = await measureForm(bytes, samples, runtime, { signal: call.signal });
  await writeFileWhole(join(folder, file), bytes, { signal: call.signal });
  return {
    name: form.name,
    method: 'low-rank',
    file,
    bytes: bytes.length,
    sha256: await hashBytes(bytes),
    macs: result.macs,
    outputError: outputErrorOf(original.outputs, measured.outputs),
    latencyMs: measured.latencyMs,
    layers: result.layers,
    blockTimeRatios: result.blockTimeRatios,
  };
}

function wantedForms(
  { rank, energy, ranks }: { rank?: string; energy?: string; ranks?: string },
  model: CuttableModel,
): WantedForm[] {
  const shares = rank ?? (energy === undefined && ranks === undefined ? DEFAULT_SHARES : undefined);
  return [
    ...readShares(shares, '--rank').map(
      (share): WantedForm => ({ name: `rank-${share}`, rule: { kind: 'share', share } }),
    ),
    ...readShares(energy, '--energy').map((share): WantedForm => {
      return { name: `energy-${share}`, rule: { kind: 'energy', share } };
    }),
    ...(ranks === undefined ? [] : [readRanks(ranks, model)]),
  ];
}

function readShares(text: string | undefined, option: string): number[] {
  if (text === undefined) return [];
  return [...new Set(text.split(','))].map((word) => {
    const share = /^\s*(\d+(\.\d*)?|\.\d+)\s*$/.test(word) ? Number(word) : Number.NaN;
    if (share > 0 && share <= 1) return share;
    throw new HeterodyneError('USAGE', `${option} cannot be "${text}"`, {
      path: option,
      expected: 'shares above 0 and up to 1, with commas between',
      received: `"${word}"`,
    });
  });
}

function readRanks(text: string, model: CuttableModel): WantedForm {
  const layers = findLayers(model);
  if (text === 'published') {
    const { source } = model.blocked;
    const list = PUBLISHED_RANKS[source.replace(/^zoo:/, '')];
    if (list !== undefined) {
      return { name: 'published', rule: { kind: 'list', ranks: ranksInOrder(layers, list) } };
    }
    throw new HeterodyneError('USAGE', `no ranks are published for ${source}`, {
      path: '--ranks',
      expected: `one of ${Object.keys(PUBLISHED_RANKS).join(', ')}, or ranks by layer`,
      received: source,
    });
  }
  const known = new Set(layers.map(({ name }) => name));
  const ranks: Record<string, number> = {};
  for (const item of text.split(',')) {
    const [, layer = '', size = ''] = /^\s*(.+)=(\d+)\s*$/.exec(item) ?? [];
    if (!known.has(layer) || Number(size) < 1) {
      throw new HeterodyneError('USAGE', `--ranks cannot hold "${item}"`, {
        path: '--ranks',
        expected: `LAYER=RANK with one of ${[...known].slice(0, 20).join(', ')}`,
        received: `"${item}"`,
      });
    }
    ranks[layer] = Number(size);
  }
  return { name: 'ranks', rule: { kind: 'list', ranks } };
}
