/** `heterodyne profile --ladder`: three small networks, the second much slower than its ladder says. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { thisHost } from '../../src/execution/this-host.ts';
import type { Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { GraphBuilder } from '../../src/models/zoo/builder.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { ladderDocument } from '../../src/subnets/ladder-schema.ts';
import { missingRuntime } from '../execution/models.ts';
import { inFolder, run } from './captured.ts';

const test = suite('profile --ladder');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const SIZE = 32;
const LIMIT = ['--time-limit', '300ms'];

/** Convolutions of `channels` over the whole image: work grows with their square. */
function network(channels: number, layers: number): Graph {
  const builder = new GraphBuilder('level', 1, 'folded');
  let x = builder.input('image', 3, SIZE, SIZE);
  for (let i = 0; i < layers; i++) x = builder.conv(`conv${i}`, x, { channels, kernel: 3, padding: 'same' });
  const graph = builder.finish(x);
  graph.outputs[0].shape = [1, x.channels, x.height, x.width];
  return graph;
}

/** Of 0.1, 65 and 7.9 million multiply-accumulates, far apart on any machine; stated as if each were a little slower than the one before. */
function writeLadder(folder: string, changes: object[] = [{}, {}, {}]): string {
  const file = join(folder, 'levels', 'ladder.json');
  mkdirSync(dirname(file), { recursive: true });
  const levels = [network(4, 1), network(48, 4), network(20, 3)].map((graph, i) => {
    writeFileSync(join(dirname(file), `${i + 1}.onnx`), writeOnnx(graph, zooWeights(graph, 1)));
    return {
      level: i + 1,
      genotype: { d: [i] },
      resolution: SIZE,
      accuracy: 0.6 + i / 10,
      accuracySource: 'predicted',
      latencyMs: 7 + i,
      latencySource: 'modelled',
      model: `${i + 1}.onnx`,
      ...changes[i],
    };
  });
  const ladder = { kind: 'ladder', schemaVersion: 1, space: 'tiny', spaceHash: 's', predictorHash: 'p' };
  const ladders = [{ processor: 'phone', costsHash: 'c', levels }];
  writeFileSync(file, JSON.stringify({ ...ladder, ladders, warnings: [] }));
  return file;
}

claim('a level that turns out slower than a better one is left out, by name, on every processor', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'measured.json');
    const { code, out: text, err } = await run(['profile', '--ladder', writeLadder(folder), ...LIMIT, '--out', out]);
    assert.is(code, 0, err);
    const { document } = ladderDocument.parse(readFileSync(out, 'utf8'), out);
    const { platform } = await thisHost();
    const ids = platform.processors.flatMap(({ id, execution }) => (execution ? [id] : []));
    assert.equal(
      document.ladders.map(({ processor }) => processor),
      ids,
    );
    for (const { processor, levels } of document.ladders) {
      assert.equal(
        levels.map(({ level, stated }) => [level, stated?.level, stated?.latencyMs]),
        [
          [1, 1, 7],
          [2, 3, 9],
        ],
      );
      assert.ok(levels.every(({ latencySource, latencyRuns }) => latencySource === 'measured' && latencyRuns! > 0));
      for (const { latencyMs, latencySeriesMs = [] } of levels) {
        assert.ok(latencySeriesMs.length >= 3);
        assert.is([...latencySeriesMs].sort((a, b) => a - b)[latencySeriesMs.length >> 1], latencyMs);
      }
      assert.ok(levels.every(({ model }) => existsSync(join(folder, model!))));
      assert.match(err.replace(/\s+/g, ' '), `level 2 is left out on ${processor}: level 3 is more accurate`);
    }
    assert.match(text, /level 2 +32 +70\.00 % +predicted +8\.00 .*\*/);
    assert.match(text.replace(/\s+/g, ' '), /Stated is what the ladder gave before, for phone \(modelled\)/);
    assert.not(existsSync(`${out}.partial`));
  }),
);

claim('the levels that a search exports are measured as they are, and with --resume nothing is measured twice', () =>
  inFolder(async (folder) => {
    const examples = (name: string) => fileURLToPath(new URL(`../../examples/elastic/${name}`, import.meta.url));
    const inputs = ['--predictor', examples('predictor.onnx'), '--costs', examples('costs.json'), '--quiet'];
    const search = ['search', '--space', 'shapes', ...inputs, '--front', '--levels', '2', '--evaluations', '2000'];
    const searched = await run([...search, '--export', folder]);
    assert.is(searched.code, 0, searched.err);
    const journal = join(folder, 'journal');
    const words = ['profile', '--ladder', join(folder, 'ladder.json'), ...LIMIT, '--resume', journal, '--json'];
    const first = await run(words);
    assert.is(first.code, 0, first.err);
    const { document } = ladderDocument.parse(first.out, 'measured');
    const { ladders } = JSON.parse(readFileSync(join(folder, 'ladder.json'), 'utf8'));
    for (const { levels } of document.ladders) {
      for (const { genotype, accuracy, stated } of levels) {
        const given = ladders[0].levels[stated!.level - 1];
        assert.equal([genotype, accuracy, stated!.latencyMs], [given.genotype, given.accuracy, given.latencyMs]);
      }
    }
    const held = readFileSync(journal, 'utf8');
    const again = await run(words);
    assert.equal(JSON.parse(again.out).ladders, document.ladders);
    assert.is(readFileSync(journal, 'utf8'), held);
  }),
);

test('levels without a file, or with that of another network, end with 65 and the way to go on', () =>
  inFolder(async (folder) => {
    const cases: [object[], RegExp][] = [
      [[{}, { model: undefined }, {}], /level 2 names no file.*search \.\.\. --levels N --export DIR/s],
      [[{ resolution: 48 }, {}, {}], /1\.onnx is not the network of level 1.*48 x 48 pixels/s],
      [[{}, {}, { model: 'none.onnx' }], /none\.onnx/],
      [[{}, { accuracy: 0.1 }, {}], /better and slower/],
    ];
    for (const [changes, message] of cases) {
      const out = join(folder, 'measured.json');
      const { code, err } = await run(['profile', '--ladder', writeLadder(folder, changes), '--out', out]);
      assert.is(code, 65);
      assert.match(err, message);
      assert.not(existsSync(out));
    }
  }));

test('what contradicts a ladder is refused before anything is measured', () =>
  inFolder(async (folder) => {
    const ladder = writeLadder(folder);
    const cases: [string[], RegExp][] = [
      [['--models', 'alexnet'], /--models and --ladder/],
      [['--matrix'], /--matrix and --ladder/],
      [['--roofline'], /--roofline and --ladder/],
      [['--platform', 'hikey970'], /measured here, not on hikey970/],
      [['--time-limit', 'soon'], /--time-limit/],
    ];
    for (const [words, message] of cases) {
      const { code, err } = await run(['profile', '--ladder', ladder, ...words]);
      assert.is(code, 64, err);
      assert.match(err, message);
    }
    assert.is((await run(['profile', '--ladder', ladder, '--out', ladder])).code, 64);
  }));

test.run();
