import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, run } from './captured.ts';

const PLAN = ['plan', '--platform', 'hikey970', '--models', 'squeezenet', '--evaluations', '20'];
const FULL = '/dev/full';

const test = suite('results on their way out');

test('what was computed is shown even where its file cannot be written', () =>
  inFolder(async (folder) => {
    if (!existsSync(FULL)) {
      console.log(`skipped: no ${FULL} here`);
      return;
    }
    const kept = join(folder, 'plan.json');
    for (const words of [
      ['--out', FULL],
      ['--report', FULL, '--out', kept],
      ['--trace', FULL],
    ]) {
      const { code, out, err } = await run([...PLAN, ...words]);
      assert.is(code, 65, words.join(' '));
      assert.match(out, 'Plan for hikey970');
      assert.match(err, `cannot write ${FULL}: the disk is full`);
    }
    assert.is(JSON.parse(readFileSync(kept, 'utf8')).kind, 'plan');
  }));

test('standard output holds one document, also where another file fails', async () => {
  if (!existsSync(FULL)) return;
  const { code, out, err } = await run([...PLAN, '--json', '--report', FULL]);
  assert.is(code, 65);
  assert.is(JSON.parse(out).kind, 'plan');
  assert.match(err, 'the disk is full');
});

test.run();
