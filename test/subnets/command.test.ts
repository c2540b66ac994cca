/** `heterodyne search` from words to exit codes, on a seeded predictor and seeded costs. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fileStems } from '../../src/report/file-stems.ts';
import { activeBlocks, type ElasticSpace } from '../../src/subnets/elastic-space.ts';
import { inputLayout } from '../../src/subnets/input-layout.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { searchSpace } from '../../src/subnets/space.ts';
import { run as captured } from '../cli/captured.ts';
import { predictorFile } from './predictor-file.ts';

const test = suite('heterodyne search');
const folder = mkdtempSync(join(tmpdir(), 'heterodyne-search-'));
test.after(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const layout = inputLayout(searchSpace(ofaMbv3()));
const predictor = file('predictor.onnx', predictorFile(layout.inputs, 'Relu'));
const COMMON = ['search', '--predictor', predictor, '--costs', 'flops', '--evaluations', '1000', '--quiet'];

test('a limit gives a document of kind front, the same bytes as --out writes', async () => {
  const out = join(folder, 'front.json');
  const { code, out: json } = await captured([...COMMON, '--limit', '300Mmac', '--json', '--out', out]);
  assert.is(code, 0);
  const front = JSON.parse(json);
  assert.is(front.kind, 'front');
  assert.is(front.results[0].limitMflops, 300);
  assert.ok(front.results[0].costMflops <= 300 && front.front.length > 0);
  assert.is(json, readFileSync(out, 'utf8'));
});

test('processors whose names look alike as file names have files of their own', async () => {
  const example = (name: string) => new URL(`../../examples/elastic/${name}`, import.meta.url);
  const into = join(folder, 'alike');
  const path = (name: string) => fileURLToPath(example(name));
  const words = ['search', '--space', path('space.json'), '--predictor', path('predictor.onnx'), '--quiet'];
  const { code, err } = await captured([
    ...words,
    ...['--costs', `甲=${path('costs.json')}`, '--costs', `乙=${path('costs.json')}`],
    ...['--front', '--levels', '2', '--evaluations', '200', '--export', into, '--svg', into, '--json'],
  ]);
  assert.is(code, 0, err);
  const { ladders } = JSON.parse(readFileSync(join(into, 'ladder.json'), 'utf8'));
  const names = ladders.flatMap(({ levels }: { levels: { model: string }[] }) => levels.map(({ model }) => model));
  assert.is(new Set(names).size, names.length, names.join());
  for (const name of [...names, 'front-_.svg', 'front-_-2.svg']) assert.ok(existsSync(join(into, name)), name);
  assert.equal(fileStems(['gpu:0', 'gpu_0', 'GPU/0', 'gpu_0-2']), ['gpu_0', 'gpu_0-2', 'GPU_0-3', 'gpu_0-2-2']);
});

test('a limit that no network keeps ends with 2, the minimum and its network', async () => {
  const { code, out } = await captured([...COMMON, '--limit', '50', '--json']);
  assert.is(code, 2);
  const { results, processors } = JSON.parse(out);
  assert.is(results[0].outcome, 'infeasible');
  assert.is(results[0].costMflops, 100.320888);
  assert.is(processors[0].least.costMflops, 100.320888);
});

test('wrong use and bad input have their exit codes and one clear error', async () => {
  const broken = file('broken.onnx', new Uint8Array([1, 2, 3]));
  const alias = file('160_lookup_table.yaml', 'a: &x\n  mean: 1\n');
  const cases: [string[], number, RegExp][] = [
    [COMMON, 64, /needs a limit/],
    [['search', '--predictor', predictor, '--limit', '3'], 64, /needs costs/],
    [
      ['search', '--predictor', predictor, '--limit', '3', '--method', 'evolution', '--preset', 'ofa-newer'],
      64,
      /needs costs/,
    ],
    [[...COMMON, '--limit', '-3'], 64, /negative/],
    [[...COMMON, '--limit', '300', '--method', 'magic'], 64, /method/],
    [[...COMMON, '--limit', '300', '--space', 'ofa-mbv4'], 64, /ofa-mbv3/],
    [[...COMMON, '--limit', '300', '--ladder', 'x.json'], 64, /--levels/],
    [[...COMMON, '--limit', '300', '--min-accuracy', '75'], 64, /share/],
    [[...COMMON, '--limit', '300', '--stall', '0'], 64, /--stall/],
    [[...COMMON, '--limit', '300', '--costs-out', 'x.json'], 64, /--measure/],
    [['search', '--predictor', predictor, '--measure', 'host'], 64, /needs a limit/],
    [['search', '--predictor', broken, '--costs', 'flops', '--limit', '300'], 65, /broken.onnx/],
    [['search', '--predictor', predictor, '--costs', alias, '--limit', '30'], 65, /anchor/],
    [['search', '--predictor', predictor, '--costs', folder, '--limit', '30'], 65, /anchor/],
    [['search', '--predictor', join(folder, 'none.onnx'), '--costs', 'flops', '--limit', '300'], 65, /no such file/],
  ];
  for (const [words, expected, message] of cases) {
    const { code, err } = await captured(words);
    assert.is(code, expected, words.join(' '));
    assert.match(err, message);
    assert.not.match(err, /defect/);
  }
});

test('a space of one’s own with a measured cost table, and a predictor outside the core', async () => {
  const space: ElasticSpace = {
    kind: 'elastic-space',
    schemaVersion: 1,
    name: 'tiny',
    resolutions: [24, 32],
    stages: ['a', 'b'].map((name) => ({
      name,
      blocks: 2,
      depths: [1, 2],
      genes: [{ key: 'ks', choices: [3, 5] }],
      width: { key: 'w', choices: [8, 16] },
    })),
  };
  const entries: unknown[] = [];
  for (const resolution of space.resolutions) {
    entries.push({ resolution, meanMs: resolution / 32, stdMs: 0.01 });
    for (const { name, width, ...stage } of space.stages) {
      for (let block = 0; block < Math.max(...activeBlocks({ name, width, ...stage })); block++) {
        for (const ks of [3, 5]) {
          for (const choice of width!.choices) {
            entries.push({
              resolution,
              stage: name,
              block,
              form: { ks },
              width: choice,
              meanMs: (ks * choice * resolution) / 1000,
              stdMs: 0.01,
            });
          }
        }
      }
    }
  }
  const costs = {
    kind: 'subnet-costs',
    schemaVersion: 1,
    space: 'tiny',
    processor: 'cpu',
    provenance: 'measured',
    entries,
  };
  const inputs = inputLayout(searchSpace(space)).inputs;
  for (const activation of ['Relu', 'Tanh'] as const) {
    const words = [
      ...[
        'search',
        '--space',
        file('tiny.json', JSON.stringify(space)),
        '--costs',
        file('costs.json', JSON.stringify(costs)),
      ],
      ...[
        '--predictor',
        file(`${activation}.onnx`, predictorFile(inputs, activation)),
        '--limit',
        '4',
        '--json',
        '--quiet',
      ],
    ];
    const { code, out } = await captured(words);
    assert.is(code, 0);
    const { results, processors, warnings } = JSON.parse(out);
    assert.is(processors[0].provenance, 'measured');
    assert.ok(results[0].costMs <= 4 && results[0].costSigmaMs > 0);
    assert.is(
      warnings.some(({ code: word }: { code: string }) => word === 'OUTSIDE_CORE'),
      activation === 'Tanh',
    );
  }
  costs.entries = entries.slice(0, -1);
  const { code, err } = await captured([
    ...['search', '--space', join(folder, 'tiny.json'), '--costs', file('costs.json', JSON.stringify(costs))],
    ...['--predictor', join(folder, 'Relu.onnx'), '--limit', '4'],
  ]);
  assert.is(code, 65);
  assert.match(err, /no cost for 32 b 1/);
});

test('check vectors confirm a layout or refuse it', async () => {
  const { out } = await captured([...COMMON, '--limit', '300', '--json']);
  const [{ genotype, accuracy }] = JSON.parse(out).results;
  const check = file('check.json', JSON.stringify([{ genotype, accuracy }]));
  const good = await captured([...COMMON, '--limit', '300', '--json', '--check', check]);
  assert.is(good.code, 0);
  assert.is(JSON.parse(good.out).predictor.checked, true);
  const wrong = await captured([
    ...COMMON,
    '--limit',
    '300',
    '--check',
    check,
    '--predictor-layout',
    'resolution-first',
  ]);
  assert.is(wrong.code, 65);
  assert.match(wrong.err, /check vector 0/);
});

test.run();
