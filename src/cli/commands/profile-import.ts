/** `profile import`: block costs, or a matrix cell, from another profiler's file. */
import { readText } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { Warning } from '../../documents/warnings.ts';
import { modelWarnings } from '../../models/warnings.ts';
import { FORMAT_FAMILIES } from '../../profiles/importers/format.ts';
import { importedProfile } from '../../profiles/importers/imported-profile.ts';
import { layersOf } from '../../profiles/importers/layers.ts';
import { mergeProfiles } from '../../profiles/importers/merge.ts';
import { type Profile, profileDocument } from '../../profiles/schema.ts';
import { WORKLOAD_PRECISIONS, type WorkloadPrecision } from '../../profiles/workload.ts';
import { profileImportText } from '../../report/profile-import.ts';
import { defineCommand } from '../command.ts';
import { openModel } from '../cuttable-choice.ts';
import { importCell, readRecord, STANDARD_INPUT } from '../import-files.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTION } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';
import { choosePlatform } from '../platform-choice.ts';

const { shape, batch, cut } = MODEL_OPTIONS;

export const profileImportCommand = defineCommand({
  options: {
    file: { type: 'positional', required: true, description: 'what the profiler wrote; - means standard input' },
    format: {
      type: 'enum',
      options: [...FORMAT_FAMILIES],
      valueHint: 'TOOL',
      description: 'which tool wrote it (told by content)',
    },
    model: {
      type: 'string',
      valueHint: 'MODEL',
      description: 'the model that was profiled: an ONNX file, or a network of the zoo',
    },
    name: { type: 'string', valueHint: 'NAME', description: "the model's name in the profile (its file's)" },
    shape: { ...shape, valueHint: 'INPUT=1x3x224x224' },
    batch: { ...batch, description: 'images per inference, of the model and of the measurement (1)' },
    cut,
    ...PLATFORM_OPTION,
    processor: { type: 'string', valueHint: 'ID', description: 'the processor of the platform that it ran on' },
    precision: {
      type: 'enum',
      options: [...WORKLOAD_PRECISIONS],
      valueHint: 'FORMAT',
      description: "format that it was computed in (native: the processor's own)",
    },
    times: {
      type: 'string',
      valueHint: 'FILE',
      description: 'whole-model times of the same model without per-layer profiling: costs are scaled to their median',
    },
    into: {
      type: 'string',
      valueHint: 'PROFILE',
      description: 'add the costs to this profile document, whose platform is then the default',
    },
    provider: {
      type: 'string',
      valueHint: 'NAME',
      description: 'ort: the execution provider that was asked for; time on another is a fallback',
    },
    'warm-up': {
      type: 'string',
      valueHint: 'TIME',
      description: 'trtexec: queries that began earlier do not count (200ms)',
    },
    matrix: {
      type: 'boolean',
      description: 'the whole model as one cell of an FPS matrix; --into then names a matrix, --processor any device',
    },
    divide: {
      type: 'boolean',
      description:
        'divide the time of what covers several blocks by multiply-accumulates; such costs count as modelled',
    },
    strict: { type: 'boolean', description: 'refuse files that need repair' },
    force: { type: 'boolean', description: 'accept a file of which less than half the time fits the model' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne profile import ort_profile.json --model ./my.onnx --platform orange-pi-5 --processor big --out p.json',
    'heterodyne profile import benchmark_report.json --matrix --model my --processor VPU --into matrix.csv --out matrix.json',
    'heterodyne profile import layers.json --times times.json --model ./my.onnx --processor gpu --into p.json --out p2.json',
  ],
  details: [
    'Reads ONNX Runtime profiles, trtexec --exportProfile and --exportTimes, TFLite benchmark_model (text and CSV), OpenVINO benchmark_app (JSON and CSV, reports and counters). Fused, renamed and inserted kernels are mapped to the blocks of the model.',
    'Below 90 % of mapped kernel time there is a warning, below 50 % the file is refused unless --force is given.',
  ],
  async run(values, call) {
    if (values.matrix) return importCell(values, call);
    const into = values.into === undefined ? undefined : await readProfile(values.into);
    const chosen = await choosePlatform(values.platform ?? into?.document.platform);
    const processor = required(
      values.processor,
      '--processor',
      chosen.platform.processors.map(({ id }) => id).join(', '),
    );
    const model = required(values.model, '--model', 'an ONNX file, or the name of a zoo network');
    const opened = await openModel({ ...values, model }, call.repeated.shape ?? []);
    const inputs = [...opened.inputs, values.file, values.times, values.into, chosen.file];
    await checkOutput(values, inputs.filter((name) => name !== undefined && name !== STANDARD_INPUT) as string[]);
    const blocked = { ...opened.model.blocked, name: values.name ?? opened.name };

    const record = await readRecord(values.file, values, values.format);
    const times = values.times === undefined ? undefined : await readRecord(values.times, values);
    call.signal.throwIfAborted();
    const result = importedProfile(record, {
      model: blocked,
      layers: layersOf(opened.model),
      platform: chosen.platform,
      processor,
      precision: values.precision as WorkloadPrecision | undefined,
      divide: values.divide,
      force: values.force,
      times,
    });
    const found = [...chosen.warnings, ...(into?.warnings ?? []), ...modelWarnings([blocked]), ...result.warnings];
    const merged = into === undefined ? result.profile : mergeProfiles(into.document, result.profile);
    const profile = found.length > 0 ? { ...merged, warnings: joined(merged.warnings ?? [], found) } : merged;
    await deliver(
      {
        json: profileDocument.write(profile, { keepUnknown: true }),
        text: (style) => profileImportText(profile, record, result, processor, style),
        warnings: found,
      },
      values,
      call,
    );
    return 0;
  },
});

async function readProfile(file: string): Promise<{ document: Profile; warnings: Warning[] }> {
  return profileDocument.parse(await readText(file), file);
}

function required(value: string | undefined, option: string, expected: string): string {
  if (value !== undefined) return value;
  throw new HeterodyneError('USAGE', `${option} is missing`, { path: option, expected, received: 'nothing' });
}

/** Each warning once. */
function joined(first: readonly Warning[], second: readonly Warning[]): Warning[] {
  const seen = new Map([...first, ...second].map((warning) => [JSON.stringify(warning), warning]));
  return [...seen.values()];
}
