import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { variantsDocument } from '../../src/models/variants.ts';
import { inFolder, run } from './captured.ts';

const test = suite('models optimize');
const OPTIMIZE = ['models', 'optimize', 'squeezenet', '--shape', 'input=1x3x64x64', '--runtime', 'web'];

test('forms are built, measured and described; none is said to be accurate', () =>
  inFolder(async (folder) => {
    const words = [...OPTIMIZE, '--precision', 'float16,int8', '--samples', '2', '--out-dir', folder];
    const { code, out, err } = await run([...words, '--json', '--verbose']);
    assert.is(code, 0, err);
    const { document } = variantsDocument.parse(out, 'out');
    assert.equal(
      document.variants.map(({ name }) => name),
      ['original', 'float16', 'int8'],
    );
    for (const variant of document.variants) {
      assert.ok(variant.latencyMs!.median > 0);
      assert.is(variant.accuracy, undefined);
      if (variant.file === undefined) continue;
      assert.ok(existsSync(join(folder, variant.file)));
      assert.ok(variant.outputError!.relativeRms > 0 && variant.outputError!.relativeRms < 0.2);
    }
    assert.match((await run([...words, '--verbose'])).err, /used again: squeezenet\.float16/);
  }));

test('unknown precisions and impossible rewriting are refused', async () => {
  assert.is((await run([...OPTIMIZE, '--precision', 'int4'])).code, 64);
  assert.is((await run([...OPTIMIZE, '--level', 'most'])).code, 64);
  await inFolder(async (folder) => {
    const { code, err } = await run([...OPTIMIZE, '--level', 'extended', '--out-dir', folder]);
    assert.is(code, 64);
    assert.match(err, /rewrites nothing offline/);
  });
});

test.run();
