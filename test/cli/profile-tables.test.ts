import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tablesDocument } from '../../src/profiles/tables-schema.ts';
import { run } from './captured.ts';

const test = suite('profile --tables');

test('writes the thinned tables of one processor, strict and the same each time', async () => {
  const words = ['profile', '--models', 'squeezenet', '--platform', 'hikey970', '--tables', 'gpu', '--json'];
  const first = await run(words);
  assert.is(first.code, 0);
  const { document } = tablesDocument.parse(first.out, 'stdout');
  assert.is(document.pointCount > 100, true);
  assert.ok(document.rows.length <= 32);
  assert.is(document.rows[document.reference].operatingPoint.id, 'max');
  assert.is((await run(words)).out, first.out);
});

test('an unknown processor is wrong usage', async () => {
  const { code, err } = await run(['profile', '--models', 'squeezenet', '--platform', 'hikey970', '--tables', 'npu']);
  assert.is(code, 64);
  assert.match(err, /no processor "npu"/);
});

test.run();
