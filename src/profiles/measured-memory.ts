/** What was measured of a machine's memory, and the machine described with it in place of what is assumed. */
import { z } from 'zod';
import type { Warning } from '../documents/warnings.ts';
import type { Platform } from '../platforms/schema.ts';
import type { CostOrigin, Profile, ProfileModel } from './schema.ts';

const positive = z.number().gt(0);

export const measuredMemorySchema = z.strictObject({
  tensorBytes: positive.describe('Size of each tensor that was read or written.'),
  aloneBytesPerS: z.record(z.string(), positive).describe('By processor id: while no other works.'),
  together: z.array(z.string()).min(1).describe('Processors that worked at once for the figure of all.'),
  togetherBytesPerS: positive.describe('Of all together, or of one alone where that was more.'),
});
export type MeasuredMemory = z.infer<typeof measuredMemorySchema>;

const SOURCE = {
  id: 'measured-memory',
  title: 'measured on this machine: sums and products of tensors larger than its caches',
  reliability: 'measured',
} as const;

/** The platform with the measured bandwidth of its memory, and of its processors to it. */
export function withMeasuredMemory(platform: Platform, memory: MeasuredMemory): Platform {
  const dram = platform.resources.findIndex(({ kind }) => kind === 'dram');
  if (dram < 0) return platform;
  const { id } = platform.resources[dram]!;
  const paths = [`/resources/${id}/bandwidthBytesPerS`];
  const processors = platform.processors.map((processor) => {
    const bandwidthBytesPerS = memory.aloneBytesPerS[processor.id];
    if (bandwidthBytesPerS === undefined) return processor;
    paths.push(`/processors/${processor.id}/bandwidthBytesPerS`);
    return { ...processor, bandwidthBytesPerS };
  });
  return {
    ...platform,
    processors,
    resources: platform.resources.map((resource, r) =>
      r === dram ? { ...resource, bandwidthBytesPerS: memory.togetherBytesPerS } : resource,
    ),
    sources: [...(platform.sources ?? []).filter((source) => source.id !== SOURCE.id), SOURCE],
    provenance: [...(platform.provenance ?? []), ...paths.map((path) => ({ path, source: SOURCE.id }))],
  };
}

/** What a profile knows, so that a platform's assumptions about it no longer matter. */
export interface Known {
  /** Of all blocks on all processors. */
  costs: boolean;
  /** A bandwidth that was only assumed is not held against measured costs. */
  memory: boolean;
}

export function knownFrom({ memory, models }: Profile): Known {
  const origins = new Set(models.flatMap(originsOf));
  return { costs: !origins.has('roofline'), memory: memory !== undefined || [...origins].join() === 'measured' };
}

function originsOf({ origin, blocks }: ProfileModel): CostOrigin[] {
  const ofBlocks = blocks.flatMap(({ costs }) =>
    Object.values(costs).flatMap((cost) => (cost === 'unsupported' ? [] : (cost.origin ?? []))),
  );
  return [...Object.values(origin), ...ofBlocks];
}

/** Of a platform's warnings, those that still matter. */
export function stillAssumed(warnings: readonly Warning[], known: Known): Warning[] {
  return warnings.filter(({ code, path = '' }) => {
    if (code !== 'ASSUMED') return true;
    return !(path.startsWith('/resources/') ? known.memory : known.costs);
  });
}
