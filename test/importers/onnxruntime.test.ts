/**
 * Against the runtime itself: a profile that ONNX Runtime writes here is mapped to blocks, and every kernel's time must
 * be where the model's own graph says that its node stands.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cuttable } from '../../src/models/cuttable.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { zooWeights } from '../../src/models/zoo/weights.ts';
import { zooModel } from '../../src/models/zoo/zoo.ts';
import { platformById } from '../../src/platforms/registry.ts';
import { importedProfile } from '../../src/profiles/importers/imported-profile.ts';
import { layersOf } from '../../src/profiles/importers/layers.ts';
import { importProfile } from '../../src/profiles/importers/registry.ts';

const test = suite('profiles of ONNX Runtime itself');

type Level = 'basic' | 'extended' | 'all';
const RUNS = 6;

/** The text of a profile, or undefined where the native runtime cannot be loaded. */
async function profiled(bytes: Uint8Array, size: number, level: Level): Promise<Uint8Array | undefined> {
  const runtime = await import('onnxruntime-node').catch(() => undefined);
  if (runtime?.InferenceSession === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'heterodyne-ort-'));
  try {
    const session = await runtime.InferenceSession.create(bytes, {
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
      graphOptimizationLevel: level,
      intraOpNumThreads: 1,
    });
    const input = new runtime.Tensor('float32', new Float32Array(3 * size * size).fill(0.5), [1, 3, size, size]);
    for (let run = 0; run < RUNS; run++) await session.run({ [session.inputNames[0]!]: input });
    session.endProfiling();
    await session.release();
    const files = readdirSync(folder);
    assert.is(files.length, 1);
    return readFileSync(join(folder, files[0]!));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Event {
  cat: string;
  name: string;
  ts: number;
  dur: number;
}

/** Milliseconds by node name, by a second road: strict JSON, and the runs after the first told by their spans. */
function nodeTimes(text: string): Map<string, number> {
  const events = JSON.parse(text) as Event[];
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const after = runs[1]!.ts;
  const times = new Map<string, number>();
  for (const { cat, name, ts, dur } of events) {
    if (cat !== 'Node' || ts < after || !name.endsWith('_kernel_time')) continue;
    const node = name.slice(0, -'_kernel_time'.length);
    times.set(node, (times.get(node) ?? 0) + dur / 1000 / (runs.length - 1));
  }
  return times;
}

const { platform } = platformById('orange-pi-5');

for (const [zoo, size] of [
  ['squeezenet', 64],
  ['mobilenet-v1', 64],
] as const) {
  const graph = zooModel(zoo, { resolution: size });
  const model = cuttable(graph, { name: zoo, source: `zoo:${zoo}`, hash: zoo });
  const layers = layersOf(model);
  const bytes = writeOnnx(graph, zooWeights(graph, 1));

  for (const level of ['basic', 'extended', 'all'] as const) {
    test(`${zoo} optimised to ${level}: each block gets the time of its own nodes`, async () => {
      const file = await profiled(bytes, size, level);
      if (file === undefined) return console.log('  skipped: onnxruntime-node cannot be loaded here');
      const record = await importProfile(file, { source: 'profile.json', batch: 1 });
      assert.is(record.warmup.removed, 1);
      const { profile, mapping } = importedProfile(record, {
        model: model.blocked,
        layers,
        platform,
        processor: 'big',
      });
      assert.ok(mapping.mappedShare > 0.9, `${mapping.mappedShare} mapped`);
      assert.is(mapping.unmappedShare, 0);

      const blockOf = new Map<string, number>();
      for (const { index, operators } of model.blocked.blocks) {
        for (const at of operators) blockOf.set(graph.operators[at]!.name, index);
      }
      const expected = model.blocked.blocks.map(() => 0);
      let inserted = 0;
      for (const [node, ms] of nodeTimes(new TextDecoder().decode(file))) {
        const block = blockOf.get(node.replace(/_nchwc$/, ''));
        if (block === undefined) inserted += ms;
        else expected[block]! += ms;
      }
      if (level === 'basic') assert.is(inserted, 0);
      profile.models[0]!.blocks.forEach(({ costs, name }, b) => {
        const ms = costs.big === undefined || costs.big === 'unsupported' ? Number.NaN : costs.big.latencyMs.mean;
        assert.ok(
          ms >= expected[b]! - 1e-9 && ms <= expected[b]! + inserted + 1e-9,
          `${name}: ${ms}, not ${expected[b]}`,
        );
      });
    });
  }
}

test.run();
