import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { type GroupMember, runGroup } from '../../src/execution/group.ts';
import { thisHost } from '../../src/execution/this-host.ts';
import { cuttable } from '../../src/models/cuttable.ts';
import { layers, missingRuntime } from './models.ts';

const test = suite('executed groups');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const { platform } = await thisHost();
const models = [4, 12].map((count) =>
  cuttable(layers(count), { name: `${count}`, source: `${count}.onnx`, hash: `${count}` }),
);
const native = platform.processors.filter(({ execution }) => execution?.runtime === 'native').map(({ id }) => id);
/** Two that share no cores where this machine has them, else one twice. */
const [here, there] = native.length > 2 ? [native[1]!, native[2]!] : [native[0]!, native[0]!];

claim('models on one processor take turns, processors work at the same time, all for one group frame', async () => {
  const members: GroupMember[] = [
    { model: models[0]!, processor: here, calls: 3 },
    { model: models[1]!, processor: here, calls: 1 },
    { model: models[1]!, processor: there, calls: 2 },
  ];
  const told: number[] = [];
  const run = await runGroup(members, platform, {
    forMs: 200,
    warmupMs: 20,
    onProgress: (share) => void told.push(share),
  });
  assert.ok(run.frames >= 2);
  assert.ok(run.elapsedMs >= 200);
  assert.ok(Math.abs(run.frameMs.mean * run.frames - run.elapsedMs) < 1e-6 * run.elapsedMs);
  assert.is(run.partial, false);
  assert.is(told.at(-1), 1);
  for (const { id, callsMs, frameMs, waitedShare } of run.processors) {
    const calls = members.reduce(
      (sum, { processor, calls }, m) => (processor === id ? sum + calls * run.callMs[m]!.mean : sum),
      0,
    );
    assert.ok(Math.abs(callsMs.mean / calls - 1) < 1e-9, id);
    assert.ok(callsMs.mean > 0 && waitedShare >= 0 && waitedShare <= 1);
    // The slowest processor sets the pace: nobody's frame takes much longer than the group's.
    assert.ok(frameMs.mean < 3 * run.frameMs.mean, `${id}: ${frameMs.mean} of ${run.frameMs.mean} ms`);
  }
});

claim('a model that is called every fourth frame is measured', async () => {
  const members = [
    { model: models[0]!, processor: here, calls: 1 },
    { model: models[1]!, processor: here, calls: 0.25 },
  ];
  const stop = new AbortController();
  const { callMs, processors } = await runGroup(members, platform, {
    forMs: 60_000,
    warmupMs: 0,
    signal: stop.signal,
    onProgress: (_, frames) => frames >= 8 && stop.abort(),
  });
  assert.ok(Math.abs(processors[0]!.callsMs.mean - callMs[0]!.mean - 0.25 * callMs[1]!.mean) < 1e-9);
});

claim('an interruption ends the run with what was measured', async () => {
  const stop = new AbortController();
  const run = await runGroup([{ model: models[0]!, processor: here, calls: 1 }], platform, {
    forMs: 60_000,
    warmupMs: 0,
    signal: stop.signal,
    onProgress: (_, frames) => frames > 5 && stop.abort(),
  });
  assert.is(run.partial, true);
  assert.ok(run.frames > 5 && run.elapsedMs < 60_000);
});

test('a processor that nothing here carries is refused by name', async () => {
  try {
    await runGroup([{ model: models[0]!, processor: 'npu', calls: 1 }], platform, { forMs: 1 });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, HeterodyneError);
    assert.is((error as HeterodyneError).code, 'BAD_INPUT');
    assert.match((error as HeterodyneError).message, /npu/);
  }
});

test.run();
