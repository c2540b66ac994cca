import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codes, read, trtProfileText, trtTimesText } from './samples.ts';

const test = suite('trtexec files');

const near = (a: number | undefined, b: number): void =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-9, `${a}, not ${b}`);

test('layers take the median where there is one, else the average over the count', async () => {
  const found = await read(
    trtProfileText([
      { name: 'conv1 + relu1', ms: 0.6, median: 0.5 },
      { name: 'fc', ms: 0.3 },
    ]),
  );
  assert.is(found.format, 'trtexec-profile');
  assert.is(found.mode, 'profiled');
  near(found.ops[0]?.avgMs, 0.5);
  near(found.ops[1]?.avgMs, 0.3);
  near(found.ops[1]?.share, 0.375);
  assert.not.ok(codes(found).includes('PERCENT_WRONG'));
});

test('an average that is not timeMs / count is computed anew, with a warning', async () => {
  const found = await read('[{"count":10},{"name":"a","timeMs":20,"averageMs":3,"percentage":100}]');
  near(found.ops[0]?.avgMs, 2);
  assert.ok(codes(found).includes('BAD_VALUE'));
});

test('without a count the averages are taken, and that is said', async () => {
  const found = await read('[{"name":"a","timeMs":20,"averageMs":3}]');
  near(found.ops[0]?.avgMs, 3);
  assert.ok(codes(found).includes('ASSUMED'));
});

test('layers of one name are kept, numbered', async () => {
  const layers = ['copy', 'fc', 'copy'].map((name) => ({ name, ms: 1 }));
  assert.equal(
    (await read(trtProfileText(layers))).ops.map(({ name }) => name),
    ['copy', 'fc', 'copy#2'],
  );
});

test('names with quotes, commas and backslashes survive', async () => {
  const names = ['a "b", c', 'd\\', 'e } f', '{ForeignNode["x"...y]}'];
  const found = await read(trtProfileText(names.map((name) => ({ name, ms: 1 }))));
  assert.equal(
    found.ops.map(({ name }) => name),
    names,
  );
  assert.ok(codes(found).includes('REPAIRED_TEXT'));
});

test('times that are NaN or negative are left out with a warning', async () => {
  const found = await read(
    '[{"count":2},{"name":"a","timeMs":nan,"averageMs":-nan(ind),"percentage":50},{"name":"b","timeMs":-4,"averageMs":-2,"percentage":0},{"name":"c","timeMs":4,"averageMs":2,"percentage":100}]',
  );
  assert.equal(
    found.ops.map(({ name }) => name),
    ['c'],
  );
  assert.ok(codes(found).includes('BAD_VALUE'));
});

test('queries of the warm-up are dropped by their start, whichever kind of writer it was', async () => {
  const found = await read(trtTimesText(200));
  assert.is(found.format, 'trtexec-times');
  assert.is(found.mode, 'latency');
  // Queries start computing at 3 q + 0.25 ms: the first 67 before 200 ms.
  assert.is(found.warmup.removed, 67);
  assert.is(found.latencyMs?.median, 2);
  assert.is(found.requestLatencyMs?.median, 2.5);
  near(found.throughputPerS, (133 * 1000) / (133 * 3 - 0.5));
  const later = await read(trtTimesText(50, { from: 1000 }));
  assert.is(later.warmup.removed, 0);
  assert.match(later.warmup.rule, 'none');
  assert.is((await read(trtTimesText(200), { warmUpMs: 0 })).warmup.removed, 0);
});

test('keys of older files mean the same', async () => {
  const [old, now] = [await read(trtTimesText(200, { old: true })), await read(trtTimesText(200))];
  assert.equal(old.latencyMs, now.latencyMs);
  assert.is(old.throughputPerS, now.throughputPerS);
});

test('without stamps the first ten queries go', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ latencyMs: i < 10 ? 9 : 3, computeMs: i < 10 ? 8 : 2 }));
  const found = await read(JSON.stringify(rows));
  assert.is(found.warmup.removed, 10);
  assert.is(found.latencyMs?.max, 2);
  assert.is(found.throughputPerS, 500);
  assert.is(found.throughputOrigin, 'inverse-latency');
});

test('a batch multiplies the rate that queries are counted at', async () => {
  const one = await read(trtTimesText(200));
  const eight = await read(trtTimesText(200), { batch: 8 });
  near(eight.throughputPerS, 8 * (one.throughputPerS ?? 0));
});

test('queries that compute at the same time are throughput, not latency', async () => {
  const rows = JSON.parse(trtTimesText(100, { from: 1000 })) as Record<string, number>[];
  for (const row of rows) row.endComputeMs = (row.startComputeMs ?? 0) + 5;
  for (const row of rows) row.computeMs = 5;
  const found = await read(JSON.stringify(rows));
  assert.is(found.mode, 'throughput');
});

test('stamps of six digits are no reason to doubt a duration', async () => {
  const rows = JSON.parse(trtTimesText(100, { from: 123_000 })) as Record<string, number>[];
  for (const row of rows)
    for (const key of Object.keys(row)) if (/^(start|end)/.test(key)) row[key] = Number((row[key] ?? 0).toPrecision(6));
  const found = await read(JSON.stringify(rows));
  assert.not.ok(codes(found).includes('CLOCK'));
  assert.is(found.mode, 'latency');
});

test('copies that take no time are said to be left out of the latency', async () => {
  const rows = JSON.parse(trtTimesText(100, { from: 1000 })) as Record<string, number>[];
  for (const row of rows) Object.assign(row, { h2dMs: 0, d2hMs: 0, latencyMs: row.computeMs });
  const found = await read(JSON.stringify(rows));
  assert.is(found.requestLatencyMs, undefined);
  assert.match(found.warnings.find(({ code }) => code === 'ASSUMED')?.message ?? '', 'noDataTransfers');
});

const real = new URL('../../../shared/data/profiles/trtexec-profile-sample.json', import.meta.url);
test('a part of a real file: copies, merges and fused names, shares computed anew', async () => {
  if (!existsSync(real)) return console.log('  skipped: no real sample here');
  const found = await read(readFileSync(real, 'utf8'));
  assert.is(found.ops.length, 17);
  near(found.ops[0]?.avgMs, 36.6844 / 625);
  near(
    found.ops.reduce((sum, { share }) => sum + share, 0),
    1,
  );
  assert.equal(codes(found), ['PERCENT_WRONG']);
});

test.run();
