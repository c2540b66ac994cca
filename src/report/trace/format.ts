/**
 * The trace file: Chrome Trace Event JSON, object form, as far as Heterodyne writes it. Perfetto and chrome://tracing
 * open it.
 *
 *   {"traceEvents":[
 *   {"ph":"M",...},          names first
 *   {"ph":"X",...},          then by time, one event a line
 *   ...
 *   ],"displayTimeUnit":"ms","otherData":{...}}
 *
 * Times in the file are microseconds with at most three decimals, that is whole nanoseconds.
 */

/** Of {@link TraceOtherData}: raised when a reader of the old form would misread the new one. */
export const TRACE_SCHEMA_VERSION = 1;
/** The planner's own track: what was decided. */
export const PLANNER_PID = 1;
/** The device. */
export const DEVICE_PID = 2;
/** First track of a process. Equal numbers would make a track the main thread of its process. */
export const FIRST_TID = 11;

export const METADATA_NAMES = ['process_name', 'process_sort_index', 'thread_name', 'thread_sort_index'] as const;
export const SLICE_CATEGORIES = ['layer', 'transfer', 'switch', 'decision'] as const;
export type SliceCategory = (typeof SLICE_CATEGORIES)[number];
/** Last word of a counter's name. */
export const COUNTER_UNITS = ['%', 'MHz', 'ms', 'W', 'mJ', 'stages', 'frames', 'factor', 'level'] as const;
export const REQUEST_CATEGORY = 'request';

export type TraceArgs = Record<string, string | number | boolean>;

interface Located {
  pid: number;
  tid: number;
}

interface Timed extends Located {
  /** Microseconds since the plan's first release. */
  ts: number;
  name: string;
}

export interface MetadataEvent extends Located {
  ph: 'M';
  name: (typeof METADATA_NAMES)[number];
  args: { name: string } | { sort_index: number };
}

/** Work on a track; slices of one track do not overlap. */
export interface SliceEvent extends Timed {
  ph: 'X';
  dur: number;
  cat: SliceCategory;
  args: TraceArgs;
}

/** Life of one frame: `b` its release, `e` its completion, `n` its missed deadline. */
export interface RequestEvent extends Timed {
  ph: 'b' | 'e' | 'n';
  cat: typeof REQUEST_CATEGORY;
  id: string;
  args: TraceArgs;
}

/** An arrow between two slices. Perfetto reads ids of flows as numbers. */
export interface FlowEvent extends Timed {
  ph: 's' | 'f';
  cat: string;
  id: number;
  bp?: 'e';
}

export interface CounterEvent extends Timed {
  ph: 'C';
  args: { value: number };
}

export interface InstantEvent extends Timed {
  ph: 'i';
  cat: string;
  /** Thread, process, global. */
  s: 't' | 'p' | 'g';
  args: TraceArgs;
}

export type TimedEvent = SliceEvent | RequestEvent | FlowEvent | CounterEvent | InstantEvent;
export type TraceEvent = MetadataEvent | TimedEvent;

export interface TraceTrack extends Located {
  id: string;
  kind: 'processor' | 'link';
  /** Sum of the track's slices, microseconds. */
  busyUs: number;
  /** Share of the time that the plan keeps it busy. */
  plannedUtilization: number;
}

/** What a program needs to read a trace back. */
export interface TraceOtherData {
  schemaVersion: number;
  /** Content hash of the plan document. */
  planHash: string;
  seed: number;
  platform: string;
  objective: string;
  operatingPoint: string;
  /** All events lie within. */
  window: { startUs: number; endUs: number };
  tracks: TraceTrack[];
  models: { name: string; plannedPerS: number; callsPerFrame: number }[];
  /** What a reader must know, in words. */
  notes: string[];
}

export interface Trace {
  traceEvents: TraceEvent[];
  displayTimeUnit: 'ms';
  otherData: TraceOtherData;
}

/** Microseconds of whole nanoseconds: the double nearest to a number with at most three decimals. */
export function micros(ns: number): number {
  return ns / 1000;
}

/**
 * Order of events at one time: ends before begins, and a slice before the arrows that start or end in it, because
 * readers bind an arrow to the slice that is open when they meet it.
 */
export const PHASE_ORDER: Readonly<Record<TimedEvent['ph'], number>> = {
  e: 0,
  X: 1,
  b: 2,
  n: 3,
  s: 4,
  f: 5,
  C: 6,
  i: 7,
};

/** JSON text, one event a line. */
export function traceToText({ traceEvents, displayTimeUnit, otherData }: Trace): string {
  const lines = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  return `{"traceEvents":[\n${lines}\n],"displayTimeUnit":${JSON.stringify(displayTimeUnit)},"otherData":${JSON.stringify(otherData)}}\n`;
}
