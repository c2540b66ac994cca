/**
 * A profile taken at the highest clocks, carried over to another operating point. For platforms that a roofline describes
 * make the profile anew, from the platform at that point; this is for measured and imported costs, whose parts nobody knows.
 *
 * Of a block's time t the part that waits for memory is at most m = bytes / bandwidth. Taking all of t for computing and m
 * for memory, `max(t r_c, min(m, t) r_m)` is what it becomes when computing slows by r_c and memory by r_m: an upper
 * estimate, exact for a block that is bound by one of the two. Launch overhead cannot be told from the rest of a measured
 * time, so what slower dispatching cores cost another processor is left out.
 */

import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import { atOperatingPoint } from '../platforms/at-operating-point.ts';
import type { OperatingPointChoice } from '../platforms/operating-point.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import type { BlockCost, Profile, ProfileModel } from './schema.ts';

/** How much slower a processor is at the point. */
interface Slowdown {
  off: boolean;
  compute: number;
  memory: number;
  /** Active power relative to the highest clocks; absent = unknown. */
  power?: number;
  bytesPerS: number;
}

/**
 * The profile at `choice`, with the platform held there. Costs that change count as modelled (`roofline`) from then on, as
 * does their energy. A profile that was taken at that point already comes back as it is.
 *
 * @param platform the platform at its highest clocks, for which the profile was taken
 * @throws HeterodyneError `USAGE` as `operatingPoint`
 */
export function profileAtOperatingPoint(
  profile: Profile,
  platform: Platform,
  choice: OperatingPointChoice,
): { profile: Profile; platform: Platform; warnings: Warning[] } {
  const held = atOperatingPoint(platform, choice);
  const hash = contentHash(held);
  if (held.operatingPoint === undefined || profile.platformHash === hash)
    return { profile, platform: held, warnings: [] };
  const slowdowns = new Map(
    platform.processors.map((before, p) => [before.id, slowdown(before, held.processors[p] ?? before)]),
  );
  const known = profile.platformHash === contentHash(platform);
  const warnings: Warning[] = [
    {
      code: 'SCALED_PROFILE',
      message: `the profile was not taken at operating point ${held.operatingPoint.id}: its costs are scaled there by a model of the clocks`,
      path: '/models',
    },
  ];
  const scaled: Profile = {
    ...profile,
    platformHash: known ? hash : profile.platformHash,
    models: profile.models.map((model) => scaledModel(model, slowdowns)),
  };
  return { profile: scaled, platform: held, warnings };
}

function slowdown(before: Processor, after: Processor): Slowdown {
  const peak = before.nativePrecision;
  const { activeWatts } = before;
  return {
    off: after.off === true,
    compute: (before.peakOpsPerS[peak] ?? 1) / (after.peakOpsPerS[peak] ?? 1),
    memory: before.bandwidthBytesPerS / after.bandwidthBytesPerS,
    ...(activeWatts !== undefined && activeWatts > 0 && { power: (after.activeWatts ?? activeWatts) / activeWatts }),
    bytesPerS: before.bandwidthBytesPerS,
  };
}

function scaledModel(model: ProfileModel, slowdowns: ReadonlyMap<string, Slowdown>): ProfileModel {
  const changed = new Set<string>();
  const blocks = model.blocks.map((block) => {
    const reasons: Record<string, string> = { ...block.reasons };
    const costs = Object.fromEntries(
      Object.entries(block.costs).map(([id, cost]): [string, BlockCost] => {
        const slower = slowdowns.get(id);
        if (slower === undefined || cost === 'unsupported') return [id, cost];
        if (slower.off) {
          reasons[id] = 'is switched off at this operating point';
          return [id, 'unsupported'];
        }
        if (slower.compute === 1 && slower.memory === 1) return [id, cost];
        changed.add(id);
        return [id, scaledCost(cost, block.dramBytes, slower)];
      }),
    );
    return { ...block, costs, ...(Object.keys(reasons).length > 0 && { reasons }) };
  });
  const modelled = Object.fromEntries([...changed].map((id) => [id, 'roofline' as const]));
  return { ...model, origin: { ...model.origin, ...modelled }, blocks };
}

function scaledCost(cost: Exclude<BlockCost, string>, dramBytes: number, slower: Slowdown): BlockCost {
  const { mean, p50, p95 } = cost.latencyMs;
  const memoryMs = Math.min(mean, (1000 * dramBytes) / slower.bytesPerS);
  const after = Math.max(mean * slower.compute, memoryMs * slower.memory);
  const factor = mean > 0 ? after / mean : 1;
  const energyMj =
    cost.energyMj === undefined || slower.power === undefined ? undefined : cost.energyMj * slower.power * factor;
  return {
    latencyMs: {
      mean: after,
      ...(p50 !== undefined && { p50: p50 * factor }),
      ...(p95 !== undefined && { p95: p95 * factor }),
    },
    ...(energyMj !== undefined && { energyMj }),
  };
}
