/** From meters and events to the run document. */
import { contentHash } from '../documents/canonical.ts';
import type { Plan } from '../planners/schema.ts';
import type { Runtime, RuntimeEvent } from './deploy.ts';
import type { RunResult } from './run.ts';
import type { RunDocument, RunEvent, RunModel } from './schema.ts';
import { objectiveOfRates, scoreOfRates } from './score.ts';

/** Events of a runtime, as they are written down. */
export class EventLog {
  readonly events: RunEvent[] = [];
  /** Later ones are counted, not kept: a run may last for days. */
  left = 0;
  /** Processes that were started anew. */
  restarts = 0;
  readonly #began = performance.now();
  readonly #also: ((event: RuntimeEvent) => void) | undefined;

  /** @param also is told of every event, too */
  constructor(also?: (event: RuntimeEvent) => void) {
    this.#also = also;
  }

  readonly add = (event: RuntimeEvent): void => {
    this.#also?.(event);
    if (event.kind === 'restarted') this.restarts++;
    if (this.events.length >= MOST_EVENTS) this.left++;
    else this.events.push({ atMs: performance.now() - this.#began, ...told(event) });
  };
}

const MOST_EVENTS = 1000;

/** An event in words. */
export function told(event: RuntimeEvent): Omit<RunEvent, 'atMs'> {
  const { kind } = event;
  switch (event.kind) {
    case 'down':
      return { kind, subject: event.processor, text: event.reason };
    case 'restarted':
      return {
        kind,
        subject: event.processor,
        text: `as process ${event.pid}; ${event.calls} calls were made again`,
        tookMs: event.downMs,
      };
    case 'gone':
      return { kind, subject: event.processor, text: `given up: ${event.reason}` };
    case 'rescued':
      return { kind, subject: event.model, text: `from ${event.from} to ${event.to}`, tookMs: event.ms };
    case 'switched':
      return { kind, subject: event.model, text: `to ${event.variant}`, tookMs: event.switchMs };
    case 'steered':
      return { kind, subject: 'controller', text: event.what };
    case 'failed':
      return { kind, subject: event.model, text: `frame ${event.frame}: ${event.reason}` };
  }
}

export interface DocumentParts {
  runtime: Runtime;
  result: RunResult;
  source: string;
  log: EventLog;
}

export function documentOf({ runtime, result, source, log }: DocumentParts): RunDocument {
  const { plan } = runtime;
  const seconds = result.elapsedMs / 1000;
  const models = runtime.models.map((model) => modelOf(model, result, seconds));
  const rates = models.map(({ throughputPerS }) => throughputPerS);
  const measured = objectiveOfRates(plan.objective, rates);
  return {
    kind: 'run',
    schemaVersion: 1,
    platform: plan.platform,
    planHash: contentHash(plan),
    source,
    policy: runtime.models[0]!.flow.options.policy,
    seconds,
    models,
    processors: processorsOf(plan, runtime, result),
    score: {
      objective: plan.objective,
      ...(measured !== undefined && { measured }),
      planned: plan.score.value,
      ...scoreOfRates(rates),
    },
    feederMs: result.feederMs,
    events: [...log.events],
    ...(result.partial && { partial: true as const }),
    warnings: [
      ...runtime.warnings,
      ...result.failing.map((name) => nothingRan(name, models)),
      ...(log.left > 0 ? [tooMany(log.left)] : []),
    ],
  };
}

/** Code of the warning that a model did not do a single frame. */
export const NOTHING_RAN = 'NOTHING_RAN';

function nothingRan(name: string, models: readonly RunModel[]): RunDocument['warnings'][number] {
  const path = `/models/${models.findIndex((model) => model.name === name)}`;
  return { code: NOTHING_RAN, message: `every frame of ${name} failed`, path };
}

function tooMany(left: number): RunDocument['warnings'][number] {
  return { code: 'EVENTS', message: `${left} later events are not listed`, path: '/events' };
}

function modelOf({ name, planned }: Runtime['models'][number], result: RunResult, seconds: number): RunModel {
  const meter = result.meters.get(name)!;
  const { finished } = meter.counts;
  const responseMs = meter.response.figures();
  const stages = meter.stages.get(planned.variant) ?? [];
  return {
    name,
    variant: meter.variant || planned.variant,
    ...(planned.accuracy !== undefined && { accuracy: planned.accuracy }),
    ...meter.counts,
    throughputPerS: finished / seconds,
    plannedThroughputPerS: planned.throughputPerS,
    ...(responseMs && { responseMs }),
    plannedLatencyMs: planned.latencyMs,
    ...(planned.deadlineMs !== undefined && {
      deadline: {
        deadlineMs: planned.deadlineMs,
        missed: meter.missed,
        missRate: finished > 0 ? meter.missed / finished : 0,
      },
    }),
    stages: planned.stages.map(({ processor, firstBlock, lastBlock, latencyMs, transferMs, callMs = 0 }, s) => {
      const latency = stages[s]?.latency.figures();
      const handover = stages[s]?.handover.figures();
      return {
        processor,
        firstBlock,
        lastBlock,
        calls: stages[s]?.latency.count ?? 0,
        ...(latency && { latencyMs: latency }),
        plannedLatencyMs: Math.max(0, latencyMs - callMs),
        ...(handover && { handoverMs: handover }),
        plannedTransferMs: transferMs,
        outputBytes: stages[s]?.outputBytes ?? 0,
      };
    }),
  };
}

function processorsOf(plan: Plan, runtime: Runtime, result: RunResult): RunDocument['processors'] {
  return runtime.stations.map(({ processor: { id }, unpinned }) => ({
    id,
    utilization: (result.busyMs.get(id) ?? 0) / result.elapsedMs,
    plannedUtilization: plan.processors.find((planned) => planned.id === id)?.utilization ?? 0,
    pinned: unpinned === undefined,
  }));
}
