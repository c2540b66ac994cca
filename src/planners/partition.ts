/**
 * Two ways to begin with processors given away before any placement is scored. What processors share beyond the models
 * themselves (memory, a clock) is left out: these are places to start a search from, and are scored there.
 *
 *   partitions   every model has processors of its own, a best pipeline on them; the sets by a dynamic programme over
 *                models, by the objective of the rates that the pipelines reach
 *   leads        one model has its best pipeline, the others keep off its processors as far as that makes sense
 */
import type { PlacementProblem } from '../core/placement.ts';
import { bitCount, type PreparedProblem } from '../core/prepared.ts';
import { LatencyProgramme } from './latency.ts';
import { MOST_PROCESSORS, type Pipeline } from './pipelines.ts';
import { joinPlacement } from './whole-models.ts';

/** Divisions of the models so far that are kept per set of processors given away. */
const KEPT = 8;
/** Best pipelines of each model that lead. */
const LEADS = 3;
/** What a second on a processor that the leading model does not use counts for the others. */
const FREE_PRICES = [0.02, 0.3];

interface Division {
  /** Grows with the objective of the models so far. */
  value: number;
  /** Records of the models so far. */
  records: Uint8Array[];
}

/** At most `most` placements without sharing, the most promising first; none where models outnumber processors. */
export function partitions(
  prepared: PreparedProblem,
  pipelines: readonly ReadonlyMap<number, Pipeline>[],
  most: number,
): Uint8Array[] {
  const { problem } = prepared;
  const { models, processors: P } = problem;
  if (P > MOST_PROCESSORS || models.length > P) return [];
  const all = (1 << P) - 1;
  const joined = joinedRates(problem);
  let divisions = new Map<number, Division[]>([[0, [{ value: joined.none, records: [] }]]]);
  for (const [m, { rateLimit, callsPerFrame }] of models.entries()) {
    const next = new Map<number, Division[]>();
    for (const [given, kept] of divisions) {
      for (const { set, slowest, record } of pipelines[m].values()) {
        if (set & given || bitCount(all & ~(given | set)) < models.length - 1 - m) continue;
        const rate = Math.min(rateLimit, 1 / (slowest * callsPerFrame));
        const longer = kept.map(({ value, records }) => ({
          value: joined.with(value, rate, m),
          records: [...records, record],
        }));
        next.set(given | set, best([...(next.get(given | set) ?? []), ...longer], KEPT));
      }
    }
    divisions = next;
  }
  return best([...divisions.values()].flat(), most).map(({ records }) => joinPlacement(records));
}

function best(divisions: Division[], most: number): Division[] {
  return divisions.sort((a, b) => b.value - a.value).slice(0, most);
}

/** The objective as it grows from model to model; `energy` and `priority` are sought where everything is fast. */
function joinedRates({ objective, models }: PlacementProblem) {
  if (objective === 'min') {
    return { none: Number.POSITIVE_INFINITY, with: (value: number, rate: number) => Math.min(value, rate) };
  }
  if (objective === 'geometric-mean') return { none: 1, with: (value: number, rate: number) => value * rate };
  const weights = models.map((model) => (objective === 'weighted' ? model.value : 1));
  return { none: 0, with: (value: number, rate: number, m: number) => value + weights[m] * rate };
}

/** The best pipelines of each model in turn, the others where they take least of its processors. */
export function leads(prepared: PreparedProblem, pipelines: readonly ReadonlyMap<number, Pipeline>[]): Uint8Array[] {
  const P = prepared.problem.processors;
  const M = pipelines.length;
  if (M < 2) return [];
  const ranked = pipelines.map((sets) =>
    [...sets.values()].sort((a, b) => a.slowest - b.slowest || bitCount(a.set) - bitCount(b.set)),
  );
  const programmes = pipelines.map((_, m) => new LatencyProgramme(prepared, m));
  /** By prices: records of all models. */
  const around = new Map<string, Uint8Array[]>();
  const found: Uint8Array[] = [];
  for (let rank = 0; rank < LEADS; rank++) {
    for (let m = 0; m < M; m++) {
      const lead = ranked[m][rank];
      if (lead === undefined) continue;
      for (const free of FREE_PRICES) {
        const prices = Float64Array.from({ length: P }, (_, p) => (lead.set & (1 << p) ? 1 : free));
        const key = prices.join();
        const others = around.get(key) ?? programmes.map((programme) => programme.least(prices));
        around.set(key, others);
        found.push(joinPlacement(others.map((record, other) => (other === m ? lead.record : record))));
      }
    }
  }
  return found;
}
