/** The rules between the events of a trace, one function each. */
import type { ReadEvents, ReadOther, ReadSlice } from './events-read.ts';
import { type Findings, objectOr } from './findings.ts';
import { METADATA_NAMES } from './format.ts';

/** Sums of slices may differ from what is stated by this much. */
const BUSY_TOLERANCE_US = 1;

/** Every process and track that is used has a name and a place in the order. */
export function checkNames({ used, named }: ReadEvents, findings: Findings): void {
  for (const [track, { index, pid, tid }] of used) {
    for (const name of METADATA_NAMES) {
      const ofProcess = name.startsWith('process');
      const whose = ofProcess ? `pid ${pid}` : `pid ${pid}, tid ${tid}`;
      const given = named.get(ofProcess ? String(pid) : track)?.has(name) === true;
      findings.ofEvent(given, index, '', `${whose} has no ${name}`, `an M event ${name}`, whose);
    }
  }
}

/** Slices of one track follow each other: Perfetto drops one that overlaps the one before. */
export function checkOverlaps({ slices }: ReadEvents, findings: Findings): void {
  for (const ofTrack of slices.values()) {
    for (let i = 1; i < ofTrack.length; i++) {
      const { endNs, event } = ofTrack[i - 1];
      const { ns, index } = ofTrack[i];
      const message = `overlaps "${event.name}" on the same track`;
      findings.ofEvent(ns >= endNs, index, '/ts', message, `at least ${endNs / 1000}`, ns / 1000);
    }
  }
}

/** Every request begins and ends once, under one name, with its marks in between. */
export function checkRequests({ requests }: ReadEvents, { endNs: closing }: ReadOther, findings: Findings): void {
  for (const { begin, end, marks } of requests.values()) {
    const any = begin ?? end ?? marks[0];
    if (!begin || !end) {
      const missing = begin ? 'e' : 'b';
      findings.ofEvent(false, any.index, '/id', `a request without ${missing}`, 'one b and one e per id', any.event.id);
      continue;
    }
    const { name } = begin.event;
    const same = end.event.name === name;
    findings.ofEvent(same, end.index, '/name', 'a request ends under another name', String(name), end.event.name);
    const after = end.ns >= begin.ns && end.index > begin.index;
    findings.ofEvent(after, end.index, '/ts', 'a request ends before it begins', `${begin.ns / 1000}`, end.ns / 1000);
    for (const { index, ns } of marks) {
      const within = ns >= begin.ns && ns <= end.ns;
      const expected = `${begin.ns / 1000} to ${end.ns / 1000}`;
      findings.ofEvent(within, index, '/ts', 'a mark outside its request', expected, ns / 1000);
    }
    const { unfinished } = objectOr(end.event.args);
    const closed = unfinished === undefined || (unfinished === true && end.ns === (closing ?? end.ns));
    const message = 'an unfinished request is closed at the end of the window';
    findings.ofEvent(closed, end.index, '/args/unfinished', message, 'true, at the end', unfinished);
  }
}

/** Every arrow has two ends of one name, and each lies in a slice that came earlier in the file. */
export function checkFlows({ flowStarts, flowEnds, slices }: ReadEvents, findings: Findings): void {
  for (const [id, start] of flowStarts) {
    const end = flowEnds.get(id);
    findings.ofEvent(end !== undefined, start.index, '/id', 'a flow that leads nowhere', 'an f with the same id', id);
    if (!end) continue;
    for (const member of ['cat', 'name'] as const) {
      const [expected, received] = [start.event[member], end.event[member]];
      const message = `a flow changes its ${member}`;
      findings.ofEvent(expected === received, end.index, `/${member}`, message, String(expected), received);
    }
    const before = `at least ${start.ns / 1000}`;
    findings.ofEvent(end.ns >= start.ns, end.index, '/ts', 'a flow ends before it starts', before, end.ns / 1000);
    for (const { index, ns, track } of [start, end]) {
      const open = isOpen(slices.get(track) ?? [], ns, index);
      findings.ofEvent(
        open,
        index,
        '/ts',
        'no slice is open here, so that no arrow shows',
        'within a slice',
        ns / 1000,
      );
    }
  }
  for (const [id, { index }] of flowEnds) {
    findings.ofEvent(flowStarts.has(id), index, '/id', 'a flow from nowhere', 'an s with the same id', id);
  }
}

/** Whether one of the slices, in order of start, holds a time and stands earlier in the file. */
function isOpen(slices: readonly ReadSlice[], ns: number, index: number): boolean {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (slices[middle].ns <= ns) low = middle + 1;
    else high = middle;
  }
  const slice = slices[low - 1];
  return slice !== undefined && ns < slice.endNs && slice.index < index;
}

/** Counters are known from the start to the end, and speak on change. */
export function checkCounters({ counters }: ReadEvents, other: ReadOther, findings: Findings): void {
  for (const series of counters.values()) {
    const first = series[0];
    const last = series[series.length - 1];
    const { name } = first.event;
    const { startNs = first.ns, endNs = last.ns } = other;
    const known = (where: string) => `${name} is not known at the ${where}`;
    findings.ofEvent(first.ns === startNs, first.index, '/ts', known('start'), `${startNs / 1000}`, first.ns / 1000);
    findings.ofEvent(last.ns === endNs, last.index, '/ts', known('end'), `${endNs / 1000}`, last.ns / 1000);
    for (let i = 1; i < series.length; i++) {
      const { index, ns, value } = series[i];
      const before = series[i - 1];
      findings.ofEvent(ns > before.ns, index, '/ts', `${name} has two values at one time`, 'one', ns / 1000);
      const changes = i === series.length - 1 || value !== before.value;
      findings.ofEvent(changes, index, '/args', `${name} is repeated without change`, 'an event on change', value);
    }
  }
}

/** Slices are on listed tracks, and add up to the busy time stated for each. */
export function checkBusyTimes({ slices }: ReadEvents, { tracks }: ReadOther, findings: Findings): void {
  const listed = new Set(tracks.map(({ pid, tid }) => `${pid} ${tid}`));
  for (const [track, [{ index }]] of slices) {
    const message = 'a track that otherData does not list';
    findings.ofEvent(listed.has(track), index, '/tid', message, 'pid and tid of a listed track', track);
  }
  tracks.forEach(({ pid, tid, id, busyUs }, t) => {
    const ns = (slices.get(`${pid} ${tid}`) ?? []).reduce((sum, slice) => sum + slice.endNs - slice.ns, 0);
    const equal = Math.abs(ns / 1000 - busyUs) <= BUSY_TOLERANCE_US;
    const message = `slices do not add up to the busy time of ${id}`;
    findings.require(equal, `/otherData/tracks/${t}/busyUs`, message, `${ns / 1000}`, busyUs);
  });
}
