/**
 * From a placement problem to the tables that both implementations of the kernels read: prefix sums over blocks,
 * support ranges, option counts, sampling tables and the best options by prior. Made once a problem, in TypeScript,
 * so that the kernels start from the same bits.
 */
import { HeterodyneError, type Problem } from './errors.ts';
import { LIMITS, PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from './placement.ts';
import { identicalProcessors } from './symmetry.ts';

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

export interface PreparedProblem {
  readonly problem: PlacementProblem;
  readonly models: readonly PreparedModel[];
  /** R rounded up to even: the stride of a row of resource demands. */
  readonly rowStride: number;
  /** Memory or residency limits can bind at all. */
  readonly constrained: boolean;
  /** Mean of the models' solo rates: scales the tie term of `min`. */
  readonly meanSoloRate: number;
  /** Model indices by descending work: the order of decisions. */
  readonly order: Uint8Array;
  /** [P] the lowest processor that each is identical to; undefined where all differ. */
  readonly identical: Uint8Array | undefined;
}

/** Mean over models of their best solo rates: the scale of a tie under `min`. */
export function meanSoloRate({ models }: PlacementProblem): number {
  return models.reduce((sum, model) => sum + model.soloRate, 0) / models.length;
}

/** Binary limits and sanity of a problem, then its tables. Throws LIMIT, BAD_INPUT, INFEASIBLE, UNBOUNDED_MODEL. */
export function prepareProblem(problem: PlacementProblem): PreparedProblem {
  checkLimits(problem);
  checkNumbers(problem);
  const models = problem.models.map((model, m) => prepareModel(model, m, problem));
  const order = Uint8Array.from(models.keys()).sort((a, b) => models[b].work - models[a].work || a - b);
  return {
    problem,
    models,
    rowStride: problem.resources + (problem.resources & 1),
    constrained: canBind(problem),
    meanSoloRate: meanSoloRate(problem),
    order,
    identical: identicalProcessors(problem),
  };
}

function checkLimits(problem: PlacementProblem): void {
  const limit = (what: string, value: number, least: number, most: number, path: string) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    const code = value > most ? 'LIMIT' : 'BAD_INPUT';
    throw new HeterodyneError(code, `${what}: ${value}, but ${least} to ${most} can be planned`, {
      path,
      expected: `${least} to ${most}`,
      received: String(value),
    });
  };
  limit('models', problem.models.length, 1, LIMITS.models, '/models');
  limit('processors', problem.processors, 1, LIMITS.processors, '/processors');
  limit('resources', problem.resources, 1, LIMITS.resources, '/resources');
  limit('stages per model', problem.maxStages, 1, LIMITS.stagesPerModel, '/maxStages');
  for (const [m, model] of problem.models.entries()) {
    limit(`blocks of ${model.name}`, model.blocks, 1, LIMITS.blocksPerModel, `/models/${m}/blocks`);
    limit(
      `priority class of ${model.name}`,
      model.priorityClass,
      0,
      LIMITS.priorityClasses - 1,
      `/models/${m}/priorityClass`,
    );
  }
}

function checkNumbers(problem: PlacementProblem): void {
  const problems: Problem[] = [];
  const P = problem.processors;
  const report = (path: string, expected: string, received: unknown) => {
    if (problems.length < 20) {
      problems.push({
        path,
        message: `${path}: expected ${expected}, found ${received}`,
        expected,
        received: String(received),
      });
    }
  };
  const each = (
    path: string,
    values: ArrayLike<number>,
    length: number,
    expected: string,
    legal: (x: number) => boolean,
  ) => {
    if (values.length !== length) report(path, `${length} numbers`, `${values.length} numbers`);
    for (let i = 0; i < values.length; i++) if (!legal(values[i])) report(`${path}/${i}`, expected, values[i]);
  };
  const notNegative = (x: number) => x >= 0 && x < Infinity;
  const positive = (x: number) => x > 0 && x < Infinity;
  for (const [m, model] of problem.models.entries()) {
    const at = `/models/${m}`;
    const n = model.blocks;
    each(
      `${at}/seconds`,
      model.seconds,
      P * n,
      'seconds >= 0, or Infinity where a processor cannot run a block',
      (x) => x >= 0,
    );
    each(`${at}/outputBytes`, model.outputBytes, n, 'bytes >= 0', notNegative);
    each(`${at}/weightBytes`, model.weightBytes, n, 'bytes >= 0', notNegative);
    each(`${at}/dramBytes`, model.dramBytes, n, 'bytes >= 0', notNegative);
    each(`${at}/activationBytes`, [model.activationBytes], 1, 'bytes >= 0', notNegative);
    each(`${at}/shareWeight`, [model.shareWeight], 1, 'a finite number > 0', positive);
    each(`${at}/value`, [model.value], 1, 'a finite number >= 0', notNegative);
    each(`${at}/callsPerFrame`, [model.callsPerFrame], 1, 'a finite number > 0', positive);
    each(`${at}/rateLimit`, [model.rateLimit], 1, 'inferences/s > 0, or Infinity', (x) => x > 0);
    each(`${at}/soloRate`, [model.soloRate], 1, 'inferences/s > 0', positive);
    each(`${at}/demandedRate`, [model.demandedRate], 1, 'inferences/s >= 0', notNegative);
    each(`${at}/rateFloor`, [model.rateFloor], 1, 'inferences/s >= 0', notNegative);
  }
  each('/processorUses', problem.processorUses, P, 'at least one resource', (x) => x > 0 && x < 2 ** problem.resources);
  each('/transferSeconds', problem.transferSeconds, P * P, 'seconds >= 0', notNegative);
  each('/transferSecondsPerByte', problem.transferSecondsPerByte, P * P, 'seconds >= 0', notNegative);
  const resource = (x: number) => Number.isInteger(x) && x >= -1 && x < problem.resources;
  each('/transferResource', problem.transferResource, P * P, 'a resource or -1', resource);
  each('/dramResource', problem.dramResource, P, 'a resource or -1', resource);
  each('/dramSecondsPerByte', problem.dramSecondsPerByte, P, 'seconds >= 0', notNegative);
  each('/maxModels', problem.maxModels, P, 'at least 1', (x) => x >= 1);
  each('/poolBytes', problem.poolBytes, problem.poolProcessors.length, 'bytes >= 0', (x) => x >= 0);
  if (problem.objective === 'energy') {
    each('/idleWatts', [problem.idleWatts], 1, 'watts >= 0: the energy objective needs declared power', notNegative);
    each('/activeWatts', problem.activeWatts, P, 'watts >= 0: the energy objective needs declared power', notNegative);
  }
  if (problems.length > 0) {
    throw new HeterodyneError('BAD_INPUT', problems.map((p) => p.message).join('; '), {
      path: problems[0].path,
      problems,
    });
  }
}

function prepareModel(model: PlacementModel, m: number, problem: PlacementProblem): PreparedModel {
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
export function permutations(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i++) product *= n - i;
  return product;
}

/** n over k, exact while below 2^53. */
export function binomial(n: number, k: number): number {
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

/** Whether any memory or residency limit can be exceeded by some placement. */
function canBind(problem: PlacementProblem): boolean {
  const M = problem.models.length;
  for (let p = 0; p < problem.processors; p++) if (problem.maxModels[p] < M) return true;
  for (let q = 0; q < problem.poolBytes.length; q++) {
    const sharers = bitCount(problem.poolProcessors[q]);
    let most = 0;
    for (const model of problem.models) {
      for (const bytes of model.weightBytes) most += bytes;
      most += model.activationBytes * Math.min(sharers, problem.maxStages);
    }
    if (most > problem.poolBytes[q]) return true;
  }
  return false;
}

export function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

/**
 * The at most `most` placements of a model with the least slowest stage (transfers included), best first, equal ones
 * in order of discovery: [count][PLACEMENT_STRIDE]. Depth-first over stages; a branch is left as soon as its slowest
 * stage is no better than the worst one kept, or what is left cannot be done better even on any processors.
 * Visits at most 2^20 branches, after which what was found so far is given. Kept for the next search on the same
 * preparation: not to be changed.
 */
export function bestOptions(prepared: PreparedProblem, m: number, most: number): Uint8Array {
  const known = rankings.get(prepared) ?? new Map<string, Uint8Array>();
  rankings.set(prepared, known);
  const key = `${m} ${most}`;
  const options = known.get(key) ?? rankOptions(prepared, m, most);
  known.set(key, options);
  return options;
}

const rankings = new WeakMap<PreparedProblem, Map<string, Uint8Array>>();

function rankOptions(prepared: PreparedProblem, m: number, most: number): Uint8Array {
  const { problem } = prepared;
  const model = prepared.models[m];
  const { outputBytes } = problem.models[m];
  const P = problem.processors;
  const n = model.blocks;
  const rest = leastSlowest(model, P);
  const kept: { slowest: number; found: number; record: Uint8Array }[] = []; // binary heap, worst on top
  const worse = (a: { slowest: number; found: number }, b: { slowest: number; found: number }) =>
    a.slowest > b.slowest || (a.slowest === b.slowest && a.found > b.found);
  const sink = (i: number) => {
    for (;;) {
      let top = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < kept.length && worse(kept[child], kept[top])) top = child;
      if (top === i) return;
      [kept[i], kept[top]] = [kept[top], kept[i]];
      i = top;
    }
  };
  const rise = (i: number) => {
    for (let parent = (i - 1) >> 1; i > 0 && worse(kept[i], kept[parent]); i = parent, parent = (i - 1) >> 1) {
      [kept[i], kept[parent]] = [kept[parent], kept[i]];
    }
  };
  const record = new Uint8Array(PLACEMENT_STRIDE);
  let found = 0;
  let visits = 0;
  const bound = () => (kept.length < most ? Infinity : kept[0].slowest);
  const visit = (stage: number, first: number, used: number, slowest: number) => {
    for (let p = 0; p < P; p++) {
      if (used & (1 << p)) continue;
      const end = model.reach[p * n + first];
      let incoming = 0;
      if (stage > 0) {
        const hop = record[1 + 2 * (stage - 1)] * P + p;
        incoming = problem.transferSeconds[hop] + outputBytes[first - 1] * problem.transferSecondsPerByte[hop];
      }
      for (let e = first + 1; e <= end; e++) {
        if (visits++ >= 1 << 20) return;
        const row = p * (n + 1);
        const time = incoming + (model.secondsPrefix[row + e] - model.secondsPrefix[row + first]);
        const longest = Math.max(slowest, time);
        if (longest >= bound()) break;
        record[1 + 2 * stage] = p;
        record[2 + 2 * stage] = e;
        if (e === n) {
          record[0] = stage + 1;
          const copy = record.slice();
          copy.fill(0, 1 + 2 * (stage + 1));
          kept.push({ slowest: longest, found: found++, record: copy });
          rise(kept.length - 1);
          if (kept.length > most) {
            kept[0] = kept.pop()!;
            sink(0);
          }
        } else if (
          stage + 1 < model.maxStages &&
          Math.max(longest, rest[(model.maxStages - stage - 1) * (n + 1) + e]) < bound()
        ) {
          visit(stage + 1, e, used | (1 << p), longest);
        }
      }
    }
  };
  visit(0, 0, 0, 0);
  kept.sort((a, b) => a.slowest - b.slowest || a.found - b.found);
  const result = new Uint8Array(kept.length * PLACEMENT_STRIDE);
  for (const [i, option] of kept.entries()) result.set(option.record, i * PLACEMENT_STRIDE);
  return result;
}

/** [stages][n + 1]: least possible slowest stage of blocks b.. in at most that many stages, processors repeatable, transfers free. */
function leastSlowest(model: PreparedModel, P: number): Float64Array {
  const n = model.blocks;
  const least = new Float64Array((model.maxStages + 1) * (n + 1)).fill(Infinity);
  for (let k = 0; k <= model.maxStages; k++) least[k * (n + 1) + n] = 0;
  for (let k = 1; k <= model.maxStages; k++) {
    for (let b = 0; b < n; b++) {
      let best = Infinity;
      for (let p = 0; p < P; p++) {
        for (let e = b + 1; e <= model.reach[p * n + b]; e++) {
          const time = model.secondsPrefix[p * (n + 1) + e] - model.secondsPrefix[p * (n + 1) + b];
          if (time >= best) break;
          best = Math.min(best, Math.max(time, least[(k - 1) * (n + 1) + e]));
        }
      }
      least[k * (n + 1) + b] = best;
    }
  }
  return least;
}

/**
 * Completion counts of `layer` granularity, [n][P][2^P]: ways to place blocks 0 .. l-1 when block l runs on c and the
 * processors of the set V (c among them) are taken, N(l, c, V) = [c runs l-1] N(l-1, c, V) + sum over other e that
 * run l-1 of N(l-1, e, V + e), N(0, ., .) = 1.
 */
export function completionCounts(prepared: PreparedProblem, m: number): Float64Array {
  const { problem } = prepared;
  const P = problem.processors;
  const model = prepared.models[m];
  const n = model.blocks;
  const sets = 1 << P;
  const counts = new Float64Array(n * P * sets);
  for (let l = 0; l < n; l++) {
    for (let c = 0; c < P; c++) {
      for (let used = 0; used < sets; used++) {
        if (!(used & (1 << c)) || bitCount(used) > problem.maxStages) continue;
        let ways = l === 0 ? 1 : 0;
        if (l > 0) {
          for (let e = 0; e < P; e++) {
            if (model.reach[e * n + l - 1] < l) continue;
            if (e === c) ways += counts[((l - 1) * P + e) * sets + used];
            else if (!(used & (1 << e))) ways += counts[((l - 1) * P + e) * sets + (used | (1 << e))];
          }
        }
        counts[(l * P + c) * sets + used] = ways;
      }
    }
  }
  return counts;
}

/** Joint placements in a buffer of records. */
export function placementCount(placements: Uint8Array, models: number): number {
  const size = models * PLACEMENT_STRIDE;
  if (placements.length % size !== 0) {
    throw new HeterodyneError('USAGE', `placements take ${size} bytes each, but ${placements.length} bytes were given`);
  }
  return placements.length / size;
}
