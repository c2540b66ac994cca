import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { zooModel } from '../../src/models/zoo/zoo.ts';
import { type Plan, planDocument } from '../../src/planners/schema.ts';
import { fpsMatrixDocument } from '../../src/profiles/fps-matrix.ts';
import { type Profile, profileDocument } from '../../src/profiles/schema.ts';
import { type Captured, inFolder, run } from '../cli/captured.ts';
import { openvinoReport, trtProfileText, trtTimesText } from './samples.ts';

const test = suite('profile import');

const graph = zooModel('squeezenet');
/** As TensorRT names them: a convolution with its activation, everything else alone. */
const LAYERS = trtProfileText(
  graph.operators.flatMap(({ name, type }, i) => {
    if (type === 'Relu' || type === 'Flatten') return [];
    const next = graph.operators[i + 1];
    return { name: next?.type === 'Relu' ? `${name} + PWN(${next.name})` : name, ms: 0.25 };
  }),
);
const ON_GPU = ['--model', 'squeezenet', '--platform', 'orange-pi-5', '--processor', 'gpu'];

const refused = ({ code, out, err }: Captured, exit: number, words: string): void => {
  assert.is(code, exit, err);
  assert.is(out, '');
  assert.ok(err.replace(/\s+/g, ' ').includes(words), `${words}: ${err}`);
  assert.not.match(err, /\n\s+at /);
};

test('a file becomes a profile that plan takes, and every cost of the plan is imported', () =>
  inFolder(async (folder) => {
    const [file, profile] = [join(folder, 'layers.json'), join(folder, 'p.json')];
    writeFileSync(file, LAYERS);
    const { code, out, err } = await run(['profile', 'import', file, ...ON_GPU, '--out', profile]);
    assert.is(code, 0, err);
    assert.match(out, 'Imported layers.json (trtexec-profile) for squeezenet on gpu');
    assert.match(out, '100 % mapped');
    const planned = await run(['plan', '--profile', profile, '--json', '--quiet']);
    assert.is(planned.code, 0, planned.err);
    const plan: Plan = planDocument.parse(planned.out, 'plan').document;
    assert.is(plan.provenance.imported, 1);
    assert.equal(
      plan.models[0]?.stages.map(({ processor }) => processor),
      ['gpu'],
    );
  }));

test('--json prints the bytes that --out writes, the same every time', () =>
  inFolder(async (folder) => {
    const [file, profile] = [join(folder, 'layers.json'), join(folder, 'p.json')];
    writeFileSync(file, LAYERS);
    const words = ['profile', 'import', file, ...ON_GPU, '--json', '--quiet'];
    const first = await run([...words, '--out', profile]);
    assert.is(first.err, '');
    assert.is(readFileSync(profile, 'utf8'), first.out);
    assert.is((await run(words)).out, first.out);
  }));

test('into a profile of a platform, with whole-model times: both processors may then be planned', () =>
  inFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('layers.json'), LAYERS);
    writeFileSync(at('times.json'), trtTimesText(200));
    const base = await run([
      'profile',
      '--models',
      'squeezenet',
      '--platform',
      'orange-pi-5',
      '--out',
      at('base.json'),
    ]);
    assert.is(base.code, 0, base.err);
    const words = ['profile', 'import', at('layers.json'), '--times', at('times.json'), '--into', at('base.json')];
    const { code, out, err } = await run([...words, '--model', 'squeezenet', '--processor', 'gpu', '--json']);
    assert.is(code, 0, err);
    const profile: Profile = profileDocument.parse(out, 'p').document;
    const [model] = profile.models;
    assert.is(model?.origin.gpu, 'imported');
    assert.is(model?.origin.big, 'roofline');
    assert.is(model?.sources?.gpu?.timesFile, 'times.json');
    const total = model!.blocks.reduce(
      (sum, { costs }) => sum + (typeof costs.gpu === 'object' ? costs.gpu.latencyMs.mean : 0),
      0,
    );
    assert.ok(Math.abs(total - 2) < 1e-9, `${total}`);
  }));

test('--matrix puts whole models into an FPS matrix, cell by cell, and finds mixed kinds', () =>
  inFolder(async (folder) => {
    const at = (name: string, text = ''): string => {
      if (text !== '') writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const words = (file: string, model: string, device: string) => [
      'profile',
      'import',
      file,
      '--matrix',
      '--model',
      model,
      '--processor',
      device,
    ];
    const sync = await run([...words(at('sync.json', openvinoReport()), './net.onnx', 'CPU'), '--out', at('m.json')]);
    assert.is(sync.code, 0, sync.err);
    const busy = at('async.json', openvinoReport({ api: 'async', nireq: 4 }));
    const { code, out, err } = await run([...words(busy, 'other', 'GPU'), '--into', at('m.json'), '--json']);
    assert.is(code, 0, err);
    const matrix = fpsMatrixDocument.parse(out, 'm').document;
    assert.equal(
      matrix.models.map(({ name, cells, reasons }) => [name, Object.keys(cells), reasons]),
      [
        ['net', ['CPU', 'GPU'], { GPU: 'was not measured' }],
        ['other', ['CPU', 'GPU'], { CPU: 'was not measured' }],
      ],
    );
    assert.match(err, 'throughput');
    const again = await run([
      ...words(at('sync.json'), 'net', 'CPU'),
      '--into',
      at('m.csv', 'model,CPU,GPU\nnet,1,2\n'),
      '--json',
    ]);
    assert.is(fpsMatrixDocument.parse(again.out, 'm').document.models.length, 1);
    refused(await run([...words(busy, 'other', 'GPU'), '--divide']), 64, '--divide means nothing with --matrix');
    refused(await run(words(at('layers.json', LAYERS), 'net', 'GPU')), 65, 'times of layers alone');
  }));

test('an input is never overwritten', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'layers.json');
    writeFileSync(file, LAYERS);
    refused(await run(['profile', 'import', file, ...ON_GPU, '--out', file]), 64, 'would be overwritten');
    assert.is(readFileSync(file, 'utf8'), LAYERS);
  }));

test('what is missing, wrong or unreadable ends with its exit code and one clear text', () =>
  inFolder(async (folder) => {
    const at = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const file = at('layers.json', LAYERS);
    refused(await run(['profile', 'import']), 64, 'needs FILE');
    refused(
      await run(['profile', 'import', file, '--platform', 'orange-pi-5', '--processor', 'gpu']),
      64,
      '--model is missing',
    );
    refused(
      await run(['profile', 'import', file, '--model', 'squeezenet', '--platform', 'orange-pi-5']),
      64,
      '--processor is missing',
    );
    refused(await run(['profile', 'import', file, ...ON_GPU.slice(0, -1), 'dsp']), 64, 'one of little, big');
    refused(await run(['profile', 'import', file, ...ON_GPU, '--format', 'tensorrt']), 64, 'trtexec');
    refused(await run(['profile', 'import', file, ...ON_GPU, '--format', 'ort']), 65, 'is not of the format ort');
    refused(await run(['profile', 'import', join(folder, 'none.json'), ...ON_GPU]), 65, 'no such file');
    refused(await run(['profile', 'import', at('empty.json', ''), ...ON_GPU]), 65, 'at their end');
    refused(await run(['profile', 'import', file, '--model', 'alexnet', ...ON_GPU.slice(2)]), 65, '--force');
    refused(
      await run(['profile', 'import', at('cut.json', LAYERS.slice(0, -40)), ...ON_GPU, '--strict']),
      65,
      'strict JSON',
    );
    refused(await run(['profile', 'import', at('t.json', trtTimesText(200)), ...ON_GPU]), 65, '--divide');
    refused(await run(['profile', 'import', file, ...ON_GPU, '--batch', '4', '--warm-up', 'long']), 64, '--warm-up');
  }));

test('a file that was cut short is imported as far as it goes when forced, and says so', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'cut.json');
    writeFileSync(file, LAYERS.slice(0, LAYERS.length / 2));
    refused(await run(['profile', 'import', file, ...ON_GPU]), 65, 'have no kernel');
    const { code, err } = await run(['profile', 'import', file, ...ON_GPU, '--force']);
    assert.is(code, 0);
    assert.match(err, 'ends before its array does');
    assert.match(err, 'unsupported');
  }));

test.run();
