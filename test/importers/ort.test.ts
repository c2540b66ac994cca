import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codes, NODES, ortLines, ortText, read, type SampleNode } from './samples.ts';

const test = suite('ONNX Runtime profiles');

const near = (a: number | undefined, b: number): void =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-9, `${a}, not ${b}`);

test('kernels of a node are averaged over the inferences after the first, in milliseconds', async () => {
  const found = await read(ortText());
  assert.is(found.format, 'ort');
  assert.is(found.mode, 'profiled');
  assert.is(found.sourceFile, 'sample');
  assert.equal(
    found.ops.map(({ name, type, calls }) => [name, type, calls]),
    [
      ['conv1', 'Conv', 1],
      ['relu1', 'Relu', 1],
      ['fc', 'Gemm', 1],
    ],
  );
  near(found.ops[0]?.avgMs, 0.04);
  near(found.ops[0]?.share, 0.5);
  assert.equal(found.ops[0]?.outputs, [[1, 8, 16, 16]]);
  assert.is(found.latencyMs?.count, 29);
  assert.is(found.warmup.removed, 1);
  assert.ok(codes(found).includes('WARMUP_PRESENT'), 'the first inference is slower by half a millisecond');
});

test('a single inference is kept and said to be the first', async () => {
  const found = await read(ortText(NODES, 1));
  assert.is(found.warmup.removed, 0);
  assert.ok(codes(found).includes('WARMUP_PRESENT'));
  assert.ok(codes(found).includes('FEW_SAMPLES'));
});

test('more slow inferences at the start are dropped, but at most a tenth', async () => {
  const lines = ortLines(NODES, 40, 0);
  // The clock of the sample knows no slow second run: stretch it, and keep later events behind it.
  let runs = 0;
  const slow = lines.map((line) => {
    if (!line.includes('"model_run"')) return line;
    runs++;
    return runs <= 8 ? line.replace(/"dur" :\d+/, '"dur" :5000') : line;
  });
  const found = await read(`[${slow.join(',')}]`);
  assert.is(found.warmup.removed, 1 + 4);
});

test('kernels outside of every inference, fences and GPU tracks are not counted', async () => {
  const extra = [
    '{"cat":"Node","pid":7,"tid":7,"dur":900,"ts":10,"ph":"X","name":"conv1_kernel_time","args":{"op_name":"Conv","node_index":"0"}}',
    '{"cat":"Node","pid":7,"tid":7,"dur":900,"ts":2100,"ph":"X","name":"conv1_fence_before","args":{}}',
    '{"cat":"Kernel","pid":7,"tid":7,"dur":900,"ts":2100,"ph":"X","name":"gpu_kernel_time","args":{}}',
    '{"cat":"Node","pid":8,"tid":8,"dur":900,"ts":2100,"ph":"X","name":"other_kernel_time","args":{}}',
  ];
  const found = await read(`[${[...extra, ...ortLines(NODES, 30)].join(',')}]`);
  assert.is(found.ops.length, 3);
  near(found.ops[0]?.avgMs, 0.04);
});

test('kernels inside a loop are part of its time, not added to it', async () => {
  const run = (ts: number): string[] => [
    `{"cat":"Node","pid":1,"tid":1,"dur":20,"ts":${ts + 10},"ph":"X","name":"inner_kernel_time","args":{"op_name":"Add","node_index":"0"}}`,
    `{"cat":"Node","pid":1,"tid":1,"dur":60,"ts":${ts + 5},"ph":"X","name":"loop_kernel_time","args":{"op_name":"Loop","node_index":"3"}}`,
    `{"cat":"Session","pid":1,"tid":1,"dur":80,"ts":${ts},"ph":"X","name":"model_run","args":{}}`,
  ];
  const found = await read(
    `[${Array.from({ length: 30 }, (_, i) => run(100 * i))
      .flat()
      .join(',')}]`,
  );
  assert.equal(
    found.ops.map(({ name }) => name),
    ['loop'],
  );
});

test('a node without a name is called by its type and index, and zero microseconds count', async () => {
  const nodes: SampleNode[] = [
    { name: '', type: 'Mul', us: 0 },
    { name: 'fc', type: 'Gemm', us: 9 },
  ];
  const found = await read(ortText(nodes));
  assert.is(found.ops[0]?.name, 'Mul#0');
  assert.is(found.ops[0]?.avgMs, 0);
});

test('time on another provider than the one asked for is a fallback with nodes and share', async () => {
  const nodes = NODES.map((node, i) => ({
    ...node,
    provider: i === 2 ? 'CPUExecutionProvider' : 'CUDAExecutionProvider',
  }));
  const found = await read(ortText(nodes));
  near(found.providers?.CUDAExecutionProvider, 50 / 80);
  const fallback = found.warnings.find(({ code }) => code === 'FALLBACK');
  assert.match(fallback?.message ?? '', '1/3 nodes on CPUExecutionProvider (37.5 %');
  const asked = await read(ortText(), { provider: 'cuda' });
  assert.match(asked.warnings.find(({ code }) => code === 'FALLBACK')?.message ?? '', '3/3 nodes');
  assert.not.ok(codes(await read(ortText(), { provider: 'cpu' })).includes('FALLBACK'));
});

test('overlapping kernels are stated, not scaled; time outside of kernels too', async () => {
  const lines = ortLines(NODES, 30).map((line) => line.replace('"dur" :40', '"dur" :400'));
  const parallel = await read(`[${lines.join(',')}]`);
  assert.ok((parallel.sumOverRun ?? 0) > 1);
  assert.ok(codes(parallel).includes('CLOCK'));
  near(parallel.ops[0]?.avgMs, 0.4);
  const idle = await read(
    `[${ortLines(
      NODES.map((node) => ({ ...node, us: 1 })),
      30,
    ).join(',')}]`,
  );
  assert.ok(codes(idle).includes('OUTSIDE_KERNELS'));
});

test('quotes and backslashes that are not escaped in names are repaired, and only those events change', async () => {
  const nodes: SampleNode[] = [
    { name: 'conv "left" of\\it', type: 'Conv', us: 40 },
    { name: 'tail\\', type: 'Relu', us: 10 },
    { name: 'fc', type: 'Gemm', us: 30 },
  ];
  const found = await read(ortText(nodes));
  assert.equal(
    found.ops.map(({ name }) => name),
    ['conv "left" of\\it', 'tail\\', 'fc'],
  );
  near(found.ops[0]?.avgMs, 0.04);
  assert.ok(codes(found).includes('REPAIRED_TEXT'));
  let error: { code?: string; path?: string } = {};
  await read(ortText(nodes), { strict: true }).catch((thrown) => (error = thrown));
  assert.is(error.code, 'BAD_INPUT');
  assert.is(error.path, 'line 3');
});

test('a copy that was cut short keeps its whole inferences', async () => {
  const text = ortText(NODES, 30);
  const cut = text.slice(0, text.lastIndexOf('"relu1_kernel_time"') + 4);
  const found = await read(cut);
  assert.is(found.latencyMs?.count, 28);
  near(found.ops[1]?.avgMs, 0.01);
  assert.ok(codes(found).includes('TRUNCATED'));
});

test('text captured from a browser console is read between its log lines', async () => {
  const found = await read(`[W:onnxruntime:, session.cc] hello\r\n${ortText().replaceAll('\n', '\r\n')}done\r\n`);
  assert.is(found.ops.length, 3);
  assert.not.ok(codes(found).includes('TRUNCATED'));
});

test('an empty file says that the profile is written at the end, and events without inferences are refused', async () => {
  const fail = async (text: string): Promise<{ code?: string; hint?: string; message?: string }> =>
    read(text, { format: 'ort' }).then(
      () => ({}),
      (error) => error,
    );
  assert.match((await fail('')).hint ?? '', 'at their end');
  const without = ortLines(NODES, 3).filter((line) => !line.includes('model_run'));
  assert.match((await fail(`[${without.join(',')}]`)).message ?? '', 'holds no inference');
});

test('100,000 events take moments, broken ones among them too', async () => {
  const lines = ortLines(NODES, 20_000);
  assert.ok(lines.length >= 100_000);
  const started = performance.now();
  await read(`[${lines.join(',\n')}]`);
  const broken = lines.map((line, i) => (i % 7 === 0 ? line.replace('conv1_', 'co"nv1_') : line));
  const found = await read(`[${broken.join(',\n')}`);
  assert.ok(codes(found).includes('TRUNCATED'));
  assert.ok(performance.now() - started < 20_000, `${performance.now() - started} ms`);
});

test('the limit on events ends in a typed error', async () => {
  let code: string | undefined;
  await read(ortText(), { maxEvents: 50 }).catch((error) => (code = error.code));
  assert.is(code, 'LIMIT');
});

test.run();
