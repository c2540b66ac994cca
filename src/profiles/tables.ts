/**
 * What every operating point of a platform does to every block: SpeedUp and PowerUp, relative to the highest clocks, from
 * the roofline model and the clock model of a platform. A controller looks points up in these tables at run time.
 *
 *     SpeedUp(l, delta) = t(l, reference) / t(l, delta)        PowerUp(delta) = P(delta) / P(reference)
 *
 * P is the whole device while the processor works. Points that differ only in which cores of a cluster are on, not in how
 * many, are one row (`merged`). All figures are modelled.
 */
import { HeterodyneError } from '../core/errors.ts';
import type { BlockedModel } from '../models/graph.ts';
import { atOperatingPoint } from '../platforms/at-operating-point.ts';
import { domainState, domainStates } from '../platforms/clock-domain.ts';
import { operatingPointCount } from '../platforms/operating-point.ts';
import { PRECISION_BYTES } from '../platforms/precision.ts';
import type { ClockDomain, Platform, Processor } from '../platforms/schema.ts';
import { rooflineLatencyMs, storedBytes } from './roofline.ts';

export interface ModelTable {
  name: string;
  blocks: string[];
  /** [B] milliseconds at the reference point. */
  referenceMs: Float64Array;
  /** [rows][B] */
  speedUp: Float32Array;
}

export interface SpeedTables {
  platform: string;
  processor: string;
  /** Operating points of the platform. */
  points: number;
  /** [rows] number of the operating point that a row was made of, ascending. */
  point: Uint32Array;
  /** [rows] points that it stands for. */
  standsFor: Uint32Array;
  /** Row of the highest clocks. */
  reference: number;
  /** [rows] */
  powerUp: Float32Array;
  busyWatts: Float64Array;
  idleWatts: Float64Array;
  models: ModelTable[];
}

/**
 * Tables of `models` on one processor.
 *
 * @throws HeterodyneError `USAGE` for an unknown processor; `BAD_INPUT` where the platform states no power, or the processor
 *   cannot compute in its native format
 */
export function speedTables(models: readonly BlockedModel[], platform: Platform, processor: string): SpeedTables {
  const p = processorIndex(platform, processor);
  const rows = rowsOf(platform);
  // Provenance would be worked out for every point and read for none.
  const lean: Platform = { ...platform, provenance: undefined, sources: undefined };
  const held = rows.point.map((point) => atOperatingPoint(lean, point));
  const kept = held.flatMap((at, k) => (at.processors[p].off ? [] : [k]));
  const watts = kept.map((k) => wattsOf(held[k], p));
  const reference = kept.length - 1;
  return {
    platform: platform.id,
    processor,
    points: operatingPointCount(platform),
    point: Uint32Array.from(kept, (k) => rows.point[k]),
    standsFor: Uint32Array.from(kept, (k) => rows.standsFor[k]),
    reference,
    powerUp: Float32Array.from(watts, ({ busy }) => busy / watts[reference].busy),
    busyWatts: Float64Array.from(watts, ({ busy }) => busy),
    idleWatts: Float64Array.from(watts, ({ idle }) => idle),
    models: models.map((model) =>
      modelTable(
        model,
        kept.map((k) => held[k].processors[p]),
      ),
    ),
  };
}

/** Row of every operating point of the platform, -1 where the processor is off. */
export function rowsOfAllPoints(tables: SpeedTables, platform: Platform): Int32Array {
  const rowOf = new Map(Array.from(tables.point, (point, row) => [point, row]));
  return Int32Array.from({ length: tables.points }, (_, point) => rowOf.get(representative(platform, point)) ?? -1);
}

function modelTable(model: BlockedModel, processors: readonly Processor[]): ModelTable {
  const B = model.blocks.length;
  const latency = (processor: Processor) => {
    const format = processor.nativePrecision;
    const scale = PRECISION_BYTES[format] / storedBytes(model);
    return Float64Array.from(model.blocks, (block) => rooflineLatencyMs(block.work, processor, format, scale));
  };
  const referenceMs = latency(processors[processors.length - 1]);
  const speedUp = new Float32Array(processors.length * B);
  // Many points leave the processor the same: the other cores' clocks only cost power.
  const known = new Map<string, Float64Array>();
  processors.forEach((processor, k) => {
    const { peakOpsPerS, bandwidthBytesPerS, launchOverheadMs, nativePrecision } = processor;
    const key = `${peakOpsPerS[nativePrecision]} ${bandwidthBytesPerS} ${launchOverheadMs}`;
    const ms = known.get(key) ?? latency(processor);
    known.set(key, ms);
    // A block without work is as fast everywhere.
    for (let b = 0; b < B; b++) speedUp[k * B + b] = ms[b] > 0 ? referenceMs[b] / ms[b] : 1;
  });
  return { name: model.name, blocks: model.blocks.map(({ name }) => name), referenceMs, speedUp };
}

function wattsOf(platform: Platform, p: number): { busy: number; idle: number } {
  const idle = platform.power?.idleWatts;
  const active = platform.processors[p].activeWatts;
  if (idle === undefined || active === undefined || !(idle + active > 0)) {
    throw new HeterodyneError('BAD_INPUT', `${platform.id} does not state the power of ${platform.processors[p].id}`, {
      path: '/power/idleWatts',
      expected: 'power.idleWatts and activeWatts of the processor',
      received: 'nothing',
    });
  }
  return { busy: idle + active, idle };
}

function processorIndex(platform: Platform, id: string): number {
  const p = platform.processors.findIndex((processor) => processor.id === id);
  if (p >= 0) return p;
  throw new HeterodyneError('USAGE', `${platform.id} has no processor "${id}"`, {
    path: 'processor',
    expected: `one of ${platform.processors.map((processor) => processor.id).join(', ')}`,
    received: `"${id}"`,
  });
}

/** Representatives of all points, ascending, and how many points each stands for. */
function rowsOf(platform: Platform): { point: number[]; standsFor: number[] } {
  const counts = new Map<number, number>();
  const points = operatingPointCount(platform);
  for (let point = 0; point < points; point++) {
    const row = representative(platform, point);
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  const point = [...counts.keys()].sort((a, b) => a - b);
  return { point, standsFor: point.map((row) => counts.get(row) ?? 0) };
}

/** The lowest-numbered point with the same frequencies and the same number of cores. */
function representative(platform: Platform, point: number): number {
  let rest = point;
  let number = 0;
  let weight = 1;
  for (const domain of (platform.clockDomains ?? []).toReversed()) {
    const radix = domainStates(platform, domain);
    number += weight * firstAlike(platform, domain, radix)[rest % radix];
    weight *= radix;
    rest = Math.floor(rest / radix);
  }
  return number;
}

const alike = new WeakMap<ClockDomain, Uint32Array>();

/** Per state of a domain: the first with the same frequency and number of cores. */
function firstAlike(platform: Platform, domain: ClockDomain, radix: number): Uint32Array {
  const found = alike.get(domain);
  if (found?.length === radix) return found;
  const first = new Map<string, number>();
  const states = Uint32Array.from({ length: radix }, (_, state) => {
    const { frequencyHz, cores } = domainState(platform, domain, state);
    const key = `${frequencyHz} ${cores?.length}`;
    if (!first.has(key)) first.set(key, state);
    return first.get(key) ?? state;
  });
  alike.set(domain, states);
  return states;
}
