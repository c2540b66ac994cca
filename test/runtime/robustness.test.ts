import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withScratchFolder } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { cuttableOnnx } from '../../src/models/cuttable.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { deploy, type InferenceResult, type Runtime, type RuntimeEvent } from '../../src/runtime/deploy.ts';
import { layers, missingRuntime } from '../execution/models.ts';
import { onCoreZero, open, planByHand, row } from './plans.ts';

const test = suite('what goes wrong while a plan runs');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const SIZE = 48;
const platform = onCoreZero();
const one = open('one', layers(3, SIZE));
const two = open('two', layers(2, SIZE));
const apart = planByHand([
  { model: one, places: [['cpu-0', 0]] },
  { model: two, places: [['cpu-1', 0]] },
]);
const models = { one, two };

async function withRuntime<T>(
  work: (runtime: Runtime, events: RuntimeEvent[]) => Promise<T>,
  options: Parameters<typeof deploy>[1] = {},
): Promise<T> {
  const events: RuntimeEvent[] = [];
  const runtime = await deploy(apart, { platform, models, onEvent: (event) => events.push(event), ...options });
  try {
    return await work(runtime, events);
  } finally {
    await runtime.close();
  }
}

function pidOf(runtime: Runtime, id: string): number {
  return runtime.stations.find(({ processor }) => processor.id === id)!.pid!;
}

async function all(runtime: Runtime, name: string, count: number): Promise<InferenceResult[]> {
  const results: InferenceResult[] = [];
  const inputs = Array.from({ length: count }, (_, i) => row(SIZE, i));
  for await (const result of runtime.stream(name, inputs)) results.push(result);
  return results;
}

async function rejects(work: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (cause) => cause,
  );
  assert.instance(error, HeterodyneError);
  assert.match(error.message, message);
}

claim('a bad frame in a stream fails the stream, while its next input is awaited, and nothing else', () =>
  withRuntime(async (runtime) => {
    const loose: unknown[] = [];
    const note = (reason: unknown) => loose.push(reason);
    process.on('unhandledRejection', note);
    const failed = new Promise<void>((resolve) => {
      // A turn of the event loop later: time enough for the process to find a rejection that nobody waits for.
      runtime.observe('one', { failed: () => setTimeout(resolve, 0) });
    });
    async function* frames() {
      yield row(SIZE, 1);
      yield {};
      // The next one comes only when the last has failed.
      await failed;
      yield row(SIZE, 2);
    }
    const results: InferenceResult[] = [];
    const read = async () => {
      for await (const result of runtime.stream('one', frames())) results.push(result);
    };
    await rejects(read(), /is missing/);
    process.off('unhandledRejection', note);
    assert.equal(loose, []);
    assert.is((await all(runtime, 'one', 3)).length, 3);
  }),
);

claim('what is no tensor is refused with its name', () =>
  withRuntime(async (runtime) => {
    const right = Object.values(row(SIZE, 1))[0]!;
    for (const [given, message] of [
      [undefined, /"tensors" is no tensor/],
      [{ x0: null }, /"x0" is no tensor/],
      [{ x0: { ...right, data: [1, 2] } }, /"x0" is no tensor/],
      [{ x0: { ...right, type: 'complex' } }, /"x0" is no tensor/],
      [JSON.parse('{"__proto__":{"type":"float32"}}'), /"__proto__" is no tensor/],
    ] as const) {
      await rejects(runtime.infer('one', given as never), message);
    }
    assert.is((await all(runtime, 'one', 2)).length, 2);
  }),
);

claim('loading that is aborted half-way ends, and leaves no process and no folder behind', async () => {
  for (const looks of [0, 1, 2]) {
    const stop = new AbortController();
    const reason = new Error('stopped');
    // Reading the content of a model is a step of loading: the abort comes at its first, second or third such look.
    let left = looks;
    const watched = Object.fromEntries(
      Object.entries(models).map(([name, model]) => [
        name,
        {
          ...model,
          get graph() {
            if (left-- === 0) stop.abort(reason);
            return model.graph;
          },
        },
      ]),
    );
    if (looks === 0) queueMicrotask(() => stop.abort(reason));
    const error = await deploy(apart, { platform, models: watched, signal: stop.signal }).catch((cause) => cause);
    assert.is(error, reason, `look ${looks}`);
  }
});

claim('a process that hangs is ended after the timeout and started anew; the other model loses nothing', () =>
  withRuntime(
    async (runtime, events) => {
      await all(runtime, 'one', 3);
      const hanging = pidOf(runtime, 'cpu-0');
      process.kill(hanging, 'SIGSTOP');
      const [stuck, other] = await Promise.all([all(runtime, 'one', 5), all(runtime, 'two', 50)]);
      assert.is(stuck.length, 5);
      assert.is(other.length, 50);
      const down = events.find((event) => event.kind === 'down');
      assert.ok(down?.kind === 'down' && down.processor === 'cpu-0');
      assert.match(down!.reason, /no answer within 4000 ms/);
      assert.is.not(pidOf(runtime, 'cpu-0'), hanging);
      assert.not(
        events.some((event) => event.kind === 'failed' || (event.kind === 'down' && event.processor !== 'cpu-0')),
      );
    },
    { timeoutMs: 4000 },
  ),
);

claim('a processor whose process dies again and again is given up, and its model goes to another one', () =>
  withRuntime(async (runtime, events) => {
    const before = await all(runtime, 'one', 1);
    const kill = (): void => {
      try {
        process.kill(pidOf(runtime, 'cpu-0'), 'SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    runtime.on((event) => {
      if (event.kind === 'restarted') kill();
    });
    kill();
    const asked = Array.from({ length: 12 }, () => runtime.infer('one', row(SIZE)));
    const [outcomes, other] = await Promise.all([Promise.allSettled(asked), all(runtime, 'two', 60)]);
    assert.is(other.length, 60);
    const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    // A frame that ran at three deaths may be their cause: it is not tried again.
    assert.ok(done.length >= 10, `${done.length} of 12 frames`);
    for (const { outputs } of done) assert.equal(outputs, before[0]!.outputs);
    const rescued = events.find((event) => event.kind === 'rescued');
    assert.ok(rescued?.kind === 'rescued' && rescued.from === 'cpu-0' && rescued.to !== 'cpu-0');
    assert.ok(events.some((event) => event.kind === 'gone' && event.processor === 'cpu-0'));
  }),
);

claim('under the policy newest the oldest frame that waits makes room; under every too many offers are refused', () =>
  withRuntime(
    async (runtime) => {
      const { flow } = runtime.model('one');
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => flow.offer(undefined, false)));
      assert.equal(
        outcomes.flatMap((outcome) => outcome?.frame ?? []),
        [0, 1, 19],
      );
      assert.ok(flow.hasRoom);
    },
    { policy: 'newest', queue: 1, inFlight: 2 },
  ),
);

claim('inputs that the model does not take are one error, and the next frame runs', () =>
  withRuntime(async (runtime) => {
    for (const bad of [row(7), { y: row(SIZE).x0 }]) {
      const error = await runtime.infer('one', bad).then(
        () => undefined,
        (thrown) => thrown,
      );
      assert.instance(error, HeterodyneError);
      assert.is(error.code, 'BAD_INPUT');
    }
    assert.is((await all(runtime, 'one', 2)).length, 2);
    const unknown = await runtime.infer('ona', row(SIZE)).then(
      () => undefined,
      (thrown) => thrown,
    );
    assert.is(unknown.code, 'USAGE');
    assert.match(unknown.hint, /"one"/);
  }),
);

claim('a model file that is gone or has changed is refused; one that goes while it runs does not matter', () =>
  withScratchFolder(async (folder) => {
    const source = `${folder}/one.onnx`;
    writeFileSync(source, writeOnnx(layers(3, SIZE)));
    const { readFileSync } = await import('node:fs');
    const opened = await cuttableOnnx(readFileSync(source), { name: 'one', source, granularity: 'operator' });
    const profile = rooflineProfile([opened.blocked], { ...platform, id: 'host' });
    const plan = planByHand([{ model: opened, places: [['cpu-0', 0]] }]);
    const runtime = await deploy(plan, { platform, profile });
    try {
      rmSync(source);
      process.kill(pidOf(runtime, 'cpu-0'), 'SIGKILL');
      assert.is((await all(runtime, 'one', 3)).length, 3);
    } finally {
      await runtime.close();
    }
    const gone = await deploy(plan, { platform, profile }).then(
      () => undefined,
      (thrown) => thrown,
    );
    assert.is(gone.code, 'NOT_READABLE');
    assert.match(gone.message, /is gone/);
    writeFileSync(source, writeOnnx({ ...layers(3, SIZE), name: 'other' }));
    const changed = await deploy(plan, { platform, profile }).then(
      () => undefined,
      (thrown) => thrown,
    );
    assert.is(changed.code, 'BAD_INPUT');
    assert.match(changed.message, /content has changed/);
  }),
);

test.run();
