/**
 * The placement of one model with the least end-to-end time, by a dynamic programme over blocks:
 *
 *   f(l, V, d) = least time of blocks 0 .. l when l runs on d and the processors V are taken
 *              = t[d][l] + min( f(l-1, V, d), min over e in V \ {d} of f(l-1, V \ {d}, e) + transfer(l-1, e, d) )
 *
 * Only sets of at most maxStages processors are kept. Prices let the same programme keep off processors that others need.
 */
import { PLACEMENT_STRIDE } from '../core/placement.ts';
import { bitCount, type PreparedProblem } from '../core/prepared.ts';

/** The programme of one model, for one set of prices after the other. */
export class LatencyProgramme {
  readonly #prepared: PreparedProblem;
  readonly #model: number;
  /** State = place of V in the list of sets, times P, plus d. */
  readonly #states: Uint32Array;
  /** By state: the first of V \ {d}, or -1 where nothing is left. */
  readonly #shorter: Int32Array;
  /** [n][states] processor of block l - 1. */
  readonly #cameFrom: Uint8Array;
  #before: Float64Array;
  #now: Float64Array;

  constructor(prepared: PreparedProblem, model: number) {
    this.#prepared = prepared;
    this.#model = model;
    const P = prepared.problem.processors;
    const { blocks, maxStages } = prepared.models[model];
    const sets: number[] = [];
    const place = new Map<number, number>();
    for (let set = 1; set < 1 << P; set++) {
      if (bitCount(set) > maxStages) continue;
      place.set(set, sets.length);
      sets.push(set);
    }
    const width = sets.length * P;
    this.#shorter = new Int32Array(width).fill(-1);
    const states: number[] = [];
    for (const [v, set] of sets.entries()) {
      for (let d = 0; d < P; d++) {
        if (!(set & (1 << d))) continue;
        states.push(v * P + d);
        const rest = place.get(set & ~(1 << d));
        if (rest !== undefined) this.#shorter[v * P + d] = rest * P;
      }
    }
    this.#states = Uint32Array.from(states);
    this.#cameFrom = new Uint8Array(blocks * width);
    // What belongs to no state stays out of reach.
    this.#before = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.#now = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  }

  /** @param prices [P] what a second on each processor counts, transfers that it receives included; absent = 1 */
  least(prices?: Float64Array): Uint8Array {
    const { problem } = this.#prepared;
    const { blocks: n, seconds, outputBytes } = problem.models[this.#model];
    const { transferSeconds, transferSecondsPerByte, processors: P } = problem;
    const width = this.#now.length;
    const cameFrom = this.#cameFrom;
    for (let l = 0; l < n; l++) {
      const [before, now] = [this.#now, this.#before];
      const bytes = l > 0 ? outputBytes[l - 1] : 0;
      for (const state of this.#states) {
        const d = state % P;
        const price = prices === undefined ? 1 : prices[d];
        const rest = this.#shorter[state];
        let best = before[state];
        let from = d;
        if (l === 0) best = rest < 0 ? 0 : Number.POSITIVE_INFINITY;
        else if (rest >= 0) {
          for (let e = 0; e < P; e++) {
            const hop = e * P + d;
            const time = before[rest + e] + (transferSeconds[hop] + bytes * transferSecondsPerByte[hop]) * price;
            if (time < best) {
              best = time;
              from = e;
            }
          }
        }
        now[state] = best + seconds[d * n + l] * price;
        cameFrom[l * width + state] = from;
      }
      this.#before = before;
      this.#now = now;
    }
    return this.#walkBack(n, P);
  }

  /** From the least of the last states to the first block. */
  #walkBack(n: number, P: number): Uint8Array {
    let state = 0;
    for (let i = 1; i < this.#now.length; i++) if (this.#now[i] < this.#now[state]) state = i;
    const chosen = new Uint8Array(n);
    for (let l = n - 1; l >= 0; l--) {
      const d = state % P;
      chosen[l] = d;
      const from = this.#cameFrom[l * this.#now.length + state];
      if (from !== d) state = this.#shorter[state] + from;
    }
    return recordFrom(chosen);
  }
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
