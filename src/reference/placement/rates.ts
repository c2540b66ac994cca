/**
 * The throughput model: max-min fair rates by progressive filling. All models' rates rise together (in proportion to
 * their weights) until a resource is full or a model has all the rate it asks for; whoever is stopped by that is
 * frozen, the others go on. The result is the unique max-min fair allocation under sum_m r_m d[m][r] <= 1.
 */

import type { Demand } from '../../core/demand.ts';
import type { PreparedProblem } from '../../core/prepared.ts';

/** A resource with less than this share left counts as full. */
const FULL = 1e-12;

/** Rates r_m in inferences/s, [M], written to `rates`. */
export function maxMinRates(prepared: PreparedProblem, demands: readonly Demand[], rates: Float64Array): void {
  const { problem } = prepared;
  const { models } = problem;
  const R = problem.resources;
  const left = new Float64Array(R).fill(1);
  const load = new Float64Array(R);
  let active = models.map((_, m) => m);
  const limits = models.map((model, m) =>
    problem.depthOne ? Math.min(model.rateLimit, 1 / demands[m].latency) : model.rateLimit,
  );
  let level = 0;
  while (active.length > 0) {
    // Summed anew in model order rather than subtracted, so that no residue keeps a resource alive.
    load.fill(0);
    for (const m of active) for (let r = 0; r < R; r++) load[r] += models[m].shareWeight * demands[m].row[r];
    let step = Infinity;
    let fullResource = -1;
    let satisfied = -1;
    for (let r = 0; r < R; r++) {
      const room = load[r] > 0 ? left[r] / load[r] : Infinity;
      if (room < step) {
        step = room;
        fullResource = r;
      }
    }
    for (const m of active) {
      const room = limits[m] / models[m].shareWeight - level;
      if (room < step) {
        step = room;
        fullResource = -1;
        satisfied = m;
      }
    }
    if (step === Infinity) {
      for (const m of active) rates[m] = Infinity;
      return;
    }
    if (step < 0) step = 0;
    level += step;
    let full = 0;
    for (let r = 0; r < R; r++) {
      left[r] -= step * load[r];
      if (left[r] <= FULL) {
        left[r] = 0;
        full |= 1 << r;
      }
    }
    if (fullResource >= 0) {
      left[fullResource] = 0;
      full |= 1 << fullResource;
      active = active.filter((m) => {
        if ((demands[m].uses & full) === 0) return true;
        rates[m] = models[m].shareWeight * level;
        return false;
      });
    } else {
      rates[satisfied] = limits[satisfied];
      active = active.filter((m) => m !== satisfied);
    }
  }
}
