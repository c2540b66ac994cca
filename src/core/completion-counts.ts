/** In how many ways what is left of a model can be placed, block by block: what draws a `layer` placement evenly. */
import { bitCount, type PreparedProblem } from './prepared.ts';

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
