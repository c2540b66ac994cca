import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modelWarnings } from '../../src/models/warnings.ts';

const OPEN = 'the file leaves dimension 0 open';

const test = suite('warnings of models');

test('what is to be said of several models is said once', () => {
  const named = (...names: string[]) => names.map((name) => ({ name, warnings: [OPEN] }));
  assert.equal(modelWarnings(named('a')), [{ code: 'MODEL', message: `a: ${OPEN}` }]);
  assert.equal(modelWarnings(named('a', 'b', 'c')), [{ code: 'MODEL', message: `a, b, c: ${OPEN}` }]);
  const many = modelWarnings(named('a', 'a-2', 'a-3', 'a-4', 'a-5'));
  assert.equal(many, [{ code: 'MODEL', message: `a, a-2 and 3 more: ${OPEN}` }]);
});

test('different findings stay apart, in the order of the models', () => {
  const found = modelWarnings([
    { name: 'a', warnings: ['one', 'two'] },
    { name: 'b', warnings: ['two'] },
  ]);
  assert.equal(
    found.map(({ message }) => message),
    ['a: one', 'a, b: two'],
  );
});

test.run();
