import { rooflineProfile } from '../../profiles/roofline.ts';
import { profileDocument } from '../../profiles/schema.ts';
import { WORKLOAD_PRECISIONS, type WorkloadPrecision } from '../../profiles/workload.ts';
import { profileText } from '../../report/profile.ts';
import { defineCommand } from '../command.ts';
import { chooseWorkload, inputFiles, loadModels, modelWarnings, parseCut } from '../model-choice.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTION, WORKLOAD_OPTION } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';
import { choosePlatform } from '../platform-choice.ts';

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
    ...OUTPUT_OPTIONS,
  },
  examples: ['heterodyne profile --models resnet-50,./my.onnx --platform hikey970 --out profile.json'],
  details: [
    'Costs are modelled from the work of each block and the numbers of the platform (roofline). Correct them by hand or by measurement, then plan with heterodyne plan --profile FILE.',
  ],
  async run(values, call) {
    const { platform, warnings, file } = await choosePlatform(values.platform);
    const precision = values.precision as WorkloadPrecision | undefined;
    const { models: lists, shape } = call.repeated;
    const chosen = await chooseWorkload({ ...values, precision, models: lists, shape });
    await checkOutput(values, [...inputFiles(chosen), ...(file === undefined ? [] : [file])]);
    const models = await loadModels(chosen, parseCut(values.cut), call.signal);
    const found = [...warnings, ...chosen.warnings, ...modelWarnings(models)];
    const profile = {
      ...rooflineProfile(models, platform, { precision: chosen.workload.models.map((model) => model.precision) }),
      ...(found.length > 0 ? { warnings: found } : {}),
    };
    await deliver(
      { json: profileDocument.write(profile), text: (style) => profileText(profile, style), warnings: found },
      values,
      call,
    );
    return 0;
  },
});
