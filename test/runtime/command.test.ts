import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalJson } from '../../src/documents/canonical.ts';
import { cuttableOnnx } from '../../src/models/cuttable.ts';
import type { Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { runDocument } from '../../src/runtime/schema.ts';
import { inFolder, run, workingIn } from '../cli/captured.ts';
import { layers, missingRuntime } from '../execution/models.ts';
import { planByHand, planFiles } from './plans.ts';

/** One row of a table of eight: other numbers are errors when it runs. */
function lookup(): Graph {
  const data = new Uint8Array(new Float32Array(8 * 4).buffer);
  return {
    name: 'lookup',
    opset: 13,
    inputs: [{ name: 'row', type: 'int64', shape: [1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [1, 4] }],
    initializers: new Map([['table', { name: 'table', type: 'float32', shape: [8, 4], data }]]),
    operators: [
      { name: 'look', type: 'Gather', domain: '', inputs: ['table', 'row'], outputs: ['y'], attributes: new Map() },
    ],
    declared: new Map(),
  };
}

const test = suite('heterodyne run');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

claim('a plan runs, its document is what --json prints, metrics and learned costs are written', () =>
  inFolder(async (folder) => {
    const { words, profile } = await planFiles(folder);
    const metrics = `${folder}/metrics.txt`;
    const learned = `${folder}/learned.json`;
    const { code, out, err } = await run([
      ...words,
      ...[
        '--report',
        `${folder}/run.html`,
        '--frames',
        '5',
        '--for',
        '60s',
        '--json',
        '--out',
        `${folder}/run.json`,
        '--metrics',
        metrics,
        '--learn',
        learned,
      ],
    ]);
    assert.is(code, 0, err);
    assert.is(out, readFileSync(`${folder}/run.json`, 'utf8'));
    const { document } = runDocument.parse(out, 'run');
    assert.ok(document.models[0]!.finished > 0);
    assert.is(document.models[0]!.deadline!.missed, 0);
    assert.match(readFileSync(metrics, 'utf8'), /heterodyne_frames_total\{model="one",outcome="finished"\} \d+/);
    const page = readFileSync(`${folder}/run.html`, 'utf8');
    assert.match(page, /Frames per second: predicted above, measured below/);
    assert.not.match(page, /<script/);
    const { document: after } = profileDocument.parse(readFileSync(learned, 'utf8'), learned);
    assert.is.not(canonicalJson(after), readFileSync(profile, 'utf8'));
  }),
);

claim('a plan alone finds its model from the working directory or beside the plan, and refuses another', () =>
  inFolder(async (folder) => {
    const model = writeOnnx(layers(5, 96));
    const [here, there] = ['here', 'there'].map((name) => `${folder}/${name}`);
    for (const each of [here, there]) mkdirSync(each);
    writeFileSync(`${here}/one.onnx`, model);
    const opened = await cuttableOnnx(model, { name: 'one', source: 'one.onnx' });
    const plan = planByHand([{ model: opened, places: [['cpu', 0]] }]);
    const { source, hash } = opened.blocked;
    const models = plan.models.map((each) => ({ ...each, source, hash }));
    writeFileSync(`${here}/plan.json`, planDocument.write({ ...plan, models }));
    const words = ['--warm-up', '0', '--frames', '1', '--for', '60s', '--json'];
    const from = (place: string) => workingIn(place, () => run(['run', '../here/plan.json', ...words]));
    for (const place of [here, there]) {
      const { code, out, err } = await from(place);
      assert.is(code, 0, err);
      const { document } = runDocument.parse(out, 'run');
      assert.ok(document.models[0]!.finished > 0);
      assert.not.ok(document.warnings.some((warning) => warning.code === 'UNVERIFIED'));
    }
    const kept = await workingIn(there, () => run(['run', '../here/plan.json', ...words, '--out', '../here/one.onnx']));
    assert.is(kept.code, 64, 'no model is written over');
    writeFileSync(`${there}/one.onnx`, writeOnnx({ ...layers(5, 96), name: 'other' }));
    const changed = await from(there);
    assert.is(changed.code, 65);
    assert.match(changed.err.replaceAll(/\s+/g, ' '), 'is not the model that was planned');
    rmSync(`${there}/one.onnx`);
    rmSync(`${here}/one.onnx`);
    const gone = await from(there);
    assert.is(gone.code, 65);
    assert.match(gone.err, 'is gone: one.onnx');
  }),
);

claim('a port that is none, and a plan with two models of one name, are refused', () =>
  inFolder(async (folder) => {
    const { words, plan } = await planFiles(folder);
    const port = await run([...words, '--for', '100ms', '--metrics', '99999']);
    assert.is(port.code, 64, port.err);
    assert.match(port.err.replaceAll(/\s+/g, ' '), 'from 0 to 65535');
    const document = JSON.parse(readFileSync(plan, 'utf8'));
    document.models.push(document.models[0]);
    writeFileSync(plan, JSON.stringify(document));
    const twice = await run(words);
    assert.is(twice.code, 65);
    assert.match(twice.err.replaceAll(/\s+/g, ' '), 'two models are named one');
  }),
);

claim('an interruption ends the feeding, prints what was measured, and is exit code 130', () =>
  inFolder(async (folder) => {
    const { words } = await planFiles(folder);
    const stop = new AbortController();
    const metrics = `${folder}/metrics.txt`;
    // Once a file of metrics is there the plan is at work.
    const timer = setInterval(() => {
      if (existsSync(metrics)) stop.abort(new Error('interrupted'));
    }, 50);
    const { code, out } = await run([...words, '--for', '60s', '--metrics', metrics], { signal: stop.signal });
    clearInterval(timer);
    assert.is(code, 130);
    assert.match(out, /interrupted/);
    assert.match(out, /^ one +\d+/m);
  }),
);

claim('what was measured is printed even when the disk is full, and the error says so', () =>
  inFolder(async (folder) => {
    if (!existsSync('/dev/full')) {
      console.log('skipped: this system has no /dev/full');
      return;
    }
    const { words } = await planFiles(folder);
    const { code, out, err } = await run([...words, '--frames', '1', '--for', '60s', '--out', '/dev/full']);
    assert.is(code, 65);
    assert.match(err, /the disk is full/);
    assert.match(out, /Run on host/);
  }),
);

claim('the plan and the baselines are executed in turns', () =>
  inFolder(async (folder) => {
    const { words } = await planFiles(folder);
    const { code, out, err } = await run([...words, '--frames', '3', '--for', '300s', '--compare', '--json']);
    assert.is(code, 0, err);
    const { document } = runDocument.parse(out, 'run');
    const names = document.compare!.flatMap(({ name }) => name.split(' = '));
    assert.equal([...names].sort(), ['plan', 'random', 'runtime-default', 'single-best']);
    assert.ok(document.compare![0]!.name.startsWith('plan'));
    for (const { measured, models } of document.compare!) {
      assert.is(measured.turns.length, 5);
      assert.ok(measured.low <= measured.mean && measured.mean <= measured.high);
      for (const { throughputPerS } of models) assert.ok(throughputPerS > 0);
    }
  }),
);

claim('what a module of frames does wrong is told as its own doing', () =>
  inFolder(async (folder) => {
    const { words } = await planFiles(folder);
    for (const [name, text, message] of [
      ['nothing', 'export default () => undefined', /gives no frames/],
      ['throws', 'export default () => { throw new Error("no camera") }', /failed: no camera/],
      ['breaks', 'export default async function* () { throw new Error("camera gone") }', /failed: camera gone/],
      ['numbers', 'export default () => [1, 2]', /is no tensor/],
    ] as const) {
      const module = `${folder}/${name}.mjs`;
      writeFileSync(module, text);
      const { code, err } = await run([...words, '--for', '60s', '--source', module]);
      assert.is(code, 65, err);
      assert.match(err.replaceAll(/\s+/g, ' '), message);
      assert.match(err, new RegExp(`${name}\\.mjs`));
    }
  }),
);

claim('a plan of which one model cannot do a single frame ends with its own exit code', () =>
  inFolder(async (folder) => {
    const { words } = await planFiles(folder, lookup());
    for (const [row, expected] of [
      [3, 0],
      [99, 2],
    ]) {
      const module = `${folder}/row-${row}.mjs`;
      const frame = `{ row: { type: 'int64', data: new BigInt64Array([${row}n]), dims: [1] } }`;
      writeFileSync(module, `export default function* () { for (;;) yield ${frame}; }`);
      const { code, out, err } = await run([
        ...words,
        '--frames',
        '5',
        '--for',
        expected === 0 ? '60s' : '200ms',
        '--source',
        module,
        '--json',
      ]);
      assert.is(code, expected, err);
      const [one] = runDocument.parse(out, 'run').document.models;
      assert.is(one!.finished > 0, expected === 0);
      assert.is(/every frame of one failed/.test(err), expected === 2);
    }
  }),
);

test('options that contradict each other are refused before anything starts', async () => {
  for (const [words, message] of [
    [['run'], /needs PLAN/],
    [['run', 'nowhere.json'], /nowhere\.json/],
  ] as const) {
    const { code, err } = await run(words);
    assert.ok(code === 64 || code === 65);
    assert.match(err, message);
  }
  await inFolder(async (folder) => {
    if (missing) return;
    const { plan } = await planFiles(folder);
    for (const [words, message] of [
      [['--level', '3'], /means nothing without --controller/],
      [['--compare'], /plans the baselines from a profile/],
      [['--for', '0s'], /--for cannot be/],
      [['--controller', 'neuos', '--compare'], /contradict each other/],
    ] as const) {
      const { code, err } = await run(['run', plan, ...words]);
      assert.is(code, 64);
      assert.match(err, message);
    }
  });
});

test.run();
