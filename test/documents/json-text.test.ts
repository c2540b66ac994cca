import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { readJson } from '../../src/documents/json-text.ts';

const test = suite('JSON text');

function failure(text: string): HeterodyneError {
  try {
    readJson(text, 'w.json');
  } catch (error) {
    assert.instance(error, HeterodyneError);
    return error as HeterodyneError;
  }
  throw new Error(`accepted: ${text.slice(0, 40)}`);
}

test('a byte-order mark, comments, trailing commas and CRLF are accepted', () => {
  assert.equal(readJson('\uFEFF{"a": 1}\r\n', 'x'), { a: 1 });
  assert.equal(readJson('{ // models\n "a": [1, 2,], /* end */ }', 'x'), { a: [1, 2] });
});

test('an error names line, column and what stands there', () => {
  const error = failure('{\n  "a": 1,\n  "b" 2\n}');
  assert.is(error.code, 'BAD_INPUT');
  assert.is(error.source, 'w.json');
  assert.is(error.path, 'line 3, column 7');
  assert.match(error.received ?? '', /^"2/);
});

test('every way to break a text gives BAD_INPUT', () => {
  for (const text of [
    '',
    '  \n',
    '{',
    '[1, 2',
    '{"a": }',
    '{"a": NaN}',
    '{"a": Infinity}',
    "{'a': 1}",
    '{"a": "b}',
    '{}{}',
    '{"a": 01}',
    '/* open',
  ]) {
    assert.is(failure(text).code, 'BAD_INPUT', text);
  }
  assert.match(failure('{"a": [1, 2').hint ?? '', /cut short/);
});

test('every truncation of a document gives BAD_INPUT, never a crash', () => {
  const text = '{"kind": "workload", /* c */ "models": [{"model": "a\\"b", "rate": 1.5e3}], "x": [true, null]}';
  for (let length = 0; length < text.length; length++) assert.is(failure(text.slice(0, length)).code, 'BAD_INPUT');
});

test('nesting of a hundred thousand brackets is refused, not followed', () => {
  const error = failure('['.repeat(100_000));
  assert.is(error.code, 'BAD_INPUT');
  assert.match(error.message, /deeper than 100/);
  assert.equal(readJson(`{"text": "${'['.repeat(1000)}"}`, 'x'), { text: '['.repeat(1000) });
});

test.run();
