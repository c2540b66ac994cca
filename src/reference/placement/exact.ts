/**
 * The proven optimum: depth first over models, placements of each by descending cap. Two tests leave a branch: the
 * objective at the caps, which ends the whole list (later placements reach less), and the bound that counts resources,
 * which skips one placement. What is left out is provably no better than the best by more than 1e-9 of it.
 */
import { type Demand, demandOf, joinRecords } from '../../core/demand.ts';
import { type ExactTables, exactTables } from '../../core/exact-tables.ts';
import { type ExactSearch, type ExactStatus, PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import { isBetter } from './best-list.ts';
import { capBound, loadBound, type Partial } from './bounds.ts';
import { excessOf } from './limits.ts';
import { scoreRates } from './objective.ts';
import { maxMinRates } from './rates.ts';

/** Relative slack of a bound, for rounding. */
const SLACK = 1e-9;

export class ReferenceExact implements ExactSearch {
  readonly #prepared: PreparedProblem;
  readonly #tables: ExactTables;
  /** [M] demands of the placements in hand. */
  readonly #demands: Demand[];
  readonly #partial: Partial;
  /** [M] next placement at each depth. */
  readonly #next: Uint32Array;
  #depth = 0;
  #nodes = 0;
  #evaluations = 0;
  #best: Uint8Array | undefined;
  #bestValue = -Infinity;
  #bestMeanRate = -Infinity;

  constructor(prepared: PreparedProblem, incumbent?: Uint8Array) {
    this.#prepared = prepared;
    this.#tables = exactTables(prepared);
    const M = prepared.models.length;
    this.#next = new Uint32Array(M);
    this.#demands = [];
    this.#partial = {
      caps: new Float64Array(M),
      rows: [],
      totals: new Float64Array(M),
      joules: new Float64Array(M),
    };
    if (incumbent) {
      for (let m = 0; m < M; m++) {
        this.#demands[m] = demandOf(prepared, m, incumbent.subarray(m * PLACEMENT_STRIDE, (m + 1) * PLACEMENT_STRIDE));
      }
      this.#score();
    }
    for (let m = 0; m < M; m++) this.#release(m);
  }

  run(nodes: number): ExactStatus {
    const { models, order } = this.#tables;
    const last = order.length - 1;
    const end = this.#nodes + nodes;
    while (this.#depth >= 0 && this.#nodes < end) {
      const m = order[this.#depth];
      const i = this.#next[this.#depth];
      if (i >= models[m].caps.length) {
        this.#leave(m);
        continue;
      }
      this.#nodes++;
      this.#partial.caps[m] = models[m].caps[i];
      this.#partial.joules[m] = models[m].leastJoules;
      if (this.#excluded(capBound(this.#prepared, this.#partial))) {
        this.#leave(m);
        continue;
      }
      this.#next[this.#depth]++;
      this.#place(m, i);
      if (this.#depth === last) this.#score();
      else if (!this.#excluded(loadBound(this.#prepared, this.#partial))) {
        this.#depth++;
        this.#next[this.#depth] = 0;
      }
    }
    return {
      nodes: this.#nodes,
      evaluations: this.#evaluations,
      done: this.#depth < 0,
      bestValue: this.#bestValue,
      bestMeanRate: this.#bestMeanRate,
      bound: this.#bound(),
    };
  }

  best(): Uint8Array | undefined {
    return this.#best?.slice();
  }

  #excluded(bound: number): boolean {
    return bound + Math.abs(bound) * SLACK <= this.#bestValue;
  }

  /** Nothing is known of model m but the least it can cost. */
  #release(m: number): void {
    const model = this.#tables.models[m];
    this.#partial.caps[m] = model.caps[0];
    this.#partial.rows[m] = model.leastRow;
    this.#partial.totals[m] = model.leastTotal;
    this.#partial.joules[m] = model.leastJoules;
  }

  #leave(m: number): void {
    this.#release(m);
    this.#depth--;
  }

  #place(m: number, i: number): void {
    const { records } = this.#tables.models[m];
    const demand = demandOf(this.#prepared, m, records.subarray(i * PLACEMENT_STRIDE, (i + 1) * PLACEMENT_STRIDE));
    this.#demands[m] = demand;
    this.#partial.rows[m] = demand.row;
    let total = 0;
    for (const seconds of demand.row) total += seconds;
    this.#partial.totals[m] = total;
    this.#partial.joules[m] = demand.joules;
  }

  #score(): void {
    this.#evaluations++;
    if (this.#prepared.constrained && excessOf(this.#prepared, this.#demands) > 0) return;
    const rates = new Float64Array(this.#demands.length);
    maxMinRates(this.#prepared, this.#demands, rates);
    const { value, meanRate } = scoreRates(this.#prepared, this.#demands, rates);
    if (!isBetter({ value, meanRate }, { value: this.#bestValue, meanRate: this.#bestMeanRate })) return;
    this.#best = joinRecords(this.#demands);
    this.#bestValue = value;
    this.#bestMeanRate = meanRate;
  }

  /** The best value, or what the placements not yet looked at could reach, whichever is more. */
  #bound(): number {
    const { models, order } = this.#tables;
    let bound = this.#bestValue;
    const { caps, rows, totals, joules } = this.#partial;
    const saved: Partial = { caps: caps.slice(), rows: [...rows], totals: totals.slice(), joules: joules.slice() };
    for (let depth = this.#depth; depth >= 0; depth--) {
      // Models deeper than this one are open; of this one, the placements that are left.
      const m = order[depth];
      this.#release(m);
      const i = this.#next[depth];
      if (i >= models[m].caps.length) continue;
      caps[m] = models[m].caps[i];
      const open = loadBound(this.#prepared, this.#partial);
      if (open + Math.abs(open) * SLACK > bound) bound = open + Math.abs(open) * SLACK;
      caps[m] = models[m].caps[0];
    }
    caps.set(saved.caps);
    totals.set(saved.totals);
    joules.set(saved.joules);
    for (const [m, row] of saved.rows.entries()) rows[m] = row;
    return bound;
  }
}
