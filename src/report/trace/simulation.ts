/** The course of a simulation as a trace file: the same form as a plan's steady state, with what really varied. */
import { HeterodyneError } from '../../core/errors.ts';
import type { Course, CourseSlice } from '../../simulator/course.ts';
import type { TracedStep } from '../../simulator/traced-models.ts';
import { checkTrace } from './check.ts';
import {
  DEVICE_PID,
  FIRST_TID,
  type MetadataEvent,
  micros,
  PHASE_ORDER,
  PLANNER_PID,
  REQUEST_CATEGORY,
  type TimedEvent,
  TRACE_SCHEMA_VERSION,
  type Trace,
  traceToText,
} from './format.ts';

const NS = 1e9;

export interface SimulatedTraceInput {
  course: Course;
  platform: string;
  planHash: string;
  objective: string;
  operatingPoint: string;
  seed: number;
  controller?: string;
  servers: readonly string[];
  /** The first so many servers are processors, the others links. */
  processors: number;
  models: readonly {
    name: string;
    plannedPerS: number;
    callsPerFrame: number;
    /** Per route and step: what runs. */
    routes: readonly { variant: string; steps: readonly TracedStep[] }[];
  }[];
  /** What a reader must know, in words. */
  notes: readonly string[];
}

interface Track {
  server: number;
  name: string;
  slices: CourseSlice[];
}

/**
 * @throws HeterodyneError `INTERNAL` a trace that breaks its own rules: a defect
 */
export function traceOfSimulation(input: SimulatedTraceInput): string {
  const text = traceToText(build(input));
  const problems = checkTrace(text);
  if (problems.length > 0) {
    const [{ path, message, expected, received }] = problems;
    throw new HeterodyneError('INTERNAL', `a trace breaks its own rules: ${path}: ${message}`, {
      path,
      expected,
      received,
      problems,
    });
  }
  return text;
}

const ns = (seconds: number): number => Math.round(seconds * NS);

/** One track per server; where a server runs several models at once, one for each of them. */
function tracksOf({ course, servers, models }: SimulatedTraceInput): Track[] {
  return servers.flatMap((id, server): Track[] => {
    const slices = course.slices.filter((slice) => slice.server === server && ns(slice.end) > ns(slice.start));
    const overlap = slices.some((slice, i) => i > 0 && ns(slice.start) < ns(slices[i - 1].end));
    if (!overlap) return [{ server, name: id, slices }];
    return models.flatMap(({ name }, m) => {
      const own = slices.filter(({ model }) => model === m);
      return own.length === 0 ? [] : [{ server, name: `${id} ${name}`, slices: own }];
    });
  });
}

function build(input: SimulatedTraceInput): Trace {
  const { course, processors } = input;
  const tracks = tracksOf(input);
  const endNs = ns(course.endsAt);
  const events: TimedEvent[] = [
    ...tracks.flatMap((track, t) => sliceEvents(input, track, t)),
    ...requestEvents(input, tracks, endNs),
    ...flowEvents(input, tracks),
    ...counterEvents(input, endNs),
    ...course.marks.map(
      ({ at, text, kind }): TimedEvent => ({
        ph: 'i',
        pid: PLANNER_PID,
        tid: FIRST_TID,
        ts: micros(ns(at)),
        name: text,
        cat: kind,
        s: 'g',
        args: { text },
      }),
    ),
  ];
  events.sort((a, b) => a.ts - b.ts || PHASE_ORDER[a.ph] - PHASE_ORDER[b.ph] || a.pid - b.pid || a.tid - b.tid);
  return {
    traceEvents: [...names(input, tracks), ...events],
    displayTimeUnit: 'ms',
    otherData: {
      schemaVersion: TRACE_SCHEMA_VERSION,
      planHash: input.planHash,
      seed: input.seed,
      platform: input.platform,
      objective: input.objective,
      operatingPoint: input.operatingPoint,
      window: { startUs: 0, endUs: micros(endNs) },
      tracks: tracks.map(({ name, server, slices }, t) => {
        const busyNs = slices.reduce((sum, { start, end }) => sum + ns(end) - ns(start), 0);
        return {
          pid: DEVICE_PID,
          tid: FIRST_TID + t,
          id: name,
          kind: server < processors ? 'processor' : 'link',
          busyUs: micros(busyNs),
          plannedUtilization: busyNs / endNs,
        };
      }),
      models: input.models.map(({ name, plannedPerS, callsPerFrame }) => ({ name, plannedPerS, callsPerFrame })),
      notes: ['simulated in virtual time: nothing was measured', ...input.notes],
    },
  };
}

function names({ platform, controller }: SimulatedTraceInput, tracks: readonly Track[]): MetadataEvent[] {
  const process = (pid: number, name: string): MetadataEvent[] => [
    { ph: 'M', pid, tid: FIRST_TID, name: 'process_name', args: { name } },
    { ph: 'M', pid, tid: FIRST_TID, name: 'process_sort_index', args: { sort_index: pid } },
  ];
  const thread = (pid: number, index: number, name: string): MetadataEvent[] => [
    { ph: 'M', pid, tid: FIRST_TID + index, name: 'thread_name', args: { name } },
    { ph: 'M', pid, tid: FIRST_TID + index, name: 'thread_sort_index', args: { sort_index: index } },
  ];
  return [
    ...process(PLANNER_PID, controller === undefined ? 'scenario' : `controller ${controller}`),
    ...thread(PLANNER_PID, 0, 'decisions'),
    ...process(DEVICE_PID, platform),
    ...tracks.flatMap(({ name }, t) => thread(DEVICE_PID, t, name)),
  ];
}

const requestId = (model: number, frame: number): string => `${model}.${frame}`;

function sliceEvents({ course, models }: SimulatedTraceInput, { slices }: Track, t: number): TimedEvent[] {
  let setting = 0;
  return slices.map(({ model, frame, route, step, start, end }): TimedEvent => {
    const { name, routes } = models[model];
    const { variant, steps } = routes[route];
    const ran = steps[step];
    while ((course.settings[setting + 1]?.at ?? Number.POSITIVE_INFINITY) <= start) setting++;
    const clock = course.settings[setting].id;
    return {
      ph: 'X',
      pid: DEVICE_PID,
      tid: FIRST_TID + t,
      ts: micros(ns(start)),
      dur: micros(ns(end) - ns(start)),
      name: ran.kind === 'transfer' ? `${name} from ${ran.from}` : `${name} ${ran.blocks}`,
      cat: ran.kind === 'transfer' ? 'transfer' : 'layer',
      args: {
        model: name,
        request: requestId(model, frame),
        frame,
        stage: step,
        ...(ran.kind === 'transfer' ? { from: ran.from, to: ran.to } : { blocks: ran.blocks, variant, clock }),
      },
    };
  });
}

function requestEvents({ course, models }: SimulatedTraceInput, tracks: readonly Track[], endNs: number): TimedEvent[] {
  /** Track on which a model's frames begin. */
  const home = models.map((_, m) => {
    const first = course.slices.find(({ model, step }) => model === m && step === 0);
    const at = tracks.findIndex(({ slices }) => first !== undefined && slices.includes(first));
    return Math.max(0, at);
  });
  return course.frames.flatMap(({ model, frame, released, deadline, ended, givenUp }): TimedEvent[] => {
    const startNs = ns(released);
    const finished = ended <= course.endsAt;
    const overNs = finished ? ns(ended) : endNs;
    if (startNs > endNs) return [];
    const event = (ph: 'b' | 'e' | 'n', at: number, args: Record<string, string | number | boolean>): TimedEvent => ({
      ph,
      pid: DEVICE_PID,
      tid: FIRST_TID + home[model],
      ts: micros(at),
      name: models[model].name,
      cat: REQUEST_CATEGORY,
      id: requestId(model, frame),
      args,
    });
    const late = deadline < (finished ? ended : course.endsAt);
    const latenessMs = finished && late ? (ended - deadline) * 1000 : undefined;
    const deadlineNs = ns(deadline);
    // A frame of no visible length would end before it begins in the file's order.
    if (overNs <= startNs) return [];
    return [
      event('b', startNs, {
        frame,
        ...(deadline < Number.POSITIVE_INFINITY && { deadlineMs: (deadline - released) * 1000 }),
      }),
      event(
        'e',
        overNs,
        finished ? { latencyMs: (ended - released) * 1000, ...(givenUp && { givenUp: true }) } : { unfinished: true },
      ),
      ...(late && deadlineNs > startNs && deadlineNs < overNs
        ? [event('n', deadlineNs, { mark: 'deadline missed', ...(latenessMs !== undefined && { latenessMs }) })]
        : []),
    ];
  });
}

/** An arrow wherever a frame goes on on another track. */
function flowEvents({ models }: SimulatedTraceInput, tracks: readonly Track[]): TimedEvent[] {
  const last = new Map<string, { slice: CourseSlice; t: number }>();
  const located = tracks.flatMap(({ slices }, t) => slices.map((slice) => ({ slice, t })));
  located.sort((a, b) => a.slice.start - b.slice.start || a.t - b.t);
  const events: TimedEvent[] = [];
  for (const target of located) {
    const { model, frame, start } = target.slice;
    const key = requestId(model, frame);
    const source = last.get(key);
    last.set(key, target);
    if (source === undefined || source.t === target.t) continue;
    const common = { pid: DEVICE_PID, name: `${models[model].name} goes on`, cat: 'flow', id: events.length / 2 + 1 };
    events.push(
      // Within the slice, not at its end, where the next one may begin.
      { ph: 's', ...common, tid: FIRST_TID + source.t, ts: micros(ns(source.slice.end) - 1) },
      { ph: 'f', ...common, tid: FIRST_TID + target.t, ts: micros(ns(start)), bp: 'e' },
    );
  }
  return events;
}

/** At the start, wherever the value changes, and at the end. */
function counterEvents({ course }: SimulatedTraceInput, endNs: number): TimedEvent[] {
  return course.counters.flatMap(({ name, values }) => {
    const shown: { atNs: number; value: number }[] = [];
    for (const { at, value } of values) {
      const atNs = ns(at);
      const last = shown.at(-1);
      if (last?.atNs === atNs) last.value = value;
      else if (last?.value !== value) shown.push({ atNs, value });
    }
    // Before the first value nothing is known: it stands from the start.
    shown[0].atNs = 0;
    const last = shown[shown.length - 1];
    if (last.atNs < endNs) shown.push({ atNs: endNs, value: last.value });
    return shown.map(
      ({ atNs, value }): TimedEvent => ({
        ph: 'C',
        pid: DEVICE_PID,
        tid: FIRST_TID,
        ts: micros(atNs),
        name,
        args: { value },
      }),
    );
  });
}
