import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canPin, startProcess, withScratchFolder } from '../../bindings/host/index.ts';
import { type OnnxTensor, openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { openProcessor } from '../../src/execution/processor.ts';
import type { ExecutionTarget, SamplingRule } from '../../src/execution/requests.ts';
import { chain, missingRuntime, writeModel } from './models.ts';

const test = suite('processors at work');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const native: ExecutionTarget = { runtime: 'native', cores: [0], threads: 1 };
const wasm: ExecutionTarget = { runtime: 'wasm', cores: [0], threads: 1 };

/** Goes on until its time is over. */
const endless: SamplingRule = { warmupRuns: 0, warmupMs: 0, minRuns: 1, spread: 0, limitMs: 600_000 };

async function rejected(promise: Promise<unknown>): Promise<HeterodyneError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HeterodyneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

const input = (n = 4096): OnnxTensor => ({
  type: 'float32',
  data: Float32Array.from({ length: n }, (_, i) => i / n),
  dims: [n],
});

claim('tensors go in and out, and equal those of a session in this process', () =>
  withScratchFolder(async (folder) => {
    const path = writeModel(folder, 'chain.onnx', chain(5));
    const direct = await openSession(readFileSync(path));
    const expected = (await direct.run({ x: input() })).t5!;
    for (const target of [native, wasm]) {
      const processor = await openProcessor(target);
      const stage = await processor.load(path);
      assert.equal(
        stage.inputs.map(({ name, shape }) => [name, shape]),
        [['x', [4096]]],
      );
      const { outputs, latencyMs } = await stage.run({ x: input() });
      assert.equal(outputs.t5, expected);
      assert.ok(latencyMs > 0);
      await processor.close();
    }
    await direct.close();
  }),
);

claim('two processors run at the same time, each answers for itself', () =>
  withScratchFolder(async (folder) => {
    const path = writeModel(folder, 'chain.onnx', chain(4));
    const processors = await Promise.all([openProcessor(native), openProcessor(wasm)]);
    assert.is.not(processors[0].pid, processors[1].pid);
    const stages = await Promise.all(processors.map((processor) => processor.load(path)));
    const series = await Promise.all(stages.map((stage) => stage.sample({ ...endless, limitMs: 50 })));
    for (const { samplesMs } of series) assert.ok(samplesMs.length >= 1 && samplesMs.every((each) => each >= 0));
    const times = await Promise.all(stages.map((stage) => stage.time()));
    for (const time of times) assert.ok(time > 0);
    const rule = { warmupRuns: 1, warmupMs: 0, minRuns: 6, spread: 1e9, limitMs: 1000 };
    assert.ok((await stages[0]!.sample(rule)).samplesMs.length >= 6);
    await Promise.all(processors.map((processor) => processor.close()));
  }),
);

claim('a process is held to its cores where taskset is there, and says so where not', async () => {
  const processor = await openProcessor(native);
  try {
    assert.is(processor.pinned, await canPin());
    if (!processor.pinned) {
      assert.match(processor.unpinned ?? '', /taskset/);
      console.log(`skipped: ${processor.unpinned}`);
      return;
    }
    const status = readFileSync(`/proc/${processor.pid}/status`, 'utf8');
    assert.match(status, /^Cpus_allowed_list:\s*0$/m);
  } finally {
    await processor.close();
  }
});

claim('a model that cannot be loaded or run is one error, and the process works on', () =>
  withScratchFolder(async (folder) => {
    const processor = await openProcessor(native);
    assert.is((await rejected(processor.load(`${folder}/nowhere.onnx`))).code, 'NOT_READABLE');
    const stage = await processor.load(writeModel(folder, 'chain.onnx', chain(2)));
    assert.is((await rejected(stage.run({ y: input() }))).code, 'BAD_INPUT');
    assert.is((await rejected(stage.run({ x: input(7) }))).code, 'BAD_INPUT');
    assert.ok((await stage.time()) > 0);
    await stage.close();
    assert.is((await rejected(stage.time())).code, 'USAGE');
    await processor.close();
  }),
);

claim('a process that is killed, or hangs, fails all that waits with one typed error and leaves nothing behind', () =>
  withScratchFolder(async (folder) => {
    const path = writeModel(folder, 'chain.onnx', chain(4));
    const killed = await openProcessor(native);
    const stage = await killed.load(path);
    const waiting = [rejected(stage.sample(endless)), rejected(stage.time())];
    process.kill(killed.pid, 'SIGKILL');
    for (const error of await Promise.all(waiting)) assert.is(error.code, 'PROCESS');
    assert.is((await rejected(stage.time())).code, 'PROCESS');
    await killed.close();

    const hanging = await openProcessor(native);
    const stuck = await hanging.load(path);
    process.kill(hanging.pid, 'SIGSTOP');
    const error = await rejected(stuck.exchange(undefined, false, 300));
    assert.is(error.code, 'PROCESS');
    assert.match(error.message, /within 300 ms/);
    await hanging.close();
    assert.not(alive(killed.pid));
    assert.not(alive(hanging.pid));
  }),
);

claim('a process outlives its parent by nothing', async () => {
  const parent = await startProcess({ module: new URL('./parent.ts', import.meta.url) });
  const { header } = await parent.request({ kind: 'start' });
  const child = Number(header.child);
  assert.ok(alive(child));
  process.kill(parent.pid, 'SIGKILL');
  for (let waited = 0; alive(child) && waited < 60_000; waited += 50) await new Promise((go) => setTimeout(go, 50));
  assert.not(alive(child));
  await parent.close();
});

test('a module that answers nothing in time, or nonsense, is an error', async () => {
  const silent = new URL('./silent.ts', import.meta.url);
  const error = await rejected(startProcess({ module: silent, startMs: 1500 }));
  assert.is(error.code, 'PROCESS');
  assert.ok(fileURLToPath(silent).length > 0);
});

test.run();
