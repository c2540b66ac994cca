/**
 * The best pipeline of one model on every set of processors, alone there: a dynamic programme over blocks,
 *
 *   f(V, d, e) = min over cuts i < e and d' in V \ {d} of max( f(V \ {d}, d', i), transfer(d', d, i) + t[d][i .. e) )
 *
 * the least time of the busiest of processors and links for blocks 0 .. e - 1, each processor of V one stage, the last
 * on d. A transfer on a link of its own is not added but compared, too.
 */
import { PLACEMENT_STRIDE } from '../core/placement.ts';
import { bitCount, type PreparedProblem } from '../core/prepared.ts';

/** Processors up to which all sets of them are looked at. */
export const MOST_PROCESSORS = 8;
/** Steps of the recurrence per model, beyond which larger sets are left out. */
const MOST_STEPS = 4e6;

export interface Pipeline {
  /** Processors, as bits. */
  set: number;
  /** Seconds of the busiest processor or link, one call. */
  slowest: number;
  record: Uint8Array;
}

/** f for one set; indices d * (n + 1) + e. */
interface Table {
  least: Float64Array;
  /** The cut i and the processor d' that gave the least. */
  cut: Uint8Array;
  before: Uint8Array;
}

/** By processor set, for sets that can run model m; none beyond {@link MOST_PROCESSORS}. */
export function bestPipelines(prepared: PreparedProblem, m: number): Map<number, Pipeline> {
  const { problem } = prepared;
  const { blocks: n, maxStages } = prepared.models[m];
  const P = problem.processors;
  const tables = new Map<number, Table>();
  const found = new Map<number, Pipeline>();
  if (P > MOST_PROCESSORS) return found;
  let steps = 0;
  for (let size = 1; size <= maxStages; size++) {
    for (let set = 1; set < 1 << P; set++) {
      if (bitCount(set) !== size) continue;
      steps += (n * n * size * (size - 1)) / 2;
      if (steps > MOST_STEPS) return found;
      const table = tableOf(prepared, m, set, tables);
      tables.set(set, table);
      let last = -1;
      for (let d = 0; d < P; d++) {
        const least = last < 0 ? Number.POSITIVE_INFINITY : table.least[last * (n + 1) + n];
        if (table.least[d * (n + 1) + n] < least) last = d;
      }
      if (last < 0) continue;
      const slowest = table.least[last * (n + 1) + n];
      found.set(set, { set, slowest, record: recordOf(set, last, n, tables) });
    }
  }
  return found;
}

function tableOf(prepared: PreparedProblem, m: number, set: number, smaller: ReadonlyMap<number, Table>): Table {
  const { problem } = prepared;
  const { outputBytes } = problem.models[m];
  const { blocks: n, reach, secondsPrefix } = prepared.models[m];
  const P = problem.processors;
  const least = new Float64Array(P * (n + 1)).fill(Number.POSITIVE_INFINITY);
  const cut = new Uint8Array(P * (n + 1));
  const before = new Uint8Array(P * (n + 1));
  for (let d = 0; d < P; d++) {
    if (!(set & (1 << d))) continue;
    const row = d * (n + 1);
    const rest = smaller.get(set & ~(1 << d));
    if (rest === undefined) {
      for (let e = 1; e <= reach[d * n]; e++) least[row + e] = secondsPrefix[row + e];
      continue;
    }
    for (let i = 1; i < n; i++) {
      for (let o = 0; o < P; o++) {
        const head = rest.least[o * (n + 1) + i];
        if (head === Number.POSITIVE_INFINITY) continue;
        const hop = o * P + d;
        const arrival = problem.transferSeconds[hop] + outputBytes[i - 1] * problem.transferSecondsPerByte[hop];
        // A link carries the transfer beside the work of both processors; without one the receiver does it.
        const linked = problem.transferResource[hop] >= 0;
        const busiest = linked ? Math.max(head, arrival) : head;
        const start = secondsPrefix[row + i] - (linked ? 0 : arrival);
        for (let e = i + 1; e <= reach[d * n + i]; e++) {
          const slowest = Math.max(busiest, secondsPrefix[row + e] - start);
          if (slowest >= least[row + e]) continue;
          least[row + e] = slowest;
          cut[row + e] = i;
          before[row + e] = o;
        }
      }
    }
  }
  return { least, cut, before };
}

/** Follow the cuts back from the last stage. */
function recordOf(set: number, last: number, n: number, tables: ReadonlyMap<number, Table>): Uint8Array {
  const record = new Uint8Array(PLACEMENT_STRIDE);
  record[0] = bitCount(set);
  let processor = last;
  let end = n;
  for (let s = record[0] - 1; s >= 0; s--) {
    record[1 + 2 * s] = processor;
    record[2 + 2 * s] = end;
    const table = tables.get(set) as Table;
    set &= ~(1 << processor);
    const at = processor * (n + 1) + end;
    processor = table.before[at];
    end = table.cut[at];
  }
  return record;
}
