import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseWorkload, inputFiles, parseModelList, withShapes } from '../../src/cli/model-choice.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { inFolder } from './captured.ts';

const test = suite('choice of models');

const fails = async (action: () => unknown, code: string, words: string): Promise<void> => {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof HeterodyneError, String(error));
    assert.is(error.code, code);
    assert.ok(`${error.message} ${error.expected} ${error.hint}`.includes(words), `${error.message}: ${words}`);
    return;
  }
  assert.unreachable('accepted');
};

test('a list holds zoo names and paths, names and counts', () => {
  assert.equal(parseModelList(['alexnet,left=./a.onnx', 'vgg-16*2', 'x=alexnet*2']), [
    { model: 'alexnet' },
    { model: './a.onnx', name: 'left' },
    { model: 'vgg-16' },
    { model: 'vgg-16' },
    { model: 'alexnet', name: 'x' },
    { model: 'alexnet', name: 'x-2' },
  ]);
});

test('an equals sign inside a folder name is part of the path', () => {
  assert.equal(parseModelList(['runs/lr=1/a.onnx']), [{ model: 'runs/lr=1/a.onnx' }]);
});

test('empty entries and absurd counts are refused', async () => {
  await fails(() => parseModelList(['alexnet,']), 'USAGE', 'empty entry');
  await fails(() => parseModelList(['x=']), 'USAGE', 'names no model');
  await fails(() => parseModelList(['alexnet*0']), 'USAGE', 'whole number');
  await fails(() => parseModelList(['alexnet*99999']), 'USAGE', 'whole number');
});

test('a shape belongs to the only model, or to the one that it names', async () => {
  const one = withShapes([{ model: 'a.onnx' }, { model: 'a.onnx' }], ['data:0=1x3x8x8']);
  assert.equal(
    one.map(({ shapes }) => shapes),
    [{ 'data:0': [1, 3, 8, 8] }, { 'data:0': [1, 3, 8, 8] }],
  );
  const two = withShapes([{ model: 'a.onnx' }, { model: 'b.onnx', name: 'right' }], ['right:x=4', 'a:y=5x6']);
  assert.equal(
    two.map(({ shapes }) => shapes),
    [{ y: [5, 6] }, { x: [4] }],
  );
  await fails(() => withShapes([{ model: 'a.onnx' }, { model: 'b.onnx' }], ['x=4']), 'USAGE', 'a:x=4');
  for (const text of ['x', 'x=', 'x=1x-3', 'x=1x0', '=1x3']) {
    await fails(() => withShapes([{ model: 'a.onnx' }], [text]), 'USAGE', 'INPUT=SIZES');
  }
});

test('a workload document and a list of models contradict each other', async () => {
  await fails(() => chooseWorkload({ models: ['alexnet'], workload: 'w.json' }), 'USAGE', 'contradict');
  await fails(() => chooseWorkload({ batch: '2', workload: 'w.json' }), 'USAGE', '--batch');
  await fails(() => chooseWorkload({}), 'USAGE', 'alexnet');
});

test('paths in a workload document are relative to the document', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'nets'));
    const file = join(folder, 'w.json');
    const models = [{ model: 'nets/a.onnx' }, { model: 'alexnet' }, { model: '/abs/b.onnx' }];
    writeFileSync(file, JSON.stringify({ kind: 'workload', schemaVersion: 1, models }));
    const chosen = await chooseWorkload({ workload: file });
    assert.equal(chosen.workload.models, models);
    assert.equal(inputFiles(chosen), [file, join(folder, 'nets/a.onnx'), '/abs/b.onnx']);
  }));

test.run();
