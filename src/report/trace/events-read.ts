/**
 * One pass over the events of a trace: the form of each is checked, and what belongs together is brought together for
 * the rules between events.
 */

import {
  type Findings,
  firstNotFinite,
  isId,
  isObject,
  isText,
  type Loose,
  nanoseconds,
  objectOr,
} from './findings.ts';
import {
  COUNTER_UNITS,
  METADATA_NAMES,
  PHASE_ORDER,
  REQUEST_CATEGORY,
  SLICE_CATEGORIES,
  type TraceTrack,
} from './format.ts';

/** An event with its place in the file. */
export interface Placed {
  index: number;
  /** Its time; of a slice its start. */
  ns: number;
  /** `PID TID`. */
  track: string;
  event: Loose;
}

export interface ReadSlice extends Placed {
  endNs: number;
}

export interface ReadRequest {
  begin?: Placed;
  end?: Placed;
  marks: Placed[];
}

/** The parts of `otherData` that other rules rest on; left out where they are not usable. */
export interface ReadOther {
  startNs?: number;
  endNs?: number;
  tracks: TraceTrack[];
  planHash?: string;
}

/** First event of each process and track. */
interface Used {
  index: number;
  pid: number;
  tid: number;
}

const PHASES = ['M', ...Object.keys(PHASE_ORDER)];
/** What a slice of each category must say about itself. */
const SLICE_ARGS: Readonly<Record<string, readonly string[]>> = {
  layer: ['model', 'request', 'blocks', 'variant', 'clock'],
  transfer: ['model', 'request', 'from', 'to'],
};

export class ReadEvents {
  /** By track, in order of start after {@link read}. */
  readonly slices = new Map<string, ReadSlice[]>();
  readonly requests = new Map<string, ReadRequest>();
  readonly flowStarts = new Map<number, Placed>();
  readonly flowEnds = new Map<number, Placed>();
  /** By pid and name. */
  readonly counters = new Map<string, (Placed & { value: number })[]>();
  /** Names of metadata by process (`PID`) and by track. */
  readonly named = new Map<string, Set<string>>();
  readonly used = new Map<string, Used>();
  readonly #findings: Findings;
  readonly #other: ReadOther;
  #last: { ns: number; phase: string } | undefined;

  constructor(findings: Findings, other: ReadOther) {
    this.#findings = findings;
    this.#other = other;
  }

  read(events: readonly unknown[]): void {
    for (const [index, event] of events.entries()) {
      if (this.#findings.full) break;
      if (this.#findings.ofEvent(isObject(event), index, '', 'not an event', 'an object', event)) {
        this.#event(index, event as Loose);
      }
    }
    for (const slices of this.slices.values()) slices.sort((a, b) => a.ns - b.ns || a.index - b.index);
  }

  #event(index: number, event: Loose): void {
    const findings = this.#findings;
    const { ph, pid, tid, name } = event;
    const located =
      findings.ofEvent(
        PHASES.includes(ph as string),
        index,
        '/ph',
        'unknown phase',
        `one of ${PHASES.join(' ')}`,
        ph,
      ) &&
      findings.ofEvent(isId(pid), index, '/pid', 'no process', 'an integer of at least 1', pid) &&
      findings.ofEvent(isId(tid), index, '/tid', 'no track', 'an integer of at least 1', tid);
    findings.ofEvent(isText(name), index, '/name', 'no name', 'text', name);
    findings.ofEvent(!('cname' in event), index, '/cname', 'colours carry no meaning', 'no cname', event.cname);
    const number = firstNotFinite(event);
    if (number) findings.ofEvent(false, index, number.path, 'not a finite number', 'a finite number', number.value);
    if (!located) return;
    const track = `${pid} ${tid}`;
    if (!this.used.has(track)) this.used.set(track, { index, pid: pid as number, tid: tid as number });
    if (ph === 'M') this.#metadata(index, event, track);
    else this.#timed(index, event, ph as keyof typeof PHASE_ORDER, track);
  }

  #metadata(index: number, event: Loose, track: string): void {
    const findings = this.#findings;
    const name = String(event.name);
    findings.ofEvent(!this.#last, index, '', 'names come before all other events', 'M events first', name);
    const known = (METADATA_NAMES as readonly string[]).includes(name);
    if (!findings.ofEvent(known, index, '/name', 'unknown metadata', METADATA_NAMES.join(', '), name)) return;
    const args = objectOr(event.args);
    if (name.endsWith('_name')) findings.ofEvent(isText(args.name), index, '/args/name', 'no name', 'text', args.name);
    else {
      const { sort_index } = args;
      findings.ofEvent(
        Number.isSafeInteger(sort_index),
        index,
        '/args/sort_index',
        'no order',
        'an integer',
        sort_index,
      );
    }
    const named = entryOf(this.named, name.startsWith('process') ? String(event.pid) : track, () => new Set<string>());
    findings.ofEvent(!named.has(name), index, '', `${name} is given twice`, 'once', track);
    named.add(name);
  }

  #timed(index: number, event: Loose, phase: keyof typeof PHASE_ORDER, track: string): void {
    const ns = nanoseconds(event.ts);
    const precise = 'microseconds with at most 3 decimals';
    this.#findings.ofEvent(ns !== undefined, index, '/ts', 'not a time', precise, event.ts);
    if (ns === undefined) return;
    this.#order(index, phase, ns);
    this.#inWindow(index, '/ts', ns);
    const placed: Placed = { index, ns, track, event };
    if (phase === 'X') this.#slice(placed);
    else if (phase === 's' || phase === 'f') this.#flow(placed, phase);
    else if (phase === 'C') this.#counter(placed);
    else if (phase === 'i') {
      this.#findings.ofEvent(/^[tpg]$/.test(String(event.s)), index, '/s', 'no scope', 't, p or g', event.s);
    } else this.#request(placed, phase);
  }

  /** By time; at equal times ends before begins, and slices before the arrows that they hold. */
  #order(index: number, phase: keyof typeof PHASE_ORDER, ns: number): void {
    const last = this.#last;
    this.#last = { ns, phase };
    if (!last) return;
    const sorted = this.#findings.ofEvent(
      ns >= last.ns,
      index,
      '/ts',
      'events are not sorted by time',
      `at least ${last.ns / 1000}`,
      ns / 1000,
    );
    if (!sorted || ns > last.ns) return;
    this.#findings.ofEvent(
      PHASE_ORDER[phase] >= PHASE_ORDER[last.phase as keyof typeof PHASE_ORDER],
      index,
      '/ph',
      `${phase} after ${last.phase} at the same time`,
      `the order ${Object.keys(PHASE_ORDER).join(' ')}`,
      phase,
    );
  }

  #inWindow(index: number, key: string, ns: number): void {
    const { startNs = ns, endNs = ns } = this.#other;
    const within = ns >= startNs && ns <= endNs;
    this.#findings.ofEvent(within, index, key, 'outside the window', `${startNs / 1000} to ${endNs / 1000}`, ns / 1000);
  }

  #slice(placed: Placed): void {
    const { index, ns, track, event } = placed;
    const findings = this.#findings;
    const durNs = nanoseconds(event.dur) ?? 0;
    const expected = 'microseconds with at most 3 decimals, more than 0';
    if (!findings.ofEvent(durNs > 0, index, '/dur', 'not a length', expected, event.dur)) return;
    this.#inWindow(index, '/dur', ns + durNs);
    const known = (SLICE_CATEGORIES as readonly unknown[]).includes(event.cat);
    findings.ofEvent(known, index, '/cat', 'unknown category of a slice', SLICE_CATEGORIES.join(', '), event.cat);
    const args = objectOr(event.args);
    for (const key of SLICE_ARGS[String(event.cat)] ?? []) {
      findings.ofEvent(
        isText(args[key]),
        index,
        `/args/${key}`,
        `a ${event.cat} slice without ${key}`,
        'text',
        args[key],
      );
    }
    entryOf(this.slices, track, () => [] as ReadSlice[]).push({ ...placed, endNs: ns + durNs });
  }

  #request(placed: Placed, phase: 'b' | 'e' | 'n'): void {
    const { index, event } = placed;
    const findings = this.#findings;
    const { cat, id } = event;
    findings.ofEvent(cat === REQUEST_CATEGORY, index, '/cat', 'not the category of requests', REQUEST_CATEGORY, cat);
    if (!findings.ofEvent(isText(id), index, '/id', 'a request without id', 'text', id)) return;
    const request = entryOf(this.requests, `${event.pid} ${id}`, (): ReadRequest => ({ marks: [] }));
    if (phase === 'n') {
      request.marks.push(placed);
      const { latenessMs = 1 } = objectOr(event.args);
      const late = typeof latenessMs === 'number' && latenessMs > 0;
      findings.ofEvent(late, index, '/args/latenessMs', 'a deadline that was not missed', 'more than 0', latenessMs);
      return;
    }
    const end = phase === 'b' ? 'begin' : 'end';
    findings.ofEvent(!request[end], index, '/id', `a second ${phase} of one request`, 'one b and one e per id', id);
    request[end] ??= placed;
  }

  #flow(placed: Placed, phase: 's' | 'f'): void {
    const { index, event } = placed;
    const findings = this.#findings;
    const { id, cat, bp } = event;
    findings.ofEvent(isText(cat), index, '/cat', 'a flow without category', 'text', cat);
    if (phase === 'f') findings.ofEvent(bp === 'e', index, '/bp', 'a flow ends in the slice around it', '"e"', bp);
    const numbered = 'an integer of at least 1';
    if (!findings.ofEvent(isId(id), index, '/id', 'a flow that Perfetto would drop: no number', numbered, id)) return;
    const ends = phase === 's' ? this.flowStarts : this.flowEnds;
    const first = !ends.has(id as number);
    findings.ofEvent(first, index, '/id', `a second ${phase} of one flow`, 'one s and one f per id', id);
    if (first) ends.set(id as number, placed);
  }

  #counter(placed: Placed): void {
    const { index, event } = placed;
    const findings = this.#findings;
    const [value, ...more] = Object.values(objectOr(event.args));
    const one = typeof value === 'number' && more.length === 0;
    if (!findings.ofEvent(one, index, '/args', 'a counter holds one number', 'one numeric series', event.args)) return;
    const name = String(event.name);
    const unit = COUNTER_UNITS.some((each) => name.endsWith(` ${each}`));
    findings.ofEvent(unit, index, '/name', 'a counter without unit', `an end in ${COUNTER_UNITS.join(', ')}`, name);
    const series = entryOf(this.counters, `${event.pid} ${name}`, () => [] as (Placed & { value: number })[]);
    series.push({ ...placed, value: value as number });
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
