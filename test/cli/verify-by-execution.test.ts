import { readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { thisHost } from '../../src/execution/this-host.ts';
import { cuttableOnnx } from '../../src/models/cuttable.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { planDocument } from '../../src/planners/schema.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { layers, missingRuntime } from '../execution/models.ts';
import { inFolder, run } from './captured.ts';

const test = suite('plan --verify-by execution');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

/** Words that plan two small models, from a profile and files of their own. */
async function wordsFor(folder: string): Promise<string[]> {
  const { platform } = await thisHost();
  const models = await Promise.all(
    [3, 5].map((count) => {
      const source = `${folder}/m${count}.onnx`;
      writeFileSync(source, writeOnnx(layers(count)));
      return cuttableOnnx(readFileSync(source), { name: `m${count}`, source });
    }),
  );
  const profile = rooflineProfile(
    models.map(({ blocked }) => blocked),
    platform,
  );
  writeFileSync(`${folder}/profile.json`, profileDocument.write(profile));
  const budget = ['--evaluations', '60', '--verify', '2'];
  return ['plan', '--platform', 'host', '--profile', `${folder}/profile.json`, '--estimator', 'hikey970', ...budget];
}

claim('the favourites of an estimator run on this host, and what was measured stands in the plan', () =>
  inFolder(async (folder) => {
    const words = [...(await wordsFor(folder)), '--verify-by', 'execution', '--verify-for', '100ms'];
    const { code, out, err } = await run([...words, '--out', `${folder}/plan.json`]);
    assert.is(code, 0, err);
    assert.match(out, /measured: [\d.]+, the best of its 2 favourites/);
    const { document } = planDocument.parse(readFileSync(`${folder}/plan.json`, 'utf8'), 'plan.json');
    const { verified, rankDisagreements } = document.planner;
    assert.equal([verified?.by, verified?.checked, rankDisagreements?.checked], ['execution', 2, 2]);
    assert.ok((verified?.value ?? 0) > 0);
  }),
);

claim('files that are not what was profiled are not run', () =>
  inFolder(async (folder) => {
    const words = [...(await wordsFor(folder)), '--verify-by', 'execution'];
    writeFileSync(`${folder}/m5.onnx`, writeOnnx(layers(6)));
    const { code, out, err } = await run(words);
    assert.equal([code, out], [65, '']);
    assert.match(err, /"m5" is not the model that was profiled/);
  }),
);

test('execution needs a profile, and a time needs execution', async () => {
  const words = ['plan', '--platform', 'hikey970', '--models', 'alexnet', '--estimator', 'hikey970'];
  for (const [added, found] of [
    [['--verify-by', 'execution'], /--verify-by execution means nothing without --profile/],
    [['--verify-for', '2s'], /--verify-for means nothing without --verify-by execution/],
  ] as const) {
    const { code, err } = await run([...words, ...added]);
    assert.is(code, 64);
    assert.match(err, found);
  }
});

test.run();
