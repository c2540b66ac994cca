/**
 * The operating points worth planning at: per processor those that no other beats in speed, bandwidth, launch time and
 * power together, thinned evenly; and from any point its neighbours, one clock or one set of cores away.
 */
import { atOperatingPoint } from '../../platforms/at-operating-point.ts';
import { domainState, domainStates } from '../../platforms/clock-domain.ts';
import { operatingPoint, operatingPointCount, operatingPointNames } from '../../platforms/operating-point.ts';
import type { OperatingPoint, Platform } from '../../platforms/schema.ts';

/** Points up to which all are taken. */
const ALL = 64;
/** Points kept per processor beyond. */
const PER_PROCESSOR = 8;
/** Points looked at when there are too many to look at all. */
const SAMPLED = 4096;

interface Held {
  point: OperatingPoint;
  platform: Platform;
}

/** `max` first, then the platform's named points, then the others by number; no point twice. */
export function candidatePoints(platform: Platform): OperatingPoint[] {
  // Provenance would be worked out for every point and read for none.
  const lean: Platform = { ...platform, provenance: undefined, sources: undefined };
  const named = operatingPointNames(platform).map((name) => operatingPoint(platform, name));
  const count = operatingPointCount(platform);
  const numbers = Array.from({ length: Math.min(count, SAMPLED) }, (_, i) =>
    Math.floor((i * count) / Math.min(count, SAMPLED)),
  );
  const held = numbers.map((number): Held => {
    const point = operatingPoint(lean, number);
    return { point, platform: atOperatingPoint(lean, point) };
  });
  if (count <= ALL) return distinct([...named, ...held.map(({ point }) => point)]);
  const chosen = platform.processors.flatMap((_, p) => thinned(front(held, p), p));
  return distinct([...named, ...chosen.map(({ point }) => point)]);
}

/** One domain one or two states away, or off and on again; `from` itself is not among them. */
export function neighbourPoints(platform: Platform, from: OperatingPoint): OperatingPoint[] {
  const found: OperatingPoint[] = [];
  for (const domain of platform.clockDomains ?? []) {
    const states = Array.from({ length: domainStates(platform, domain) }, (_, i) => domainState(platform, domain, i));
    const at = states.findIndex(
      ({ frequencyHz, cores }) =>
        frequencyHz === from.frequencyHz[domain.id] && String(cores) === String(from.cores?.[domain.id]),
    );
    for (const next of [0, at - 2, at - 1, at + 1, at + 2, states.length - 1]) {
      const state = states[next];
      if (at < 0 || next === at || state === undefined) continue;
      const frequencyHz = { ...from.frequencyHz };
      const cores = { ...from.cores };
      if (state.frequencyHz === undefined) delete frequencyHz[domain.id];
      else frequencyHz[domain.id] = state.frequencyHz;
      if (state.cores !== undefined) cores[domain.id] = state.cores;
      found.push(operatingPoint(platform, { frequencyHz, ...(Object.keys(cores).length > 0 && { cores }) }));
    }
  }
  return distinct(found);
}

/** Points at which processor p is on and no other point is at least as good in every respect. */
function front(held: readonly Held[], p: number): Held[] {
  const rows = held.filter(({ platform }) => platform.processors[p].off !== true);
  const figures = new Map(rows.map((row) => [row, figuresOf(row.platform, p)]));
  // By power: whoever beats a point comes before it.
  const order = rows.toSorted((a, b) => watts(a) - watts(b));
  const kept: Held[] = [];
  for (const row of order) {
    const own = figures.get(row) as number[];
    if (!kept.some((other) => (figures.get(other) as number[]).every((figure, i) => figure >= own[i]))) kept.push(row);
  }
  return kept;

  function watts({ platform }: Held): number {
    return (platform.power?.idleWatts ?? 0) + (platform.processors[p].activeWatts ?? 0);
  }
}

/** More is better in each. */
function figuresOf(platform: Platform, p: number): number[] {
  const { peakOpsPerS, nativePrecision, bandwidthBytesPerS, launchOverheadMs } = platform.processors[p];
  return [peakOpsPerS[nativePrecision] ?? 0, bandwidthBytesPerS, -launchOverheadMs];
}

/** Evenly over the processor's speed, the fastest included. */
function thinned(points: readonly Held[], p: number): Held[] {
  const order = points.toSorted((a, b) => figuresOf(b.platform, p)[0] - figuresOf(a.platform, p)[0]);
  if (order.length <= PER_PROCESSOR) return order;
  const step = (order.length - 1) / (PER_PROCESSOR - 1);
  return Array.from({ length: PER_PROCESSOR }, (_, i) => order[Math.round(i * step)]);
}

export function distinct(points: readonly OperatingPoint[]): OperatingPoint[] {
  const seen = new Set<string>();
  return points.filter((point) => {
    const key = pointKey(point);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Equal for points with the same clocks and cores, whatever their names. */
export function pointKey({ frequencyHz, cores = {} }: OperatingPoint): string {
  const sorted = (record: Record<string, unknown>) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(frequencyHz), sorted(cores)]);
}
