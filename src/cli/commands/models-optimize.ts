import { join } from 'node:path';
import {
  checkWritable,
  createFolder,
  environmentVariable,
  refuseOverwrite,
  writeFileWhole,
} from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { Warning } from '../../documents/warnings.ts';
import {
  ARTEFACT_LEVELS,
  ARTEFACT_PRECISIONS,
  type ArtefactLevel,
  type ArtefactPrecision,
  buildArtefact,
} from '../../execution/artefacts/build.ts';
import { syntheticFeeds } from '../../execution/artefacts/calibration.ts';
import { measureForm, outputErrorOf } from '../../execution/artefacts/measure.ts';
import { artefactRuntime, PROVIDERS, type Provider } from '../../execution/artefacts/runtime.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { type Variant, type Variants, variantsDocument } from '../../models/variants.ts';
import { variantsText } from '../../report/variants.ts';
import { wholeNumber } from '../arguments.ts';
import { defineCommand } from '../command.ts';
import { ONE_MODEL_OPTIONS, openModel } from '../cuttable-choice.ts';
import { modelWarnings } from '../model-choice.ts';
import { OUTPUT_OPTIONS } from '../options.ts';
import { deliver, tell } from '../output.ts';
import { startProgress } from '../progress.ts';

const { json, quiet, verbose, progress } = OUTPUT_OPTIONS;

export const modelsOptimizeCommand = defineCommand({
  options: {
    ...ONE_MODEL_OPTIONS,
    precision: {
      type: 'string',
      valueHint: 'LIST',
      known: () => ARTEFACT_PRECISIONS,
      description: `forms to build, with commas between: ${ARTEFACT_PRECISIONS.join(', ')} (all)`,
    },
    level: {
      type: 'enum',
      options: [...ARTEFACT_LEVELS],
      valueHint: 'none|extended|all',
      description: 'how far the runtime rewrites the files beforehand; all = for this very machine (none)',
    },
    provider: {
      type: 'enum',
      options: [...PROVIDERS],
      valueHint: 'cpu|wasm',
      description: 'onnxruntime-node or onnxruntime-web (the former where it is installed)',
    },
    samples: { type: 'string', valueHint: 'N', description: 'made-up inputs for calibration and output error (4)' },
    'out-dir': {
      type: 'string',
      valueHint: 'DIR',
      description: "folder for the files, made if missing (., for --level all this machine's cache)",
    },
    json: { ...json, description: 'print the variants document alone, the same bytes as in the folder' },
    quiet,
    verbose,
    progress,
  },
  examples: ['heterodyne models optimize ./my.onnx --precision float16,int8 --level extended --out-dir ./variants'],
  details: [
    'Every file is named by the fingerprint of what it depends on, and built once. NAME.variants.json holds what was measured: time, and output error against the original. Output error is no accuracy; measure that on labelled data, and write it into the workload.',
  ],
  async run(values, call) {
    const precisions = wantedPrecisions(values.precision);
    const level = (values.level ?? 'none') as ArtefactLevel;
    const count = wholeNumber(values.samples ?? '4', '--samples', 1, 10_000);
    const { model, name, inputs, seed } = await openModel(values, call.repeated.shape ?? []);
    const runtime = await artefactRuntime(values.provider as Provider | undefined);
    const folder = values['out-dir'] ?? (level === 'all' ? hostCache() : '.');
    await createFolder(folder);
    const documentFile = join(folder, `${name}.variants.json`);
    await refuseOverwrite(documentFile, inputs, '--out-dir');
    await checkWritable(documentFile);
    const samples = syntheticFeeds(model.blocked.inputs, count, 1);
    const warnings: Warning[] = modelWarnings([model.blocked]);
    const bar = await startProgress(values, call);
    const variants: Variant[] = [];
    try {
      bar.update(0, 'the original');
      const timing = { signal: call.signal };
      const original = await measureForm(writeOnnx(model.graph, model.weightsOf), samples, runtime, timing);
      variants.push({ name: 'original', method: 'original', macs: model.blocked.macs, latencyMs: original.latencyMs });
      for (const [i, precision] of precisions.entries()) {
        call.signal.throwIfAborted();
        bar.update((i + 1) / (precisions.length + 1), precision);
        const request = { precision, level, runtime, samples, ...(seed !== undefined && { seed }) };
        const artefact = await buildArtefact(model, name, folder, request, call.signal);
        tell(`${artefact.reused ? 'used again' : 'built'}: ${artefact.file}`, values, call);
        const measured = await measureForm(artefact.bytes, samples, runtime, timing);
        if (artefact.clamped > 0) {
          const message = `${artefact.clamped} weights of ${name} exceed float16 and were cut to 65504`;
          warnings.push({ code: 'CLAMPED_WEIGHTS', message });
        }
        variants.push({
          name: precision === 'float32' ? `float32-${level}` : precision,
          method: precision === 'float32' ? 'original' : precision,
          file: artefact.file,
          bytes: artefact.bytes.length,
          sha256: artefact.sha256,
          macs: model.blocked.macs,
          outputError: outputErrorOf(original.outputs, measured.outputs),
          latencyMs: measured.latencyMs,
          artefact: artefact.facts,
        });
      }
    } finally {
      bar.end();
    }
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

function wantedPrecisions(text: string | undefined): ArtefactPrecision[] {
  if (text === undefined) return [...ARTEFACT_PRECISIONS];
  const words = [...new Set(text.split(',').map((word) => word.trim()))];
  const unknown = words.find((word) => !(ARTEFACT_PRECISIONS as readonly string[]).includes(word));
  if (unknown === undefined) return words as ArtefactPrecision[];
  throw new HeterodyneError('USAGE', `--precision cannot be "${unknown}"`, {
    path: '--precision',
    expected: `a list of ${ARTEFACT_PRECISIONS.join(', ')}`,
    received: `"${text}"`,
  });
}

/** Where files for this machine alone belong (XDG base directories). */
function hostCache(): string {
  const base = environmentVariable('XDG_CACHE_HOME') ?? join(environmentVariable('HOME') ?? '.', '.cache');
  return join(base, 'heterodyne', 'artefacts');
}
