import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { estimatorTestDocument } from '../../src/estimators/assessment-schema.ts';
import { estimatorDataDocument } from '../../src/estimators/dataset/schema.ts';
import { estimatorDocument } from '../../src/estimators/training/schema.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { abortedAtLook, inFolder, run } from './captured.ts';

const test = suite('estimator commands');

const DATASET = [
  ...['estimator', 'dataset', '--platform', 'hikey970', '--models', 'alexnet,mobilenet-v1,squeezenet'],
  ...['--mixes', '12', '--placements', '8', '--choices', '8', '--most-models', '3', '--frames', '10', '--out'],
];

test('data, training, test and a plan, by four commands', () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const made = await run([...DATASET, at('data.json')]);
    assert.is(made.code, 0, made.err);
    assert.match(made.out, /12 mixes, rates simulated by the engine/);
    const { document: data } = estimatorDataDocument.parse(readFileSync(at('data.json'), 'utf8'), 'data.json');
    assert.is(data.samples.mixes, 12);

    const training = ['estimator', 'train', '--data', at('data.json'), '--batch', '16', '--epochs', '3'];
    const trained = await run([...training, '--out', at('e.json'), '--svg', at('charts'), '--json']);
    assert.is(trained.code, 0, trained.err);
    assert.is(trained.out, readFileSync(at('e.json'), 'utf8'));
    const { document: estimator } = estimatorDocument.parse(trained.out, 'e.json');
    assert.is(estimator.training.log.length, 3);
    assert.is(estimator.file?.bytes, readFileSync(at('e.onnx')).length);
    assert.match(readFileSync(at('charts/loss.svg'), 'utf8'), /<svg/);

    const testing = ['estimator', 'test', '--data', at('data.json'), '--estimator', at('e.onnx')];
    const tested = await run([...testing, '--svg', at('charts'), '--json']);
    assert.is(tested.code, 0, tested.err);
    const { document: figures } = estimatorTestDocument.parse(tested.out, 'test');
    assert.ok(figures.estimator.mape < figures.constant.mape);
    assert.match((await run(testing)).out, /throughput model/);
    assert.match(readFileSync(at('charts/scatter.svg'), 'utf8'), /<svg/);

    const words = ['plan', '--platform', 'hikey970', '--models', 'alexnet,squeezenet', '--evaluations', '60'];
    const planned = await run([...words, '--estimator', at('e.json'), '--verify', '2', '--json']);
    assert.is(planned.code, 0, planned.err);
    const { document: plan } = planDocument.parse(planned.out, 'plan');
    assert.is(plan.planner.estimator, 'e.onnx');
    assert.is(plan.planner.verified?.checked, 2);
    const elsewhere = await run([...words.with(2, 'orange-pi-5'), '--estimator', at('e.onnx'), '--verify', '0']);
    assert.is(elsewhere.code, 0, elsewhere.err);
    assert.match(elsewhere.err, /learned hikey970, not\s+orange-pi-5/);
  }));

test('an interrupted data set goes on where it stopped, to the same bytes', () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    assert.is((await run([...DATASET, at('whole.json')])).code, 0);
    const stopped = await run([...DATASET, at('data.json')], { signal: abortedAtLook(60) });
    assert.is(stopped.code, 130, stopped.err);
    assert.not.ok(existsSync(at('data.json')));
    assert.ok(existsSync(at('data.partial.npz')));
    const other = await run([...DATASET, at('data.json'), '--seed', '2']);
    assert.is(other.code, 65, 'a partial file of other options is refused');
    assert.is((await run([...DATASET, at('data.json')])).code, 0);
    assert.equal(readFileSync(at('data.npz')), readFileSync(at('whole.npz')));
    assert.not.ok(existsSync(at('data.partial.npz')));
  }));

test('the demonstration says that it is fake, all the way', () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const made = await run(['estimator', 'dataset', '--demo', '--out', at('demo.json')]);
    assert.is(made.code, 0, made.err);
    assert.match(made.out + made.err, /FAKE[\s\S]*random numbers/);
    const words = [
      'estimator',
      'train',
      '--data',
      at('demo.json'),
      '--batch',
      '16',
      '--epochs',
      '1',
      '--out',
      at('e.json'),
    ];
    assert.match((await run(words)).err, /random numbers/);
  }));

test('wrong words are refused', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'x.json');
    for (const [words, code, expected] of [
      [['estimator', 'dataset', '--platform', 'hikey970'], 64, '--out is missing'],
      [['estimator', 'dataset', '--platform', 'hikey970', '--out', `${out}.npz`], 64, 'ends in .json'],
      [['estimator', 'train', '--out', out], 64, '--data is missing'],
      [['estimator', 'train', '--architecture', 'tree', '--out', out], 64, 'grid, cnn, linear'],
      [['estimator', 'train', '--data', join(folder, 'no.json'), '--out', out], 65, 'no such file'],
      [['estimator', 'test', '--data', join(folder, 'no.npz'), '--estimator', 'hikey970'], 65, 'no such file'],
      [['plan', '--platform', 'hikey970', '--models', 'alexnet', '--estimator', 'hikey971'], 64, 'no estimator'],
      [['plan', '--platform', 'hikey970', '--models', 'alexnet', '--verify', '3'], 64, 'without --estimator'],
    ] as [string[], number, string][]) {
      const { code: found, err } = await run(words);
      assert.is(found, code, err);
      assert.ok(err.includes(expected), err);
    }
  }));

test.run();
