/**
 * `trtexec --exportTimes`: an array with one object per query, in milliseconds. Stamps are printed with six significant
 * digits, so durations come from the duration fields; stamps only order queries and give the rate.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { duration, latencyFigures, noteSpread } from './figures.ts';
import { Findings } from './findings.ts';
import type { ProfileFormat, ReadSettings } from './format.ts';
import { type JsonRecord, readRecords } from './json-records.ts';
import type { ReadProfile } from './record.ts';

/** Today's key, then that of older files. */
const FIELDS = {
  computeMs: ['computeMs'],
  latencyMs: ['latencyMs'],
  h2dMs: ['h2dMs', 'inMs'],
  d2hMs: ['d2hMs', 'outMs'],
  startH2d: ['startH2dMs', 'startInMs'],
  endD2h: ['endD2hMs', 'endOutMs'],
  startCompute: ['startComputeMs'],
  endCompute: ['endComputeMs'],
} as const;
type Field = keyof typeof FIELDS;

const OTHER_KEYS = ['startEnqMs', 'endEnqMs', 'endH2dMs', 'endInMs', 'startD2hMs', 'startOutMs', 'endToEndMs'];
const KEYS: readonly string[] = [...Object.values(FIELDS).flat(), ...OTHER_KEYS];

/** Without stamps nobody knows when the warm-up ended. */
const BLIND_WARM_UP = 10;

type Query = Partial<Record<Field, number>>;

export const trtexecTimes: ProfileFormat = {
  id: 'trtexec-times',
  family: 'trtexec',
  title: 'trtexec --exportTimes',
  detect: (text) =>
    /"(?:computeMs|startComputeMs|startEnqMs)"\s*:/.test(text) ? 'queries with computeMs or their stamps' : undefined,
  read: readTrtexecTimes,
};

function readTrtexecTimes(text: string, settings: ReadSettings): ReadProfile {
  const { source, warmUpMs } = settings;
  const findings = new Findings();
  const items = readRecords(text, KEYS, settings, findings);
  let unknownKeys = 0;
  const queries: Query[] = [];
  for (const [at, item] of items.entries()) {
    for (const key of Object.keys(item)) if (!KEYS.includes(key)) unknownKeys++;
    const query = queryOf(item, `/${at}`, findings);
    if (query.computeMs !== undefined || query.latencyMs !== undefined) queries.push(query);
  }
  if (queries.length === 0) {
    throw new HeterodyneError('BAD_INPUT', `${source} holds no query`, {
      source,
      path: '/0',
      expected: 'objects with computeMs or latencyMs',
      received: `${items.length} objects, none with either`,
    });
  }
  const { kept, rule } = afterWarmUp(queries, warmUpMs, findings);
  const compute = kept.flatMap(({ computeMs }) => (computeMs === undefined ? [] : [computeMs]));
  const request = kept.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));
  if (compute.length === 0) {
    findings.add('ASSUMED', 'no computeMs: latencyMs, with the copies in and out, stands for the time on the device');
  }
  const copies = kept.flatMap(({ h2dMs, d2hMs }) => [h2dMs, d2hMs]).filter((value) => value !== undefined);
  const deviceOnly = copies.length > 0 && copies.every((value) => value === 0);
  if (deviceOnly)
    findings.add('ASSUMED', 'copies take no time (--noDataTransfers): latency is that of the device alone');
  const latency = latencyFigures(compute.length > 0 ? compute : request);
  noteSpread(latency, findings, 'queries');
  noteClock(kept, findings);
  const rate = ratePerS(kept);
  return {
    tool: 'trtexec',
    mode: overlap(kept) ? 'throughput' : 'latency',
    latencyMs: latency,
    ...(request.length > 0 && compute.length > 0 && !deviceOnly && { requestLatencyMs: latencyFigures(request) }),
    ...(rate !== undefined && { throughputPerS: rate, throughputOrigin: 'counted' as const }),
    warmup: { removed: queries.length - kept.length, rule },
    ops: [],
    warnings: findings.all(),
    unknownKeys,
  };
}

function queryOf(item: JsonRecord, path: string, findings: Findings): Query {
  const query: Query = {};
  for (const [field, keys] of Object.entries(FIELDS) as [Field, readonly string[]][]) {
    const key = keys.find((name) => Object.hasOwn(item, name));
    if (key === undefined) continue;
    const value = duration(item[key], findings, 'times', `${path}/${key}`);
    if (value !== undefined) query[field] = value;
  }
  return query;
}

/** One kind of writer stores the warm-up, the other does not: what began within it is dropped from both. */
function afterWarmUp(
  queries: readonly Query[],
  warmUpMs: number,
  findings: Findings,
): { kept: readonly Query[]; rule: string } {
  const stamped = queries.every(({ startCompute }) => startCompute !== undefined);
  if (!stamped) {
    const removed = Math.min(BLIND_WARM_UP, queries.length - 1);
    return { kept: queries.slice(removed), rule: `no stamps: the first ${removed} queries` };
  }
  const rule = `queries that began before ${warmUpMs} ms`;
  const kept = queries.filter(({ startCompute }) => startCompute! >= warmUpMs);
  if (kept.length > 0) {
    return { kept, rule: kept.length < queries.length ? rule : `${rule}: none, the file holds no warm-up` };
  }
  findings.add('WARMUP_PRESENT', `every query began before ${warmUpMs} ms, within the warm-up: all were kept`);
  return { kept: queries, rule: `${rule}: all, hence none` };
}

/** Size of the last of six significant digits. */
function stepOf(stamp: number): number {
  return stamp <= 0 ? 0 : 10 ** (Math.floor(Math.log10(stamp)) - 5);
}

/** A query that computes while the one before still does: several streams. */
function overlap(queries: readonly Query[]): boolean {
  return queries.some((query, at) => {
    const before = queries[at - 1]?.endCompute;
    return before !== undefined && query.startCompute !== undefined && query.startCompute < before - 2 * stepOf(before);
  });
}

function noteClock(queries: readonly Query[], findings: Findings): void {
  let backwards = 0;
  let unlike = 0;
  queries.forEach(({ startCompute, endCompute, computeMs }, at) => {
    const before = queries[at - 1]?.startCompute;
    if (before !== undefined && startCompute !== undefined && startCompute < before - stepOf(before)) backwards++;
    if (startCompute === undefined || endCompute === undefined || computeMs === undefined) return;
    if (Math.abs(endCompute - startCompute - computeMs) > 2 * stepOf(endCompute) + 1e-5 * computeMs) unlike++;
  });
  if (backwards > 0)
    findings.add('CLOCK', `${backwards} queries begin before the one in front of them`, { count: backwards });
  if (unlike > 0)
    findings.add('CLOCK', `${unlike} durations differ from their stamps: the durations were taken`, { count: unlike });
}

/** Queries over the time from the first copy in to the last copy out; a query may hold a batch, which the caller knows. */
function ratePerS(queries: readonly Query[]): number | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { startH2d, endD2h } of queries) {
    if (startH2d !== undefined && startH2d < first) first = startH2d;
    if (endD2h !== undefined && endD2h > last) last = endD2h;
  }
  return last > first ? (queries.length * 1000) / (last - first) : undefined;
}
