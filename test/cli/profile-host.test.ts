import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { planDocument } from '../../src/planners/schema.ts';
import { fpsMatrixDocument } from '../../src/profiles/fps-matrix.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { layers, missingRuntime, writeModel } from '../execution/models.ts';
import { inFolder, run } from './captured.ts';

const test = suite('profile --platform host');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

/** The least that can be measured: what is measured is the business of other tests. */
const LIMIT = ['--time-limit', '200ms', '--rounds', '1'];

claim('a measured profile can be planned with, and the plan rests on measurements alone', () =>
  inFolder(async (folder) => {
    const models = [writeModel(folder, 'a.onnx', layers(3)), writeModel(folder, 'b.onnx', layers(6))].join(',');
    const out = join(folder, 'p.json');
    const words = ['profile', '--models', models, '--platform', 'host', '--interference', ...LIMIT, '--out', out];
    const { code, out: text, err } = await run(words);
    assert.is(code, 0, err);
    assert.match(text, /Block sums against whole models \(ms, measured\)/);
    assert.match(text, /Per kind of processor, the way whose/);
    assert.match(text, /FPS matrix of host/);
    assert.match(text, /Memory \(measured, tensors of .*together; alone cpu/s);
    assert.not(existsSync(`${out}.partial`));
    const { document } = profileDocument.parse(readFileSync(out, 'utf8'), out);
    assert.ok(document.models.every(({ origin }) => Object.values(origin).every((each) => each === 'measured')));
    const plan = await run(['plan', '--profile', out, '--json']);
    assert.is(plan.code, 0, plan.err);
    assert.equal(planDocument.parse(plan.out, 'plan').document.provenance, { measured: 1, imported: 0, modelled: 0 });
    const shown = await run(['plan', '--profile', out]);
    assert.match(shown.out, /All costs are measured/);
    assert.not.match(shown.err, /assumed/, 'what was assumed of the machine is no matter any more');
  }),
);

claim('--matrix gives the FPS matrix of whole models, and --csv its table', () =>
  inFolder(async (folder) => {
    const model = writeModel(folder, 'a.onnx', layers(3));
    const csv = join(folder, 'm.csv');
    const words = ['profile', '--models', model, '--platform', 'host', '--matrix', '--csv', csv, ...LIMIT, '--json'];
    const { code, out, err } = await run(words);
    assert.is(code, 0, err);
    const { document } = fpsMatrixDocument.parse(out, 'matrix');
    assert.is(document.models[0]!.name, 'a');
    const [head, row] = readFileSync(csv, 'utf8').trim().split('\n');
    assert.is(head, `model,${document.devices.map(({ id }) => id).join(',')}`);
    assert.match(row ?? '', /^a,\d/);
  }),
);

claim('an interrupted run says where its measurements are, and the same command goes on from them', () =>
  inFolder(async (folder) => {
    const model = writeModel(folder, 'a.onnx', layers(4));
    const out = join(folder, 'p.json');
    const words = ['profile', '--models', model, '--platform', 'host', ...LIMIT, '--out', out];
    const stop = new AbortController();
    const partial = `${out}.partial`;
    const watch = setInterval(() => {
      if (existsSync(partial) && readFileSync(partial, 'utf8').split('\n').length > 3) stop.abort(new Error('stopped'));
    }, 5);
    const { err } = await run(words, { signal: stop.signal });
    clearInterval(watch);
    if (!stop.signal.aborted) return console.log('skipped: it was over before it could be interrupted');
    assert.match(err, /measurements so far are in .*p\.json\.partial/);
    assert.not(existsSync(out));
    const held = readFileSync(partial, 'utf8').trim().split('\n').length - 1;
    // The last line cut short, as a crash leaves it: that one is measured again.
    writeFileSync(partial, readFileSync(partial, 'utf8').slice(0, -20));
    const { code, err: told } = await run([...words, '--verbose']);
    assert.is(code, 0, told);
    assert.match(told, new RegExp(`goes on from ${held - 1} measurements`));
    assert.ok(existsSync(out) && !existsSync(partial));
  }),
);

claim('a file that holds no measurements is not taken for a journal, and stays as it is', () =>
  inFolder(async (folder) => {
    const model = writeModel(folder, 'a.onnx', layers(2));
    const notes = join(folder, 'notes.txt');
    writeFileSync(notes, 'dear diary\n');
    const { code, err } = await run(['profile', '--models', model, '--platform', 'host', '--resume', notes]);
    assert.is(code, 65);
    assert.match(err, /holds no measurements of heterodyne/);
    assert.is(readFileSync(notes, 'utf8'), 'dear diary\n');
  }),
);

test('what only makes sense where something is measured is refused elsewhere', async () => {
  const modelled = ['profile', '--models', 'alexnet', '--platform', 'hikey970'];
  for (const option of [['--interference'], ['--resume', 'x'], ['--rounds', '2'], ['--time-limit', '1s']]) {
    const { code, err } = await run([...modelled, ...option]);
    assert.is(code, 64);
    assert.match(err, /means nothing without a measurement/);
  }
  const { code } = await run([...modelled, '--csv', 'x.csv']);
  assert.is(code, 64);
});

test('--roofline models the host, and --matrix of a modelled platform says that it is modelled', async () => {
  const host = await run(['profile', '--models', 'squeezenet', '--platform', 'host', '--roofline', '--json']);
  assert.is(host.code, 0, host.err);
  const { document } = profileDocument.parse(host.out, 'profile');
  assert.ok(Object.values(document.models[0]!.origin).every((origin) => origin === 'roofline'));
  const matrix = await run(['profile', '--models', 'squeezenet', '--platform', 'hikey970', '--matrix']);
  assert.match(matrix.out, /Figures are modelled\./);
});

test.run();
