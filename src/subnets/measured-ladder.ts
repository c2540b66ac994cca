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
        missing.push({ path, message: `${name} names no file`, expected: 'an ONNX file', received: 'nothing' });
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
    const timed: Timed[] = [];
    for (const [n, network] of networks.entries()) {
      const outcome = outcomes[n].get(id);
      if (outcome === undefined) continue;
      if ('unsupported' in outcome) {
        const message = `${network.name} does not run on ${id}: ${outcome.unsupported}`;
        findings.push({ code: 'UNSUPPORTED_LEVEL', message });
      } else timed.push({ network, measurement: outcome });
    }
    const kept = climb(timed, id, findings);
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

/** Fastest first, each better than all that are faster; says what is left out, and which neighbours are hard to tell apart. */
function climb(timed: readonly Timed[], processor: string, findings: Warning[]): Timed[] {
  const ordered = [...timed].sort((a, b) => latencyMs(a) - latencyMs(b) || accuracy(b) - accuracy(a));
  const kept: Timed[] = [];
  for (const each of ordered) {
    const best = kept.at(-1);
    if (best === undefined || accuracy(each) > accuracy(best)) {
      if (best !== undefined && !apart(best, each)) {
        const message = `${best.network.name} and ${each.network.name} are too close on ${processor} to tell which is faster (${milliseconds(best)}; ${milliseconds(each)})`;
        findings.push({ code: 'CLOSE_LEVELS', message });
      }
      kept.push(each);
      continue;
    }
    const sure = apart(best, each) ? '' : ': within the noise';
    const message = `${each.network.name} is left out on ${processor}: ${best.network.name} is ${accuracy(best) > accuracy(each) ? 'more' : 'as'} accurate and no slower (${milliseconds(best)}; not ${milliseconds(each)}${sure})`;
    findings.push({ code: 'DOMINATED_LEVEL', message });
  }
  return kept;
}

const latencyMs = ({ measurement }: Timed): number => measurement.whole.mean;
const accuracy = ({ network }: Timed): number => network.level.accuracy;

/** With the range of its series. */
function milliseconds(timed: Timed): string {
  const { low, high } = range(timed);
  const short = (ms: number) => Number(ms.toPrecision(3));
  return `${short(latencyMs(timed))} ms${low < high ? `, from ${short(low)} to ${short(high)}` : ''}`;
}

/** Of all series; of a single one, two standard errors of its mean to either side. */
function range({ measurement: { whole, seriesMs } }: Timed): { low: number; high: number } {
  if (seriesMs !== undefined) return { low: Math.min(...seriesMs), high: Math.max(...seriesMs) };
  const error = (2 * whole.std) / Math.sqrt(whole.n);
  return { low: whole.mean - error, high: whole.mean + error };
}

/** Whether every series of one is faster than every series of the other. */
function apart(a: Timed, b: Timed): boolean {
  return range(a).high < range(b).low || range(b).high < range(a).low;
}
