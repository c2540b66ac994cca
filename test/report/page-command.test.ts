import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsThatMatter } from '../../src/cli/report-files.ts';
import { inFolder, run } from '../cli/captured.ts';
import { parseMarkup } from './markup.ts';

const test = suite('report commands');
const PLAN = ['plan', '--platform', 'hikey970', '--models', 'alexnet,squeezenet', '--evaluations', '50', '--quiet'];

test('plan --report and --svg write a page and every chart, and leave the plan as it is', async () => {
  await inFolder(async (folder) => {
    const [page, charts] = [join(folder, 'r.html'), join(folder, 'made', 'charts')];
    const beside = await run([...PLAN, '--json', '--report', page, '--svg', charts]);
    assert.is(beside.code, 0, beside.err);
    assert.is(beside.out, (await run([...PLAN, '--json'])).out);
    const text = readFileSync(page, 'utf8');
    assert.match(text, /^<!doctype html>/);
    assert.match(text, /2 models on HiKey970 \(Kirin 970\) run at/);
    assert.match(text, /<pre>heterodyne plan --platform hikey970 --models alexnet,squeezenet --evaluations 50<\/pre>/);
    const names = readdirSync(charts).sort();
    assert.equal(
      names,
      ['gantt', 'heat-map', 'memory', 'progress', 'score', 'throughput', 'utilization'].map((name) => `${name}.svg`),
    );
    for (const name of names) assert.is(parseMarkup(readFileSync(join(charts, name), 'utf8')).name, 'svg');
  });
});

test('the same plan has the same report, wherever it is written', async () => {
  await inFolder(async (folder) => {
    const [a, b] = [join(folder, 'a.html'), join(folder, 'b.html')];
    await run([...PLAN, '--report', a]);
    await run([...PLAN, `--report=${b}`, '--json', '--out', join(folder, 'p.json'), '--core', 'reference']);
    assert.ok(readFileSync(a, 'utf8') === readFileSync(b, 'utf8'));
  });
});

test('the command in the page leaves out where results go', () => {
  const words = [
    '--models',
    'a.onnx',
    '--out',
    'p.json',
    '-o',
    'q.json',
    '--svg=d',
    '--json',
    '--no-seeds',
    '--seed',
    '3',
  ];
  assert.equal(wordsThatMatter(words), ['--models', 'a.onnx', '--no-seeds', '--seed', '3']);
});

test('a report is never written to a standard stream, over the plan or the trace, or where nothing can be', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'x');
    const refused = async (words: string[], expected: RegExp) => {
      const { code, err, out } = await run([...PLAN, ...words]);
      assert.is(code, 64, err);
      assert.match(err, expected);
      assert.is(out, '');
    };
    await refused(['--report', '-'], /--report writes a file, not a standard stream/);
    await refused(['--svg', '-'], /--svg writes files, not a standard stream/);
    await refused(['--report', file, '--out', file], /the file of --out/);
    await refused(['--report', file, '--trace', file], /the file of --trace/);
    writeFileSync(file, '');
    const inFile = await run([...PLAN, '--svg', join(file, 'charts')]);
    assert.is(inFile.code, 65);
    mkdirSync(join(folder, 'd'));
    const asFolder = await run([...PLAN, '--report', join(folder, 'd')]);
    assert.ok(asFolder.code !== 0 && asFolder.out === '', asFolder.err);
    assert.equal(readdirSync(folder).sort(), ['d', 'x']);
  });
});

test.run();
