import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, run } from './captured.ts';

const test = suite('plan --min-accuracy');

test('forms with files of their own are profiled, and planned where they hold the floor', () =>
  inFolder(async (folder) => {
    for (const resolution of ['64', '160']) {
      const out = join(folder, resolution);
      await run(['models', 'export', 'squeezenet', '--resolution', resolution, '--out-dir', out, '--quiet']);
    }
    const workload = join(folder, 'w.json');
    const variants = [
      { name: 'original', accuracy: 0.6 },
      { name: 'small', model: '64/squeezenet.onnx', accuracy: 0.5, accuracySource: 'made up for a test' },
    ];
    const models = [{ model: '160/squeezenet.onnx', name: 'net', variants }];
    writeFileSync(workload, JSON.stringify({ kind: 'workload', schemaVersion: 1, models }));
    const about = ['--platform', 'hikey970', '--workload', workload];
    const profile = join(folder, 'p.json');
    assert.is((await run(['profile', ...about, '--out', profile, '--quiet'])).code, 0);
    const chosen = async (...words: string[]) => {
      const { code, out, err } = await run(['plan', ...words, '--json', '--evaluations', '50']);
      assert.is(code, 0, err);
      const { variant, accuracy } = JSON.parse(out).models[0];
      return [variant, accuracy];
    };
    assert.equal(await chosen(...about), ['original', 0.6]);
    assert.equal(await chosen(...about, '--min-accuracy', '50%'), ['small', 0.5]);
    assert.equal(await chosen(...about, '--min-accuracy', '0.55'), ['original', 0.6]);
    assert.equal(await chosen('--profile', profile, '--workload', workload, '--min-accuracy', '0.4'), ['small', 0.5]);
    assert.is((await run(['plan', ...about, '--min-accuracy', '0.7'])).code, 2);
    assert.is((await run(['plan', ...about, '--min-accuracy', '7'])).code, 64);
  }));

test.run();
