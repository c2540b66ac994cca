/**
 * `profile`: what blocks cost on processors, measured on this host or modelled elsewhere; matrices, tables and ladders
 * of the same.
 */
import { writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Warning } from '../../documents/warnings.ts';
import { pairErrors } from '../../estimators/pair-error.ts';
import { runnableProcessors } from '../../execution/pool.ts';
import { modelWarnings } from '../../models/warnings.ts';
import { HOST_PLATFORM } from '../../platforms/registry.ts';
import { type FpsMatrix, fpsMatrixDocument, fpsMatrixFindings } from '../../profiles/fps-matrix.ts';
import { fpsMatrixOfProfile } from '../../profiles/fps-matrix-of-profile.ts';
import { fpsMatrixCsv } from '../../profiles/fps-matrix-read.ts';
import { rooflineProfile } from '../../profiles/roofline.ts';
import { type Profile, profileDocument } from '../../profiles/schema.ts';
import { speedTables } from '../../profiles/tables.ts';
import { tablesDocument, tablesToDocument } from '../../profiles/tables-schema.ts';
import { thinTables } from '../../profiles/tables-thinning.ts';
import { WORKLOAD_PRECISIONS, type WorkloadPrecision } from '../../profiles/workload.ts';
import { fpsMatrixText } from '../../report/fps-matrix.ts';
import { handoverText, interferenceText, measurementText, memoryText } from '../../report/measurement.ts';
import { profileText } from '../../report/profile.ts';
import { tablesText } from '../../report/tables.ts';
import { type Call, defineCommand } from '../command.ts';
import { type HostMeasurements, MEASURE_OPTIONS, type MeasureSettings, measureHost } from '../host-measurement.ts';
import { LADDER_OPTION, profileLadder } from '../ladder-measurement.ts';
import {
  type ChosenWorkload,
  chooseWorkload,
  inputFiles,
  loadModels,
  loadVariants,
  parseCut,
} from '../model-choice.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, type OutputSettings, PLATFORM_OPTION, WORKLOAD_OPTION } from '../options.ts';
import { checkCompanion, checkOutput, deliver } from '../output.ts';
import { type ChosenPlatform, choosePlatform } from '../platform-choice.ts';

export const profileCommand = defineCommand({
  options: {
    ...MODEL_OPTIONS,
    precision: {
      type: 'enum',
      options: [...WORKLOAD_PRECISIONS],
      valueHint: 'FORMAT',
      description: "format to compute in (native: each processor's own)",
    },
    ...WORKLOAD_OPTION,
    ...PLATFORM_OPTION,
    matrix: {
      type: 'boolean',
      description: 'whole models alone: the document is the FPS matrix of models x processors',
    },
    tables: {
      type: 'string',
      valueHint: 'PROCESSOR',
      description:
        'SpeedUp and PowerUp of every block on this processor, at the operating points that matter to a controller',
    },
    csv: { type: 'string', valueHint: 'FILE', description: 'with --matrix: also write its rates as a table (CSV)' },
    ...LADDER_OPTION,
    ...MEASURE_OPTIONS,
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne profile --models resnet-50,squeezenet --platform hikey970 --out profile.json',
    'heterodyne profile --models squeezenet,mobilenet-v2 --platform host --interference --out profile.json',
    'heterodyne profile --models squeezenet,alexnet --platform host --matrix --csv matrix.csv',
    'heterodyne profile --models resnet-50,googlenet --platform jetson-tx2 --tables gpu --out tables.json',
    'heterodyne profile --ladder levels/ladder.json --platform host --out measured.json',
  ],
  details: [
    'On --platform host costs are measured: every model whole, through the profile that the runtime keeps of its nodes, and cut into blocks; the block sums stand beside the whole. It needs onnxruntime-node or onnxruntime-web. Ctrl-C keeps what was measured so far beside --out, and the same command goes on from there.',
    'On any other platform costs are modelled from the work of each block and the numbers of the platform (roofline). Correct them by hand or by measurement, then plan with heterodyne plan --profile FILE.',
    'With --ladder the levels that heterodyne search --levels N --export DIR wrote are measured on every processor of the host; where a level is no faster than a more accurate one, it is left out with a warning.',
    'In Deno measuring needs -A, which the processes that run the models are given too.',
  ],
  async run(values, call) {
    if (values.ladder !== undefined) return profileLadder(values.ladder, values, call);
    const chosen = await choosePlatform(values.platform);
    const precision = values.precision as WorkloadPrecision | undefined;
    const { models: lists, shape } = call.repeated;
    const workload = await chooseWorkload({ ...values, precision, models: lists, shape });
    if (values.csv !== undefined && !values.matrix) throw needs('--csv', '--matrix');
    const inputs = [...inputFiles(workload), ...(chosen.file === undefined ? [] : [chosen.file])];
    await checkOutput(values, inputs);
    await checkCompanion('--csv', values.csv, values, inputs);

    if (values.tables !== undefined) {
      await deliverTables(values.tables, values, chosen, workload, call);
      return 0;
    }
    const measured = await measuredCosts(values, chosen, workload, call);
    const profile = measured?.profile ?? (measured ? undefined : await modelledProfile(values, chosen, workload, call));
    const { platform } = chosen;
    if (values.matrix) {
      const matrix = measured?.matrix ?? fpsMatrixOfProfile(profile!);
      await deliverMatrix(matrix, measured?.warnings ?? profile?.warnings ?? [], values, call);
      return 0;
    }
    const errors = pairErrors(profile!, platform);
    await deliver(
      {
        json: profileDocument.write(profile!),
        text: (style) =>
          [
            profileText(profile!, style),
            measurementText(profile!, style),
            ...(measured ? [fpsMatrixText(measured.matrix, style)] : []),
            interferenceText(profile!, errors, style),
            handoverText(profile!, style),
            memoryText(profile!, style),
          ]
            .filter((part) => part !== '')
            .join('\n'),
        warnings: profile!.warnings ?? [],
      },
      values,
      call,
    );
    return 0;
  },
});

interface ProfileValues extends MeasureSettings, OutputSettings {
  cut?: string;
  matrix?: boolean;
  csv?: string;
  tables?: string;
}

function needs(option: string, other: string): HeterodyneError {
  return new HeterodyneError('USAGE', `${option} means nothing without ${other}`, {
    path: option,
    expected: other,
    received: `${option} alone`,
  });
}

/** Measurements of this host; undefined where costs are modelled: on other platforms, by wish, and without a runtime. */
async function measuredCosts(
  values: ProfileValues,
  { platform }: ChosenPlatform,
  workload: ChosenWorkload,
  call: Call,
): Promise<HostMeasurements | undefined> {
  const here = platform.id === HOST_PLATFORM && values.platform === HOST_PLATFORM;
  const able = here && !values.roofline && runnableProcessors(platform).length > 0;
  if (!able) {
    for (const option of ['interference', 'resume', 'rounds', 'time-limit'] as const) {
      if (values[option]) throw needs(`--${option}`, 'a measurement: --platform host, with an ONNX runtime installed');
    }
    return undefined;
  }
  const asked = workload.workload.models.find(({ precision }) => precision !== undefined && precision !== 'native');
  if (asked !== undefined) {
    throw new HeterodyneError('USAGE', `${asked.precision} is not measured: a model runs as its file stores it`, {
      path: '--precision',
      expected: 'native, or --roofline',
      received: asked.precision,
    });
  }
  return measureHost(values, platform, workload, workload.warnings, call);
}

async function modelledProfile(
  values: ProfileValues,
  { platform, warnings }: ChosenPlatform,
  chosen: ChosenWorkload,
  call: Call,
): Promise<Profile> {
  const models = await loadModels(chosen, parseCut(values.cut), call.signal);
  const forms = await loadVariants(chosen, parseCut(values.cut), call.signal, models);
  const found: Warning[] = [...warnings, ...chosen.warnings, ...modelWarnings(models)];
  if (values.platform === HOST_PLATFORM && !values.roofline) {
    found.push({
      code: 'NOT_MEASURED',
      message: 'neither onnxruntime-node nor onnxruntime-web is installed: costs are modelled, not measured',
    });
  }
  return {
    ...rooflineProfile([...models, ...forms.map(({ model }) => model)], platform, {
      precision: [...chosen.workload.models, ...forms].map((each) => each.precision),
      variants: [...models.map(() => 'original'), ...forms.map(({ variant }) => variant)],
    }),
    ...(found.length > 0 ? { warnings: found } : {}),
  };
}

/** Tables are modelled, whatever the platform: nobody measures tens of thousands of operating points. */
async function deliverTables(
  processor: string,
  values: ProfileValues,
  { platform, warnings }: ChosenPlatform,
  chosen: ChosenWorkload,
  call: Call,
): Promise<void> {
  if (values.matrix)
    throw new HeterodyneError('USAGE', '--tables and --matrix are two documents', { path: '--tables' });
  const models = await loadModels(chosen, parseCut(values.cut), call.signal);
  const tables = thinTables(speedTables(models, platform, processor));
  const document = tablesToDocument(tables, platform, contentHash(platform));
  const found: Warning[] = [...warnings, ...chosen.warnings, ...modelWarnings(models)];
  await deliver(
    { json: tablesDocument.write(document), text: (style) => tablesText(document, style), warnings: found },
    values,
    call,
  );
}

async function deliverMatrix(
  matrix: FpsMatrix,
  warnings: readonly Warning[],
  values: ProfileValues,
  call: Call,
): Promise<void> {
  const found = [...warnings, ...fpsMatrixFindings(matrix)];
  const document: FpsMatrix = { ...matrix, ...(found.length > 0 && { warnings: found }) };
  await deliver(
    { json: fpsMatrixDocument.write(document), text: (style) => fpsMatrixText(document, style), warnings: found },
    values,
    call,
    async () => {
      if (values.csv !== undefined) await writeFileWhole(values.csv, fpsMatrixCsv(document));
    },
  );
}
