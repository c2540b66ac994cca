/** From a plan and its timeline to the events of a trace. */
import { contentHash } from '../../documents/canonical.ts';
import type { Plan } from '../../planners/schema.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Timeline, TimelineFrame, TimelineSlice } from '../timeline.ts';
import {
  DEVICE_PID,
  FIRST_TID,
  type FlowEvent,
  type MetadataEvent,
  micros,
  PHASE_ORDER,
  PLANNER_PID,
  REQUEST_CATEGORY,
  type SliceEvent,
  type TimedEvent,
  TRACE_SCHEMA_VERSION,
  type Trace,
  type TraceArgs,
} from './format.ts';

/** Intervals of the window for which utilization is given. */
const UTILIZATION_STEPS = 50;
const NS_PER_MS = 1e6;

/** The platform, where known, tells how the energy of a frame divides among its stages. */
export function buildTrace(plan: Plan, timeline: Timeline, platform?: Platform): Trace {
  const { window, tracks } = timeline;
  const events: TimedEvent[] = [
    {
      ph: 'i',
      pid: PLANNER_PID,
      tid: FIRST_TID,
      ts: micros(window.startNs),
      name: `plan by ${plan.planner.takenFrom ?? plan.planner.name}`,
      cat: 'decision',
      s: 't',
      args: decisionOf(plan),
    },
    ...sliceEvents(plan, timeline, platform),
    ...requestEvents(plan, timeline),
    ...flowEvents(plan, timeline),
    ...utilizationEvents(timeline),
    ...queueEvents(timeline),
  ];
  events.sort((a, b) => a.ts - b.ts || PHASE_ORDER[a.ph] - PHASE_ORDER[b.ph] || a.pid - b.pid || a.tid - b.tid);
  return {
    traceEvents: [...names(plan, timeline), ...events],
    displayTimeUnit: 'ms',
    otherData: {
      schemaVersion: TRACE_SCHEMA_VERSION,
      planHash: contentHash(plan),
      seed: plan.planner.seed,
      platform: plan.platform,
      objective: plan.objective,
      operatingPoint: plan.operatingPoint.id,
      window: { startUs: micros(window.startNs), endUs: micros(window.endNs) },
      tracks: tracks.map(({ id, kind, busyNs, plannedUtilization }, track) => ({
        pid: DEVICE_PID,
        tid: FIRST_TID + track,
        id,
        kind,
        busyUs: micros(busyNs),
        plannedUtilization,
      })),
      models: timeline.models.map(({ name, plannedPerS, callsPerFrame }) => ({ name, plannedPerS, callsPerFrame })),
      notes: [
        'a steady state drawn from a plan: predicted, not measured',
        ...timeline.warnings.map(({ message }) => message),
      ],
    },
  };
}

function names(plan: Plan, { tracks }: Timeline): MetadataEvent[] {
  const process = (pid: number, name: string): MetadataEvent[] => [
    { ph: 'M', pid, tid: FIRST_TID, name: 'process_name', args: { name } },
    { ph: 'M', pid, tid: FIRST_TID, name: 'process_sort_index', args: { sort_index: pid } },
  ];
  const thread = (pid: number, index: number, name: string): MetadataEvent[] => [
    { ph: 'M', pid, tid: FIRST_TID + index, name: 'thread_name', args: { name } },
    { ph: 'M', pid, tid: FIRST_TID + index, name: 'thread_sort_index', args: { sort_index: index } },
  ];
  return [
    ...process(PLANNER_PID, 'planner'),
    ...thread(PLANNER_PID, 0, 'decisions'),
    ...process(DEVICE_PID, plan.platform),
    ...tracks.flatMap(({ id, kind }, t) => thread(DEVICE_PID, t, kind === 'link' ? `link ${id}` : id)),
  ];
}

function decisionOf({ objective, planner, score, bound, operatingPoint }: Plan): TraceArgs {
  return {
    objective,
    value: score.value,
    evaluations: planner.evaluations,
    seed: planner.seed,
    clock: operatingPoint.id,
    ...(bound && { bound: bound.value, boundKind: bound.kind }),
  };
}

/** Slices and frames carry the same text, so that one leads to the other. */
function requestId(model: number, frame: number): string {
  return `${model}.${frame}`;
}

function sliceEvents(plan: Plan, timeline: Timeline, platform: Platform | undefined): SliceEvent[] {
  const energy = plan.models.map((_, m) => stageEnergies(plan, m, platform));
  return timeline.slices.map((slice): SliceEvent => {
    const { track, kind, model, frame, stage, startNs, endNs, wholeNs } = slice;
    const planned = plan.models[model];
    const { processor, firstBlock, lastBlock } = planned.stages[stage];
    const from = planned.stages[stage - 1]?.processor;
    const lengthNs = endNs - startNs;
    const { callsPerFrame } = timeline.models[model];
    const joules = energy[model]?.[stage];
    const common: TraceArgs = {
      model: planned.name,
      request: requestId(model, frame),
      frame,
      stage,
    };
    const rest: TraceArgs = {
      ...(callsPerFrame !== 1 && { calls: callsPerFrame }),
      ...(lengthNs < wholeNs && { clippedUs: micros(wholeNs - lengthNs) }),
    };
    const args: TraceArgs =
      kind === 'transfer'
        ? { ...common, from, to: processor, ...rest }
        : {
            ...common,
            blocks: `${firstBlock}-${lastBlock}`,
            variant: planned.variant,
            clock: plan.operatingPoint.id,
            ...rest,
            ...(joules !== undefined && { energyMj: joules * (lengthNs / wholeNs) }),
          };
    return {
      ph: 'X',
      pid: DEVICE_PID,
      tid: FIRST_TID + track,
      ts: micros(startNs),
      dur: micros(lengthNs),
      name: kind === 'transfer' ? `${planned.name} from ${from}` : `${planned.name} ${firstBlock}-${lastBlock}`,
      cat: kind === 'transfer' ? 'transfer' : 'layer',
      args,
    };
  });
}

/**
 * Millijoules of each stage of one frame, or undefined where the plan does not tell: the plan states them per frame,
 * and watts times seconds divide them.
 */
function stageEnergies(plan: Plan, m: number, platform: Platform | undefined): number[] | undefined {
  const { energyMj, stages } = plan.models[m];
  if (energyMj === undefined) return undefined;
  if (stages.length === 1) return [energyMj];
  const shares = stages.map(
    ({ processor, latencyMs }) =>
      latencyMs * (platform?.processors.find(({ id }) => id === processor)?.activeWatts ?? Number.NaN),
  );
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum > 0 ? shares.map((share) => (energyMj * share) / sum) : undefined;
}

/** The part of a frame's life that the window shows; undefined = none. */
function lifeOf({ releaseNs, finishNs }: TimelineFrame, { window }: Timeline): [number, number] | undefined {
  const startNs = Math.max(releaseNs, window.startNs);
  const endNs = Math.min(finishNs ?? Number.POSITIVE_INFINITY, window.endNs);
  return endNs > startNs ? [startNs, endNs] : undefined;
}

function requestEvents(plan: Plan, timeline: Timeline): TimedEvent[] {
  return timeline.frames.flatMap((frame): TimedEvent[] => {
    const life = lifeOf(frame, timeline);
    if (!life) return [];
    const { name, stages, deadlineMs } = plan.models[frame.model];
    const [startNs, endNs] = life;
    const { releaseNs, finishNs } = frame;
    const finished = finishNs !== undefined && finishNs <= timeline.window.endNs;
    const deadlineNs = deadlineMs === undefined ? undefined : releaseNs + Math.round(deadlineMs * NS_PER_MS);
    const late = deadlineNs !== undefined && (finishNs ?? Number.POSITIVE_INFINITY) > deadlineNs;
    const lateness: TraceArgs =
      late && finishNs !== undefined ? { latenessMs: (finishNs - deadlineNs) / NS_PER_MS } : {};
    const event = (ph: 'b' | 'e' | 'n', ns: number, args: TraceArgs): TimedEvent => ({
      ph,
      pid: DEVICE_PID,
      tid: FIRST_TID + timeline.tracks.findIndex(({ id }) => id === stages[0].processor),
      ts: micros(ns),
      name,
      cat: REQUEST_CATEGORY,
      id: requestId(frame.model, frame.frame),
      args,
    });
    const begin: TraceArgs = {
      frame: frame.frame,
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(releaseNs < startNs && { releasedUs: micros(releaseNs) }),
    };
    const end: TraceArgs = finished
      ? { latencyMs: (finishNs - releaseNs) / NS_PER_MS, ...lateness }
      : { unfinished: true };
    const events = [event('b', startNs, begin), event('e', endNs, end)];
    if (late && deadlineNs > startNs && deadlineNs < endNs) {
      events.push(event('n', deadlineNs, { mark: 'deadline missed', ...lateness }));
    }
    return events;
  });
}

/** An arrow wherever a frame goes on on another track and both slices are in view. */
function flowEvents(plan: Plan, { slices }: Timeline): FlowEvent[] {
  const byFrame = new Map<string, TimelineSlice[]>();
  for (const slice of slices) {
    const key = requestId(slice.model, slice.frame);
    const known = byFrame.get(key);
    if (known) known.push(slice);
    else byFrame.set(key, [slice]);
  }
  const events: FlowEvent[] = [];
  let id = 0;
  for (const ofFrame of byFrame.values()) {
    for (let i = 1; i < ofFrame.length; i++) {
      const [source, target] = [ofFrame[i - 1], ofFrame[i]];
      if (source.track === target.track) continue;
      id++;
      const { stages } = plan.models[source.model];
      const to = stages[target.stage];
      const from = stages[target.stage - 1] ?? to;
      const common = { pid: DEVICE_PID, name: `${from.processor} to ${to.processor}`, cat: 'flow', id };
      events.push(
        // Within the slice, not at its end, where the next one may begin.
        { ph: 's', ...common, tid: FIRST_TID + source.track, ts: micros(source.endNs - 1) },
        { ph: 'f', ...common, tid: FIRST_TID + target.track, ts: micros(target.startNs), bp: 'e' },
      );
    }
  }
  return events;
}

/** Share of each interval that a track is busy, per cent with one decimal. */
function utilizationEvents({ window, tracks, slices }: Timeline): TimedEvent[] {
  const length = window.endNs - window.startNs;
  const steps = Math.min(UTILIZATION_STEPS, length);
  const edges = Array.from({ length: steps + 1 }, (_, i) => window.startNs + Math.round((i * length) / steps));
  const busy = tracks.map(() => new Float64Array(steps));
  for (const { track, startNs, endNs } of slices) {
    let i = Math.max(0, Math.floor(((startNs - window.startNs) / length) * steps) - 1);
    for (; i < steps && edges[i] < endNs; i++) {
      busy[track][i] += Math.max(0, Math.min(endNs, edges[i + 1]) - Math.max(startNs, edges[i]));
    }
  }
  return tracks.flatMap(({ id }, track) =>
    counter(
      track,
      `${id} utilization %`,
      window.endNs,
      [...busy[track]].map((ns, i) => ({
        atNs: edges[i],
        value: Math.round((1000 * ns) / (edges[i + 1] - edges[i])) / 10,
      })),
    ),
  );
}

function queueEvents({ window, tracks, queues }: Timeline): TimedEvent[] {
  return tracks.flatMap(({ id }, track) =>
    counter(
      track,
      `${id} waiting stages`,
      window.endNs,
      queues[track].map(({ atNs, waiting }) => ({ atNs, value: waiting })),
    ),
  );
}

/** At the start, wherever the value changes, and at the end. */
function counter(track: number, name: string, endNs: number, values: { atNs: number; value: number }[]): TimedEvent[] {
  const changes = values.filter(({ value }, i) => i === 0 || value !== values[i - 1].value);
  const last = { atNs: endNs, value: changes[changes.length - 1].value };
  return [...changes, last].map(({ atNs, value }) => ({
    ph: 'C',
    pid: DEVICE_PID,
    tid: FIRST_TID + track,
    ts: micros(atNs),
    name,
    args: { value },
  }));
}
