/**
 * Placements worth scoring before any search: what a person would try first. In order, so that a small budget gets
 * the most general ones; duplicates and what no processor can run are left out.
 */
import type { PlacementKernel } from '../core/placement.ts';
import { bottleneckPlacement, latencyPlacement, loadAwarePlacement } from './mosaic.ts';
import { leads, partitions } from './partition.ts';
import { bestPipelines } from './pipelines.ts';
import { allOnOne, joinPlacement, wholeRecord, wholeSeconds } from './whole-models.ts';

/** Placements without sharing among them. */
const PARTITIONS = 6;

/** At most `most` distinct executable placements. */
export function seedPlacements(kernel: PlacementKernel, most: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const taken = new Set<string>();
  let waiting: Uint8Array[] = [];
  /** One call of the core for many: it alone knows what can be executed. */
  const settle = () => {
    const { excess } = kernel.evaluate(joinPlacements(waiting));
    found.push(...waiting.filter((_, i) => excess[i] < Number.POSITIVE_INFINITY));
    waiting = [];
  };
  for (const placement of candidates(kernel)) {
    if (found.length >= most) break;
    const key = String.fromCharCode(...placement);
    if (taken.has(key)) continue;
    taken.add(key);
    waiting.push(placement);
    if (found.length + waiting.length === most) settle();
  }
  if (waiting.length > 0) settle();
  return found;
}

function joinPlacements(placements: readonly Uint8Array[]): Uint8Array {
  const size = placements[0].length;
  const joined = new Uint8Array(placements.length * size);
  for (const [i, placement] of placements.entries()) joined.set(placement, i * size);
  return joined;
}

function* candidates({ problem, prepared }: PlacementKernel): Generator<Uint8Array> {
  yield* allOnOne(problem);
  yield bottleneckPlacement(prepared);
  yield latencyPlacement(prepared);
  yield loadAwarePlacement(prepared);
  const pipelines = problem.models.map((_, m) => bestPipelines(prepared, m));
  yield* partitions(prepared, pipelines, PARTITIONS);
  yield* leads(prepared, pipelines);
  for (const m of prepared.order) {
    for (let p = 0; p < problem.processors; p++) {
      const placement = aloneOn(m, p);
      if (placement) yield placement;
    }
  }

  /** Model m alone on p, the others whole, heaviest first, each on the other processor that is then least loaded. */
  function aloneOn(m: number, p: number): Uint8Array | undefined {
    const records: Uint8Array[] = [];
    const loads = new Float64Array(problem.processors);
    records[m] = wholeRecord(p, problem.models[m].blocks);
    for (const other of prepared.order) {
      if (other === m) continue;
      let best = -1;
      let bestLoad = Number.POSITIVE_INFINITY;
      for (let q = 0; q < problem.processors; q++) {
        const load = loads[q] + wholeSeconds(problem, other, q) * problem.models[other].callsPerFrame;
        if (q !== p && load < bestLoad) {
          best = q;
          bestLoad = load;
        }
      }
      if (best < 0) return undefined;
      loads[best] = bestLoad;
      records[other] = wholeRecord(best, problem.models[other].blocks);
    }
    return joinPlacement(records);
  }
}
