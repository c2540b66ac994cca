import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cuttable } from '../../src/models/cuttable.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { foldNodes } from '../../src/profiles/fold-nodes.ts';
import { fpsCell, fpsMatrixDocument } from '../../src/profiles/fps-matrix.ts';
import { measuredFpsMatrix } from '../../src/profiles/fps-matrix-measured.ts';
import { layersOf } from '../../src/profiles/importers/layers.ts';
import { type ModelMeasurement, measuredProfile, type Outcome, piecesToTime } from '../../src/profiles/measured.ts';
import { middleOutcome } from '../../src/profiles/rounds.ts';
import { type LatencySamples, medianSpread, quantile, summarize } from '../../src/profiles/samples.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { layers } from '../execution/models.ts';

const test = suite('measured profiles');

const graph = layers(4);
const cut = cuttable(graph, { name: 'layers', source: 'layers.onnx', hash: 'h' });
const model = cut.blocked;
const layered = layersOf(cut);
const { platform } = hostPlatform({ cores: 2, memoryBytes: 1e9, runtimes: { native: true, wasm: true } });

const samples = (mean: number): LatencySamples => ({ n: 10, mean, p50: mean, p95: mean * 1.1, std: mean / 20 });

/** A measurement whose ways add up to the given sums. */
function measured(whole: number, pieces: number, nodes?: number): ModelMeasurement {
  const count = model.blocks.length;
  return {
    runtime: 'a runtime 1.0',
    pinned: true,
    whole: samples(whole),
    pieces: [
      { first: 0, last: 1, latencyMs: samples(pieces / 2) },
      { first: 2, last: count - 1, latencyMs: samples(pieces / 2) },
    ],
    ...(nodes !== undefined && {
      nodes: {
        blocks: model.blocks.map(() => samples(nodes / count)),
        sumMs: nodes,
        unassignedMs: 0,
        providers: { CPUExecutionProvider: { nodes: 8, timeShare: 1 } },
      },
    }),
  };
}

test('quantiles lie between neighbours, and a burst moves neither median nor mean', () => {
  assert.is(quantile([1, 2, 3, 4], 0.5), 2.5);
  assert.is(quantile([5], 0.95), 5);
  const quiet = summarize([1, 1, 1, 1, 1, 1, 1, 1]);
  const burst = summarize([1, 1, 1, 1, 1, 1, 1, 100]);
  assert.is(burst.mean, quiet.mean);
  assert.is(burst.p50, quiet.p50);
  assert.ok(burst.std > 30);
});

test('the interval of the median shrinks with samples, and covers no fewer than six', () => {
  assert.is(medianSpread([1, 2, 3, 4, 5]), Number.POSITIVE_INFINITY);
  assert.is(medianSpread(Array.from({ length: 50 }, () => 2)), 0);
  const ramp = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 + i / n);
  assert.ok(medianSpread(ramp(400)) < medianSpread(ramp(40)));
  // Ranks 5 and 15 of 20, after David and Nagaraja: 10 -+ 1.96 sqrt(20) / 2, rounded outwards.
  const twenty = Array.from({ length: 20 }, (_, i) => i + 1);
  assert.is(medianSpread(twenty), (16 - 5) / 10.5);
});

test('short blocks are timed with their neighbours: every block once, no piece too short that need not be', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (estimates) => {
      const pieces = piecesToTime(estimates);
      let next = 0;
      for (const { first, last } of pieces) {
        assert.is(first, next);
        assert.ok(last >= first);
        next = last + 1;
        const sum = estimates.slice(first, last + 1).reduce((total, each) => total + each, 0);
        if (pieces.length > 1) assert.ok(sum >= 0.2 - 1e-12, `${sum}`);
      }
      assert.is(next, estimates.length);
    }),
  );
});

/** One call as ONNX Runtime traces it: nodes of so many microseconds each, one after another. */
function call(start: number, nodes: { name: string; type?: string; us: number; provider?: string }[]): object[] {
  let ts = start;
  const events = nodes.map(({ name, type = 'MatMul', us, provider = 'CPUExecutionProvider' }, i) => {
    const args = { op_name: type, provider, node_index: String(i) };
    const event = { cat: 'Node', name: `${name}_kernel_time`, ts, dur: us, args };
    ts += us;
    return event;
  });
  return [...events, { cat: 'Session', name: 'model_run', ts: start, dur: ts - start + 1 }];
}

test("the runtime's nodes go to their blocks by name, by tensor, or to a neighbour", () => {
  assert.is(model.blocks.length, 4);
  const nodes = [
    { name: 'ReorderInput', type: 'ReorderInput', us: 5 },
    { name: 'product0', us: 100 },
    { name: 'x1_nchwc', us: 20 },
    { name: 'ReorderOutput_token_3', type: 'ReorderOutput', us: 7 },
    { name: 'x2', us: 200 },
    { name: 'ReorderInput', type: 'ReorderInput', us: 9 },
    { name: 'product2', us: 300, provider: 'OtherExecutionProvider' },
    { name: 'x4', us: 400 },
  ];
  const text = JSON.stringify(
    Array.from({ length: 6 }, (_, i) => call(i * 10_000, i < 3 ? nodes.slice(1) : nodes)).flat(),
  );
  const folded = foldNodes(text, [3, 4, 5], layered)!;
  const near = (value: number, expected: number): void => assert.ok(Math.abs(value - expected) < 1e-9, `${value}`);
  for (const [b, expected] of [0.132, 0.2, 0.309, 0.4].entries()) near(folded.blocks[b]!.mean, expected);
  assert.is(folded.blocks[0]!.n, 3, 'calls that do not count are left out');
  near(folded.sumMs, 1.041);
  near(folded.unassignedMs, 0.021);
  assert.is(folded.providers.OtherExecutionProvider?.nodes, 1);
  near(folded.providers.OtherExecutionProvider!.timeShare, 300 / 1041);
});

test('a profile that is cut short, empty or no profile folds to nothing', () => {
  for (const text of ['', '[', '{}', 'null', '[{"cat":"Session","name":"model_run","ts":0,"dur":5}]']) {
    assert.is(foldNodes(text, [0, 1], layered), undefined);
  }
});

test('of several rounds the middle series counts, for the whole and for every block by itself; a refusal in one counts', () => {
  const rounds = [measured(10, 12, 10), measured(30, 9, 50), measured(11, 30, 30)];
  const middle = middleOutcome(rounds) as ModelMeasurement;
  assert.is(middle.whole.mean, 11);
  assert.equal(middle.seriesMs, [10, 11, 30]);
  assert.equal(
    middle.pieces!.map(({ latencyMs }) => latencyMs.mean),
    [6, 6],
  );
  assert.equal(
    middle.nodes!.blocks.map(({ mean }) => mean),
    [7.5, 7.5, 7.5, 7.5],
  );
  assert.is(middle.nodes!.sumMs, 30);
  assert.is((middleOutcome([measured(3, 1), measured(2, 1)]) as ModelMeasurement).whole.mean, 2);
  assert.equal(middleOutcome([measured(1, 1), { unsupported: 'no' }]), { unsupported: 'no' });
  assert.is(middleOutcome([rounds[0]!]), rounds[0]);
});

test('per kind of processor, the way whose sums are nearer to the wholes gives the costs; nothing is scaled', () => {
  const outcomes = new Map<string, Outcome>([
    ['cpu', measured(10, 12, 10.5)],
    ['cpu-0', measured(10, 10.2, 14)],
    ['cpu-1', measured(10, 11, 10.9)],
    ['wasm-1', { unsupported: 'it has no such operator' }],
  ]);
  const profile = measuredProfile([model], platform, [outcomes]);
  assert.equal(profileDocument.problems(profile), []);
  const [row] = profile.models;
  assert.equal(
    Object.entries(row!.measurement ?? {}).map(([id, { used }]) => [id, used]),
    [
      ['cpu', 'nodes'],
      ['cpu-0', 'pieces'],
      ['cpu-1', 'pieces'],
    ],
  );
  const sum = (id: string): number =>
    row!.blocks.reduce((total, { costs }) => {
      const cost = costs[id]!;
      return total + (cost === 'unsupported' ? Number.NaN : cost.latencyMs.mean);
    }, 0);
  for (const [id, expected] of [
    ['cpu', 10.5],
    ['cpu-0', 10.2],
    ['cpu-1', 11],
  ] as const) {
    assert.ok(Math.abs(sum(id) - expected) < 1e-9, `${id} ${sum(id)}`);
  }
  assert.ok(Object.values(row!.origin).every((origin) => origin === 'measured'));
  assert.is(row!.blocks[0]!.costs['wasm-1'], 'unsupported');
  assert.is(row!.blocks[0]!.reasons?.['wasm-1'], 'it has no such operator');
});

test('a processor that was not measured keeps modelled costs, and says so', () => {
  const profile = measuredProfile([model], platform, [new Map([['cpu', measured(1, 1)]])]);
  assert.is(profile.models[0]!.origin.cpu, 'measured');
  assert.is(profile.models[0]!.origin['cpu-0'], 'roofline');
});

test('an FPS matrix of measurements states rate, spread, tool and what fell back', () => {
  const onGpu = structuredClone(platform);
  onGpu.processors[1]!.execution!.provider = 'cuda';
  const outcomes = new Map<string, Outcome>([
    ['cpu', measured(10, 12, 10.5)],
    ['cpu-0', measured(4, 4, 4)],
    ['wasm-1', { unsupported: 'it has no such operator' }],
  ]);
  const matrix = measuredFpsMatrix([model], onGpu, [outcomes], '2026-01-31');
  assert.equal(fpsMatrixDocument.problems(matrix), []);
  assert.equal(
    matrix.devices.map(({ id }) => id),
    ['cpu', 'cpu-0', 'wasm-1'],
  );
  const [row] = matrix.models;
  const cell = fpsCell(row!, 'cpu')!;
  assert.is(cell.framesPerS, 100);
  assert.equal(
    [cell.origin, cell.metric, cell.tool, cell.date],
    ['measured', 'latency', 'a runtime 1.0', '2026-01-31'],
  );
  assert.is(cell.fallback, undefined);
  assert.equal(fpsCell(row!, 'cpu-0')!.fallback, {
    provider: 'CPUExecutionProvider',
    nodes: 8,
    ofNodes: 8,
    timeShare: 1,
  });
  assert.is(fpsCell(row!, 'wasm-1'), undefined);
  assert.is(row!.reasons?.['wasm-1'], 'it has no such operator');
});

test.run();
