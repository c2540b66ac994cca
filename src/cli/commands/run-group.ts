/** `run` of a group plan: whole models on the devices that it gave them. */
import { readText } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { findZooEntry } from '../../models/zoo/zoo.ts';
import { type GroupPlan, groupPlanDocument } from '../../planners/group/schema.ts';
import { type Workload, type WorkloadModel, workloadNames } from '../../profiles/workload.ts';
import { groupRunText } from '../../report/group-run.ts';
import { runGroupPlan } from '../../runtime/group-run.ts';
import { groupRunDocument } from '../../runtime/group-run-schema.ts';
import type { Call, Options } from '../command.ts';
import { openModels } from '../cuttable-choice.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { type ChosenWorkload, chooseWorkload, inputFiles } from '../model-choice.ts';
import { OUTPUT_OPTIONS, type OutputSettings } from '../options.ts';
import { checkOutput, deliver } from '../output.ts';
import { startProgress } from '../progress.ts';

export interface GroupRunValues extends OutputSettings {
  plan: string;
  workload?: string;
  batch?: string;
}

/** Options of `run` that mean something for a group. */
const UNDERSTOOD = new Set([
  ...Object.keys(OUTPUT_OPTIONS),
  'plan',
  'for',
  'warm-up',
  'models',
  'shape',
  'batch',
  'workload',
]);

/** Whether a file says that it is a group plan. Whatever else is wrong with it, its own reader tells. */
export async function isGroupPlan(file: string): Promise<boolean> {
  return /"kind"\s*:\s*"group-plan"/.test(await readText(file));
}

/** @returns the exit code */
export async function runGroupFile(
  values: GroupRunValues,
  { forMs, warmupMs }: { forMs: number; warmupMs: number },
  options: Options,
  call: Call,
): Promise<number> {
  refuseOthers(values, options);
  const { document: plan, warnings } = groupPlanDocument.parse(await readText(values.plan), values.plan);
  const chosen = await chosenFor(plan, values, call);
  await checkOutput(values, [values.plan, ...inputFiles(chosen)]);
  const names = workloadNames(chosen.workload);
  const bar = await startProgress(values, call);
  try {
    bar.update(0, 'loading models');
    const models = await openModels(chosen, undefined, call.signal);
    const document = await runGroupPlan(plan, new Map(models.map((model, m) => [names[m]!, model])), {
      forMs,
      warmupMs,
      signal: call.signal,
      onProgress: (share, frames) => bar.update(share, `${frames} group frames`),
    });
    document.warnings.push(...chosen.warnings, ...warnings);
    bar.end();
    await deliver(
      {
        json: groupRunDocument.write(document),
        text: (style) => groupRunText(document, style),
        warnings: document.warnings,
      },
      values,
      call,
    );
  } finally {
    bar.end();
  }
  return call.signal.aborted ? INTERRUPTED_EXIT : 0;
}

/** The models that are given, else those of the zoo by their names. */
async function chosenFor(plan: GroupPlan, values: GroupRunValues, call: Call): Promise<ChosenWorkload> {
  const { models: lists, shape } = call.repeated;
  if (lists !== undefined || values.workload !== undefined) {
    return chooseWorkload({ ...values, models: lists, shape });
  }
  const models = plan.models.map(({ name }): WorkloadModel => {
    const entry = [name, name.replace(/-\d+$/, '')].find((each) => findZooEntry(each) !== undefined);
    if (entry !== undefined) return { model: entry, name };
    throw new HeterodyneError('USAGE', `the plan does not say where the model "${name}" is`, {
      path: '--models',
      expected: `a list with ${name}=FILE`,
      received: 'a plan alone',
    });
  });
  const workload: Workload = { kind: 'workload', schemaVersion: 1, models };
  return { workload, warnings: [] };
}

function refuseOthers(values: object, options: Options): void {
  for (const [name, option] of Object.entries(options)) {
    const value = (values as Record<string, unknown>)[name];
    const unset = 'default' in option ? option.default : undefined;
    if (UNDERSTOOD.has(name) || value === undefined || value === unset) continue;
    throw new HeterodyneError('USAGE', `--${name} means nothing for a group plan`, {
      path: `--${name}`,
      expected: `a group plan with ${[...UNDERSTOOD]
        .filter((each) => each !== 'plan')
        .map((each) => `--${each}`)
        .join(', ')}`,
      received: `--${name}`,
    });
  }
}
