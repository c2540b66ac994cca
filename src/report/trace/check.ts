/**
 * What is wrong with a trace: every rule that Perfetto needs, so that nothing is dropped or bound to the wrong slice,
 * and every rule that a reader of our own traces relies on. Used before a trace is written, and by the command
 * `heterodyne trace check`.
 */
import type { Problem } from '../../core/errors.ts';
import type { Plan } from '../../planners/schema.ts';
import { checkAgainstPlan } from './against-plan.ts';
import { ReadEvents, type ReadOther } from './events-read.ts';
import { Findings, isId, isObject, isText, nanoseconds, objectOr } from './findings.ts';
import { TRACE_SCHEMA_VERSION, type TraceTrack } from './format.ts';
import { checkBusyTimes, checkCounters, checkFlows, checkNames, checkOverlaps, checkRequests } from './rules.ts';

export interface TraceCheckOptions {
  /** The plan that the trace was made from: compares places, lengths and busy times with it. */
  plan?: Plan;
  /** Findings after which to stop; default 100. */
  most?: number;
}

const MOST_FINDINGS = 100;

/**
 * Findings, form before rules between events; empty = clean.
 *
 * @param trace the file's text (then its layout is checked too), or the parsed object
 */
export function checkTrace(trace: string | object, options: TraceCheckOptions = {}): Problem[] {
  const findings = new Findings(options.most ?? MOST_FINDINGS);
  let root: unknown = trace;
  if (typeof trace === 'string') {
    try {
      root = JSON.parse(trace);
    } catch {
      findings.require(false, '', 'not strict JSON, or cut short', 'strict JSON', trace.slice(-40));
      return findings.problems;
    }
  }
  const events = objectOr(root).traceEvents;
  const expected = 'an object with a list traceEvents';
  findings.require(Array.isArray(events), '/traceEvents', 'not a trace in object form', expected, events);
  if (!Array.isArray(events)) return findings.problems;
  if (typeof trace === 'string') checkLayout(trace, events.length, findings);
  const { displayTimeUnit, otherData } = objectOr(root);
  findings.require(displayTimeUnit === 'ms', '/displayTimeUnit', 'times show in milliseconds', '"ms"', displayTimeUnit);
  const other = readOther(otherData, findings);
  const read = new ReadEvents(findings, other);
  read.read(events);
  checkNames(read, findings);
  checkOverlaps(read, findings);
  checkRequests(read, other, findings);
  checkFlows(read, findings);
  checkCounters(read, other, findings);
  checkBusyTimes(read, other, findings);
  if (options.plan) checkAgainstPlan(read, other, options.plan, findings);
  return findings.problems;
}

/** One event a line lets two traces be compared, and line tools work on them. */
function checkLayout(text: string, events: number, findings: Findings): void {
  const lines = text.split('\n');
  const opening = '{"traceEvents":[';
  const opened = lines[0] === opening;
  if (!findings.require(opened, '', 'the first line opens the list of events, alone', opening, lines[0].slice(0, 40))) {
    return;
  }
  for (let i = 1; i <= events; i++) {
    const line = lines[i] ?? '';
    const one = isOneObject(line.endsWith(',') ? line.slice(0, -1) : line);
    if (!findings.ofEvent(one, i - 1, '', 'not on a line of its own', 'one event a line', line.slice(0, 80))) return;
  }
}

function isOneObject(line: string): boolean {
  try {
    return isObject(JSON.parse(line));
  } catch {
    return false;
  }
}

function readOther(value: unknown, findings: Findings): ReadOther {
  const { schemaVersion, planHash, seed, window, tracks } = objectOr(value);
  const version = schemaVersion === TRACE_SCHEMA_VERSION;
  findings.require(version, '/otherData/schemaVersion', 'unknown form', String(TRACE_SCHEMA_VERSION), schemaVersion);
  findings.require(isText(planHash), '/otherData/planHash', 'the plan is not named', 'a content hash', planHash);
  findings.require(Number.isSafeInteger(seed), '/otherData/seed', 'the seed is missing', 'an integer', seed);
  const startNs = nanoseconds(objectOr(window).startUs);
  const endNs = nanoseconds(objectOr(window).endUs);
  const long = startNs !== undefined && endNs !== undefined && endNs > startNs;
  findings.require(long, '/otherData/window', 'the window is missing or empty', 'startUs before endUs', window);
  const listed: unknown[] = Array.isArray(tracks) ? tracks : [];
  findings.require(listed.length > 0, '/otherData/tracks', 'no track is listed', 'a list of tracks', tracks);
  const usable = listed.filter((track, t) =>
    findings.require(
      isTrack(track),
      `/otherData/tracks/${t}`,
      'not a track',
      'pid, tid, id, kind, busyUs, plannedUtilization',
      track,
    ),
  );
  return {
    tracks: usable as TraceTrack[],
    ...(long && { startNs, endNs }),
    ...(isText(planHash) && { planHash }),
  };
}

function isTrack(value: unknown): boolean {
  const { pid, tid, id, kind, busyUs, plannedUtilization } = objectOr(value);
  return (
    isId(pid) &&
    isId(tid) &&
    isText(id) &&
    /^(processor|link)$/.test(String(kind)) &&
    nanoseconds(busyUs) !== undefined &&
    typeof plannedUtilization === 'number' &&
    plannedUtilization >= 0
  );
}
