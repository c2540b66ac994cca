/** Small models and a platform with round numbers, so that tests can be followed by hand. */
import type { Block, BlockedModel, BlockWork } from '../../src/models/graph.ts';
import type { Platform, Processor } from '../../src/platforms/schema.ts';

export function block(index: number, work: Partial<BlockWork>, more: Partial<Block> = {}): Block {
  return {
    index,
    name: `block-${index}`,
    operators: [index],
    work: { macs: {}, bytes: {}, launches: {}, operators: ['Conv'], ...work },
    weightBytes: 1e6,
    activationBytes: 2e6,
    outputs: [`t${index}`],
    outputBytes: 1e5,
    ...more,
  };
}

export function blockedModel(name: string, blocks: Block[], more: Partial<BlockedModel> = {}): BlockedModel {
  return {
    name,
    hash: `hash of ${name}`,
    source: `zoo:${name}`,
    batch: 1,
    inputs: [{ name: 'input', type: 'float32', shape: [1, 3, 8, 8], bytes: 768 }],
    outputs: [{ name: 'output', type: 'float32', shape: [1, 10], bytes: 40 }],
    blocks,
    macs: 0,
    parameters: 0,
    weightBytes: blocks.reduce((sum, entry) => sum + entry.weightBytes, 0),
    activationBytes: Math.max(...blocks.map((entry) => entry.activationBytes)),
    warnings: [],
    ...more,
  };
}

/** 100 Gop/s, efficiency 0.5, 10 GB/s, 0.1 ms a launch: 1e9 MACs take 40 ms, 1e8 bytes 10 ms. */
export function processor(id: string, more: Partial<Processor> = {}): Processor {
  return {
    id,
    name: id,
    kind: 'cpu',
    uses: [`${id}-cores`, 'dram'],
    peakOpsPerS: { float32: 100e9, float16: 200e9 },
    nativePrecision: 'float32',
    efficiency: {
      conv: 0.5,
      depthwise: 0.1,
      gemm: 0.25,
      pool: 0.5,
      elementwise: 0.5,
      normalization: 0.5,
      recurrent: 0.5,
      movement: 0.5,
    },
    bandwidthBytesPerS: 10e9,
    launchOverheadMs: 0.1,
    ...more,
  };
}

export function platform(processors: Processor[], more: Partial<Platform> = {}): Platform {
  return {
    kind: 'platform',
    schemaVersion: 1,
    id: 'bench',
    name: 'bench device',
    resources: [
      ...processors.map((entry) => ({ id: `${entry.id}-cores`, kind: 'core-group' as const })),
      { id: 'dram', kind: 'dram', bandwidthBytesPerS: 20e9, memoryBytes: 1e9 },
    ],
    processors,
    copy: { bandwidthBytesPerS: 1e9, latencyMs: 0.2 },
    ...more,
  };
}
