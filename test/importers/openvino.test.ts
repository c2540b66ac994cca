import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  COUNTERS,
  codes,
  openvinoCounters,
  openvinoCountersCsv,
  openvinoReport,
  openvinoReportCsv,
  read,
} from './samples.ts';

const test = suite('OpenVINO benchmark_app reports');

test('one synchronous request gives a latency, and the batch that the report states', async () => {
  const found = await read(openvinoReport(), { batch: undefined });
  assert.is(found.format, 'openvino-json');
  assert.is(found.mode, 'latency');
  assert.equal(found.latencyMs, { count: 200, min: 4, median: 4.5, mean: 5, max: 8 });
  assert.is(found.throughputPerS, 200.5);
  assert.is(found.throughputOrigin, 'reported');
  assert.is(found.batch, 1);
  assert.is(found.device, 'CPU');
  assert.equal(codes(found), []);
});

test('latency_median is another percentile where percentile_boundary says so', async () => {
  const found = await read(openvinoReport({ percentile: 90 }));
  assert.is(found.latencyMs?.median, undefined);
  assert.equal(found.latencyMs?.percentile, { rank: 90, ms: 4.5 });
  assert.is((await read(openvinoReport({ percentile: 95 }))).latencyMs?.p95, 4.5);
});

test('several requests in flight are throughput, and MULTI has no latency', async () => {
  assert.is((await read(openvinoReport({ api: 'async', nireq: 4 }))).mode, 'throughput');
  const multi = await read(openvinoReport({ api: 'async', nireq: 4, device: 'MULTI:CPU,GPU', latency: false }));
  assert.is(multi.latencyMs, undefined);
  assert.is(multi.throughputPerS, 200.5);
  assert.ok(codes(multi).includes('ASSUMED'), 'which device ran is not in the report');
});

test('without a first inference time the warm-up is in the figures', async () => {
  assert.ok(codes(await read(openvinoReport({ warmUp: false }))).includes('WARMUP_PRESENT'));
});

test('a failed run is an error with its text, whatever else the file holds', async () => {
  const error = await read(openvinoReport({ error: 'out of memory' })).catch((thrown) => thrown);
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.message, 'out of memory');
});

test('another batch than the caller says is refused', async () => {
  const error = await read(openvinoReport(), { batch: 4 }).catch((thrown) => thrown);
  assert.is(error.code, 'BAD_INPUT');
  assert.is(error.received, '1');
});

test('the CSV report says the same, with decimal points or commas', async () => {
  for (const decimal of ['.', ',']) {
    const found = await read(openvinoReportCsv({ decimal }));
    assert.is(found.format, 'openvino-csv');
    assert.equal(found.latencyMs, { count: 200, min: 4, median: 4.5, mean: 5, max: 8 });
    assert.is(found.throughputPerS, 200.5);
    assert.is(found.device, 'GPU.0');
    assert.equal(codes(found), []);
  }
  const ninety = await read(openvinoReportCsv({ percentile: 90 }).replaceAll('\n', '\r\n'));
  assert.equal(ninety.latencyMs?.percentile, { rank: 90, ms: 4.5 });
});

for (const [form, text] of [
  ['JSON', openvinoCounters],
  ['CSV', openvinoCountersCsv],
] as const) {
  test(`counters of executed layers, names with the separator included (${form})`, async () => {
    const found = await read(text());
    assert.equal(
      found.ops.map(({ name, type, avgMs, share }) => [name, type, avgMs, share]),
      [
        ['conv1', 'Convolution', 0.75, 0.75],
        ['fc;with semicolon', 'FullyConnected', 0.25, 0.25],
      ],
    );
    assert.equal(found.otherStates, { OPTIMIZED_OUT: 1 });
    assert.is(found.mode, 'profiled');
    assert.ok(codes(found).includes('FEW_SAMPLES'));
  });

  test(`detailed counters are averaged over the requests (${form})`, async () => {
    const found = await read(text([COUNTERS, COUNTERS.map((node) => ({ ...node, ms: 3 * node.ms }))]));
    assert.equal(
      found.ops.map(({ avgMs }) => avgMs),
      [1.5, 0.5],
    );
    assert.is(found.warnings.find(({ code }) => code === 'FEW_SAMPLES')?.count, 2);
  });
}

test('the sorted CSV has one column more', async () => {
  assert.is((await read(openvinoCountersCsv([COUNTERS], true))).ops.length, 2);
});

test('the sorted JSON has no report_type', async () => {
  const document = JSON.parse(openvinoCounters()) as Record<string, unknown>;
  delete document.report_type;
  assert.is((await read(JSON.stringify(document))).ops.length, 2);
});

test('a table with other columns, or cut short, says so', async () => {
  const error = await read(openvinoCountersCsv().replace('execType;', '')).catch((thrown) => thrown);
  assert.is(error.code, 'BAD_INPUT');
  assert.is(error.path, 'line 1');
  const cut = await read(openvinoCountersCsv().split('\nTotal')[0] ?? '');
  assert.ok(codes(cut).includes('TRUNCATED'));
});

test.run();
