/**
 * What exact search starts from, the same for both implementations: every placement of every model, sorted so that a
 * branch can be left as soon as the next placement cannot win, and the least that each model demands.
 */
import { demandOf } from './demand.ts';
import { HeterodyneError } from './errors.ts';
import { LIMITS, PLACEMENT_STRIDE } from './placement.ts';
import type { PreparedProblem } from './prepared.ts';

export interface ExactModel {
  /** [options] records, by descending cap, equal ones in order of enumeration. */
  readonly records: Uint8Array;
  /** [options] what the model reaches alone with that placement, inferences/s. */
  readonly caps: Float64Array;
  /** [R, padded to even] least demand on each resource over all placements. */
  readonly leastRow: Float64Array;
  /** Least sum of demands over resources. */
  readonly leastTotal: number;
  /** Least joules above idle per frame. */
  readonly leastJoules: number;
}

export interface ExactTables {
  readonly models: readonly ExactModel[];
  /** Model indices by ascending number of placements: the innermost loop runs over the longest list. */
  readonly order: Uint8Array;
}

/** Throws LIMIT where the models have more than LIMITS.exactOptions placements in all. */
export function exactTables(prepared: PreparedProblem): ExactTables {
  const total = prepared.models.reduce((sum, model) => sum + model.options, 0);
  if (total > LIMITS.exactOptions) {
    throw new HeterodyneError('LIMIT', `exact search lists every placement of each model: ${total} in all`, {
      expected: `at most ${LIMITS.exactOptions}`,
      received: String(total),
      hint: 'allow fewer stages per model, or use mcts',
    });
  }
  const models = prepared.models.map((_, m) => exactModel(prepared, m));
  const order = Uint8Array.from(models.keys()).sort((a, b) => models[a].caps.length - models[b].caps.length || a - b);
  return { models, order };
}

function exactModel(prepared: PreparedProblem, m: number): ExactModel {
  const { problem } = prepared;
  const { rateLimit } = problem.models[m];
  const all = allPlacements(prepared, m);
  const count = all.length / PLACEMENT_STRIDE;
  const caps = new Float64Array(count);
  const leastRow = new Float64Array(prepared.rowStride).fill(Infinity);
  leastRow.fill(0, problem.resources);
  let leastTotal = Infinity;
  let leastJoules = Infinity;
  for (let i = 0; i < count; i++) {
    const demand = demandOf(prepared, m, all.subarray(i * PLACEMENT_STRIDE, (i + 1) * PLACEMENT_STRIDE));
    let largest = 0;
    let sum = 0;
    for (let r = 0; r < problem.resources; r++) {
      largest = Math.max(largest, demand.row[r]);
      sum += demand.row[r];
      leastRow[r] = Math.min(leastRow[r], demand.row[r]);
    }
    leastTotal = Math.min(leastTotal, sum);
    leastJoules = Math.min(leastJoules, demand.joules);
    caps[i] = Math.min(rateLimit, 1 / largest, problem.depthOne ? 1 / demand.latency : Infinity);
  }
  const ranks = Uint32Array.from(caps.keys()).sort((a, b) => caps[b] - caps[a] || a - b);
  const records = new Uint8Array(all.length);
  for (const [to, from] of ranks.entries()) {
    records.set(all.subarray(from * PLACEMENT_STRIDE, (from + 1) * PLACEMENT_STRIDE), to * PLACEMENT_STRIDE);
  }
  return { records, caps: Float64Array.from(ranks, (i) => caps[i]), leastRow, leastTotal, leastJoules };
}

/** Every placement of model m: [options] records. */
export function allPlacements(prepared: PreparedProblem, m: number): Uint8Array {
  const model = prepared.models[m];
  const n = model.blocks;
  const records = new Uint8Array(model.options * PLACEMENT_STRIDE);
  const record = new Uint8Array(PLACEMENT_STRIDE);
  let count = 0;
  const extend = (stage: number, first: number, used: number) => {
    for (let p = 0; p < prepared.problem.processors; p++) {
      if (used & (1 << p)) continue;
      const end = model.reach[p * n + first];
      for (let e = first + 1; e <= end; e++) {
        record[1 + 2 * stage] = p;
        record[2 + 2 * stage] = e;
        if (e === n) {
          record[0] = stage + 1;
          records.set(record.subarray(0, 3 + 2 * stage), count * PLACEMENT_STRIDE);
          count++;
        } else if (stage + 1 < model.maxStages) extend(stage + 1, e, used | (1 << p));
      }
    }
  };
  extend(0, 0, 0);
  return records;
}
