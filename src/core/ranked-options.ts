/** The placements of one model alone that are worth trying first: those whose slowest stage is the least slow. */
import { PLACEMENT_STRIDE } from './placement.ts';
import type { PreparedProblem } from './prepared.ts';
import type { PreparedModel } from './prepared-model.ts';

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
