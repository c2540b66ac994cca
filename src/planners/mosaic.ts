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
import { bitCount, type PreparedProblem } from '../core/prepared.ts';
import { bestOptions } from '../core/ranked-options.ts';
import { demandRow } from '../estimators/demands.ts';
import { joinPlacement } from './whole-models.ts';

/** Branches that the load-aware enumeration visits per model at most; what was found by then is taken. */
const MOST_VISITS = 1 << 18;

/** Every model where it is fastest alone. */
export function latencyPlacement(prepared: PreparedProblem): Uint8Array {
  return joinPlacement(prepared.models.map((_, m) => leastLatency(prepared, m)));
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

/**
 * f(l, V, d) = least time of blocks 0 .. l when l runs on d and the processors V are taken:
 * t[d][l] + min( f(l-1, V, d), min over e in V \ {d} of f(l-1, V \ {d}, e) + transfer(l-1, e, d) ).
 * Only sets of at most maxStages processors are kept.
 *
 * @param prices [P] what a second on each processor counts, transfers that it receives included; absent = 1
 */
export function leastLatency(prepared: PreparedProblem, m: number, prices?: Float64Array): Uint8Array {
  const { problem } = prepared;
  const { blocks: n, seconds, outputBytes } = problem.models[m];
  const P = problem.processors;
  const { maxStages } = prepared.models[m];
  const sets: number[] = [];
  const place = new Map<number, number>();
  for (let set = 1; set < 1 << P; set++) {
    if (bitCount(set) > maxStages) continue;
    place.set(set, sets.length);
    sets.push(set);
  }
  const width = sets.length * P;
  /** cameFrom[l][V][d] = processor of block l - 1. */
  const cameFrom = new Uint8Array(n * width);
  let before = new Float64Array(width);
  let now = new Float64Array(width);
  for (let l = 0; l < n; l++) {
    now.fill(Number.POSITIVE_INFINITY);
    for (const [v, set] of sets.entries()) {
      for (let d = 0; d < P; d++) {
        if (!(set & (1 << d))) continue;
        const price = prices?.[d] ?? 1;
        const cost = seconds[d * n + l] * price;
        if (cost === Number.POSITIVE_INFINITY) continue;
        let best = Number.POSITIVE_INFINITY;
        let from = d;
        if (l === 0) best = bitCount(set) === 1 ? 0 : best;
        else {
          best = before[v * P + d];
          const rest = place.get(set & ~(1 << d));
          if (rest !== undefined) {
            for (let e = 0; e < P; e++) {
              if (!(set & (1 << e)) || e === d) continue;
              const time = before[rest * P + e] + transferSeconds(problem, e, d, outputBytes[l - 1]) * price;
              if (time < best) {
                best = time;
                from = e;
              }
            }
          }
        }
        now[v * P + d] = best + cost;
        cameFrom[l * width + v * P + d] = from;
      }
    }
    [before, now] = [now, before];
  }
  let end = 0;
  for (let i = 1; i < width; i++) if (before[i] < before[end]) end = i;
  const chosen = new Uint8Array(n);
  let set = sets[Math.floor(end / P)];
  let d = end % P;
  for (let l = n - 1; l >= 0; l--) {
    chosen[l] = d;
    const from = cameFrom[l * width + place.get(set)! * P + d];
    if (from !== d) set &= ~(1 << d);
    d = from;
  }
  return recordFrom(chosen);
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
    for (let p = 0; p < P; p++) {
      if (used & (1 << p)) continue;
      const end = model.reach[p * n + first];
      const incoming =
        stage > 0 ? transferSeconds(problem, record[2 * stage - 1], p, outputBytes[first - 1]) * callsPerFrame : 0;
      const row = p * (n + 1) + first;
      for (let e = end; e > first; e--) {
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

/** Record of one processor per block. */
function recordFrom(chosen: Uint8Array): Uint8Array {
  const record = new Uint8Array(PLACEMENT_STRIDE);
  let k = 0;
  for (let b = 0; b < chosen.length; b++) {
    if (b === 0 || chosen[b] !== chosen[b - 1]) record[1 + 2 * k++] = chosen[b];
    record[2 * k] = b + 1;
  }
  record[0] = k;
  return record;
}
