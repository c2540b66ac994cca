import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOnnx } from '../../src/models/onnx/read.ts';
import { stageManifestDocument } from '../../src/models/stage-manifest.ts';
import { inFolder, run } from './captured.ts';

const test = suite('models split');
const SMALL = ['squeezenet', '--shape', 'input=1x3x64x64'];

test('stages are written, described and verified', () =>
  inFolder(async (folder) => {
    const split = ['models', 'split', ...SMALL, '--at', '2,5', '--out-dir', folder, '--verify', '--json'];
    const { code, out, err } = await run(split);
    assert.equal([code, err], [0, '']);
    assert.is(readFileSync(join(folder, 'squeezenet.stages.json'), 'utf8'), out);
    const { document } = stageManifestDocument.parse(out, 'out');
    assert.equal(
      document.stages.map(({ firstBlock, lastBlock }) => [firstBlock, lastBlock]),
      [
        [0, 1],
        [2, 4],
        [5, document.blocks - 1],
      ],
    );
    assert.equal([document.verified!.bitEqual, document.verified!.largestRelativeError], [true, 0]);
    for (const { file, bytes, inputs } of document.stages) {
      const content = readFileSync(join(folder, file));
      assert.is(content.length, bytes);
      assert.equal(
        readOnnx(content).inputs.map(({ name }) => name),
        inputs.map(({ name }) => name),
      );
    }
    assert.equal(
      document.stages.map(({ inputs }) => inputs[0]!.from),
      ['caller', 0, 1],
    );
    assert.equal((await run(split)).out, out);
  }));

test("a plan's placement is followed, with its processors", () =>
  inFolder(async (folder) => {
    const plan = join(folder, 'plan.json');
    const models = ['--models', 'squeezenet,alexnet', '--planner', 'mcts', '--evaluations', '100'];
    assert.is((await run(['plan', '--platform', 'hikey970', ...models, '--out', plan, '--quiet'])).code, 0);
    const split = ['models', 'split', 'squeezenet', '--plan', plan, '--out-dir', folder];
    const { code, out } = await run([...split, '--json']);
    assert.is(code, 0);
    const planned = JSON.parse(readFileSync(plan, 'utf8')).models[0].stages;
    const kept = (stages: Record<string, unknown>[]) =>
      stages.map(({ processor, firstBlock, lastBlock }) => ({ processor, firstBlock, lastBlock }));
    assert.equal(kept(JSON.parse(out).stages), kept(planned));
    const other = await run([...split, '--cut', '3']);
    assert.is(other.code, 64);
    assert.match(other.err, /cut otherwise/);
    assert.is((await run([...split, '--name', 'vgg'])).code, 64);
  }));

test('what cannot be split leaves no file behind', () =>
  inFolder(async (folder) => {
    const damaged = join(folder, 'm.onnx');
    writeFileSync(damaged, 'no model');
    const before = readdirSync(folder);
    const cases: [string[], number][] = [
      [[...SMALL], 64],
      [[...SMALL, '--at', '2', '--plan', 'p.json'], 64],
      [[...SMALL, '--at', '5,2'], 64],
      [[...SMALL, '--at', '400'], 64],
      [[...SMALL, '--plan', join(folder, 'none.json')], 65],
      [[damaged, '--at', '1'], 65],
      [['nosuch', '--at', '1'], 64],
    ];
    for (const [words, expected] of cases) {
      const { code, err } = await run(['models', 'split', ...words, '--out-dir', folder]);
      assert.is(code, expected, `${words}: ${err}`);
      assert.not.match(err, /\n\s+at /);
    }
    assert.equal(readdirSync(folder), before);
  }));

test.run();
