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
  const { problem, prepared } = kernel;
  const found: Uint8Array[] = [];
  const taken = new Set<string>();
  const add = (placement: Uint8Array | undefined) => {
    if (!placement || found.length >= most) return;
    const key = placement.join();
    if (taken.has(key)) return;
    taken.add(key);
    if (kernel.evaluate(placement).excess[0] < Number.POSITIVE_INFINITY) found.push(placement);
  };
  for (const placement of allOnOne(problem)) add(placement);
  add(bottleneckPlacement(prepared));
  add(latencyPlacement(prepared));
  add(loadAwarePlacement(prepared));
  if (found.length < most) {
    const pipelines = problem.models.map((_, m) => bestPipelines(prepared, m));
    for (const placement of partitions(prepared, pipelines, PARTITIONS)) add(placement);
    for (const placement of leads(prepared, pipelines)) add(placement);
  }
  for (const m of prepared.order) for (let p = 0; p < problem.processors; p++) add(aloneOn(m, p));
  return found;

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
