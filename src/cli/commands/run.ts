/**
 * `run`: a plan on this machine, measured beside what it predicted; alone, in turns with others, or under a controller.
 */
import { writeFileWhole } from '../../../bindings/host/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import { runText } from '../../report/run.ts';
import { EventLog, NOTHING_RAN } from '../../runtime/document.ts';
import { FRAME_POLICIES, type FramePolicy } from '../../runtime/flow.ts';
import { type RunDocument, runDocument } from '../../runtime/schema.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { wholeNumber } from '../option-values.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, WORKLOAD_OPTION } from '../options.ts';
import { checkCompanion, checkOutput, deliver } from '../output.ts';
import { wordsThatMatter } from '../report-files.ts';
import { CONTROL_OPTIONS, checkControl } from '../run-control.ts';
import { growData, openGrowingData } from '../run-data.ts';
import { type ExecutionValues, measureAlone, measureTurns, type RunSettings } from '../run-execution.ts';
import { readRunInputs } from '../run-inputs.ts';
import { checkLearning, learnFrom } from '../run-learning.ts';
import { openLog } from '../run-observers.ts';
import { isGroupPlan, runGroupFile } from './run-group.ts';

const DEFAULT_MS = 10_000;
const DEFAULT_WARMUP_MS = 500;
const MOST_FRAMES = 1e9;
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
    frames: {
      type: 'string',
      valueHint: 'N',
      description: 'end earlier, as soon as every model has finished N frames (with --compare: in each turn)',
    },
    'warm-up': { type: 'string', valueHint: 'TIME', description: 'how long to run before measuring (500ms)' },
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
      description: 'with --replan: what one moved stage must gain of the objective, as 1% or 0.01 (1%)',
    },
    data: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'add what was executed to the data set of an estimator, FILE.json with FILE.npz, or begin one; needs --profile',
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
    'With --controller, keys steer it: m the next mode, + and - a level above or below, l holds the level or lets it go. So does POST /mode on the port of --metrics, with a mode, "level 2" or "level auto".',
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
    const growing = await openGrowingData(inputs, values);
    if (values.compare) refuseBesideCompare(values);
    const settings = runSettings(values);
    const log = new EventLog(values.log === undefined ? undefined : await openLog(values.log));
    const document = values.compare
      ? await measureTurns(inputs, settings, log, values, call)
      : await measureAlone(inputs, settings, log, values, call);
    document.warnings.push(...inputs.warnings);
    await deliverMeasured(document, values, call);
    if (growing !== undefined) await growData(document, growing, inputs, values, call);
    if (values.learn !== undefined) await learnFrom(document, inputs, values, call);
    if (call.signal.aborted) return INTERRUPTED_EXIT;
    return document.warnings.some(({ code }) => code === NOTHING_RAN) ? NOTHING_RAN_EXIT : 0;
  },
});

/** Of some model every frame failed: the plan was not carried out. */
const NOTHING_RAN_EXIT = 2;

interface Values extends ExecutionValues {
  compare?: boolean;
  report?: string;
  learn?: string;
  replan?: string;
  'move-cost'?: string;
  data?: string;
  log?: string;
  for?: string;
  frames?: string;
  policy?: string;
  queue?: string;
  'in-flight'?: string;
  timeout?: string;
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
    warmupMs: time(values['warm-up'], '--warm-up', DEFAULT_WARMUP_MS, 0),
    policy: (values.policy ?? 'every') as FramePolicy,
    controlled: values.controller !== undefined,
    ...(values.frames !== undefined && { frames: wholeNumber(values.frames, '--frames', 1, MOST_FRAMES) }),
    ...(values.queue !== undefined && { queue: wholeNumber(values.queue, '--queue', 0, 64) }),
    ...(values['in-flight'] !== undefined && { inFlight: wholeNumber(values['in-flight'], '--in-flight', 1, 32) }),
    ...(values.timeout !== undefined && { timeoutMs: time(values.timeout, '--timeout', 0, 1) }),
  };
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

async function deliverMeasured(document: RunDocument, values: Values, call: Call): Promise<void> {
  const json = runDocument.write(document);
  const text = (style: typeof call.out.style): string => runText(document, style);
  await deliver({ json, text, warnings: document.warnings }, values, call, async () => {
    if (values.report === undefined) return;
    const { runPage } = await import('../../report/run-page.ts');
    const command = ['heterodyne', call.command, ...wordsThatMatter(call.words)];
    await writeFileWhole(values.report, runPage(document, command));
  });
}
