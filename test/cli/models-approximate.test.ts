import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { variantsDocument } from '../../src/models/variants.ts';
import { inFolder, run } from './captured.ts';

const test = suite('models approximate');
const APPROXIMATE = ['models', 'approximate', 'squeezenet', '--shape', 'input=1x3x64x64', '--runtime', 'web'];

test('forms are written with a table of every layer, measured', () =>
  inFolder(async (folder) => {
    const words = [...APPROXIMATE, '--rank', '0.5', '--ranks', 'conv10=100', '--keep-slow', '--out-dir', folder];
    const { code, out, err } = await run([...words, '--samples', '2', '--json']);
    assert.is(code, 0, err);
    const { document } = variantsDocument.parse(out, 'out');
    assert.equal(
      document.variants.map(({ name, method }) => [name, method]),
      [
        ['original', 'original'],
        ['rank-0.5', 'low-rank'],
        ['ranks', 'low-rank'],
      ],
    );
    const [original, half, one] = document.variants;
    assert.ok(half!.macs! < 0.6 * original!.macs!);
    assert.is(half!.layers!.length, 26);
    for (const layer of half!.layers!) {
      assert.ok(layer.energyKept > 0.3 && layer.energyKept <= 1);
      assert.ok(layer.latencyMs!.before.median > 0 && layer.latencyMs!.after.median > 0);
      assert.ok(layer.outputError!.relativeRms > 0);
    }
    assert.equal(
      one!.layers!.map(({ operator, rank }) => [operator, rank]),
      [['conv10', 100]],
    );
    assert.ok(one!.accuracy === undefined && one!.outputError!.relativeRms > 0);
    const { operators } = readOnnx(readFileSync(join(folder, one!.file!)));
    assert.ok(operators.some(({ name }) => name === 'conv10_factor1'));
  }));

test('unknown layers, shares and lists are refused', async () => {
  for (const words of [
    ['--rank', '2'],
    ['--energy', 'much'],
    ['--ranks', 'conv99=4'],
    ['--ranks', 'conv10=0'],
    ['--ranks', 'published'],
  ]) {
    const { code, err } = await run([...APPROXIMATE, ...words]);
    assert.is(code, 64, `${words}: ${err}`);
    assert.not.match(err, /\n\s+at /);
  }
});

test.run();
