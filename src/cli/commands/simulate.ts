import { join } from 'node:path';
import { createFolder, readText, writeFileWhole } from '../../../bindings/host/index.ts';
import type { ControllerParameters } from '../../controllers/controller.ts';
import { controllerById, controllers } from '../../controllers/registry.ts';
import { CONTROL_MODES, type ControlMode } from '../../core/control-modes.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import { parseQuantity } from '../../documents/quantities.ts';
import { DISCIPLINES, type Discipline } from '../../engine/options.ts';
import { WORKLOAD_PRECISIONS } from '../../profiles/workload.ts';
import { decisionText } from '../../report/decision.ts';
import { simulationText } from '../../report/simulation.ts';
import {
  type Decision,
  type DecisionTrace,
  decisionAt,
  decisionNames,
  decisionsDocument,
  firstDifference,
  recorder,
} from '../../simulator/decisions.ts';
import { addedLater } from '../../simulator/happenings.ts';
import { subjectOfPlan } from '../../simulator/plan-subject.ts';
import { type Scenario, scenarioDocument } from '../../simulator/scenario.ts';
import { type SimulationDocument, simulationDocument } from '../../simulator/schema.ts';
import { type SimulationResult, simulate } from '../../simulator/simulate.ts';
import type { Subject } from '../../simulator/subject.ts';
import { wholeNumber } from '../arguments.ts';
import { type Call, defineCommand } from '../command.ts';
import { INTERRUPTED_EXIT } from '../failure.ts';
import { MODEL_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTION, SEED_OPTION, WORKLOAD_OPTION } from '../options.ts';
import { checkCompanion, checkOutput, deliver, tell } from '../output.ts';
import { startProgress } from '../progress.ts';
import { plannedModels, readSimulationInputs, type SimulationInputs } from '../simulation-inputs.ts';

const DEFAULT_SECONDS = 10;
const DEFAULT_SIGMA = 0.05;
const DEFAULT_IN_FLIGHT = 4;
/** Longer runs are asked for in pieces: their frames are kept for percentiles. */
const MOST_SECONDS = 100_000;

export const simulateCommand = defineCommand({
  options: {
    plan: { type: 'positional', description: 'a plan document', required: true },
    for: {
      type: 'string',
      valueHint: 'TIME',
      description: `virtual time, as 10s (${DEFAULT_SECONDS}s; a bare number means ms)`,
    },
    controller: {
      type: 'enum',
      options: controllers.map(({ id }) => id),
      valueHint: 'NAME',
      description: 'what sets clocks and variants meanwhile; absent = the plan as it is',
    },
    mode: {
      type: 'enum',
      options: [...CONTROL_MODES],
      valueHint: 'NAME',
      description: 'what the controller aims at (balanced)',
    },
    set: {
      type: 'string',
      repeatable: true,
      valueHint: 'NAME=VALUE',
      description: 'a parameter of the controller; may be repeated',
    },
    scenario: { type: 'string', valueHint: 'FILE', description: 'what happens meanwhile: a scenario document' },
    load: {
      type: 'string',
      valueHint: 'SHARE',
      description:
        'release frames periodically at this share of the planned rate, as 80%; absent = whenever one is done, unless the workload states a rate',
    },
    'in-flight': {
      type: 'string',
      valueHint: 'N',
      description: `most frames of a model under way, 1 to 64 (${DEFAULT_IN_FLIGHT})`,
    },
    discipline: {
      type: 'enum',
      options: [...DISCIPLINES],
      valueHint: 'NAME',
      description: 'who runs next on a processor (fifo)',
    },
    noise: {
      type: 'string',
      valueHint: 'SHARE',
      description: 'log-normal spread of the time of a block, as 5% (5%); 0 = none',
    },
    bursts: {
      type: 'string',
      valueHint: 'GAP,LENGTH,FACTOR',
      description:
        'interference: every GAP on average each processor is FACTOR times slower for LENGTH, as 500ms,50ms,2',
    },
    'decision-time': {
      type: 'string',
      valueHint: 'TIME',
      description: 'what a decision of the controller takes before it acts (0ms)',
    },
    ...SEED_OPTION,
    ...PLATFORM_OPTION,
    ...MODEL_OPTIONS,
    precision: {
      type: 'enum',
      options: [...WORKLOAD_PRECISIONS],
      valueHint: 'FORMAT',
      description: "format to compute in (native: each processor's own)",
    },
    ...WORKLOAD_OPTION,
    profile: { type: 'string', valueHint: 'FILE', description: 'the profile that the plan was made from' },
    trace: {
      type: 'string',
      valueHint: 'FILE',
      description: 'also write the course as a trace, which ui.perfetto.dev opens',
    },
    svg: {
      type: 'string',
      valueHint: 'DIR',
      description: 'also write charts of response times, clocks, power and levels as SVG files; DIR is made if missing',
    },
    decisions: {
      type: 'string',
      valueHint: 'FILE',
      description: 'also write every decision of the controller, with its reasons',
    },
    replay: {
      type: 'string',
      valueHint: 'FILE',
      description: 'compare the decisions with those of an earlier run: exit code 2 where they differ',
    },
    explain: {
      type: 'string',
      valueHint: 'TIME',
      description: 'show the decision that held at TIME, as 1250ms, instead of the figures',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'heterodyne simulate plan.json',
    'heterodyne simulate plan.json --for 30s --load 80% --noise 10% --trace simulated.json',
    'heterodyne simulate plan.json --controller max-n --scenario scenario.json --seed 7 --out simulation.json',
  ],
  details: [
    'Known platforms and zoo networks are found by the names in the plan; other models, a workload document or a profile are given again, as to heterodyne plan. A warning says so when costs are not those of the plan.',
    'All figures are simulated, none is measured. The same inputs and seed give the same bytes.',
  ],
  async run(values, call) {
    const started = performance.now();
    refuseLonely(values, call);
    const inputs = await readSimulationInputs(values, call);
    const scenario = values.scenario === undefined ? undefined : await readScenario(values.scenario);
    const earlier = values.replay === undefined ? undefined : await readDecisions(values.replay);
    const files = [...inputs.files, values.scenario, values.replay].filter((file) => file !== undefined);
    await checkOutput(values, files);
    await checkCompanion('--trace', values.trace, values, files);
    await checkCompanion('--decisions', values.decisions, values, files);

    const settings = engineSettings(values);
    const { subject, warnings } = subjectOfPlan({
      ...inputs,
      releases: {
        inFlight:
          values['in-flight'] === undefined
            ? DEFAULT_IN_FLIGHT
            : wholeNumber(values['in-flight'], '--in-flight', 1, 64),
        ...(values.load !== undefined && { load: share(values.load, '--load') }),
      },
      later: addedLater(scenario?.document),
      controlled: values.controller !== undefined,
    });
    const decisions: Decision[] = [];
    const wantsDecisions = values.decisions ?? values.explain ?? values.replay;
    const controller = controllerSettings(values, call);
    const bar = await startProgress(values, call);
    let result: SimulationResult;
    try {
      result = await simulate(subject, {
        ...settings,
        ...(scenario && { scenario: scenario.document }),
        ...(controller && { controller }),
        ...(wantsDecisions !== undefined && { onDecision: recorder(decisions) }),
        ...(values['decision-time'] !== undefined && {
          decisionSeconds: parseQuantity(values['decision-time'], 'ms', '--decision-time') / 1000,
        }),
        course: values.trace !== undefined || values.svg !== undefined,
        signal: call.signal,
        onProgress: (done) => bar.update(done, `${(done * settings.seconds).toFixed(1)} s`),
      });
    } finally {
      bar.end();
    }
    const document = documentOf({ inputs, subject, result, settings, values, scenario: scenario?.document, call });
    document.warnings.push(...inputs.warnings, ...(scenario?.warnings ?? []), ...warnings);
    const trace: DecisionTrace = {
      kind: 'decisions',
      schemaVersion: 1,
      controller: values.controller ?? 'none',
      planHash: document.planHash,
      ...(document.scenarioHash !== undefined && { scenarioHash: document.scenarioHash }),
      seed: settings.seed,
      ...decisionNames(subject),
      decisions,
    };
    if (values.svg !== undefined) await writeCharts(values.svg, subject, result, document);
    if (values.trace !== undefined) await writeTrace(values.trace, inputs, subject, result, document, call);
    if (values.decisions !== undefined) await writeFileWhole(values.decisions, decisionsDocument.write(trace));
    await show(values, call, document, trace);
    tell(
      `${result.events} events in ${(performance.now() - started).toFixed(0)} ms, ${decisions.length} decisions`,
      values,
      call,
    );
    if (call.signal.aborted) return INTERRUPTED_EXIT;
    return earlier === undefined ? 0 : compare(earlier, trace, values.replay ?? '', call);
  },
});

interface Values {
  for?: string;
  controller?: string;
  mode?: string;
  noise?: string;
  bursts?: string;
  discipline?: string;
  seed?: string;
  explain?: string;
  decisions?: string;
  replay?: string;
  'decision-time'?: string;
}

/** Options that mean something only beside `--controller`. */
function refuseLonely(values: Values, call: Call): void {
  if (values.controller !== undefined) return;
  const given = {
    '--mode': values.mode,
    '--set': call.repeated.set,
    '--explain': values.explain,
    '--decisions': values.decisions,
    '--replay': values.replay,
    '--decision-time': values['decision-time'],
  };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    throw new HeterodyneError('USAGE', `${option} means nothing without --controller`, {
      path: option,
      expected: `--controller, one of ${controllers.map(({ id }) => id).join(', ')}`,
      received: `${option} alone`,
    });
  }
}

interface EngineSettings {
  seconds: number;
  seed: number;
  discipline: Discipline;
  noise: { blockSigma: number; bursts?: { meanGapSeconds: number; meanSeconds: number; slowdown: number } };
}

function engineSettings(values: Values): EngineSettings {
  const seconds = values.for === undefined ? DEFAULT_SECONDS : parseQuantity(values.for, 'ms', '--for') / 1000;
  if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
    throw new HeterodyneError('USAGE', `--for cannot be "${values.for}"`, {
      path: '--for',
      expected: `more than 0 s, at most ${MOST_SECONDS} s`,
      received: `"${values.for}"`,
    });
  }
  return {
    seconds,
    seed: values.seed === undefined ? 1 : wholeNumber(values.seed, '--seed', 0, 2 ** 32 - 1),
    discipline: (values.discipline ?? 'fifo') as Discipline,
    noise: {
      blockSigma: values.noise === undefined ? DEFAULT_SIGMA : share(values.noise, '--noise'),
      ...(values.bursts !== undefined && { bursts: readBursts(values.bursts) }),
    },
  };
}

function readBursts(text: string): NonNullable<EngineSettings['noise']['bursts']> {
  const parts = text.split(',');
  const factor = Number(parts[2]);
  if (parts.length === 3 && factor >= 1 && factor < Number.POSITIVE_INFINITY) {
    const [gap, length] = parts.slice(0, 2).map((part) => parseQuantity(part, 'ms', '--bursts') / 1000);
    if (gap > 0 && length > 0) return { meanGapSeconds: gap, meanSeconds: length, slowdown: factor };
  }
  throw new HeterodyneError('USAGE', `--bursts cannot be "${text}"`, {
    path: '--bursts',
    expected: 'mean gap, mean length, factor of at least 1, as 500ms,50ms,2',
    received: `"${text}"`,
  });
}

function controllerSettings(
  values: Values,
  call: Call,
): { id: string; mode: ControlMode; parameters: ControllerParameters } | undefined {
  if (values.controller === undefined) return undefined;
  const parameters: Record<string, number | string | boolean> = {};
  for (const text of call.repeated.set ?? []) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new HeterodyneError('USAGE', `--set cannot be "${text}"`, {
        path: '--set',
        expected: 'NAME=VALUE',
        received: `"${text}"`,
      });
    }
    const plain = Number(value);
    parameters[name] =
      value === 'true' || value === 'false' ? value === 'true' : value !== '' && !Number.isNaN(plain) ? plain : value;
  }
  return { id: values.controller, mode: (values.mode ?? 'balanced') as ControlMode, parameters };
}

/** `80%` or `0.8`. */
function share(text: string, option: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(%?)$/.exec(text.trim());
  const value = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : Number.NaN;
  if (value >= 0 && value <= 10) return value;
  throw new HeterodyneError('USAGE', `${option} cannot be "${text}"`, {
    path: option,
    expected: 'a share of 0 to 10, as 80% or 0.8',
    received: `"${text}"`,
  });
}

async function readScenario(file: string) {
  return scenarioDocument.parse(await readText(file), file);
}

async function readDecisions(file: string): Promise<DecisionTrace> {
  return decisionsDocument.parse(await readText(file), file).document;
}

function documentOf(about: {
  inputs: SimulationInputs;
  subject: Subject;
  result: SimulationResult;
  settings: EngineSettings;
  values: Values;
  scenario: Scenario | undefined;
  call: Call;
}): SimulationDocument {
  const { inputs, subject, result, settings, values, scenario, call } = about;
  const { plan } = inputs;
  const planned = plannedModels(inputs);
  const { noise } = settings;
  return {
    kind: 'simulation',
    schemaVersion: 1,
    platform: plan.platform,
    planHash: contentHash(plan),
    ...(scenario && { scenarioHash: contentHash(scenario) }),
    operatingPoint: plan.operatingPoint.id,
    ...(values.controller !== undefined && {
      controller: {
        id: values.controller,
        mode: (values.mode ?? 'balanced') as ControlMode,
        reconstruction: controllerById(values.controller).reconstruction,
        operatingPoints: subject.points.map(({ id }) => id),
        decisions: result.decisions,
      },
    }),
    seed: settings.seed,
    discipline: settings.discipline,
    noise: {
      blockSigma: noise.blockSigma,
      ...(noise.bursts && {
        bursts: {
          meanGapMs: noise.bursts.meanGapSeconds * 1000,
          meanMs: noise.bursts.meanSeconds * 1000,
          slowdown: noise.bursts.slowdown,
        },
      }),
    },
    seconds: result.seconds,
    events: result.events,
    models: result.models.map((model, m) => {
      const rate = planned[m]?.throughputPerS;
      return { ...model, ...(rate !== undefined && { plannedThroughputPerS: rate }) };
    }),
    device: result.device,
    ...(call.signal.aborted && { partial: true }),
    warnings: [],
  };
}

async function writeCharts(
  folder: string,
  subject: Subject,
  { course }: SimulationResult,
  { platform }: SimulationDocument,
): Promise<void> {
  if (course === undefined) return;
  const { simulationCharts } = await import('../../report/charts/simulation.ts');
  const models = subject.models.map(({ name, arrival: { deadlineSeconds } }) => ({
    name,
    ...(deadlineSeconds !== undefined && { deadlineMs: deadlineSeconds * 1000 }),
  }));
  await createFolder(folder);
  for (const { name, content } of simulationCharts({ course, platform, models })) {
    await writeFileWhole(join(folder, name), content);
  }
}

async function writeTrace(
  file: string,
  inputs: SimulationInputs,
  subject: Subject,
  result: SimulationResult,
  document: SimulationDocument,
  call: Call,
): Promise<void> {
  const { course } = result;
  if (course === undefined) return;
  const { traceOfSimulation } = await import('../../report/trace/simulation.ts');
  const { tracedModels } = await import('../../simulator/traced-models.ts');
  const planned = plannedModels(inputs);
  const cut = course.fullAt < Number.POSITIVE_INFINITY;
  if (cut) {
    document.warnings.push({
      code: 'TRACE_CUT',
      message: `the trace ends after ${course.endsAt.toFixed(3)} s: viewers draw no more slices fluently`,
    });
  }
  const text = traceOfSimulation({
    course,
    platform: inputs.plan.platform,
    planHash: document.planHash,
    objective: inputs.plan.objective,
    operatingPoint: document.operatingPoint,
    seed: document.seed,
    ...(document.controller && { controller: document.controller.id }),
    servers: subject.servers,
    processors: subject.problem.processors,
    models: tracedModels(subject).map((model, m) => ({ ...model, plannedPerS: planned[m]?.throughputPerS ?? 0 })),
    notes: cut ? ['cut short: more slices than viewers draw fluently'] : [],
  });
  if (!call.signal.aborted) await writeFileWhole(file, text);
}

/** The figures, or with `--explain` one decision. */
async function show(
  values: Values & { json?: boolean; quiet?: boolean; verbose?: boolean; progress: boolean; out?: string },
  call: Call,
  document: SimulationDocument,
  trace: DecisionTrace,
): Promise<void> {
  const at = values.explain === undefined ? undefined : parseQuantity(values.explain, 'ms', '--explain');
  await deliver(
    {
      json: simulationDocument.write(document),
      text: (style) => {
        if (at === undefined) return simulationText(document, style);
        const decision = decisionAt(trace, at);
        return decision === undefined
          ? `${trace.controller} had decided nothing by ${at} ms.\n`
          : decisionText(trace, decision, style);
      },
      warnings: document.warnings,
    },
    values,
    call,
  );
}

function compare(earlier: DecisionTrace, trace: DecisionTrace, file: string, call: Call): number {
  const difference = firstDifference(earlier, trace);
  if (difference === undefined) {
    call.err.write(`the ${trace.decisions.length} decisions are those of ${file}\n`);
    return 0;
  }
  call.err.write(`the decisions are not those of ${file}: ${difference}\n`);
  return 2;
}
