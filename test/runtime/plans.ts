/** Plans made by hand for tests of the runtime: small networks, placed where the test wants them. */

import { readFileSync, writeFileSync } from 'node:fs';
import type { OnnxTensor } from '../../bindings/onnx/index.ts';
import { contentHash } from '../../src/documents/canonical.ts';
import { thisHost } from '../../src/execution/this-host.ts';
import type { CuttableModel } from '../../src/models/cut.ts';
import { cuttable, cuttableOnnx } from '../../src/models/cuttable.ts';
import type { Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { type Plan, planDocument } from '../../src/planners/schema.ts';
import { hostPlatform } from '../../src/platforms/host.ts';
import type { Platform } from '../../src/platforms/schema.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { profileDocument } from '../../src/profiles/schema.ts';
import { layers } from '../execution/models.ts';

/** Two native processors and a WebAssembly one, all held to core 0: every machine has that. */
export function onCoreZero(): Platform {
  const { platform } = hostPlatform({ cores: 2, memoryBytes: 4e9, runtimes: { native: true, wasm: true } });
  return {
    ...platform,
    processors: platform.processors.map((processor) => ({
      ...processor,
      ...(processor.execution && { execution: { ...processor.execution, cores: [0], threads: 1 } }),
    })),
  };
}

export function open(name: string, graph: Graph): CuttableModel {
  return cuttable(graph, { name, source: `${name}.onnx`, hash: name, granularity: 'operator' });
}

/** Stages as processor and first block. */
export type Places = [processor: string, firstBlock: number][];

export function planByHand(entries: readonly { model: CuttableModel; places: Places; deadlineMs?: number }[]): Plan {
  const processors = [...new Set(entries.flatMap(({ places }) => places.map(([id]) => id)))];
  return {
    kind: 'plan',
    schemaVersion: 1,
    platform: 'host',
    platformHash: '',
    profileHash: '',
    objective: 'throughput',
    planner: { name: 'by-hand', seed: 1, evaluations: 0 },
    operatingPoint: { id: 'default', frequencyHz: {} },
    models: entries.map(({ model, places, deadlineMs }) => ({
      name: model.blocked.name,
      variant: 'original',
      stages: places.map(([processor, firstBlock], s) => ({
        processor,
        firstBlock,
        lastBlock: (places[s + 1]?.[1] ?? model.blocked.blocks.length) - 1,
        latencyMs: 1,
        transferMs: 0.1,
      })),
      throughputPerS: 100,
      latencyMs: places.length,
      soloThroughputPerS: 100,
      ...(deadlineMs !== undefined && { deadlineMs }),
    })),
    processors: processors.map((id) => ({ id, utilization: 1, memoryBytes: 0 })),
    score: {
      value: 100,
      meanThroughputPerS: 100,
      minThroughputPerS: 100,
      geometricMeanPerS: 100,
      jain: 1,
      groupFps: 100,
    },
    provenance: { measured: 0, imported: 0, modelled: 1 },
    warnings: [],
  };
}

/** Input of `layers(count, size)`, different for every seed. */
export function row(size: number, seed = 0): { x0: OnnxTensor } {
  const data = Float32Array.from({ length: size }, (_, i) => ((i * 7 + seed * 13) % 31) / 31);
  return { x0: { type: 'float32', data, dims: [1, size] } };
}

/** A plan with its profile and its model as files. */
export async function planFiles(
  folder: string,
  graph: Graph = layers(5, 96),
): Promise<{ plan: string; profile: string; words: string[] }> {
  const { platform } = await thisHost();
  const model = `${folder}/one.onnx`;
  writeFileSync(model, writeOnnx(graph));
  const opened = await cuttableOnnx(readFileSync(model), { name: 'one', source: model });
  const profile = rooflineProfile([opened.blocked], platform);
  const plan = planByHand([{ model: opened, places: [['cpu', 0]], deadlineMs: 10_000 }]);
  const paths = { plan: `${folder}/plan.json`, profile: `${folder}/profile.json` };
  writeFileSync(paths.plan, planDocument.write({ ...plan, profileHash: contentHash(profile) }));
  writeFileSync(paths.profile, profileDocument.write(profile));
  return { ...paths, words: ['run', paths.plan, '--profile', paths.profile, '--warm-up', '50ms'] };
}
