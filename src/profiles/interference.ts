/**
 * How much processors slow each other down when they are busy at once, though they share no cores: through caches, memory
 * bandwidth, power. The form is one factor per processor,
 *
 *     latency of m on p beside busy neighbours  =  slowdown[p]  x  latency of m alone on p
 *
 * with slowdown[p] the geometric mean of together / alone over all pairs that were executed with p: the least-squares fit
 * of log latencies. Every model is slowed alike, whatever runs beside it.
 */
import { ownResources } from '../platforms/own-resources.ts';
import type { Platform } from '../platforms/schema.ts';
import type { BusyPair, Interference } from './schema.ts';

/** @returns factors of at least 1, for the processors that occur in `pairs` */
export function fitInterference(pairs: readonly BusyPair[]): Interference {
  const logs = new Map<string, number[]>();
  for (const { processors, aloneMs, togetherMs } of pairs) {
    processors.forEach((id, i) => {
      if (!(aloneMs[i]! > 0) || !(togetherMs[i]! > 0)) return;
      logs.set(id, [...(logs.get(id) ?? []), Math.log(togetherMs[i]! / aloneMs[i]!)]);
    });
  }
  const slowdown = [...logs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, each]): [string, number] => {
      const mean = each.reduce((sum, log) => sum + log, 0) / each.length;
      return [id, Math.max(1, Math.exp(mean))];
    });
  return { slowdown: Object.fromEntries(slowdown), pairs: [...pairs] };
}

/** Pairs of processors that work side by side: those that share no resource but memory. */
export function independentPairs(platform: Platform, ids: readonly string[]): [string, string][] {
  const known = platform.processors.filter(({ id }) => ids.includes(id));
  const pairs: [string, string][] = [];
  known.forEach((a, i) => {
    const taken = ownResources(platform, a);
    for (const b of known.slice(i + 1)) if (!b.uses.some((id) => taken.includes(id))) pairs.push([a.id, b.id]);
  });
  return pairs;
}
