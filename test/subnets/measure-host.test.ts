/** Blocks built, timed in ONNX Runtime and added up: complete for every space, interrupted and taken up again. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wasmCore } from '../../bindings/core.ts';
import { openSession } from '../../bindings/onnx/index.ts';
import type { Graph } from '../../src/models/graph.ts';
import { blockModel } from '../../src/models/load.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { Random } from '../../src/reference/random.ts';
import { sumOf } from '../../src/subnets/costs/cost-model.ts';
import { costsModel, type SubnetCosts, subnetCostsDocument } from '../../src/subnets/costs/costs-schema.ts';
import { flopsModel } from '../../src/subnets/costs/flops.ts';
import { measureCosts } from '../../src/subnets/costs/measure.ts';
import { piecesOf } from '../../src/subnets/costs/pieces/pieces.ts';
import { SHAPES_SPACE } from '../../src/subnets/elastic/shapes-space.ts';
import { type ElasticSpace, elasticSpaceDocument } from '../../src/subnets/elastic-space.ts';
import { inputLayout } from '../../src/subnets/input-layout.ts';
import { subnetGraph } from '../../src/subnets/networks/build.ts';
import { ofaMbv3 } from '../../src/subnets/ofa-mbv3.ts';
import { ofaResnet50 } from '../../src/subnets/ofa-resnet50.ts';
import { type SearchSpace, searchSpace } from '../../src/subnets/space.ts';
import { abortedAtLook, inFolder, run } from '../cli/captured.ts';
import { predictorFile } from './predictor-file.ts';

const test = suite('costs measured on this host');

/** One stage with a choice of width, one without. */
const TINY: ElasticSpace = {
  kind: 'elastic-space',
  schemaVersion: 1,
  name: 'tiny',
  resolutions: [8, 12],
  stages: [
    {
      name: 'a',
      blocks: 2,
      depths: [1, 2],
      genes: [
        { key: 'ks', choices: [3, 5] },
        { key: 'e', choices: [2] },
      ],
      width: { key: 'w', choices: [4, 8] },
    },
    {
      name: 'b',
      blocks: 1,
      depths: [1],
      genes: [
        { key: 'ks', choices: [3] },
        { key: 'e', choices: [2, 3] },
      ],
    },
  ],
  layers: {
    stem: { channels: 4, stride: 2 },
    stages: [{ stride: 1 }, { stride: 2, channels: 8 }],
    tail: 16,
    classes: 5,
  },
};
const tiny = searchSpace(TINY);

/** Megas of multiply-accumulates, as counted from the graph. */
function megas(graph: Graph): number {
  return blockModel(graph, { name: 'piece', source: 'piece', hash: '' }).macs / 1e6;
}

/** A cost document whose times are the work of the pieces. */
function workDocument(space: SearchSpace): SubnetCosts {
  const entries = piecesOf(space).map(({ entry, build }) => ({
    ...entry,
    meanMs: build().reduce((sum, graph) => sum + megas(graph), 0),
  }));
  return { kind: 'subnet-costs', schemaVersion: 1, space: space.name, processor: 'x', provenance: 'modelled', entries };
}

function randomNetworks(space: SearchSpace, count: number): Uint8Array[] {
  const random = new Random(6);
  const kernel = wasmCore().subnets({ space: space.numbers, cost: [] });
  return Array.from({ length: count }, () =>
    kernel.networks(Uint8Array.from(space.numbers.choices, (choices) => random.below(choices))),
  );
}

for (const space of [searchSpace(ofaMbv3([64, 80])), searchSpace(ofaResnet50([64])), searchSpace(SHAPES_SPACE), tiny]) {
  test(`${space.name}: the work of the pieces adds up to that of any network`, () => {
    const { factors } = costsModel(space, workDocument(space), 'work');
    for (const network of randomNetworks(space, 8)) {
      const whole = megas(subnetGraph(space, network, 'whole'));
      const sum = sumOf(factors, space, network);
      assert.ok(Math.abs(sum - whole) < 1e-9 * whole, `${sum}, not ${whole}`);
    }
  });
}

test('networks do the work that is counted from the architecture', () => {
  for (const space of [searchSpace(ofaResnet50([97])), searchSpace(SHAPES_SPACE), tiny]) {
    const { factors } = flopsModel(space);
    for (const network of randomNetworks(space, 8)) {
      const counted = sumOf(factors, space, network);
      const whole = megas(subnetGraph(space, network, 'whole'));
      assert.ok(Math.abs(whole - counted) < 1e-9 * whole, `${space.name}: ${counted}, not ${whole}`);
    }
  }
});

test('a space of one’s own with layers gives networks that run', async () => {
  for (const network of randomNetworks(tiny, 3)) {
    const graph = subnetGraph(tiny, network, 'level');
    const session = await openSession(writeOnnx(graph, zooWeights(graph, 1)));
    const size = tiny.resolutions[network[tiny.resolutionSlot] - 1];
    const dims = [1, 3, size, size];
    const { logits } = await session.run({
      input: { type: 'float32', data: new Float32Array(3 * size * size).fill(0.5), dims },
    });
    assert.equal(logits.dims, [1, 5]);
    await session.close();
  }
});

test('layers that do not fit their space are refused by name', () => {
  const parse = (change: Partial<ElasticSpace>) =>
    elasticSpaceDocument.parse(JSON.stringify({ ...TINY, ...change }), 'space.json');
  const { layers, stages } = TINY as Required<ElasticSpace>;
  assert.throws(() => parse({ layers: { ...layers, stages: layers.stages.slice(1) } }), /every stage needs its layers/);
  assert.throws(
    () => parse({ layers: { ...layers, stages: [{ stride: 1, channels: 3 }, layers.stages[1]] } }),
    /either a width or channels/,
  );
  const even = { ...stages[0], genes: [{ key: 'ks', choices: [4] }, stages[0].genes[1]] };
  assert.throws(() => parse({ stages: [even, stages[1]] }), /odd kernels/);
  const blind = searchSpace({ ...TINY, layers: undefined });
  assert.throws(() => piecesOf(blind), /cannot be timed/);
});

test('an interrupted measurement keeps what was timed, and goes on from there', () =>
  inFolder(async (folder) => {
    const space = join(folder, 'space.json');
    const costs = join(folder, 'costs.json');
    const predictor = join(folder, 'predictor.onnx');
    writeFileSync(space, elasticSpaceDocument.write(TINY));
    writeFileSync(predictor, predictorFile(inputLayout(tiny).inputs, 'Relu'));
    const words = [
      ...['search', '--space', space, '--predictor', predictor, '--measure', 'host', '--costs-out', costs],
      ...['--front', '--levels', '2', '--evaluations', '100', '--quiet', '--json'],
    ];
    const entries = () => subnetCostsDocument.parse(readFileSync(costs, 'utf8'), costs).document.entries;
    const stopped = await run(words, { signal: abortedAtLook(8) });
    assert.is(stopped.code, 130, stopped.err);
    assert.match(stopped.err.replace(/\s+/g, ' '), /interrupted after \d+ blocks were timed: .*costs\.json keeps them/);
    const first = entries();
    const all = piecesOf(tiny).length;
    assert.ok(first.length > 0 && first.length < all, `${first.length} of ${all}`);
    const again = await run(words, { signal: abortedAtLook(first.length > 3 ? 8 : 1000) });
    assert.ok(again.code === 130 || again.code === 0, again.err);
    assert.ok(entries().length > first.length, 'the second run goes further');
    const whole = await run(words);
    assert.is(whole.code, 0, whole.err);
    assert.is(entries().length, all);
    assert.equal(entries().slice(0, first.length), first, 'what was timed is not timed again');
    const front = JSON.parse(whole.out);
    assert.is(front.processors[0].provenance, 'measured');
    assert.ok(front.processors[0].least.costMs < front.processors[0].most.costMs);
    // A file that holds all is as good as a table.
    const known = await run([...words, '--export', join(folder, 'levels')]);
    assert.is(known.code, 0, known.err);
    assert.is(known.out, whole.out);
    assert.ok(existsSync(join(folder, 'levels', 'host-level-1.onnx')));
    const other = join(folder, 'other.json');
    writeFileSync(other, elasticSpaceDocument.write({ ...TINY, name: 'other' }));
    const refused = await run(words.with(2, other));
    assert.is(refused.code, 65);
    assert.match(refused.err, /those of another space/);
  }));

test('nothing is timed twice, and other resolutions stay in the file', async () => {
  let timed = 0;
  const count = { runs: 1, onEntry: () => void timed++ };
  const half = await measureCosts(searchSpace({ ...TINY, resolutions: [8] }), count);
  assert.is(timed, half.entries.length);
  const whole = await measureCosts(tiny, { ...count, earlier: half });
  assert.is(timed, whole.entries.length);
  const small = await measureCosts(searchSpace({ ...TINY, resolutions: [12] }), { ...count, earlier: whole });
  assert.is(timed, whole.entries.length, 'all is known');
  assert.is(small.entries.length, whole.entries.length);
});

test.run();
