import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { coreTopology } from '../../bindings/host/index.ts';
import { memoryJournal } from '../../src/cli/measurement-journal.ts';
import { measureHandover } from '../../src/execution/handover.ts';
import { measureInterference } from '../../src/execution/interfere.ts';
import { measureModels } from '../../src/execution/measure.ts';
import { measureMemory } from '../../src/execution/memory.ts';
import type { CuttableModel } from '../../src/models/cut.ts';
import { cuttable } from '../../src/models/cuttable.ts';
import type { Graph } from '../../src/models/graph.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import { fitHandover } from '../../src/profiles/handover.ts';
import { measuredProfile } from '../../src/profiles/measured.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { layers, missingRuntime } from './models.ts';

const test = suite('measuring this host');

const missing = await missingRuntime();
if (missing) console.log(`skipped: ${missing}`);
const claim = missing ? test.skip : test;

const groups = coreTopology()?.groups;
const host = hostPlatform({
  cores: groups?.reduce((sum, { cores }) => sum + cores.length, 0) ?? 2,
  memoryBytes: 4e9,
  ...(groups && { groups }),
  runtimes: { native: true, wasm: true },
}).platform;
/** One processor of each runtime, side by side where there are two cores: each further one is a process more to wait for. */
const platform = {
  ...host,
  processors: host.processors.filter(({ id }) => id !== 'cpu-1' && (id !== 'cpu' || host.processors.length === 2)),
};

function open(name: string, graph: Graph): CuttableModel {
  return cuttable(graph, { name, source: `${name}.onnx`, hash: name });
}

const models = [open('three', layers(3)), open('five', layers(5, 160))];
const LIMIT = { timeLimitMs: 300 };

claim('every model is measured on every processor, whole and in blocks, and the profile is complete', async () => {
  const shares: number[] = [];
  const { outcomes } = await measureModels(models, platform, { ...LIMIT, onProgress: (share) => shares.push(share) });
  const profile = measuredProfile(
    models.map(({ blocked }) => blocked),
    platform,
    outcomes,
  );
  assert.equal(profileDocument.problems(profile), []);
  for (const model of profile.models) {
    for (const { id, execution } of platform.processors) {
      const measurement = model.measurement?.[id];
      assert.ok(measurement, `${model.name} on ${id}`);
      assert.match(
        measurement!.runtime,
        execution?.runtime === 'wasm' ? /^onnxruntime-web \d/ : /^onnxruntime-node \d/,
      );
      assert.ok(measurement!.whole.mean > 0 && (measurement!.whole.n ?? 0) > 0);
      assert.ok((measurement!.pieceSumMs ?? 0) > 0);
      assert.is(measurement!.nodeSumMs === undefined, execution?.runtime === 'wasm');
      for (const { costs } of model.blocks) assert.ok(typeof costs[id] === 'object' && costs[id].latencyMs.mean >= 0);
    }
  }
  assert.is(shares.at(-1), 1);
  assert.equal(
    shares,
    [...shares].sort((a, b) => a - b),
  );
});

claim('what a journal holds is not measured again: the same journal gives the same profile', async () => {
  const journal = memoryJournal();
  const first = await measureModels([models[0]!], platform, { ...LIMIT, rounds: 2, journal });
  for (const outcome of first.outcomes[0]!.values())
    assert.is('unsupported' in outcome ? 0 : outcome.seriesMs?.length, 2, 'both rounds were measured');
  let written = 0;
  const again = await measureModels([models[0]!], platform, {
    ...LIMIT,
    rounds: 2,
    journal: { get: journal.get, put: async () => void written++ },
  });
  assert.is(written, 0);
  assert.equal(again.outcomes, first.outcomes);
});

claim('an abort ends the measurement, and what was measured until then is kept', async () => {
  const known = new Map<string, unknown>();
  const stop = new AbortController();
  const reason = new Error('enough');
  const journal = {
    get: (key: string) => known.get(key),
    put: async (key: string, value: unknown) => {
      known.set(key, value);
      if (known.size === 3) stop.abort(reason);
    },
  };
  let error: unknown;
  await measureModels(models, platform, { ...LIMIT, journal, signal: stop.signal }).catch((caught) => {
    error = caught;
  });
  assert.is(error, reason);
  assert.is(known.size, 3);
});

claim('a model that a runtime refuses is unsupported there, with its words', async () => {
  const graph = layers(2);
  const broken = open('broken', graph);
  // Weights of another size than the model says: shapes are known by then, only the runtime looks.
  broken.graph.initializers.set('w0', { ...graph.initializers.get('w0')!, shape: [7, 7] });
  const { outcomes } = await measureModels([broken], platform, LIMIT);
  for (const { id } of platform.processors) {
    const outcome = outcomes[0]!.get(id)!;
    assert.ok('unsupported' in outcome && outcome.unsupported.length > 0, id);
  }
});

claim('pairs run at the same time on processors that share no cores', async () => {
  const { outcomes } = await measureModels([models[0]!], platform, { ...LIMIT, wholeOnly: true });
  const pairs = await measureInterference([models[0]!], platform, outcomes);
  for (const { processors, aloneMs, togetherMs } of pairs) {
    const [a, b] = processors.map((id) => platform.processors.find((each) => each.id === id)!);
    assert.not(a!.uses.some((id) => id !== 'memory' && b!.uses.includes(id)));
    for (const time of [...aloneMs, ...togetherMs]) assert.ok(time > 0);
  }
  const cores = platform.resources.filter(({ kind }) => kind === 'core-group').length;
  assert.is(pairs.length > 0, cores > 1);
});

claim('memory is measured on every processor, alone and side by side, and once for a journal', async () => {
  const journal = memoryJournal();
  const options = { tensorBytes: 2 ** 18, timeLimitMs: 200, journal };
  const memory = await measureMemory(platform, options);
  assert.equal(
    Object.keys(memory.aloneBytesPerS),
    platform.processors.map(({ id }) => id),
  );
  const alone = Object.values(memory.aloneBytesPerS);
  assert.ok(
    alone.every((rate) => rate > 1e6 && rate < 1e14),
    `${alone}`,
  );
  assert.ok(memory.togetherBytesPerS >= Math.max(...alone));
  const uses = memory.together.flatMap((id) => platform.processors.find((each) => each.id === id)!.uses);
  const own = uses.filter((id) => id !== 'memory');
  assert.is(new Set(own).size, own.length, 'those that work together share no cores');
  assert.is(await measureMemory(platform, options), memory);
});

claim(
  'calls of stages cost core time, tensors more of it, and what a journal holds is not measured again',
  async () => {
    const one = {
      ...platform,
      processors: platform.processors.filter(({ id }) => id === 'cpu-0' || id === 'cpu').slice(0, 1),
    };
    const journal = memoryJournal();
    const series = await measureHandover(one, { journal });
    const [id] = one.processors.map((processor) => processor.id);
    const of = (into: boolean, outOf: boolean) =>
      series.filter(({ intoBytes, outOfBytes }) => intoBytes > 0 === into && outOfBytes > 0 === outOf);
    assert.is(of(false, false).length, 1);
    const [none] = of(false, false);
    const heaviest = of(true, true).reduce((most, each) => (each.intoBytes > most.intoBytes ? each : most));
    assert.ok(none!.coreMs > 0 && none!.coreMs >= none!.feederMs);
    assert.ok(
      heaviest.coreMs > none!.coreMs,
      `${heaviest.coreMs} of ${heaviest.intoBytes} bytes, ${none!.coreMs} of none`,
    );
    const { processors, feederShare } = fitHandover(series);
    assert.equal(Object.keys(processors), [id]);
    assert.ok(processors[id!]!.callMs >= 0 && feederShare > 0 && feederShare <= 1);
    assert.ok((processors[id!]!.intoBytesPerS ?? 0) + (processors[id!]!.outOfBytesPerS ?? 0) > 0);
    assert.is((await measureHandover(one, { journal }))[0], series[0]);
  },
);

test.run();
