import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { workloadDocument, workloadNames, workloadOf } from '../../src/profiles/workload.ts';

const test = suite('workload');

test('a hand-written workload with comments is read', () => {
  const { document, warnings } = workloadDocument.parse(
    `{ "kind": "workload", "schemaVersion": 1, // two cameras
       "models": [ { "model": "a.onnx", "ratePerS": 30, "deadlineMs": 40, "priority": 0, "callsPerFrame": 2 },
                   { "model": "resnet-50", "precision": "int8", "weight": 0, "shareWeight": 2, "batch": 4, }, ] }`,
    'w.json',
  );
  assert.is(document.models.length, 2);
  assert.equal(warnings, []);
});

test('a plain list of models is a workload, and each gets a name of its own', () => {
  const workload = workloadOf(['nets/a.onnx', 'resnet-50', 'C:\\nets\\A.ONNX', 'resnet-50', 'resnet-50']);
  assert.equal(workloadDocument.problems(workload), []);
  assert.equal(workloadNames(workload), ['a', 'resnet-50', 'A', 'resnet-50-2', 'resnet-50-3']);
});

test('a given name is kept, and derived names make room for it', () => {
  const workload = workloadOf(['resnet-50', 'resnet-50']);
  workload.models[1].name = 'resnet-50';
  assert.equal(workloadNames(workload), ['resnet-50-2', 'resnet-50']);
});

test('contradictions are found', () => {
  const twice = workloadOf(['a', 'b']);
  for (const model of twice.models) model.name = 'same';
  assert.is(workloadDocument.problems(twice)[0].path, '/models/1/name');
  const floor = workloadOf(['a']);
  Object.assign(floor.models[0], { ratePerS: 10, minRatePerS: 20 });
  assert.match(workloadDocument.problems(floor)[0].message, /higher than the arrival rate/);
  assert.is(workloadDocument.problems(workloadOf([]))[0].path, '/models');
});

test.run();
