/** Executing what `run` read: a plan alone, or in turns with what it is compared with. */
import { HeterodyneError } from '../core/errors.ts';
import { parseQuantity } from '../documents/quantities.ts';
import { thisHost } from '../execution/this-host.ts';
import type { Plan } from '../planners/schema.ts';
import { candidatesOf } from '../runtime/candidates.ts';
import { compare } from '../runtime/compare.ts';
import type { LiveControl } from '../runtime/control.ts';
import { type DeployOptions, deploy, type Runtime } from '../runtime/deploy.ts';
import { documentOf, type EventLog } from '../runtime/document.ts';
import type { FramePolicy } from '../runtime/flow.ts';
import { MachineMeter } from '../runtime/machine-meter.ts';
import { metricsText } from '../runtime/metrics.ts';
import { workloadBeside } from '../runtime/plan-again.ts';
import { metersOf, run } from '../runtime/run.ts';
import type { RunDocument } from '../runtime/schema.ts';
import type { Call } from './command.ts';
import { liveView } from './live-view.ts';
import type { OutputSettings } from './options.ts';
import { tell } from './output.ts';
import { startProgress } from './progress.ts';
import { type ControlValues, startControl } from './run-control.ts';
import { openSources, type RunInputs } from './run-inputs.ts';
import { openMetrics } from './run-observers.ts';
import { inWords, KEYS_HELP, Steering } from './run-steering.ts';

/** What of the command's options execution looks at. */
export interface ExecutionValues extends OutputSettings, ControlValues {
  'warm-up'?: string;
  source?: string;
  metrics?: string;
}

export interface RunSettings {
  forMs: number;
  warmupMs: number;
  frames?: number;
  policy: FramePolicy;
  queue?: number;
  inFlight?: number;
  timeoutMs?: number;
  /** A controller is at work. */
  controlled: boolean;
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

export async function measureAlone(
  inputs: RunInputs,
  settings: RunSettings,
  log: EventLog,
  values: ExecutionValues,
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
export async function measureTurns(
  inputs: RunInputs,
  settings: RunSettings,
  log: EventLog,
  values: ExecutionValues,
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
  const { forMs, warmupMs, frames } = settings;
  try {
    return await compare(
      candidates,
      {
        forMs,
        ...(frames !== undefined && { frames }),
        ...(values['warm-up'] !== undefined && { warmupMs }),
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

async function deployShown(
  inputs: RunInputs,
  settings: RunSettings,
  log: EventLog,
  values: ExecutionValues,
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
  { forMs, warmupMs, frames }: RunSettings,
  log: EventLog,
  values: ExecutionValues,
  call: Call,
): Promise<RunDocument> {
  const { kind, sources } = await openSources(values.source, runtime.models);
  const ratesPerS = ratesOf(inputs.workload, runtime.plan);
  const controlled = await startControl(runtime, inputs, ratesPerS, values);
  const control = controlled?.control;
  const steering = control && new Steering(control, log);
  const deadlinesMs = deadlinesOf(inputs.workload, runtime.plan, values);
  const meters = metersOf(runtime, deadlinesMs);
  const machine = new MachineMeter(() => runtime.stations);
  const figures = () =>
    metricsText({ runtime, meters, restarts: log.restarts, ...machine.look(), ...(control && { control }) });
  const outlet =
    values.metrics === undefined
      ? undefined
      : await openMetrics(values.metrics, figures, steering).catch((error) => {
          // Clocks are given back on this way out, too.
          controlled?.end();
          throw error;
        });
  if (outlet !== undefined && !values.quiet) call.err.write(`metrics at ${outlet.place}\n`);
  const letGo = steering && call.keys && steering.listen(call.keys);
  const view = liveView(runtime, values, call, () => [
    ...statusLines(control, steering),
    ...(letGo === undefined ? [] : [KEYS_HELP]),
  ]);
  try {
    const result = await run(runtime, {
      forMs,
      warmupMs,
      ...(frames !== undefined && { frames }),
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
    controlled?.end();
    view.end();
    letGo?.();
    await outlet?.end();
  }
}

function statusLines(control: LiveControl | undefined, steering: Steering | undefined): string[] {
  if (control === undefined || steering === undefined) return [];
  const { switches, decisions } = control.summary();
  const clocks = control.hasClocks ? `, clocks at ${Math.round(100 * control.clockShare)} %` : '';
  return [`${inWords(steering.stands)}: ${decisions} decisions, ${switches.length} switches${clocks}`];
}

/** `--limit` for all, else what the workload states, by model; the plan's are known. */
function deadlinesOf(workload: RunInputs['workload'], plan: Plan, { limit }: ExecutionValues): Record<string, number> {
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
