/**
 * Placements of single models that look at no (or little) contention, after the idea of MOSAIC (Han and others, "MOSAIC:
 * Heterogeneity-, communication-, and constraint-aware model slicing and execution", PACT 2019): reconstructed as a
 * dynamic programme over blocks, not the published code.
 *
 *   latency      least end-to-end time of a model alone
 *   bottleneck   least slowest stage of a model alone
 *   load-aware   models by decreasing work; each the placement that loads the busiest resource least, given the others
 */
import { PLACEMENT_STRIDE, type PlacementProblem } from '../core/placement.ts';
import type { PreparedProblem } from '../core/prepared.ts';
import { bestOptions } from '../core/ranked-options.ts';
import { demandRow } from '../estimators/demands.ts';
import { LatencyProgramme } from './latency.ts';
import { joinPlacement } from './whole-models.ts';

/** Branches that the load-aware enumeration visits per model at most; what was found by then is taken. */
const MOST_VISITS = 1 << 18;

/** Every model where it is fastest alone. */
export function latencyPlacement(prepared: PreparedProblem): Uint8Array {
  return joinPlacement(prepared.models.map((_, m) => new LatencyProgramme(prepared, m).least()));
}

/** Every model where its slowest stage is fastest. */
export function bottleneckPlacement(prepared: PreparedProblem): Uint8Array {
  return joinPlacement(prepared.models.map((_, m) => bestOptions(prepared, m, 1)));
}

/** Models placed one after the other, heaviest first, around the loads of those before. */
export function loadAwarePlacement(prepared: PreparedProblem): Uint8Array {
  const loads = new Float64Array(prepared.problem.resources);
  const records: Uint8Array[] = [];
  for (const m of prepared.order) {
    records[m] = leastLoaded(prepared, m, loads);
    const row = demandRow(prepared, m, records[m]);
    for (let r = 0; r < loads.length; r++) loads[r] += row[r];
  }
  return joinPlacement(records);
}

/** The placement after which the busiest resource it touches is least busy, then with the least latency. */
function leastLoaded(prepared: PreparedProblem, m: number, loads: Float64Array): Uint8Array {
  const { problem } = prepared;
  const { outputBytes, callsPerFrame } = problem.models[m];
  const model = prepared.models[m];
  const P = problem.processors;
  const n = model.blocks;
  const base = Float64Array.from({ length: P }, (_, p) => {
    let load = 0;
    for (let r = 0; r < problem.resources; r++) {
      if (problem.processorUses[p] & (1 << r)) load = Math.max(load, loads[r]);
    }
    return load;
  });
  const record = new Uint8Array(PLACEMENT_STRIDE);
  let best: Uint8Array | undefined;
  let bestBusiest = Number.POSITIVE_INFINITY;
  let bestLatency = Number.POSITIVE_INFINITY;
  let visits = 0;
  const visit = (stage: number, first: number, used: number, busiest: number, latency: number) => {
    // The last stage takes all that is left.
    const leastEnd = stage + 1 < model.maxStages ? first + 1 : n;
    for (let p = 0; p < P; p++) {
      if (used & (1 << p)) continue;
      const end = model.reach[p * n + first];
      const incoming =
        stage > 0 ? transferSeconds(problem, record[2 * stage - 1], p, outputBytes[first - 1]) * callsPerFrame : 0;
      const row = p * (n + 1) + first;
      for (let e = end; e >= leastEnd; e--) {
        if (visits++ >= MOST_VISITS) return;
        const seconds = (model.secondsPrefix[row - first + e] - model.secondsPrefix[row]) * callsPerFrame + incoming;
        const most = Math.max(busiest, base[p] + seconds);
        const total = latency + seconds;
        if (most > bestBusiest || (most === bestBusiest && total >= bestLatency)) continue;
        record[1 + 2 * stage] = p;
        record[2 + 2 * stage] = e;
        if (e === n) {
          record[0] = stage + 1;
          best = record.slice().fill(0, 1 + 2 * (stage + 1));
          bestBusiest = most;
          bestLatency = total;
        } else if (stage + 1 < model.maxStages) visit(stage + 1, e, used | (1 << p), most, total);
      }
    }
  };
  visit(0, 0, 0, 0, 0);
  return best ?? bestOptions(prepared, m, 1);
}

function transferSeconds(problem: PlacementProblem, from: number, to: number, bytes: number): number {
  const hop = from * problem.processors + to;
  return problem.transferSeconds[hop] + bytes * problem.transferSecondsPerByte[hop];
}
