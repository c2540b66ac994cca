import { hostname } from 'node:os';
import process from 'node:process';
import { defaultCore, referenceCore, wasmCore } from '../../../bindings/core.ts';
import { isGranted, readText, writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { LIMITS, OBJECTIVES, type Objective } from '../../core/placement.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import type { Warning } from '../../documents/warnings.ts';
import { GROUP_METHODS } from '../../planners/group/methods.ts';
import { type JointRequest, planJointly } from '../../planners/joint/joint.ts';
import { type PlanEvidence, type PlanRequest, planWithEvidence } from '../../planners/plan.ts';
import { DEFAULT_EVALUATIONS, type PlannerOptions } from '../../planners/planner.ts';
import { planners } from '../../planners/registry.ts';
import { type Plan, planDocument } from '../../planners/schema.ts';
import { atOperatingPoint } from '../../platforms/at-operating-point.ts';
import type { Platform } from '../../platforms/schema.ts';
import { profileAtOperatingPoint } from '../../profiles/at-operating-point.ts';
import { type Profile, profileDocument } from '../../profiles/schema.ts';
import { WORKLOAD_PRECISIONS, type WorkloadPrecision } from '../../profiles/workload.ts';
import { planText } from '../../report/plan.ts';
import { wholeNumber } from '../arguments.ts';
import { type Call, defineCommand, type Options } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { GROUP_OPTIONS } from '../group-options.ts';
import {
  type ChosenWorkload,
  chooseWorkload,
  inputFiles,
  loadModels,
  loadVariants,
  parseCut,
} from '../model-choice.ts';
import {
  MODEL_OPTIONS,
  OUTPUT_OPTIONS,
  type OutputSettings,
  PLATFORM_OPTION,
  SEED_OPTION,
  WORKLOAD_OPTION,
} from '../options.ts';
import { checkCompanion, checkOutput, deliver, tell, warn } from '../output.ts';
import { ESTIMATOR_OPTIONS, estimatorRequest } from '../plan-estimator.ts';
import { choosePlatform } from '../platform-choice.ts';
import { startProgress } from '../progress.ts';
import { checkReports, REPORT_OPTIONS, type ReportSettings, writeReports } from '../report-files.ts';
import { VERSION } from '../version.ts';

const CORES = { wasm: wasmCore, reference: referenceCore };

const PLAN_OPTIONS = {
  ...PLATFORM_OPTION,
  ...MODEL_OPTIONS,
  precision: {
    type: 'enum',
    options: [...WORKLOAD_PRECISIONS],
    valueHint: 'FORMAT',
    description: "format to compute in (native: each processor's own)",
  },
  workload: { ...WORKLOAD_OPTION.workload, repeatable: true },
  ...GROUP_OPTIONS,
  profile: {
    type: 'string',
    valueHint: 'FILE',
    description: 'costs from a profile document, whose models and platform are then the default; absent = modelled',
  },
  'operating-point': {
    type: 'string',
    valueHint: 'POINT',
    description: 'clocks and cores to plan at: a mode, a number, or settings as gpu=850MHz,cpu.cores=2 (max)',
  },
  planner: {
    type: 'enum',
    options: [...new Set([...planners, ...GROUP_METHODS].map(({ id }) => id))],
    valueHint: 'NAME',
    description: 'how to search (mcts; with --matrix: portfolio)',
  },
  objective: {
    type: 'enum',
    options: [...OBJECTIVES],
    valueHint: 'NAME',
    description: 'what to maximise (throughput)',
  },
  evaluations: {
    type: 'string',
    valueHint: 'N',
    description: `placements to score, for the planner and for each baseline (${DEFAULT_EVALUATIONS}); 10k and 1M are understood`,
  },
  'time-limit': {
    type: 'string',
    valueHint: 'TIME',
    description: 'end the search after TIME, as 50ms or 2s (a bare number means ms); plans then depend on the machine',
  },
  ...SEED_OPTION,
  'max-stages': {
    type: 'string',
    valueHint: 'N',
    description: `most stages of one model, 1 to ${LIMITS.stagesPerModel} (3, or fewer processors)`,
  },
  'min-accuracy': {
    type: 'string',
    valueHint: 'SHARE',
    description:
      "take of each model the fastest form that is known to be so accurate, as 0.7 or 70%; accuracies are the workload's",
  },
  joint: {
    type: 'boolean',
    description: 'choose placement, form of every model and operating point together, under deadlines and --max-watts',
  },
  'max-watts': {
    type: 'string',
    valueHint: 'POWER',
    description: 'with --joint: most mean power of the whole device, as 8W or 7500mW (a bare number means W)',
  },
  'depth-one': { type: 'boolean', description: 'one request in flight per model: its stages do not overlap' },
  granularity: {
    type: 'enum',
    options: ['segment', 'layer'],
    valueHint: 'NAME',
    description: 'mcts: decide per model, or per block as the original does (segment)',
  },
  seeds: { type: 'boolean', default: true, negativeDescription: 'mcts: do not score heuristic placements first' },
  from: {
    type: 'string',
    valueHint: 'PLAN',
    description: 'replan from a plan in use: only what pays for its move moves',
  },
  'move-cost': {
    type: 'string',
    valueHint: 'SHARE',
    description: 'with --from: what one moved stage must gain of the objective, as 1% or 0.01 (1%)',
  },
  ...ESTIMATOR_OPTIONS,
  core: {
    type: 'enum',
    options: Object.keys(CORES),
    valueHint: 'NAME',
    description: 'implementation of the kernels; both give the same plan (the fastest that runs here)',
  },
  trace: {
    type: 'string',
    valueHint: 'FILE',
    description: 'also write the steady state of the plan as a trace, which ui.perfetto.dev opens',
  },
  ...REPORT_OPTIONS,
  provenance: { type: 'boolean', description: 'record time, host and versions in the document' },
  ...OUTPUT_OPTIONS,
} as const satisfies Options;

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
    const learned = await estimatorRequest(values, (inputs.request.platform as Platform).id, search.seed ?? 1);
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
    if (values.trace !== undefined) await writeTrace(values.trace, document, inputs.request, values, call);
    await writeReports(evidence, document, request.evaluations, values, call);
    await deliver(
      {
        json: planDocument.write(document),
        text: (style) => planText(document, style),
        warnings: document.warnings,
      },
      values,
      call,
    );
    tell(`planned in ${(performance.now() - started).toFixed(0)} ms`, values, call);
    return call.signal.aborted ? INTERRUPTED_EXIT : 0;
  },
});

/** What a joint search decides itself, or cannot heed. */
const NOT_WITH_JOINT = ['planner', 'from', 'estimator', 'operating-point', 'time-limit', 'granularity'] as const;

/** @throws HeterodyneError `USAGE` for options that contradict `--joint`, or mean nothing without it */
function jointSettings(values: Record<string, unknown>): Pick<JointRequest, 'maxWatts'> {
  const cap = values['max-watts'] as string | undefined;
  if (values.joint !== true) {
    if (cap === undefined) return {};
    throw new HeterodyneError('USAGE', '--max-watts means nothing without --joint', {
      path: '--max-watts',
      expected: '--joint',
      received: `--max-watts ${cap} alone`,
    });
  }
  const other = NOT_WITH_JOINT.find((name) => values[name] !== undefined);
  if (other !== undefined) {
    throw new HeterodyneError('USAGE', `--joint and --${other} contradict each other`, {
      path: `--${other}`,
      expected: `--joint or --${other}`,
      received: 'both',
    });
  }
  if (cap === undefined) return {};
  const maxWatts = parseQuantity(cap, 'W', '--max-watts');
  if (maxWatts > 0) return { maxWatts };
  throw new HeterodyneError('USAGE', '--max-watts cannot be 0', {
    path: '--max-watts',
    expected: 'more than 0 W',
    received: cap,
  });
}

/** Options for groups, and several workloads, need a matrix. */
function refuseGroupOptions(values: Record<string, unknown>, call: Call): void {
  const given = Object.keys(GROUP_OPTIONS).find((name) => values[name] !== undefined);
  const several = (call.repeated.workload ?? []).length > 1;
  const method = !planners.some(({ id }) => id === (values.planner ?? 'mcts'));
  if (given === undefined && !several && !method) return;
  const what = given !== undefined ? `--${given}` : several ? 'a second --workload' : `--planner ${values.planner}`;
  throw new HeterodyneError('USAGE', `${what} means nothing without --matrix`, {
    path: what,
    expected: '--matrix FILE',
    received: `${what} alone`,
  });
}

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
async function readInputs(values: InputValues, call: Call): Promise<{ request: PlanRequest; warnings: Warning[] }> {
  const profile = values.profile === undefined ? undefined : await readProfile(values.profile);
  const { platform: fastest, warnings, file } = await choosePlatform(values.platform ?? profile?.document.platform);
  const chosen = await workloadFor(values, call, profile?.document);
  const files = [file, values.profile, values.from, values.estimator].filter((name) => name !== undefined);
  await checkOutput(values, [...inputFiles(chosen), ...files]);
  await checkCompanion('--trace', values.trace, values, [...inputFiles(chosen), ...files]);
  await checkReports(values, [...inputFiles(chosen), ...files]);
  const found = [...warnings, ...(profile?.warnings ?? []), ...chosen.warnings];
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
async function planInUse(values: { from?: string; 'move-cost'?: string }): Promise<Partial<PlanRequest>> {
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
  return { from: document, ...(cost === undefined ? {} : { moveCost: readShare(cost, '--move-cost') }) };
}

/** `1%` or `0.01`. */
function readShare(text: string, option: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(%?)$/.exec(text.trim());
  if (match) return Number(match[1]) / (match[2] === '%' ? 100 : 1);
  throw new HeterodyneError('USAGE', `${option} cannot be "${text}"`, {
    path: option,
    expected: 'a share of at least 0, as 1% or 0.01',
    received: `"${text}"`,
  });
}

interface SearchValues {
  planner?: string;
  objective?: string;
  evaluations?: string;
  'time-limit'?: string;
  seed?: string;
  'max-stages'?: string;
  'min-accuracy'?: string;
  'depth-one'?: boolean;
  granularity?: string;
  seeds: boolean;
}

function searchSettings(values: SearchValues): Partial<PlanRequest> {
  const { planner = 'mcts', granularity, seeds } = values;
  if (planner !== 'mcts' && (granularity !== undefined || !seeds)) {
    const option = granularity === undefined ? '--no-seeds' : '--granularity';
    throw new HeterodyneError('USAGE', `${option} means nothing to the planner ${planner}`, {
      path: option,
      expected: '--planner mcts',
      received: `--planner ${planner}`,
    });
  }
  const plannerOptions: PlannerOptions = {
    seeds,
    ...(granularity === undefined ? {} : { search: { granularity: granularity as 'segment' | 'layer' } }),
  };
  const given = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
    text === undefined ? undefined : read(text);
  return {
    planner,
    plannerOptions,
    objective: values.objective as Objective | undefined,
    evaluations: given(values.evaluations, readEvaluations),
    timeLimitMs: given(values['time-limit'], readTimeLimit),
    seed: given(values.seed, (text) => wholeNumber(text, '--seed', 0, 2 ** 32 - 1)),
    maxStages: given(values['max-stages'], (text) => wholeNumber(text, '--max-stages', 1, LIMITS.stagesPerModel)),
    depthOne: values['depth-one'],
    minAccuracy: given(values['min-accuracy'], readAccuracy),
  };
}

function readAccuracy(text: string): number {
  const accuracy = readShare(text, '--min-accuracy');
  if (accuracy <= 1) return accuracy;
  throw new HeterodyneError('USAGE', `--min-accuracy cannot be "${text}"`, {
    path: '--min-accuracy',
    expected: 'a share of at most 1, as 0.7 or 70%',
    received: `"${text}"`,
  });
}

function readEvaluations(text: string): number {
  const count = parseQuantity(text, '1', '--evaluations');
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new HeterodyneError('USAGE', `--evaluations cannot be "${text}"`, {
    path: '--evaluations',
    expected: 'a whole number of at least 1',
    received: `"${text}"`,
  });
}

function readTimeLimit(text: string): number {
  const milliseconds = parseQuantity(text, 'ms', '--time-limit');
  if (milliseconds > 0) return milliseconds;
  throw new HeterodyneError('USAGE', '--time-limit leaves no time', {
    path: '--time-limit',
    expected: 'more than 0 ms',
    received: `"${text}"`,
  });
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
