import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import type { Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { deploy, type RuntimeEvent } from '../../src/runtime/deploy.ts';
import { documentOf, EventLog } from '../../src/runtime/document.ts';
import { run } from '../../src/runtime/run.ts';
import { runDocument } from '../../src/runtime/schema.ts';
import { layers, missingRuntime } from '../execution/models.ts';
import { onCoreZero, open, planByHand, row } from './plans.ts';

const test = suite('plans at work');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const SIZE = 48;
const platform = onCoreZero();
const graphs = { long: layers(6, SIZE), short: layers(3, SIZE) };
const long = open('long', graphs.long);
const short = open('short', graphs.short);
const plan = planByHand([
  {
    model: long,
    places: [
      ['cpu-0', 0],
      ['cpu-1', 3],
      ['wasm-1', 5],
    ],
  },
  { model: short, places: [['cpu-0', 0]], deadlineMs: 60_000 },
]);
const models = { long, short };

/** Answers of the whole network in one session of this process. */
async function direct(graph: Graph, inputs: readonly ReturnType<typeof row>[]): Promise<Float32Array[]> {
  const session = await openSession(writeOnnx(graph), { optimize: false });
  const answers: Float32Array[] = [];
  for (const input of inputs) answers.push((await session.run(input))[graph.outputs[0]!.name]!.data as Float32Array);
  await session.close();
  return answers;
}

function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

async function rejected(promise: Promise<unknown>): Promise<HeterodyneError> {
  return promise.then(
    () => assert.unreachable('nothing was thrown') as never,
    (error) => {
      assert.instance(error, HeterodyneError);
      return error;
    },
  );
}

claim('a pipeline over three processes gives what one plain session gives, frame by frame and in order', async () => {
  const runtime = await deploy(plan, { platform, models });
  try {
    const inputs = Array.from({ length: 40 }, (_, i) => row(SIZE, i));
    for (const [name, graph] of Object.entries(graphs)) {
      const expected = await direct(graph, inputs);
      let i = 0;
      for await (const { outputs, frame, responseMs } of runtime.stream(name, inputs)) {
        assert.equal(Object.keys(outputs), [graph.outputs[0]!.name]);
        assert.ok(farthest(outputs[graph.outputs[0]!.name]!.data as Float32Array, expected[i]!) < 1e-5);
        assert.is(frame, i++);
        assert.ok(responseMs > 0);
      }
      assert.is(i, inputs.length);
    }
  } finally {
    await runtime.close();
  }
});

claim('a run keeps count of every frame, and its document holds under the strict rules', async () => {
  const log = new EventLog();
  const runtime = await deploy(plan, { platform, models, onEvent: log.add });
  try {
    const result = await run(runtime, { forMs: 60_000, frames: 8, warmupMs: 0, ratesPerS: { short: 40 } });
    for (const [name, { counts, response, stages }] of result.meters) {
      assert.ok(counts.finished > 0, name);
      assert.is(counts.skipped + counts.failed, 0);
      const { inFlight, queue } = runtime.model(name).flow.options;
      assert.ok(counts.released <= counts.finished + inFlight + queue);
      assert.is(response.count, counts.finished);
      assert.is(stages.get('original')!.length, plan.models.find((model) => model.name === name)!.stages.length);
    }
    // Frames that a stalled machine owes from before the first look come on top.
    const offered = 10 + 0.04 * result.elapsedMs;
    assert.ok(result.meters.get('short')!.counts.finished <= offered, 'frames come at the rate that was asked for');
    const document = documentOf({ runtime, result, source: 'synthetic', log });
    assert.equal(runDocument.problems(document), []);
    assert.is(document.models[1]!.deadline!.missed, 0);
  } finally {
    await runtime.close();
  }
});

claim('a stage process that is killed is started anew, its calls are made again, and no frame is lost', async () => {
  const events: RuntimeEvent[] = [];
  const runtime = await deploy(plan, { platform, models, onEvent: (event) => events.push(event) });
  try {
    const inputs = Array.from({ length: 60 }, (_, i) => row(SIZE, i));
    const expected = await direct(graphs.long, inputs);
    const victim = runtime.stations.find(({ processor }) => processor.id === 'cpu-1')!.pid!;
    let i = 0;
    for await (const { outputs } of runtime.stream('long', inputs)) {
      if (i === 20) process.kill(victim, 'SIGKILL');
      assert.ok(farthest(outputs.x6!.data as Float32Array, expected[i]!) < 1e-5, `frame ${i}`);
      i++;
    }
    assert.is(i, inputs.length);
    const restarted = events.find((event) => event.kind === 'restarted');
    assert.ok(restarted?.kind === 'restarted' && restarted.processor === 'cpu-1' && restarted.pid !== victim);
    console.log(`restarted in ${Math.round(restarted.downMs)} ms`);
    assert.not(events.some(({ kind }) => kind === 'failed'));
  } finally {
    await runtime.close();
  }
});

claim('what does not fit the plan is one error before anything runs', async () => {
  const other = open('long', layers(5, SIZE));
  const error = await rejected(deploy(plan, { platform, models: { ...models, long: other } }));
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.message, /6 blocks/);
  const gone = await rejected(deploy(plan, { platform, models: { ...models, long: './nowhere.onnx' } }));
  assert.is(gone.code, 'NOT_READABLE');
  const bare = { ...platform, processors: platform.processors.map(({ execution: _, ...processor }) => processor) };
  const idle = await rejected(deploy(plan, { platform: bare, models }));
  assert.is(idle.code, 'NOT_READABLE');
  assert.match(idle.hint ?? '', 'npm install onnxruntime-node');
  const elsewhere = planByHand([{ model: short, places: [['gpu', 0]] }]);
  assert.match((await rejected(deploy(elsewhere, { platform, models }))).message, /no processor "gpu"/);
});

test.run();
