/** `models approximate`: low-rank forms of a model as ONNX files, every layer measured and judged. */
import { join } from 'node:path';
import { checkWritable, refuseOverwrite, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { approximate } from '../../execution/artefacts/approximate.ts';
import { FormBench } from '../../execution/artefacts/measure.ts';
import { artefactRuntime, type RuntimeName } from '../../execution/artefacts/runtime.ts';
import type { CuttableModel } from '../../models/cut.ts';
import { hashBytes } from '../../models/load.ts';
import { findLayers } from '../../models/low-rank/layers.ts';
import { PUBLISHED_RANKS } from '../../models/low-rank/published.ts';
import { type RankRule, ranksInOrder } from '../../models/low-rank/ranks.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import type { Variant } from '../../models/variants.ts';
import { defineCommand } from '../command.ts';
import { ONE_MODEL_OPTIONS, openModel } from '../cuttable-choice.ts';
import { openFolder } from '../output.ts';
import { startProgress } from '../progress.ts';
import { chosenSamples, deliverVariants, FORM_OPTIONS, variantsFile } from '../variant-output.ts';

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
    'out-dir': { type: 'string', valueHint: 'DIR', description: 'folder for the files, made if missing (.)' },
    ...FORM_OPTIONS,
  },
  examples: [
    'heterodyne models approximate squeezenet --rank 0.75,0.5 --out-dir ./variants',
    'heterodyne models approximate alexnet --ranks published --keep-slow',
  ],
  details: [
    'Convolutions become a vertical and a horizontal one, dense layers two smaller ones, by singular value decomposition. Ranks that need no less arithmetic, or are not faster when measured, are refused. NAME.variants.json holds rank, energy, measured time and output error of every layer.',
    'There is no fine-tuning: output error is no accuracy, which must be measured on labelled data.',
  ],
  async run(values, call) {
    const opened = await openModel(values, call.repeated.shape ?? []);
    const { model, name, inputs } = opened;
    const forms = wantedForms(values, model);
    const samples = await chosenSamples(model.blocked.inputs, call.repeated.calibration, values.samples);
    const runtime = await artefactRuntime(values.runtime as RuntimeName | undefined);
    const folder = values['out-dir'] ?? '.';
    const fileOf = (form: WantedForm): string => `${name}.${form.name}.onnx`;
    for (const file of [variantsFile(folder, name), ...forms.map((form) => join(folder, fileOf(form)))]) {
      await refuseOverwrite(file, inputs, '--out-dir');
    }
    await openFolder('--out-dir', folder);
    await checkWritable(variantsFile(folder, name));
    const whole = writeOnnx(model.graph, model.weightsOf);
    const bench = await FormBench.open(whole, samples.feeds, runtime, call.signal);
    const bar = await startProgress(values, call);
    const variants: Variant[] = [];
    try {
      const { macs } = model.blocked;
      const rules = forms.map(({ rule }) => rule);
      const results = await approximate(model, rules, {
        runtime,
        feeds: samples.feeds[0]!,
        keepSlow: values['keep-slow'] === true,
        signal: call.signal,
        onProgress: bar.update,
      });
      for (const [i, { graph, ...result }] of results.entries()) {
        bar.update(1, forms[i]!.name);
        const file = fileOf(forms[i]!);
        const bytes = writeOnnx(graph, model.weightsOf);
        const measured = await bench.measure(bytes);
        await writeFileWhole(join(folder, file), bytes, { signal: call.signal });
        const written = { file, bytes: bytes.length, sha256: await hashBytes(bytes) };
        variants.push({ name: forms[i]!.name, method: 'low-rank', ...written, ...measured, ...result });
      }
      variants.unshift({ name: 'original', method: 'original', macs, latencyMs: await bench.originalLatency() });
    } finally {
      await bench.close();
      bar.end();
    }
    const measuredIn = `${runtime.label}, ${runtime.provider}, one thread`;
    await deliverVariants(opened, { folder, samples, runtime: measuredIn, variants }, values, call);
    return 0;
  },
});

interface WantedForm {
  /** Of the variant. */
  name: string;
  rule: RankRule;
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
