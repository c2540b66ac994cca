import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { HeterodyneError } from '../../src/core/errors.ts';
import { defineDocument } from '../../src/documents/document.ts';

const test = suite('documents');

const recipe = defineDocument({
  kind: 'recipe',
  schemaVersion: 2,
  title: 'A recipe',
  shape: {
    name: z.string(),
    steps: z.array(z.strictObject({ verb: z.enum(['stir', 'heat']), minutes: z.number().gt(0).optional() })).min(1),
    oven: z.union([z.literal('unsupported'), z.strictObject({ celsius: z.number() })]).optional(),
  },
  check: (document) =>
    document.steps.length > 2
      ? [{ path: '/steps', message: 'too long', expected: 'at most 2 steps', received: String(document.steps.length) }]
      : [],
});

const good = { kind: 'recipe', schemaVersion: 2, name: 'soup', steps: [{ verb: 'stir' }] };

function failure(input: unknown): HeterodyneError {
  try {
    recipe.parse(input, 'r.json');
  } catch (error) {
    assert.instance(error, HeterodyneError);
    return error as HeterodyneError;
  }
  throw new Error('accepted');
}

test('text and object read alike, and the given object stays untouched', () => {
  const given = { ...good, oven: { celsius: 200, fan: true }, 'x-mine': { a: null } };
  const before = JSON.stringify(given);
  const a = recipe.parse(given, 'r.json');
  const b = recipe.parse(before, 'r.json');
  assert.equal(a, b);
  assert.is(JSON.stringify(given), before);
});

test('unknown keys are kept, and warned of unless they begin with x-', () => {
  const { document, warnings } = recipe.parse(
    { ...good, oven: { celsius: 200, fan: true }, nmae: 1, 'x-mine': 2 },
    'r.json',
  );
  assert.equal(document as unknown, { ...good, oven: { celsius: 200, fan: true }, nmae: 1, 'x-mine': 2 });
  assert.equal(warnings.map(({ code, path }) => `${code} ${path}`).sort(), [
    'UNKNOWN_KEY /nmae',
    'UNKNOWN_KEY /oven/fan',
  ]);
  assert.match(warnings.find(({ path }) => path === '/nmae')?.message ?? '', /did you mean "name"/);
});

test('all problems are reported at once, each with its place', () => {
  const error = failure({ ...good, name: null, steps: [{ verb: 'boil', minutes: -1 }, 7], oven: { celsius: 'hot' } });
  assert.is(error.code, 'BAD_INPUT');
  assert.equal(error.problems.map((problem) => problem.path).sort(), [
    '/name',
    '/oven/celsius',
    '/steps/0/minutes',
    '/steps/0/verb',
    '/steps/1',
  ]);
  const at = (path: string) => error.problems.find((problem) => problem.path === path);
  assert.match(at('/name')?.hint ?? '', /null is not used/);
  assert.is(at('/steps/0/verb')?.expected, '"stir" or "heat"');
  assert.is(at('/steps/0/minutes')?.received, '-1');
});

test('a missing key that stands there misspelt is explained', () => {
  const error = failure({ kind: 'recipe', schemaVersion: 2, nmae: 'soup', steps: [{ verb: 'stir' }] });
  assert.is(error.path, '/name');
  assert.match(error.hint ?? '', /"nmae" is not known here: was "name" meant/);
});

test('the wrong kind and a newer version are named as such', () => {
  assert.match(failure({ ...good, kind: 'plan' }).message, /"plan" document, not "recipe"/);
  assert.match(failure({ name: 'x' }).message, /kind is missing/);
  const newer = failure({ ...good, schemaVersion: 5, anything: { goes: 1 } });
  assert.is(newer.path, '/schemaVersion');
  assert.match(newer.message, /version 5.*version 2/);
  assert.is(failure({ ...good, schemaVersion: '2' }).path, '/schemaVersion');
  for (const input of [null, 3, 'true', '[]', [good]]) assert.is(failure(input).code, 'BAD_INPUT');
});

test('rules between members are checked after the schema', () => {
  const error = failure({ ...good, steps: [{ verb: 'stir' }, { verb: 'stir' }, { verb: 'heat' }] });
  assert.is(error.path, '/steps');
  assert.is(error.expected, 'at most 2 steps');
});

test('writing is strict, in schema order, and reads back as the same document', () => {
  const { document } = recipe.parse(
    { steps: good.steps, name: 'soup', schemaVersion: 2, kind: 'recipe', $schema: 's' },
    'x',
  );
  const text = recipe.write(document);
  assert.match(text, /^\{\n {2}"\$schema": "s",\n {2}"kind": "recipe",\n {2}"schemaVersion": 2,\n {2}"name": "soup"/);
  assert.equal(recipe.parse(text, 'x').document, document);
  assert.is(recipe.write(recipe.parse(text, 'x').document), text);
});

test('writing refuses an unknown key unless it is asked to keep it', () => {
  const { document } = recipe.parse({ ...good, extra: 1, 'x-mine': 2 }, 'x');
  assert.throws(() => recipe.write(document), /breaks its own schema: unknown key "extra"/);
  const text = recipe.write(document, { keepUnknown: true });
  assert.equal(JSON.parse(text), { ...good, extra: 1, 'x-mine': 2 });
  assert.throws(() => recipe.write({ ...document, name: 3 } as never), /breaks its own schema/);
});

test('a key named __proto__ stays data', () => {
  const { document, warnings } = recipe.parse(`{"__proto__": {"polluted": 1}, ${JSON.stringify(good).slice(1)}`, 'x');
  assert.is(({} as { polluted?: number }).polluted, undefined);
  assert.is((document as { polluted?: number }).polluted, undefined);
  assert.is(warnings.length, 1);
});

test.run();
