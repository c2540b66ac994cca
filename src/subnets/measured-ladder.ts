/**
 * From a ladder to the same ladder as this host runs it: each network measured on each processor, and per processor the
 * levels that are worth having there. A network that is no faster than a more accurate one is left out, even where the
 * difference lies within the noise: then it costs as much and is worse.
 */
import { HeterodyneError, type Problem } from '../core/errors.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Platform } from '../platforms/schema.ts';
import type { ModelMeasurement, Outcome } from '../profiles/measured.ts';
import type { Ladder, LadderLevel } from './ladder-schema.ts';

const FILES_HINT =
  'heterodyne search --levels N --export DIR writes them, and the ladder that names them as DIR/ladder.json';

/** A network of a ladder, with the file that runs it. */
export interface LadderNetwork {
  /** `level 3`; `cpu level 3` in a document of several ladders. */
  name: string;
  /** The ladder that it stands in. */
  processor: string;
  level: LadderLevel & { model: string };
}

/**
 * The networks of all ladders of a document, each once, the least accurate first.
 *
 * @throws HeterodyneError `BAD_INPUT` with every level that names no file
 */
export function ladderNetworks({ ladders }: Ladder, source: string): LadderNetwork[] {
  const networks = new Map<string, LadderNetwork>();
  const missing: Problem[] = [];
  for (const [l, { processor, levels }] of ladders.entries()) {
    for (const [i, level] of levels.entries()) {
      const { genotype, resolution, accuracy, accuracySource, model } = level;
      const name = `${ladders.length > 1 ? `${processor} ` : ''}level ${level.level}`;
      if (model === undefined) {
        const path = `/ladders/${l}/levels/${i}/model`;
        missing.push({
          path,
          message: `${name} names no file`,
          expected: 'an ONNX file',
          received: 'nothing',
          hint: FILES_HINT,
        });
        continue;
      }
      const key = contentHash({ genotype, resolution, accuracy, accuracySource });
      if (!networks.has(key)) networks.set(key, { name, processor, level: { ...level, model } });
    }
  }
  if (missing.length > 0) {
    throw new HeterodyneError('BAD_INPUT', `${source}: ${missing[0].message}, so it cannot be measured`, {
      source,
      path: missing[0].path,
      expected: 'levels with the member model, an ONNX file',
      received: `${missing.length} without`,
      hint: 'heterodyne search ... --levels N --export DIR writes the files, and DIR/ladder.json that names them',
      problems: missing,
    });
  }
  return [...networks.values()].sort((a, b) => a.level.accuracy - b.level.accuracy);
}

/** What a measurement warns about; of an earlier one it holds no more. */
const PASSING = ['UNSUPPORTED_LEVEL', 'CLOSE_LEVELS', 'DOMINATED_LEVEL', 'BUSY_MACHINE', 'UNPINNED'];

/** A network that a processor runs. */
interface Timed {
  network: LadderNetwork;
  measurement: ModelMeasurement;
}

/**
 * @param outcomes per network, in order: by processor id
 * @param modelOf the file of a network, relative to the new document
 * @param found warnings of this measurement so far
 * @returns the ladder as measured, with all warnings, and those that are new
 * @throws HeterodyneError `BAD_INPUT` when no processor runs any network
 */
export function measuredLadder(
  ladder: Ladder,
  networks: readonly LadderNetwork[],
  platform: Platform,
  outcomes: readonly ReadonlyMap<string, Outcome>[],
  modelOf: (network: LadderNetwork) => string,
  found: readonly Warning[] = [],
): { ladder: Ladder; findings: Warning[] } {
  const findings: Warning[] = [...found];
  const platformHash = contentHash(platform);
  const ladders = platform.processors.flatMap(({ id }): Ladder['ladders'] => {
    for (const [n, { name }] of networks.entries()) {
      const outcome = outcomes[n].get(id);
      if (outcome === undefined || !('unsupported' in outcome)) continue;
      findings.push({ code: 'UNSUPPORTED_LEVEL', message: `${name} does not run on ${id}: ${outcome.unsupported}` });
    }
    const timed = timedOn(id, networks, outcomes);
    const climbed = climb(timed);
    findings.push(...remarks(climbed, id));
    const { kept } = climbed;
    if (kept.length === 0) return [];
    const { runtime } = kept[0].measurement;
    const pinned = kept.every(({ measurement }) => measurement.pinned);
    const costsHash = contentHash({ platformHash, id, latencies: timed.map(({ measurement }) => measurement.whole) });
    const levels = kept.map(({ network, measurement }, i) => levelOf(i + 1, network, measurement, modelOf(network)));
    return [{ processor: id, costsHash, runtime, pinned, levels }];
  });
  if (ladders.length > 0) {
    const warnings = [...ladder.warnings.filter(({ code }) => !PASSING.includes(code)), ...findings];
    return { ladder: { ...ladder, platform: platform.id, platformHash, ladders, warnings }, findings };
  }
  const reasons = outcomes.flatMap((of) => [...of.values()]).flatMap((each) => ('unsupported' in each ? each : []));
  throw new HeterodyneError('BAD_INPUT', `no processor of ${platform.id} runs any level of the ladder`, {
    path: '/ladders',
    expected: 'ONNX files that the runtimes at hand can run',
    received: reasons[0]?.unsupported ?? 'no processors',
  });
}

/** Whether a level would be left out on some processor though its series overlap with those of the level that beats it. */
export function contested(
  networks: readonly LadderNetwork[],
  { processors }: Platform,
  outcomes: readonly ReadonlyMap<string, Outcome>[],
): boolean {
  return processors.some(({ id }) =>
    climb(timedOn(id, networks, outcomes)).beaten.some(([each, by]) => !apart(each, by)),
  );
}

/** The networks that a processor runs. */
function timedOn(
  id: string,
  networks: readonly LadderNetwork[],
  outcomes: readonly ReadonlyMap<string, Outcome>[],
): Timed[] {
  return networks.flatMap((network, n): Timed[] => {
    const measurement = outcomes[n].get(id);
    return measurement === undefined || 'unsupported' in measurement ? [] : [{ network, measurement }];
  });
}

function levelOf(
  level: number,
  { processor, level: given }: LadderNetwork,
  { whole, seriesMs }: ModelMeasurement,
  model: string,
): LadderLevel {
  const { latencyMs, latencySigmaMs, latencySource } = given;
  return {
    ...given,
    level,
    latencyMs: whole.mean,
    latencySigmaMs: whole.std,
    latencySource: 'measured',
    latencyP95Ms: whole.p95,
    latencyRuns: whole.n,
    latencySeriesMs: seriesMs === undefined ? undefined : [...seriesMs],
    model,
    stated: { processor, level: given.level, latencyMs, latencySigmaMs, latencySource },
  };
}

/** Fastest first, each better than all that are faster; and those left out, with what beats them. */
function climb(timed: readonly Timed[]): { kept: Timed[]; beaten: [Timed, Timed][] } {
  const kept: Timed[] = [];
  const beaten: [Timed, Timed][] = [];
  for (const each of [...timed].sort((a, b) => latencyMs(a) - latencyMs(b) || accuracy(b) - accuracy(a))) {
    const best = kept.at(-1);
    if (best === undefined || accuracy(each) > accuracy(best)) kept.push(each);
    else beaten.push([each, best]);
  }
  return { kept, beaten };
}

/** Names what was left out, and neighbours that are hard to tell apart. */
function remarks({ kept, beaten }: ReturnType<typeof climb>, processor: string): Warning[] {
  const leftOut = beaten.map(([each, by]): Warning => {
    const more = accuracy(by) > accuracy(each) ? 'more' : 'as';
    const noise = apart(by, each) ? '' : ': within the noise';
    return {
      code: 'DOMINATED_LEVEL',
      message: `${each.network.name} is left out on ${processor}: ${by.network.name} is ${more} accurate and no slower (${milliseconds(by)}; not ${milliseconds(each)}${noise})`,
    };
  });
  const close = kept.slice(1).flatMap((each, i): Warning[] => {
    const below = kept[i];
    if (apart(below, each)) return [];
    const message = `${below.network.name} and ${each.network.name} are too close on ${processor} to tell which is faster (${milliseconds(below)}; ${milliseconds(each)})`;
    return [{ code: 'CLOSE_LEVELS', message }];
  });
  return [...leftOut, ...close];
}

const latencyMs = ({ measurement }: Timed): number => measurement.whole.mean;
const accuracy = ({ network }: Timed): number => network.level.accuracy;

/** With the range of its series. */
function milliseconds(timed: Timed): string {
  const { low, high } = seriesRange(timed.measurement);
  const short = (ms: number) => Number(ms.toPrecision(3));
  return `${short(latencyMs(timed))} ms${low < high ? `, from ${short(low)} to ${short(high)}` : ''}`;
}

/** Of the middle half of the series, all three of three; of a single one, two standard errors of its mean to either side. */
export function seriesRange({ whole, seriesMs }: ModelMeasurement): { low: number; high: number } {
  if (seriesMs !== undefined) {
    const cut = seriesMs.length >> 2;
    return { low: seriesMs[cut], high: seriesMs[seriesMs.length - 1 - cut] };
  }
  const error = (2 * whole.std) / Math.sqrt(whole.n);
  return { low: whole.mean - error, high: whole.mean + error };
}

/** Whether the series of one lie below those of the other. */
function apart(a: Timed, b: Timed): boolean {
  const [one, other] = [seriesRange(a.measurement), seriesRange(b.measurement)];
  return one.high < other.low || other.high < one.low;
}
