/**
 * One model of a placement problem as tables: prefix sums over its blocks, which runs of blocks each processor can
 * carry, and in how many ways the model can be placed in k stages.
 */
import { HeterodyneError } from './errors.ts';
import { LIMITS, type PlacementModel, type PlacementProblem } from './placement.ts';

/** Tables of one model; n blocks, P processors. */
export interface PreparedModel {
  readonly blocks: number;
  /** [P][n + 1] seconds of blocks 0 .. b - 1, blocks that p cannot run counted as 0. */
  readonly secondsPrefix: Float64Array;
  /** [P][n] first block >= b that p cannot run; n = none. A stage b..e-1 is executable iff reach > e - 1. */
  readonly reach: Uint8Array;
  /** [n + 1] */
  readonly weightPrefix: Float64Array;
  /** [n + 1] */
  readonly dramPrefix: Float64Array;
  /** Most stages of a placement: min(maxStages, n, processors that can run anything). */
  readonly maxStages: number;
  /** [maxStages + 1] ways to place the model in exactly k stages. */
  readonly ways: Float64Array;
  /** Sum of `ways`. */
  readonly options: number;
  /** Processors that run every block, ascending, when every other processor runs none; else empty. */
  readonly usable: Uint8Array;
  /** When `usable` is empty: per stage count k the ordered processor tuples with at least one legal cut list. */
  readonly tuples: readonly TupleTable[];
  /** Sum over blocks of the least seconds, times calls per frame: the model's work, for ordering. */
  readonly work: number;
}

/** The ordered tuples of k processors that can carry a model. */
export interface TupleTable {
  /** [count][k] processors. */
  readonly processors: Uint8Array;
  /** [count] running sum of the number of legal cut lists. */
  readonly cumulative: Float64Array;
}

/** @throws HeterodyneError `INFEASIBLE`, `UNBOUNDED_MODEL`, `LIMIT` */
export function prepareModel(model: PlacementModel, m: number, problem: PlacementProblem): PreparedModel {
  const P = problem.processors;
  const n = model.blocks;
  const secondsPrefix = new Float64Array(P * (n + 1));
  const reach = new Uint8Array(P * n);
  const usable: number[] = [];
  let partly = false;
  for (let p = 0; p < P; p++) {
    let sum = 0;
    let runs = 0;
    for (let b = 0; b < n; b++) {
      const seconds = model.seconds[p * n + b];
      if (seconds < Infinity) {
        sum += seconds;
        runs++;
      }
      secondsPrefix[p * (n + 1) + b + 1] = sum;
    }
    for (let b = n - 1, end = n; b >= 0; b--) {
      if (model.seconds[p * n + b] === Infinity) end = b;
      reach[p * n + b] = end;
    }
    if (runs === n) usable.push(p);
    else if (runs > 0) partly = true;
  }
  let least = 0;
  for (let b = 0; b < n; b++) {
    let fastest = Infinity;
    for (let p = 0; p < P; p++) fastest = Math.min(fastest, model.seconds[p * n + b]);
    if (fastest === Infinity) {
      throw new HeterodyneError('INFEASIBLE', `no processor can run block ${b} of ${model.name}`, {
        path: `/models/${m}/seconds`,
        hint: 'add a processor that supports its operators, or choose another precision',
      });
    }
    least += fastest;
  }
  if (least === 0 && model.rateLimit === Infinity) {
    throw new HeterodyneError(
      'UNBOUNDED_MODEL',
      `${model.name} costs nothing and has no rate: its throughput has no bound`,
      {
        path: `/models/${m}/seconds`,
        hint: 'give its blocks a cost, or the model a rate',
      },
    );
  }
  const maxStages = Math.min(problem.maxStages, n, P);
  const ways = new Float64Array(maxStages + 1);
  let tuples: TupleTable[] = [];
  if (partly) {
    tuples = tupleTables(reach, n, P, maxStages, model.name);
    for (let k = 1; k <= maxStages; k++) ways[k] = tuples[k].cumulative.at(-1) ?? 0;
  } else {
    for (let k = 1; k <= Math.min(maxStages, usable.length); k++)
      ways[k] = permutations(usable.length, k) * binomial(n - 1, k - 1);
  }
  const options = ways.reduce((sum, x) => sum + x, 0);
  if (options === 0) {
    throw new HeterodyneError(
      'INFEASIBLE',
      `${model.name} needs more than ${problem.maxStages} stages: no chain of processors can run it`,
      {
        path: `/models/${m}/seconds`,
        hint: 'allow more stages',
      },
    );
  }
  return {
    blocks: n,
    secondsPrefix,
    reach,
    weightPrefix: prefixSums(model.weightBytes),
    dramPrefix: prefixSums(model.dramBytes),
    maxStages,
    ways,
    options,
    usable: partly ? new Uint8Array(0) : Uint8Array.from(usable),
    tuples,
    work: least * model.callsPerFrame,
  };
}

function prefixSums(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i];
  return sums;
}

/** n (n-1) ... (n-k+1) */
function permutations(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i++) product *= n - i;
  return product;
}

/** n over k, exact while below 2^53. */
function binomial(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return Math.round(value);
}

/** Ordered tuples of distinct processors that can carry blocks 0..n-1 in k runs, for every k up to maxStages. */
function tupleTables(reach: Uint8Array, n: number, P: number, maxStages: number, name: string): TupleTable[] {
  const processors: number[][] = Array.from({ length: maxStages + 1 }, () => []);
  const cumulative: number[][] = Array.from({ length: maxStages + 1 }, () => []);
  let total = 0;
  // after[s] = ways in which the first s stages end exactly before block b; extended stage by stage.
  const extend = (tuple: number[], used: number, before: Float64Array) => {
    for (let p = 0; p < P; p++) {
      if (used & (1 << p)) continue;
      const after = new Float64Array(n + 1);
      let any = false;
      for (let b = 0; b < n; b++) {
        if (before[b] === 0) continue;
        for (let e = b + 1; e <= reach[p * n + b]; e++) {
          after[e] += before[b];
          any = true;
        }
      }
      if (!any) continue;
      const next = [...tuple, p];
      const k = next.length;
      if (after[n] > 0) {
        if (++total > LIMITS.partialTuples) {
          throw new HeterodyneError(
            'LIMIT',
            `${name}: more than ${LIMITS.partialTuples} processor chains can carry it`,
            {
              path: '/maxStages',
              hint: 'allow fewer stages per model',
            },
          );
        }
        processors[k].push(...next);
        cumulative[k].push((cumulative[k].at(-1) ?? 0) + after[n]);
      }
      if (k < maxStages) extend(next, used | (1 << p), after);
    }
  };
  const start = new Float64Array(n + 1);
  start[0] = 1;
  extend([], 0, start);
  return processors.map((list, k) => ({
    processors: Uint8Array.from(list),
    cumulative: Float64Array.from(cumulative[k]),
  }));
}
