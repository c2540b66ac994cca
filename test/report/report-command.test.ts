import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, run, workingIn } from '../cli/captured.ts';

const test = suite('heterodyne report');
const RATES = fileURLToPath(new URL('../../examples/group/rates.csv', import.meta.url));

/** A page without the command that made it, which no document states. */
const bare = (file: string) => readFileSync(file, 'utf8').replace(/<h3>The same plan again.*?<\/pre>/s, '');

async function written(words: readonly string[]) {
  const result = await run(words);
  assert.is(result.code, 0, result.err);
  return result;
}

test('a plan has the page and the charts that plan wrote, its search included', async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const plan = ['plan', '--platform', 'hikey970', '--models', 'alexnet,left=squeezenet', '--seed', '5', '--quiet'];
    await written([...plan, '--out', at('p.json'), '--report', at('a.html'), '--svg', at('a')]);
    const { err } = await written(['report', at('p.json'), '--out', at('b.html'), '--svg', at('b')]);
    assert.is(err, '');
    assert.ok(bare(at('a.html')) === readFileSync(at('b.html'), 'utf8'));
    assert.equal(readdirSync(at('a')), readdirSync(at('b')));
    for (const name of readdirSync(at('a'))) {
      assert.is(readFileSync(join(at('a'), name), 'utf8'), readFileSync(join(at('b'), name), 'utf8'), name);
    }
  });
});

test('a plan made with options that it does not state is shown without its search, and says so', async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await written([
      'plan',
      '--platform',
      'hikey970',
      '--models',
      'alexnet',
      '--max-stages',
      '1',
      '--out',
      at('p.json'),
    ]);
    const { err } = await written(['report', at('p.json'), '--out', at('p.html')]);
    assert.match(err, /the search is not drawn/);
    assert.match(readFileSync(at('p.html'), 'utf8'), /not in the document/);
  });
});

test('costs that are not those of the plan are refused', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'p.json');
    await written(['plan', '--platform', 'hikey970', '--models', 'alexnet', '--batch', '2', '--out', file]);
    const { code, err } = await run(['report', file, '--out', join(folder, 'p.html')]);
    assert.is(code, 65);
    assert.match(err, /was not made from these costs/);
    assert.equal(readdirSync(folder), ['p.json']);
    await written(['report', file, '--batch', '2', '--out', join(folder, 'p.html')]);
  });
});

test('a group plan has the page that plan wrote; without the matrix it lacks the other rates', async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const plan = [
      'plan',
      '--matrix',
      RATES,
      '--device-caps',
      'VPU=1',
      '--device-count',
      'VPU=2',
      '--what-if',
      '--quiet',
    ];
    await written([...plan, '--out', at('g.json'), '--report', at('a.html')]);
    await written(['report', at('g.json'), '--matrix', RATES, '--out', at('b.html')]);
    assert.ok(bare(at('a.html')) === readFileSync(at('b.html'), 'utf8'));
    await written(['report', at('g.json'), '--out', at('c.html')]);
    assert.not.match(readFileSync(at('c.html'), 'utf8'), 'data-chart="matrix"');
    writeFileSync(at('other.csv'), 'model,CPU\nA,1\nB,1\nC,1\nD,1\n');
    const { code, err } = await run(['report', at('g.json'), '--matrix', at('other.csv'), '--out', at('d.html')]);
    assert.is(code, 65);
    assert.match(err, /was not made from/);
  });
});

test('every other document is shown in the words of its command, beside its name where no file is given', async () => {
  await inFolder(async (folder) => {
    await workingIn(folder, async () => {
      const made: [words: string[], text: RegExp][] = [
        [['profile', '--models', 'alexnet', '--platform', 'hikey970'], /roofline|modelled/],
        [['platforms', 'show', 'jetson-tx2'], /Jetson TX2/],
        [['models', 'info', 'alexnet'], /&quot;kind&quot;: &quot;model&quot;/],
      ];
      for (const [words, text] of made) {
        await written([...words, '--out', 'x.json']);
        const { out } = await written(['report', 'x.json', '--json']);
        assert.equal(
          JSON.parse(out).files.map(({ file }: { file: string }) => file),
          ['x.html'],
        );
        assert.match(readFileSync('x.html', 'utf8'), text);
      }
    });
  });
});

test('what is no document, and options of other documents, are refused', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'x.json');
    const refused = async (text: string, words: string[], code: number, expected: RegExp) => {
      writeFileSync(file, text);
      const result = await run(['report', file, '--out', join(folder, 'x.html'), ...words]);
      assert.is(result.code, code, result.err);
      assert.match(result.err, expected);
      assert.equal(readdirSync(folder), ['x.json']);
    };
    await refused('{}', [], 65, /no document of Heterodyne/);
    await refused('{"kind": "plam"}', [], 65, /did you mean "?plan/);
    await refused('nothing', [], 65, /x\.json/);
    await refused('{"kind": "profile", "schemaVersion": 1}', ['--matrix', RATES], 64, /--matrix means nothing/);
    await refused('{"kind": "profile", "schemaVersion": 1}', [], 65, /platform/);
  });
});

test.run();
