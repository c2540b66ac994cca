import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { contentHash } from '../../src/documents/canonical.ts';
import type { Plan } from '../../src/planners/schema.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import type { TimelineOptions } from '../../src/report/timeline.ts';
import { checkTrace } from '../../src/report/trace/check.ts';
import type { RequestEvent, SliceEvent, Trace, TraceEvent } from '../../src/report/trace/format.ts';
import { traceOfPlan } from '../../src/report/trace/trace.ts';
import { plainPlan, randomPlan, widePlan } from './plans.ts';

const test = suite('trace');

/** Two stages with a transfer, a model that misses its deadline, one that is cut by the window. */
// biome-ignore format: a table
const document = plainPlan(
  ['cpu', 'gpu'],
  [
    { name: 'cam', perS: 20, stages: [['cpu', 20, 2], ['gpu', 10, 0]], energyMj: 60 },
    { name: 'mic "1"\\', perS: 7, calls: 3, stages: [['gpu', 20, 0]], deadlineMs: 61, energyMj: 12 },
    { name: 'slow', perS: 2, stages: [['cpu', 200, 0]] },
  ],
);
const read = (text: string) => JSON.parse(text) as Trace;
const { text: clean } = traceOfPlan(document);
const trace = (plan: Plan = document, options?: TimelineOptions) => read(traceOfPlan(plan, options).text);

const slices = ({ traceEvents }: Trace) => traceEvents.filter((event): event is SliceEvent => event.ph === 'X');
const requests = ({ traceEvents }: Trace, ph: 'b' | 'e' | 'n') =>
  traceEvents.filter((event): event is RequestEvent => event.ph === ph);

test('every trace of a random plan is clean, with its plan beside it', () => {
  let events = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomPlan(seed);
    if (!random) continue;
    const { text } = traceOfPlan(random.plan, { platform: random.platform });
    assert.equal(checkTrace(text, { plan: random.plan }), [], `seed ${seed}`);
    events += read(text).traceEvents.length;
  }
  assert.ok(events > 5000);
});

test('the trace of 16 models on 8 processors is clean', async () => {
  const { plan, platform } = await widePlan();
  const { text, timeline } = traceOfPlan(plan, { platform });
  assert.equal(checkTrace(text, { plan }), []);
  assert.is(timeline.tracks.length, 8 + (timeline.tracks.some(({ kind }) => kind === 'link') ? 1 : 0));
  const names = new Set(slices(read(text)).map(({ args }) => args.model));
  assert.is(names.size, 16);
});

test('the same plan gives the same bytes, on every host', () => {
  const { text } = traceOfPlan(document);
  assert.is(traceOfPlan(document).text, text);
  assert.is(contentHash({ text }), GOLDEN);
});

test('the file is strict JSON with one event a line, names first, and a final newline', () => {
  const { text } = traceOfPlan(document);
  const { traceEvents } = read(text);
  const lines = text.split('\n');
  assert.is(lines[0], '{"traceEvents":[');
  traceEvents.forEach((event, i) => {
    assert.equal(JSON.parse(lines[i + 1].replace(/,$/, '')), event);
  });
  assert.is(lines.length, traceEvents.length + 3);
  assert.is(lines[lines.length - 1], '');
  const first = traceEvents.findIndex(({ ph }) => ph !== 'M');
  assert.ok(traceEvents.slice(first).every(({ ph }) => ph !== 'M'));
});

test('a slice names model, blocks, variant and clock, and an arrow leads from stage to transfer', () => {
  const { traceEvents } = trace();
  const layer = traceEvents.find((event): event is SliceEvent => event.ph === 'X' && event.name === 'cam 1-1');
  assert.ok(layer);
  const { model, stage, blocks, variant, clock } = layer.args;
  assert.equal(
    { model, stage, blocks, variant, clock },
    { model: 'cam', stage: 1, blocks: '1-1', variant: 'original', clock: 'max' },
  );
  const transfer = traceEvents.find((event): event is SliceEvent => event.ph === 'X' && event.cat === 'transfer');
  assert.is(transfer?.name, 'cam from cpu');
  const arrow = traceEvents.find((event) => event.ph === 'f');
  assert.ok(arrow?.ph === 'f' && arrow.bp === 'e' && Number.isInteger(arrow.id));
  assert.ok(traceEvents.some((event) => event.ph === 'X' && event.cat === 'transfer' && event.ts === arrow.ts));
});

test('energy of a frame divides over its stages by watts and time, where the watts are known', () => {
  const energies = (options?: TimelineOptions) =>
    Object.fromEntries(
      slices(trace(document, options))
        .filter(({ args }) => !('clippedUs' in args))
        .map(({ name, args }) => [name, args.energyMj]),
    );
  assert.is(energies()['mic "1"\\ 0-0'], 12, 'a single stage has it all');
  assert.is(energies()['cam 0-0'], undefined);
  assert.is(energies()['slow 0-0'], undefined, 'not in the plan');
  const platform = {
    id: 'by-hand',
    resources: [
      { id: 'a', kind: 'npu' },
      { id: 'b', kind: 'npu' },
    ],
    processors: [
      { id: 'cpu', uses: ['a'], activeWatts: 2 },
      { id: 'gpu', uses: ['b'], activeWatts: 2 },
    ],
  } as unknown as Platform;
  assert.is(energies({ platform })['cam 0-0'], 40);
  assert.is(energies({ platform })['cam 1-1'], 20);
});

test('every request that begins ends, late ones carry their lateness, cut ones are marked', () => {
  const found = trace();
  const begun = requests(found, 'b').map(({ id, name }) => `${id} ${name}`);
  const ended = requests(found, 'e').map(({ id, name }) => `${id} ${name}`);
  assert.equal(begun.sort(), ended.sort());
  const { endUs } = found.otherData.window;
  for (const { args, ts } of requests(found, 'e'))
    assert.is(args.unfinished === true, !('latencyMs' in args), `${ts} ${endUs}`);
  const late = requests(found, 'e').filter(({ args }) => 'latenessMs' in args);
  assert.ok(late.length > 0);
  for (const { id, args } of late) {
    assert.ok(near(args.latenessMs as number, (args.latencyMs as number) - 61), id);
    assert.ok(requests(found, 'n').some((mark) => mark.id === id && mark.args.mark === 'deadline missed'));
  }
});

test('utilization and queue are known from the start to the end', () => {
  const { traceEvents, otherData } = trace();
  const { startUs, endUs } = otherData.window;
  for (const name of ['cpu utilization %', 'gpu utilization %', 'cpu waiting stages', 'gpu waiting stages']) {
    const series = traceEvents.filter((event) => event.ph === 'C' && event.name === name);
    assert.is((series[0] as SliceEvent).ts, startUs);
    assert.is((series[series.length - 1] as SliceEvent).ts, endUs);
  }
  const steps = 50;
  const cpu = traceEvents.filter((event) => event.ph === 'C' && event.name === 'cpu utilization %');
  let share = 0;
  cpu.slice(0, -1).forEach((event, i) => {
    if (event.ph === 'C') share += (event.args.value * ((cpu[i + 1] as SliceEvent).ts - event.ts)) / (endUs - startUs);
  });
  const busy = otherData.tracks[0].busyUs / (endUs - startUs);
  assert.ok(Math.abs(share / 100 - busy) < 1 / steps, `${share} % of ${busy}`);
});

test('neighbours touch without overlap, whatever fractions the plan holds', () => {
  const plan = plainPlan(
    ['cpu'],
    [1, 2, 3].map((m) => ({ name: `m${m}`, perS: 1000 / 3, stages: [['cpu', 1 / 1.0000001, 0]] })),
  );
  const found = slices(trace(plan, { window: { startMs: 100, endMs: 3100 } }));
  assert.ok(found.length > 2990);
  for (let i = 1; i < found.length; i++) {
    const end = Math.round(found[i - 1].ts * 1000) + Math.round(found[i - 1].dur * 1000);
    assert.ok(Math.round(found[i].ts * 1000) >= end);
  }
});

/** A violation planted into a clean trace, and the finding that must name it. */
// biome-ignore format: a table
const VIOLATIONS: [claim: string, finding: RegExp, plant: (trace: Trace, events: Loose[]) => void][] = [
  ['slices that overlap by a nanosecond', /overlaps/, (_, events) => {
    const touching = events.find((a) => a.ph === 'X' && events.some((b) => b.ph === 'X' && b.tid === a.tid && near(b.ts, a.ts + a.dur)));
    touching!.dur = micros(touching!.dur, 1);
  }],
  ['a slice without length', /not a length/, (_, events) => void (of(events, 'X').dur = 0)],
  ['a slice of negative length', /not a length/, (_, events) => void (of(events, 'X').dur = -5)],
  ['a time finer than a nanosecond', /not a time/, (_, events) => void (of(events, 'X').ts += 0.0004)],
  ['a time that is NaN', /finite/, (_, events) => void (of(events, 'X').ts = Number.NaN)],
  ['an infinite number among the arguments', /finite/, (_, events) => void (of(events, 'X').args.energyMj = Number.POSITIVE_INFINITY)],
  ['a null among the arguments', /finite/, (_, events) => void (of(events, 'e').args.latencyMs = null)],
  ['an unknown phase', /unknown phase/, (_, events) => void (of(events, 'X').ph = 'B')],
  ['a process 0', /no process/, (_, events) => void (of(events, 'X').pid = 0)],
  ['a track in words', /no track/, (_, events) => void (of(events, 'X').tid = 'gpu')],
  ['an event without name', /no name/, (_, events) => void (of(events, 'X').name = '')],
  ['a track without name', /has no thread_name/, (trace) => remove(trace, (event) => event.ph === 'M' && event.name === 'thread_name' && event.tid === 12)],
  ['a process without name', /has no process_name/, (trace) => remove(trace, (event) => event.ph === 'M' && event.name === 'process_name' && event.pid === 2)],
  ['a process without place', /has no process_sort_index/, (trace) => remove(trace, (event) => event.ph === 'M' && event.name === 'process_sort_index')],
  ['a name given twice', /twice/, (trace) => void trace.traceEvents.unshift(trace.traceEvents[0])],
  ['a name after the first event', /come before/, (trace) => void trace.traceEvents.push(trace.traceEvents.shift() as TraceEvent)],
  ['unknown metadata', /unknown metadata/, (_, events) => void (of(events, 'M').name = 'process_labels')],
  ['a place that is no number', /no order/, (_, events) => void (events[1].args.sort_index = 'first')],
  ['an unknown category', /unknown category/, (_, events) => void (of(events, 'X').cat = 'compute')],
  ['a slice without variant', /without variant/, (_, events) => void delete of(events, 'X').args.variant],
  ['a transfer without source', /without from/, (_, events) => void delete events.find((event) => event.cat === 'transfer')!.args.from],
  ['a colour', /colours/, (_, events) => void (of(events, 'X').cname = 'good')],
  ['a request without end', /without e/, (trace) => remove(trace, (event) => event.ph === 'e')],
  ['a request without begin', /without b/, (trace) => remove(trace, (event) => event.ph === 'b')],
  ['a request that ends twice', /second e/, (trace, events) => void trace.traceEvents.push({ ...last(events, 'e') } as never)],
  ['a request that changes its name', /another name/, (_, events) => void (of(events, 'e').name = 'other')],
  ['a request with a number for id', /without id/, (_, events) => void (of(events, 'b').id = 7)],
  ['a request of another category', /category of requests/, (_, events) => void (of(events, 'b').cat = 'frame')],
  ['an unfinished request before the end', /closed at the end/, (_, events) => void (of(events, 'e').args.unfinished = true)],
  ['a mark outside its request', /outside its request/, (_, events) => void (of(events, 'n').id = last(events, 'b').id)],
  ['a lateness of a frame in time', /not missed/, (_, events) => void (of(events, 'n').args.latenessMs = -2)],
  ['a flow without end', /leads nowhere/, (trace) => remove(trace, (event) => event.ph === 'f')],
  ['a flow without start', /from nowhere/, (trace) => remove(trace, (event) => event.ph === 's')],
  ['a flow that starts twice', /second s/, (_, events) => void (last(events, 's').id = of(events, 's').id)],
  ['a flow with an id that Perfetto cannot read', /no number/, (_, events) => void (of(events, 's').id = '1.2')],
  ['a flow that changes its name', /changes its name/, (_, events) => void (of(events, 'f').name = 'other')],
  ['a flow that does not bind to the slice around it', /slice around it/, (_, events) => void delete of(events, 'f').bp],
  ['a flow on a track where nothing runs', /no slice is open/, (_, events) => void Object.assign(of(events, 's'), { pid: 1, tid: 11 })],
  ['a flow at the very end of its slice', /no slice is open/, (_, events) => {
    const start = events.find((s) => s.ph === 's' && !events.some((x) => x.ph === 'X' && x.tid === s.tid && near(x.ts, s.ts + 0.001)))!;
    start.ts = micros(start.ts, 1);
  }],
  ['a flow before its slice in the file', /after|no slice is open/, (trace) => {
    const at = trace.traceEvents.findIndex(({ ph }) => ph === 'f');
    const flow = trace.traceEvents[at] as { ts: number };
    const slice = trace.traceEvents.findIndex((event) => event.ph === 'X' && event.ts === flow.ts && event.cat === 'transfer');
    trace.traceEvents.splice(slice, 0, ...trace.traceEvents.splice(at, 1));
  }],
  ['events out of order', /not sorted/, (trace) => void trace.traceEvents.splice(-1, 0, trace.traceEvents.splice(20, 1)[0])],
  ['a begin before an end at one time', /after b at the same time/, (trace) => {
    const at = trace.traceEvents.findIndex((event) => event.ph === 'e');
    const end = trace.traceEvents[at] as RequestEvent;
    trace.traceEvents.splice(at, 0, { ...end, ph: 'b', id: 'new' });
    trace.traceEvents.push({ ...end, id: 'new', ts: trace.otherData.window.endUs });
  }],
  ['a counter of two series', /one number/, (_, events) => void (of(events, 'C').args.other = 1)],
  ['a counter in words', /one number/, (_, events) => void (of(events, 'C').args.value = 'high')],
  ['a counter without unit', /without unit/, (_, events) => void (of(events, 'C').name = 'load')],
  ['a counter that begins late', /not known at the start/, (trace) => remove(trace, (event) => event.ph === 'C')],
  ['a counter that ends early', /not known at the end/, (trace) => remove(trace, (event) => event.ph === 'C', true)],
  ['a counter that repeats itself', /without change/, (_, events) => {
    const [first, second] = events.filter((event) => event.ph === 'C' && event.name === 'gpu waiting stages');
    second.args.value = first.args.value;
  }],
  ['an instant without scope', /no scope/, (_, events) => void delete of(events, 'i').s],
  ['an event after the window', /outside the window/, (_, events) => void (last(events, 'C').ts += 1000)],
  ['a slice that ends after the window', /outside the window/, (_, events) => void (last(events, 'X').dur += 1e6)],
  ['busy times that slices do not add up to', /do not add up/, (trace) => void (trace.otherData.tracks[0].busyUs += 1.5)],
  ['a slice on a track that is not listed', /does not list/, (trace) => void trace.otherData.tracks.pop()],
  ['another unit of display', /milliseconds/, (trace) => void ((trace as Loose).displayTimeUnit = 'ns')],
  ['no other data', /otherData|unknown form/, (trace) => void delete (trace as Loose).otherData],
  ['another version', /unknown form/, (trace) => void (trace.otherData.schemaVersion = 2)],
  ['no seed', /seed is missing/, (trace) => void delete (trace.otherData as unknown as Loose).seed],
  ['no plan', /plan is not named/, (trace) => void (trace.otherData.planHash = '')],
  ['an empty window', /window is missing/, (trace) => void (trace.otherData.window.endUs = 0)],
  ['a track without id', /not a track/, (trace) => void delete (trace.otherData.tracks[0] as unknown as Loose).id],
];

// biome-ignore lint/suspicious/noExplicitAny: events are broken on purpose
type Loose = Record<string, any>;
const of = (events: Loose[], ph: string) => events.find((event) => event.ph === ph) as Loose;
const last = (events: Loose[], ph: string) => events.filter((event) => event.ph === ph).pop() as Loose;
const near = (a: number, b: number) => Math.abs(a - b) < 1e-4;
/** Moved by whole nanoseconds, and still the double nearest to three decimals. */
const micros = (us: number, ns: number) => (Math.round(us * 1000) + ns) / 1000;
function remove(trace: Trace, which: (event: Loose) => boolean, fromEnd = false): void {
  const at = trace.traceEvents[fromEnd ? 'findLastIndex' : 'findIndex'](which);
  trace.traceEvents.splice(at, 1);
}

for (const [claim, finding, plant] of VIOLATIONS) {
  test(`found: ${claim}`, () => {
    const broken = read(clean);
    plant(broken, broken.traceEvents as unknown as Loose[]);
    const problems = checkTrace(broken);
    const messages = problems.map(({ path, message }) => `${path}: ${message}`);
    assert.ok(
      messages.some((message) => finding.test(message)),
      messages.join('\n') || 'nothing found',
    );
  });
}

/** What only the plan can tell. */
// biome-ignore format: a table
const AGAINST_PLAN: [claim: string, finding: RegExp, plant: (trace: Trace, events: Loose[]) => void][] = [
  ['a stage that is shorter than planned', /as long as planned/, (trace, events) => {
    const slice = events.find((event) => event.ph === 'X' && !event.args.clippedUs) as Loose;
    slice.dur = micros(slice.dur, -5);
    trace.otherData.tracks[slice.tid - 11].busyUs -= 0.005;
  }],
  ['a model that is not planned', /plan has not/, (_, events) => void (of(events, 'X').args.model = 'other')],
  ['a stage on another processor', /not on its processor/, (_, events) => void (of(events, 'X').args.stage = 1)],
  ['another processor', /other processors/, (trace) => void (trace.otherData.tracks[0].id = 'npu')],
  ['the trace of another plan', /another plan/, (trace) => void (trace.otherData.planHash = 'f00')],
];

for (const [claim, finding, plant] of AGAINST_PLAN) {
  test(`found beside the plan: ${claim}`, () => {
    const broken = read(clean);
    plant(broken, broken.traceEvents as unknown as Loose[]);
    const messages = checkTrace(broken, { plan: document }).map(({ message }) => message);
    assert.ok(
      messages.some((message) => finding.test(message)),
      messages.join('\n') || 'nothing found',
    );
  });
}

test('found: text that is not one event a line, or not JSON at all', () => {
  const { text } = traceOfPlan(document);
  const message = (changed: string) => checkTrace(changed)[0]?.message ?? 'nothing found';
  assert.match(message(JSON.stringify(JSON.parse(text))), /first line/);
  assert.match(message(text.replace('},\n{"ph":"M"', '},{"ph":"M"')), /line of its own/);
  assert.match(message(text.slice(0, -20)), /not strict JSON/);
  assert.match(message(text.replace('],"display', ',],"display')), /not strict JSON/);
  assert.match(message('[]'), /object form/);
  assert.match(message('null'), /object form/);
  assert.match(message('{"traceEvents":{}}'), /object form/);
});

test('hostile files give findings, a limited number, and never an exception', () => {
  const { text } = traceOfPlan(document);
  const odd = [
    null,
    1,
    'x',
    [],
    {},
    { ph: 'X' },
    { ph: {}, pid: [], tid: null, ts: {}, args: [] },
    { ph: '__proto__' },
  ];
  assert.ok(checkTrace({ traceEvents: odd, otherData: { tracks: [null, 5], window: [] } }).length > 5);
  assert.is(checkTrace({ traceEvents: new Array(100_000).fill(0) }).length, 100);
  assert.is(checkTrace({ traceEvents: new Array(100).fill(0) }, { most: 3 }).length, 3);
  for (let at = 1; at < text.length; at += text.length / 50)
    assert.ok(checkTrace(text.slice(0, Math.round(at))).length > 0);
});

test('a window of too many slices is refused before it is written', () => {
  const plan = plainPlan(['cpu'], [{ name: 'a', perS: 1e6, stages: [['cpu', 1e-4, 0]] }]);
  try {
    traceOfPlan(plan, { window: { startMs: 0, endMs: 250 } });
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, 'LIMIT');
    return;
  }
  assert.unreachable('written');
});

test('a plan whose models never run gives an empty, clean trace', () => {
  const plan = plainPlan(['cpu'], [{ name: 'never', perS: 0, stages: [['cpu', 1, 0]] }]);
  const found = trace(plan);
  assert.equal(slices(found), []);
  assert.ok(found.otherData.notes.some((note) => /left out/.test(note)));
});

const GOLDEN = 'cc0ad2dc2b1e101f0738dfe00a8798065a0a1d60a3938fba5ad494b3a5c28887';

test.run();
