/** `plan`: from models and a platform to the placement that the planner finds, written and reported. */
import { hostname } from 'node:os';
import process from 'node:process';
import { defaultCore } from '../../../bindings/core.ts';
import { isGranted, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { Warning } from '../../documents/warnings.ts';
import { type JointRequest, planJointly } from '../../planners/joint/joint.ts';
import { planWithEvidence } from '../../planners/plan.ts';
import type { PlanEvidence, PlanRequest } from '../../planners/request.ts';
import { type Plan, planDocument } from '../../planners/schema.ts';
import type { Platform } from '../../platforms/schema.ts';
import { planText } from '../../report/plan.ts';
import { type Call, defineCommand } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import type { OutputSettings } from '../options.ts';
import { deliver, tell, warn } from '../output.ts';
import { estimatorRequest } from '../plan-estimator.ts';
import { planInUse, readInputs } from '../plan-inputs.ts';
import { CORES, PLAN_OPTIONS } from '../plan-options.ts';
import { jointSettings, refuseGroupOptions, searchSettings } from '../plan-search.ts';
import { startProgress } from '../progress.ts';
import { writeReports } from '../report-files.ts';
import { VERSION } from '../version.ts';

export const planCommand = defineCommand({
  options: PLAN_OPTIONS,
  examples: [
    'heterodyne plan --platform hikey970 --models alexnet,mobilenet-v1,resnet-50,squeezenet',
    'heterodyne plan --platform hikey970 --models alexnet,mobilenet-v1,squeezenet --estimator hikey970',
    'heterodyne plan --platform jetson-tx2 --models alexnet,squeezenet --operating-point max-q',
    'heterodyne plan --platform hikey970 --models alexnet,mobilenet-v1,squeezenet --report plan.html --svg ./charts',
    'heterodyne plan --joint --platform jetson-tx2 --workload cameras.json --objective energy --min-accuracy 70%',
    'heterodyne plan --matrix rates.csv --device-caps VPU=1 --planner hams-mfs --what-if',
    'heterodyne plan --platform hikey970 --models alexnet,squeezenet,resnet-50 --from plan.json --move-cost 2%',
    'heterodyne plan --platform orange-pi-5 --models ./a.onnx,b=./b.onnx --shape b:input=1x3x320x320 --objective min --out plan.json',
  ],
  details: [
    'The plan is never worse than the baselines printed beside it. Ctrl-C ends a long search with the best plan so far (exit code 130); a second Ctrl-C ends at once.',
  ],
  async run(values, call) {
    const { matrix } = values;
    if (matrix !== undefined) {
      const { planFromMatrix } = await import('./plan-group.ts');
      return planFromMatrix({ ...values, matrix }, PLAN_OPTIONS, call);
    }
    refuseGroupOptions(values, call);
    const joint = jointSettings(values);
    const started = performance.now();
    const inputs = await readInputs(values, call);
    const search = searchSettings(values);
    const learned = await estimatorRequest(
      values,
      { platform: inputs.request.platform as Platform, profile: inputs.request.profile },
      search.seed ?? 1,
      call,
    );
    const request: PlanRequest & JointRequest = {
      ...inputs.request,
      ...search,
      ...(await planInUse(values)),
      ...learned.request,
      plannerOptions: { ...search.plannerOptions, ...learned.request.plannerOptions },
      ...joint,
    };
    const bar = await startProgress(values, call);
    let evidence: PlanEvidence;
    try {
      const planned = values.joint ? planJointly : planWithEvidence;
      evidence = await planned(request, {
        signal: call.signal,
        core: values.core === undefined ? defaultCore() : CORES[values.core as keyof typeof CORES](),
        provenance: values.provenance,
        onProgress: ({ planner, evaluations, progress }) =>
          bar.update(progress, `${planner}, ${evaluations} evaluations`),
      });
    } catch (error) {
      // Stopped before anything fitted: no statement about the request.
      if (error instanceof HeterodyneError && error.code === 'INFEASIBLE') call.signal.throwIfAborted();
      throw error;
    } finally {
      bar.end();
    }
    const document = complete(
      evidence.plan,
      [...inputs.warnings, ...learned.warnings],
      values.provenance === true,
      call.signal.aborted,
    );
    await deliver(
      {
        json: planDocument.write(document),
        text: (style) => planText(document, style),
        warnings: document.warnings,
      },
      values,
      call,
      async () => {
        if (values.trace !== undefined) await writeTrace(values.trace, document, inputs.request, values, call);
        await writeReports(evidence, document, request.evaluations, values, call);
      },
    );
    tell(`planned in ${(performance.now() - started).toFixed(0)} ms`, values, call);
    return call.signal.aborted ? INTERRUPTED_EXIT : 0;
  },
});

/** Its warnings are about the drawing, so they are told and not written into the plan. */
async function writeTrace(
  file: string,
  document: Plan,
  { platform }: PlanRequest,
  settings: OutputSettings,
  call: Call,
): Promise<void> {
  const { traceOfPlan } = await import('../../report/trace/trace.ts');
  const { text, timeline } = traceOfPlan(document, { platform: platform as Platform });
  await writeFileWhole(file, text);
  if (!settings.quiet) warn(timeline.warnings, call);
  tell(`${timeline.slices.length} slices in ${file}`, settings, call);
}

/** The plan with what the command line knows beyond the planner. */
function complete(result: Plan, warnings: readonly Warning[], provenance: boolean, interrupted: boolean): Plan {
  return {
    ...result,
    planner: interrupted ? { ...result.planner, partial: true } : result.planner,
    warnings: [...warnings, ...result.warnings],
    ...(provenance ? { run: { ...result.run, ...runFacts() } } : {}),
  };
}

function runFacts(): Plan['run'] {
  const deno = (process.versions as Record<string, string | undefined>).deno;
  const named = isGranted({ name: 'sys', kind: 'hostname' });
  return {
    ...(named ? { host: hostname() } : {}),
    runtime: deno === undefined ? `node ${process.versions.node}` : `deno ${deno}`,
    version: VERSION,
  };
}
