import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codes, ROWS, read, tfliteText } from './samples.ts';

const test = suite('TFLite benchmark_model output');

const near = (a: number | undefined, b: number): void =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-9, `${a}, not ${b}`);

for (const form of ['csv', 'text'] as const) {
  test(`the run order of the regular runs is read, commas in types and names included (${form})`, async () => {
    const found = await read(tfliteText(ROWS, { form }));
    assert.is(found.format, 'tflite');
    assert.equal(
      found.ops.map(({ name, type, avgMs, index }) => [name, type, avgMs, index]),
      ROWS.map(({ name, type, ms }, i) => [name, type, ms, i]),
    );
    near(found.ops[0]?.share, 0.4);
    assert.is(found.mode, 'profiled');
    assert.is(found.latencyMs?.mean, 1);
    assert.is(found.latencyMs?.count, 50);
    assert.is(found.throughputPerS, undefined);
  });

  test(`columns are found by heading: without start, with CRLF and log prefixes (${form})`, async () => {
    const text = tfliteText(ROWS, { form, start: false })
      .split('\n')
      .map((line) => `INFO: ${line}`)
      .join('\r\n');
    const found = await read(`\uFEFF${text}`);
    assert.equal(
      found.ops.map(({ avgMs }) => avgMs),
      [0.4, 0.5, 0.1],
    );
    assert.equal(codes(found), []);
  });
}

test("the log's average is the latency, first and warm-up never are", async () => {
  const log =
    'INFO: Inference timings in us: Init: 9000, First inference: 1900, Warmup (avg): 1500, Inference (avg): 800';
  const found = await read(tfliteText(ROWS, { log }));
  assert.is(found.latencyMs?.mean, 0.8);
  assert.is(found.mode, 'latency');
  assert.is(found.throughputPerS, 1250);
  const older = await read('Average inference timings in us: Warmup: 1500, Init: 9000, Inference: 500');
  assert.is(older.throughputPerS, 2000);
  assert.equal(older.ops, []);
});

test('wrong percentages and calls that were not counted are seen through', async () => {
  const rows = ROWS.map((row) => ({ ...row, called: 0, percent: 0.66 }));
  const found = await read(tfliteText(rows));
  assert.ok(codes(found).includes('PERCENT_WRONG'));
  near(found.ops[1]?.share, 0.5);
  assert.is(found.ops[0]?.calls, 1);
});

test('a text without headings is taken for the regular runs, and that is said', async () => {
  const text = tfliteText().split('Operator-wise Profiling Info for Regular Benchmark Runs:\n')[1] ?? '';
  const found = await read(text);
  assert.is(found.ops.length, 3);
  assert.ok(codes(found).includes('ASSUMED'));
});

test('one sample has no average but itself', async () => {
  const text = tfliteText().replace(/Timings.*std=12/, 'Timings (microseconds): count=1 curr=1234');
  assert.is((await read(text)).latencyMs?.mean, 1.234);
});

test('a delegate for all is fused, a delegate for some is a fallback with the share of the CPU', async () => {
  const delegate = { type: 'TfLiteXNNPackDelegate', name: '[Identity]:9', ms: 3 };
  assert.ok(codes(await read(tfliteText([delegate]))).includes('FUSED'));
  const some = await read(tfliteText([delegate, ...ROWS]));
  assert.match(some.warnings.find(({ code }) => code === 'FALLBACK')?.message ?? '', '3 of 4 nodes ran on the CPU');
  assert.match(some.warnings.find(({ code }) => code === 'FALLBACK')?.message ?? '', '25 %');
});

test('rows in processor cycles are excluded, with a warning', async () => {
  const cycles = [
    'Delegate internal:',
    '============================== Run Order ==============================',
    'node type, start, first, avg_cycles, %, cdf%, mem KB, times called, name',
    'Hexagon conv, 0, 50000, 50000, 100%, 100%, 0, 1, conv',
  ].join('\n');
  const found = await read(`${tfliteText()}\n${cycles}\n`);
  assert.is(found.ops.length, 3);
  assert.match(found.warnings.find(({ code }) => code === 'BAD_VALUE')?.message ?? '', 'cycles');
});

test('a table without a needed column is refused with its line and what it has', async () => {
  const text = tfliteText().replaceAll('avg_ms', 'median');
  const error = await read(text).then(
    () => undefined,
    (thrown) => thrown,
  );
  assert.is(error?.code, 'BAD_INPUT');
  assert.match(error?.path, /^line \d+$/);
  assert.match(error?.received, 'median');
});

test('a row without its columns, or with NaN for a time, costs only itself', async () => {
  const text = tfliteText()
    .replace(/^CONV_2D.*$/m, 'CONV_2D, 0.1, what')
    .replace(/^SOFTMAX, 0.1, 0.2, 0.1/m, 'SOFTMAX, 0.1, 0.2, nan');
  const found = await read(text);
  assert.is(found.ops.length, 1);
  assert.is(codes(found).filter((code) => code === 'BAD_VALUE').length, 2);
});

const real = new URL('../../../shared/data/profiles/tflite-benchmark-sample.csv', import.meta.url);
test('a part of a real file: twelve nodes that add up to 207 µs', async () => {
  if (!existsSync(real)) return console.log('  skipped: no real sample here');
  const found = await read(readFileSync(real, 'utf8'));
  assert.is(found.ops.length, 12);
  assert.is(found.ops[0]?.name, '[sequential_11/conv2d_33/Conv2D]:0');
  near(found.ops[0]?.avgMs, 0.0930388);
  const sum = found.ops.reduce((all, { avgMs }) => all + avgMs, 0);
  assert.ok(Math.abs(sum - 0.2072) < 1e-4, `${sum}`);
  assert.equal(codes(found), []);
});

test.run();
