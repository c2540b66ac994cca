import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { canonicalJson, contentHash } from '../../src/documents/canonical.ts';

const test = suite('canonical JSON');

test('is two-space JSON in the order given, short plain arrays on one line, final newline', () => {
  const text = canonicalJson({
    b: 1,
    a: [1, 2.5, -0, 1e21],
    list: [{ x: 'é"\n' }],
    empty: {},
    none: [],
    gone: undefined,
  });
  assert.is(
    text,
    '{\n  "b": 1,\n  "a": [1, 2.5, 0, 1e+21],\n  "list": [\n    {\n      "x": "é\\"\\n"\n    }\n  ],\n  "empty": {},\n  "none": []\n}\n',
  );
});

test('breaks an array that is longer than a line', () => {
  const text = canonicalJson({ numbers: Array.from({ length: 40 }, (_, i) => 1000 + i) });
  assert.is(text.split('\n').length, 40 + 5);
});

test('refuses what JSON cannot say, and names the place', () => {
  for (const [value, path] of [
    [{ a: { 'b/c': Number.NaN } }, '/a/b~1c'],
    [[1, Number.POSITIVE_INFINITY], '/1'],
    [{ a: [undefined] }, '/a/0'],
    [{ a: 1n }, '/a'],
    [{ a: new Map() }, '/a'],
    [{ a: new Float64Array(2) }, '/a'],
    [() => 1, ''],
  ] as const) {
    try {
      canonicalJson(value);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, HeterodyneError);
      assert.is((error as HeterodyneError).code, 'INTERNAL');
      assert.is((error as HeterodyneError).path, path);
    }
  }
});

test('reads back as the same value, whatever the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 300, seed: 7 },
  );
});

test('the hash depends on content alone: not on key order, $schema, run or x- keys', () => {
  const hash = contentHash({ kind: 'k', a: { b: 1, c: [1, 2] } });
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.is(contentHash({ a: { c: [1, 2], b: 1, 'x-note': 'n' }, kind: 'k', $schema: 's', run: { at: 1 } }), hash);
  assert.is.not(contentHash({ kind: 'k', a: { b: 1, c: [2, 1] } }), hash);
  assert.is.not(contentHash({ kind: 'k', a: { b: 1, c: [1, 2], run: 1 } }), hash);
});

test('the hash is SHA-256 of the sorted compact text', () => {
  // printf '{"a":1,"b":"x"}' | sha256sum
  assert.is(contentHash({ b: 'x', a: 1 }), 'ecf9e98ec0641e23113ff3ce8bdc78d0ddd249886517fd4a7f68cc83d4e65667');
});

test.run();
