import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BY_RUN, readData, TEST, TRAINING, VALIDATION } from '../../src/estimators/dataset/data.ts';
import { type ExecutedPlacement, withExecuted } from '../../src/estimators/dataset/executed.ts';
import { estimatorDataDocument } from '../../src/estimators/dataset/schema.ts';
import { type Profile, profileDocument } from '../../src/profiles/schema.ts';
import { runDocument } from '../../src/runtime/schema.ts';
import { inFolder, run } from '../cli/captured.ts';
import { platform, profile, smallData } from '../estimators/small-data.ts';
import { missingRuntime } from '../execution/models.ts';
import { planFiles } from './plans.ts';

const test = suite('data sets that grow from runs');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const [first] = profile.processors;
const whole = (model: number, throughputPerS: number) => ({
  model,
  throughputPerS,
  stages: [{ processor: first!, lastBlock: profile.models[model]!.blocks.length - 1 }],
});

test('rows join the mix that they belong to, whatever the order of its models, and new mixes follow', async () => {
  const known = await smallData();
  const places = [...known.models.subarray(0, known.columns)].filter((place) => place >= 0);
  const models = places.map((place) => whole(place, 10 + place));
  const { data, added } = withExecuted(profile, platform, [{ models: models.reverse() }], known);
  assert.is(added, 1);
  assert.is(data.mix[known.rows], known.mix[0]);
  assert.is(data.split[known.rows], known.split[0]);
  assert.is(data.sampling[known.rows], BY_RUN);
  const at = known.rows * data.columns;
  models
    .sort((x, y) => x.model - y.model)
    .forEach(({ model, throughputPerS }, m) => {
      assert.is(data.models[at + m], model);
      assert.is(data.rates[at + m], throughputPerS);
      assert.ok(data.analytic[at + m]! > 0);
    });
  const unknown = { models: Array.from({ length: known.columns }, () => whole(0, 5)) } satisfies ExecutedPlacement;
  const later = withExecuted(profile, platform, [unknown, unknown], data).data;
  assert.is(later.mix[data.rows], Math.max(...known.mix) + 1);
  assert.is(later.mix[data.rows + 1], later.mix[data.rows], 'both are of one mix');
});

test('of ten new mixes seven are for training, one for validation, two for the test', () => {
  let data: ReturnType<typeof withExecuted>['data'] | undefined;
  for (let size = 1; size <= 5; size++) {
    for (const place of [0, 1]) {
      const models = Array.from({ length: size }, () => whole(place, 3));
      data = withExecuted(profile, platform, [{ models }], data).data;
    }
  }
  assert.equal([...data!.split], [...new Array(7).fill(TRAINING), VALIDATION, TEST, TEST]);
});

test('a placement of which some model ended no frame gives no row; a mix that is too large is refused', () => {
  const { data, added } = withExecuted(profile, platform, [{ models: [whole(0, 0), whole(1, 4)] }]);
  assert.is(added, 0);
  assert.is(data.rows, 0);
  const known = withExecuted(profile, platform, [{ models: [whole(0, 2)] }]).data;
  let thrown: { code?: string; message?: string } = {};
  try {
    withExecuted(profile, platform, [{ models: Array.from({ length: 6 }, () => whole(0, 2)) }], known);
  } catch (error) {
    thrown = error as typeof thrown;
  }
  assert.is(thrown.code, 'BAD_INPUT');
  assert.match(thrown.message!, 'mixes of 5 models, not of 6');
});

claim(
  'a run begins a data set, a comparison adds its candidates, and what does not fit is refused before it runs',
  () =>
    inFolder(async (folder) => {
      const files = await planFiles(folder);
      const data = `${folder}/data.json`;
      const words = [...files.words, '--frames', '3', '--for', '300s', '--data', data];
      const measured = await run([...words, '--json']);
      assert.is(measured.code, 0, measured.err);
      const { document } = runDocument.parse(measured.out, 'run');
      const about = () => estimatorDataDocument.parse(readFileSync(data, 'utf8'), data).document;
      assert.is(about().label.source, 'executed');
      assert.equal(about().samples, { mixes: 1, rows: 1, training: 1, validation: 0, test: 0 });
      const rows = () => readData(readFileSync(`${folder}/data.npz`), 'data.npz');
      assert.is(rows().rates[0], Math.fround(document.models[0]!.throughputPerS));

      const compared = await run([...words, '--compare', '--json']);
      assert.is(compared.code, 0, compared.err);
      const { compare = [] } = runDocument.parse(compared.out, 'run').document;
      const placed = compare.filter(({ name }) => name !== 'runtime-default');
      assert.is(rows().rows, 1 + placed.length);
      assert.is(rows().rates[rows().columns], Math.fround(placed[0]!.models[0]!.throughputPerS));
      const trained = await run(['estimator', 'train', '--data', data, '--epochs', '1', '--out', `${folder}/e.json`]);
      assert.ok(trained.code === 0 || /validation|test/.test(trained.err), trained.err);

      const kept = readFileSync(data, 'utf8');
      const refused = async (change: () => void, message: RegExp, more: string[] = [], code = 65) => {
        change();
        const { code: found, err, out } = await run([...words, ...more]);
        assert.is(found, code, err);
        assert.match(err.replaceAll(/\s+/g, ' '), message);
        assert.is(out, '', 'nothing ran');
        writeFileSync(data, kept);
      };
      const write = (changed: Partial<ReturnType<typeof about>>) =>
        writeFileSync(data, estimatorDataDocument.write({ ...about(), ...changed }));
      await refused(() => write({ label: { source: 'engine' } }), /rates that were not executed/);
      await refused(() => write({ platformHash: '0'.repeat(64) }), /about another platform/);
      await refused(() => write({ models: [{ name: 'other', blocks: 1 }] }), /no model "other" of the data set/);
      await refused(() => {}, /contradict each other/, ['--controller', 'ladder', '--limit', '1s'], 64);
      const { document: costs } = profileDocument.parse(readFileSync(files.profile, 'utf8'), files.profile);
      const slower: Profile = {
        ...costs,
        models: costs.models.map((model) => ({ ...model, weightBytes: model.weightBytes + 1 })),
      };
      await refused(() => writeFileSync(files.profile, profileDocument.write(slower)), /begun with another profile/);
      assert.ok(existsSync(`${folder}/data.npz`));
    }),
);

test.run();
