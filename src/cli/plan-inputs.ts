/** The documents that `plan` plans from: platform, workload, models or a profile, and the plan in use. */
import { readText } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { PlanRequest } from '../planners/request.ts';
import { planDocument } from '../planners/schema.ts';
import { atOperatingPoint } from '../platforms/at-operating-point.ts';
import { profileAtOperatingPoint } from '../profiles/at-operating-point.ts';
import { knownFrom, stillAssumed } from '../profiles/measured-memory.ts';
import { type Profile, profileDocument } from '../profiles/schema.ts';
import type { WorkloadPrecision } from '../profiles/workload.ts';
import type { Call } from './command.ts';
import { type ChosenWorkload, chooseWorkload, inputFiles, loadModels, loadVariants, parseCut } from './model-choice.ts';
import { readMoveCost } from './option-values.ts';
import { checkCompanion, checkOutput } from './output.ts';
import { choosePlatform } from './platform-choice.ts';
import { checkReports, type ReportSettings } from './report-files.ts';

interface InputValues extends ReportSettings {
  from?: string;
  estimator?: string;
  'operating-point'?: string;
  platform?: string;
  workload?: string;
  profile?: string;
  batch?: string;
  cut?: string;
  precision?: string;
}

/** Platform, workload, and either models or a profile. */
export async function readInputs(
  values: InputValues,
  call: Call,
): Promise<{ request: PlanRequest; warnings: Warning[] }> {
  const profile = values.profile === undefined ? undefined : await readProfile(values.profile);
  const { platform: fastest, warnings, file } = await choosePlatform(values.platform ?? profile?.document.platform);
  const chosen = await workloadFor(values, call, profile?.document);
  const files = [file, values.profile, values.from, values.estimator].filter((name) => name !== undefined);
  await checkOutput(values, [...inputFiles(chosen), ...files]);
  await checkCompanion('--trace', values.trace, values, [...inputFiles(chosen), ...files]);
  await checkReports(values, [...inputFiles(chosen), ...files]);
  const ofPlatform = profile === undefined ? warnings : stillAssumed(warnings, knownFrom(profile.document));
  const found = [...ofPlatform, ...(profile?.warnings ?? []), ...chosen.warnings];
  const { workload } = chosen;
  const cut = parseCut(values.cut);
  const point = values['operating-point'] ?? 'max';
  if (profile !== undefined) {
    const held = profileAtOperatingPoint(profile.document, fastest, point);
    const { platform } = held;
    return { request: { platform, workload, profile: held.profile }, warnings: [...found, ...held.warnings] };
  }
  const platform = atOperatingPoint(fastest, point);
  const models = await loadModels(chosen, cut, call.signal);
  const variants = await loadVariants(chosen, cut, call.signal, models);
  return { request: { platform, workload, models, variants }, warnings: found };
}

async function readProfile(file: string): Promise<{ document: Profile; warnings: Warning[] }> {
  return profileDocument.parse(await readText(file), file);
}

/** As stated; with a profile alone, all its models. */
async function workloadFor(values: InputValues, call: Call, profile: Profile | undefined): Promise<ChosenWorkload> {
  const { models, shape } = call.repeated;
  if (profile === undefined) {
    const precision = values.precision as WorkloadPrecision | undefined;
    return chooseWorkload({ ...values, precision, models, shape });
  }
  const given = {
    '--shape': shape,
    '--batch': values.batch,
    '--precision': values.precision,
    '--cut': values.cut,
  };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    throw new HeterodyneError('USAGE', `${option} and --profile contradict each other`, {
      path: option,
      expected: `${option} or --profile`,
      received: 'both',
      hint: 'a profile holds its models in one form: profile them anew in the other',
    });
  }
  if (models !== undefined || values.workload !== undefined) {
    return chooseWorkload({ models, workload: values.workload });
  }
  const named = profile.models
    .filter(({ variant }) => variant === 'original')
    .map(({ name, source }) => ({ model: source, name }));
  return { workload: { kind: 'workload', schemaVersion: 1, models: named }, warnings: [] };
}

/** With `--from`: the plan in use, and what a move costs. */
export async function planInUse(values: { from?: string; 'move-cost'?: string }): Promise<Partial<PlanRequest>> {
  const cost = values['move-cost'];
  if (values.from === undefined) {
    if (cost === undefined) return {};
    throw new HeterodyneError('USAGE', '--move-cost means nothing without --from', {
      path: '--move-cost',
      expected: '--from PLAN',
      received: `--move-cost ${cost} alone`,
    });
  }
  const { document } = planDocument.parse(await readText(values.from), values.from);
  return { from: document, ...(cost === undefined ? {} : { moveCost: readMoveCost(cost) }) };
}
