import { writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import { thisHost } from '../../execution/this-host.ts';
import type { Plan } from '../../planners/schema.ts';
import { runText } from '../../report/run.ts';
import { candidatesOf } from '../../runtime/candidates.ts';
import { compare } from '../../runtime/compare.ts';
import type { LiveControl } from '../../runtime/control.ts';
import { type DeployOptions, deploy, type Runtime } from '../../runtime/deploy.ts';
import { documentOf, EventLog } from '../../runtime/document.ts';
import { FRAME_POLICIES, type FramePolicy } from '../../runtime/flow.ts';
import { MachineMeter } from '../../runtime/machine-meter.ts';
import { metricsText } from '../../runtime/metrics.ts';
import { metersOf, run } from '../../runtime/run.ts';
import { type RunDocument, runDocument } from '../../runtime/schema.ts';
import { wholeNumber } from '../arguments.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { liveView } from '../live-view.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, type OutputSettings, WORKLOAD_OPTION } from '../options.ts';
import { checkCompanion, checkOutput, deliver, tell, warn } from '../output.ts';
import { startProgress } from '../progress.ts';
import { wordsThatMatter } from '../report-files.ts';
import { CONTROL_OPTIONS, type ControlValues, checkControl, startControl } from '../run-control.ts';
import { openSources, type RunInputs, readRunInputs, workloadBeside } from '../run-inputs.ts';
import { checkLearning, learnFrom } from '../run-learning.ts';
import { openLog, openMetrics } from '../run-observers.ts';
import { isGroupPlan, runGroupFile } from './run-group.ts';

const DEFAULT_MS = 10_000;
const DEFAULT_WARMUP_MS = 500;
/** A day. */
const MOST_MS = 86_400_000;

export const runCommand: Command = defineCommand({
  options: {
    plan: {
      type: 'positional',
      description: 'a plan document, made with --platform host, or a group plan',
      required: true,
    },
    for: {
      type: 'string',
      valueHint: 'TIME',
      description: 'how long to measure, as 30s (10s; a bare number means ms)',
    },
    warmup: { type: 'string', valueHint: 'TIME', description: 'how long to run before measuring (500ms)' },
    profile: {
      type: 'string',
      valueHint: 'FILE',
      description: 'the profile that the plan was made from: says where the models are, and their content is checked',
    },
    models: MODEL_OPTIONS.models,
    shape: MODEL_OPTIONS.shape,
    batch: MODEL_OPTIONS.batch,
    ...WORKLOAD_OPTION,
    source: {
      type: 'string',
      valueHint: 'DIR|MODULE',
      description: 'where frames come from: a folder of NumPy arrays, or a module that exports source() (synthetic)',
    },
    policy: {
      type: 'enum',
      options: [...FRAME_POLICIES],
      valueHint: 'NAME',
      description: 'every frame is run, or a newer one takes the place of the oldest that waits (every)',
    },
    queue: { type: 'string', valueHint: 'N', description: 'frames of a model that may wait, 0 to 64 (8)' },
    'in-flight': {
      type: 'string',
      valueHint: 'N',
      description: 'frames of a model under way, 1 to 32 (one more than its stages)',
    },
    ...CONTROL_OPTIONS,
    metrics: {
      type: 'string',
      valueHint: 'PORT|FILE',
      description: 'figures for Prometheus, at /metrics on a port of this machine (0 = any), or in a file',
    },
    learn: {
      type: 'string',
      valueHint: 'FILE',
      description: 'write the profile with its costs moved towards what was measured; needs --profile',
    },
    replan: {
      type: 'string',
      valueHint: 'FILE',
      description: 'with --learn: where stages are off by more than 15 %, write a plan that moves what pays',
    },
    'move-cost': {
      type: 'string',
      valueHint: 'SHARE',
      description: 'with --replan: what a moved stage must earn of the objective (0.01)',
    },
    log: {
      type: 'string',
      valueHint: 'FILE',
      description: 'add restarts, switches and failures to FILE, as JSON lines',
    },
    compare: {
      type: 'boolean',
      description:
        'also execute the best single processor, the best of 500 random placements, and one session per model with all threads, in turns with the plan; needs --profile',
    },
    timeout: {
      type: 'string',
      valueHint: 'TIME',
      description:
        'a call that takes longer counts as hanging: its process is started anew (50 x planned, at least 5s)',
    },
    report: { type: 'string', valueHint: 'FILE', description: 'also write a page about the run, for any browser' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne run plan.json --profile profile.json --for 10s',
    'heterodyne run plan.json --profile profile.json --for 1min --source ./camera.ts --policy newest --out run.json',
    'heterodyne run group-plan.json --models squeezenet,left=./my.onnx --for 5s',
  ],
  details: [
    'A process is started for every processor that the plan uses, held to its cores, and its stages are loaded there. Frames come as fast as they are done, or at the rates of the workload. Measured figures stand beside what the plan predicted.',
    'Models are found where the plan says: from the working directory, else from its folder. Files of other content are refused. --batch and --shape are given again, as to heterodyne plan.',
    'A process that dies or hangs is started anew, and its calls are made again. Ctrl-C ends feeding, waits for the frames under way, and prints what was measured.',
    'A group plan (plan --matrix) runs, too: models on one device take turns, devices work at the same time. Predicted and measured group rates stand side by side for every device, with the interference to plan with next time.',
    'It needs onnxruntime-node or onnxruntime-web; in Deno also -A, which the processes are given too.',
  ],
  async run(values, call) {
    if (await isGroupPlan(values.plan)) return runGroupFile(values, runSettings(values), runCommand.options, call);
    const inputs = await readRunInputs(values, call);
    await checkOutput(values, inputs.files);
    await checkCompanion('--report', values.report, values, inputs.files);
    checkControl(values);
    await checkLearning(inputs, values);
    if (values.compare) refuseBesideCompare(values);
    const settings = runSettings(values);
    const log = new EventLog(values.log === undefined ? undefined : await openLog(values.log));
    const document = values.compare
      ? await measureTurns(inputs, settings, log, values, call)
      : await measureAlone(inputs, settings, log, values, call);
    document.warnings.push(...inputs.warnings);
    await deliverMeasured(document, values, call);
    if (values.learn !== undefined) await learnFrom(document, inputs, values, call);
    return call.signal.aborted ? INTERRUPTED_EXIT : 0;
  },
});

interface Values extends OutputSettings, ControlValues {
  compare?: boolean;
  metrics?: string;
  report?: string;
  learn?: string;
  replan?: string;
  'move-cost'?: string;
  log?: string;
  for?: string;
  warmup?: string;
  policy?: string;
  queue?: string;
  'in-flight'?: string;
  timeout?: string;
  source?: string;
}

interface RunSettings {
  forMs: number;
  warmupMs: number;
  policy: FramePolicy;
  queue?: number;
  inFlight?: number;
  timeoutMs?: number;
  /** A controller is at work. */
  controlled: boolean;
}

function runSettings(values: Values): RunSettings {
  const time = (text: string | undefined, option: string, fallback: number, least: number): number => {
    const ms = text === undefined ? fallback : parseQuantity(text, 'ms', option);
    if (ms >= least && ms <= MOST_MS) return ms;
    throw new HeterodyneError('USAGE', `${option} cannot be "${text}"`, {
      path: option,
      expected: `${least} ms to ${MOST_MS / 3_600_000} h`,
      received: `"${text}"`,
    });
  };
  return {
    forMs: time(values.for, '--for', DEFAULT_MS, 1),
    warmupMs: time(values.warmup, '--warmup', DEFAULT_WARMUP_MS, 0),
    policy: (values.policy ?? 'every') as FramePolicy,
    controlled: values.controller !== undefined,
    ...(values.queue !== undefined && { queue: wholeNumber(values.queue, '--queue', 0, 64) }),
    ...(values['in-flight'] !== undefined && { inFlight: wholeNumber(values['in-flight'], '--in-flight', 1, 32) }),
    ...(values.timeout !== undefined && { timeoutMs: time(values.timeout, '--timeout', 0, 1) }),
  };
}

/** How models are deployed, the platform aside. */
function deployment({ profile, models, variants }: RunInputs, settings: RunSettings, log: EventLog): DeployOptions {
  const { policy, queue, inFlight, timeoutMs, controlled } = settings;
  return {
    ...(profile && { profile }),
    models,
    variants,
    policy,
    ...(queue !== undefined && { queue }),
    // With one frame of each model under way a response time is that of a frame, not of a queue.
    ...((inFlight ?? (controlled ? 1 : undefined)) !== undefined && { inFlight: inFlight ?? 1 }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    onEvent: log.add,
  };
}

async function measureAlone(
  inputs: RunInputs,
  settings: RunSettings,
  log: EventLog,
  values: Values,
  call: Call,
): Promise<RunDocument> {
  const runtime = await deployShown(inputs, settings, log, values, call);
  try {
    return await measure(runtime, inputs, settings, log, values, call);
  } finally {
    await runtime.close();
  }
}

/** The plan and the baselines, each for the whole time. */
async function measureTurns(
  inputs: RunInputs,
  settings: RunSettings,
  log: EventLog,
  values: Values,
  call: Call,
): Promise<RunDocument> {
  const { plan, profile } = inputs;
  if (profile === undefined) {
    throw new HeterodyneError('USAGE', '--compare plans the baselines from a profile', {
      path: '--profile',
      expected: 'the profile that the plan was made from',
      received: 'nothing',
    });
  }
  const { platform } = await thisHost();
  const workload = inputs.workload ?? workloadBeside(plan, profile);
  const candidates = await candidatesOf({ plan, platform, profile, workload, signal: call.signal });
  const bar = await startProgress(values, call);
  const { forMs, warmupMs } = settings;
  try {
    return await compare(
      candidates,
      {
        forMs,
        ...(values.warmup !== undefined && { warmupMs }),
        signal: call.signal,
        ratesPerS: ratesOf(inputs.workload, plan),
        deployment: deployment(inputs, settings, log),
        onTurn: (name, turn, turns) => bar.update(turn / turns, `turn ${turn + 1} of ${turns}: ${name}`),
      },
      ({ candidates: executed, runtime, result, otherLoad }) => ({
        ...documentOf({ runtime, result, source: 'synthetic', log }),
        ...(otherLoad !== undefined && { otherLoad }),
        compare: executed,
      }),
    );
  } finally {
    bar.end();
  }
}

/** What would not be the same for all candidates. */
function refuseBesideCompare(values: Values): void {
  for (const option of ['source', 'controller', 'metrics'] as const) {
    if (values[option] === undefined) continue;
    throw new HeterodyneError('USAGE', `--compare and --${option} contradict each other`, {
      path: `--${option}`,
      expected: `--compare or --${option}`,
      received: 'both',
    });
  }
}

async function deployShown(
  inputs: RunInputs,
  settings: RunSettings,
  log: EventLog,
  values: Values,
  call: Call,
): Promise<Runtime> {
  const began = performance.now();
  const bar = await startProgress(values, call);
  bar.update(0, 'loading models');
  try {
    const runtime = await deploy(inputs.plan, { ...deployment(inputs, settings, log), signal: call.signal });
    tell(`loaded in ${(performance.now() - began).toFixed(0)} ms`, values, call);
    return runtime;
  } finally {
    bar.end();
  }
}

async function measure(
  runtime: Runtime,
  inputs: RunInputs,
  { forMs, warmupMs }: RunSettings,
  log: EventLog,
  values: Values,
  call: Call,
): Promise<RunDocument> {
  const { kind, sources } = await openSources(values.source, runtime.models);
  const ratesPerS = ratesOf(inputs.workload, runtime.plan);
  const controlled = await startControl(runtime, inputs, ratesPerS, values);
  const control = controlled?.control;
  const deadlinesMs = deadlinesOf(inputs.workload, runtime.plan, values);
  const meters = metersOf(runtime, deadlinesMs);
  const machine = new MachineMeter(() => runtime.stations);
  const outlet =
    values.metrics === undefined
      ? undefined
      : await openMetrics(values.metrics, () =>
          metricsText({ runtime, meters, restarts: log.restarts, ...machine.look(), ...(control && { control }) }),
        );
  if (outlet !== undefined && !values.quiet) call.err.write(`metrics at ${outlet.place}\n`);
  const view = liveView(runtime, values, call, () => statusLines(control));
  try {
    const result = await run(runtime, {
      forMs,
      warmupMs,
      sources,
      ratesPerS,
      meters,
      signal: call.signal,
      onBegin: () => machine.begin(),
      onProgress: (progress) => {
        machine.look();
        view.draw(progress);
      },
    });
    return {
      ...documentOf({ runtime, result, source: kind, log }),
      ...machine.look(),
      ...(control && { controller: control.summary() }),
    };
  } finally {
    view.end();
    await outlet?.end();
    controlled?.end();
  }
}

function statusLines(control: LiveControl | undefined): string[] {
  if (control === undefined) return [];
  const { switches, decisions } = control.summary();
  const clocks = control.hasClocks ? `, clocks at ${Math.round(100 * control.clockShare)} %` : '';
  return [`mode ${control.mode}: ${decisions} decisions, ${switches.length} switches${clocks}`];
}

/** `--limit` for all, else what the workload states, by model; the plan's are known. */
function deadlinesOf(workload: RunInputs['workload'], plan: Plan, { limit }: Values): Record<string, number> {
  const deadlines: Record<string, number> = {};
  plan.models.forEach(({ name }, m) => {
    const stated = limit === undefined ? workload?.models[m]?.deadlineMs : parseQuantity(limit, 'ms', '--limit');
    if (stated !== undefined) deadlines[name] = stated;
  });
  return deadlines;
}

/** Rates that the workload states, by model. */
function ratesOf(workload: RunInputs['workload'], plan: Plan): Record<string, number> {
  const rates: Record<string, number> = {};
  workload?.models.forEach(({ ratePerS }, m) => {
    const name = plan.models[m]?.name;
    if (name !== undefined && ratePerS !== undefined) rates[name] = ratePerS;
  });
  return rates;
}

/** What was measured cannot be had again: it is printed even when the file cannot be written. */
async function deliverMeasured(document: RunDocument, values: Values, call: Call): Promise<void> {
  const json = runDocument.write(document);
  const text = (style: typeof call.out.style): string => runText(document, style);
  try {
    if (values.out !== undefined && values.out !== '-') await writeFileWhole(values.out, json);
    if (values.report !== undefined) {
      const { runPage } = await import('../../report/run-page.ts');
      const command = ['heterodyne', call.command, ...wordsThatMatter(call.words)];
      await writeFileWhole(values.report, runPage(document, command));
    }
  } catch (error) {
    await deliver({ json, text }, { ...values, out: undefined }, call);
    throw error;
  }
  await deliver({ json, text }, { ...values, ...(values.out !== '-' && { out: undefined }) }, call);
  if (!values.quiet) warn(document.warnings, call);
}
