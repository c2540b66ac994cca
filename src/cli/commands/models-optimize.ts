/** `models optimize`: rewritten, float16 and int8 forms of a model as ONNX files, measured beside the original. */
import { join } from 'node:path';
import { checkWritable, environmentVariable, refuseOverwrite } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { Warning } from '../../documents/warnings.ts';
import {
  ARTEFACT_LEVELS,
  ARTEFACT_PRECISIONS,
  type ArtefactLevel,
  type ArtefactPrecision,
  buildArtefact,
} from '../../execution/artefacts/build.ts';
import { FormBench } from '../../execution/artefacts/measure.ts';
import { artefactRuntime, type RuntimeName } from '../../execution/artefacts/runtime.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import type { Variant } from '../../models/variants.ts';
import { defineCommand } from '../command.ts';
import { ONE_MODEL_OPTIONS, openModel } from '../cuttable-choice.ts';
import { openFolder, tell } from '../output.ts';
import { startProgress } from '../progress.ts';
import { chosenSamples, deliverVariants, FORM_OPTIONS, variantsFile } from '../variant-output.ts';

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
    'out-dir': {
      type: 'string',
      valueHint: 'DIR',
      description: "folder for the files, made if missing (., for --level all this machine's cache)",
    },
    ...FORM_OPTIONS,
  },
  examples: ['heterodyne models optimize squeezenet --precision float16,int8 --level extended --out-dir ./variants'],
  details: [
    'Every file is named by the fingerprint of what it depends on, and built once. NAME.variants.json holds what was measured: time, and output error against the original. Output error is no accuracy; measure that on labelled data, and write it into the workload.',
  ],
  async run(values, call) {
    const precisions = wantedPrecisions(values.precision);
    const level = (values.level ?? 'none') as ArtefactLevel;
    const opened = await openModel(values, call.repeated.shape ?? []);
    const { model, name, inputs, seed } = opened;
    const samples = await chosenSamples(model.blocked.inputs, call.repeated.calibration, values.samples);
    const runtime = await artefactRuntime(values.runtime as RuntimeName | undefined);
    const folder = values['out-dir'] ?? (level === 'all' ? hostCache() : '.');
    await openFolder('--out-dir', folder);
    await refuseOverwrite(variantsFile(folder, name), inputs, '--out-dir');
    await checkWritable(variantsFile(folder, name));
    const whole = writeOnnx(model.graph, model.weightsOf);
    const bench = await FormBench.open(whole, samples.feeds, runtime, call.signal);
    const bar = await startProgress(values, call);
    const warnings: Warning[] = [];
    const { macs } = model.blocked;
    const variants: Variant[] = [];
    try {
      for (const [i, precision] of precisions.entries()) {
        call.signal.throwIfAborted();
        bar.update(i / precisions.length, precision);
        const request = { precision, level, runtime, samples: samples.feeds, ...(seed !== undefined && { seed }) };
        const artefact = await buildArtefact(model, name, folder, request, call.signal);
        tell(`${artefact.reused ? 'used again' : 'built'}: ${artefact.file}`, values, call);
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
          macs,
          ...(await bench.measure(artefact.bytes)),
          artefact: artefact.facts,
        });
      }
      variants.unshift({ name: 'original', method: 'original', macs, latencyMs: await bench.originalLatency() });
    } finally {
      await bench.close();
      bar.end();
    }
    const measuredIn = `${runtime.label}, ${runtime.provider}, one thread`;
    await deliverVariants(opened, { folder, samples, runtime: measuredIn, variants, warnings }, values, call);
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
