/**
 * Iterated local search over joint placements, the search's second phase: neighbours of where it stands, most often
 * with less to do on a full resource. After many steps without success it starts anew near the best plan or far from it.
 */
import { type Demand, demandOf } from '../../core/demand.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { Random } from '../random.ts';
import type { Decisions } from './decisions.ts';
import { neighbour, relief } from './neighbour.ts';
import { maxMinRates } from './rates.ts';
import { samplePlacement } from './sampler.ts';

/**
 * Ways to restart the local search from the best plan: a step of every model, all models anew, or one model anew. Anew is,
 * for one of them, an entry near the head of its opening list.
 */
const RESTARTS = ['step', 'all', 'one'] as const;
/** Local steps without success, per model, after which the local search starts anew. */
const PATIENCE = 24;
/** Of ten local steps, those that relieve a stage on a full resource, where there is one. */
const RELIEF_IN_TEN = 8;
/** Share of its time from which a resource counts as full. */
const BUSY = 0.98;

/** A joint placement and what it is worth. */
export interface Valued {
  readonly demands: readonly Demand[];
  readonly value: number;
}

export class LocalSearch {
  readonly #prepared: PreparedProblem;
  readonly #random: Random;
  readonly #decisions: Decisions;
  /** Where it stands: not always the best plan. */
  #base: Valued = { demands: [], value: -Infinity };
  /** Resources that the throughput model fills there, as bits; undefined = not looked at yet. */
  #busy: number | undefined;
  #failures = 0;
  #restarting = false;

  constructor(prepared: PreparedProblem, random: Random, decisions: Decisions) {
    this.#prepared = prepared;
    this.#random = random;
    this.#decisions = decisions;
  }

  standAt(place: Valued): void {
    this.#base = place;
    this.#busy = undefined;
    this.#failures = 0;
  }

  /** What to try next; undefined = nothing is open to change, or a restart waits for its value. */
  propose(best: readonly Demand[] | undefined): Demand[] | undefined {
    const open = this.#decisions.open();
    if (open.length === 0 || this.#restarting) return undefined;
    const m = open[this.#random.below(open.length)];
    if (!best) return this.#prepared.models.map((_, i) => this.#sample(i));
    this.#restarting = this.#failures >= PATIENCE * open.length;
    if (!this.#restarting && this.#random.below(10) < RELIEF_IN_TEN) {
      const relieved = this.#relieve(open);
      if (relieved) return relieved;
    }
    const from = this.#restarting ? best : this.#base.demands;
    const step = (i: number) => this.#demand(i, neighbour(this.#prepared, i, from[i].record, this.#random));
    const restart = this.#restarting ? RESTARTS[this.#random.below(RESTARTS.length)] : 'one';
    const promising = this.#restarting && restart !== 'step' ? this.#decisions.promising(m, this.#random) : undefined;
    const changed = promising ?? step(m);
    return from.map((demand, i) => {
      if (i === m) return changed;
      if (restart === 'one' || !open.includes(i)) return demand;
      return restart === 'step' ? step(i) : this.#sample(i);
    });
  }

  /** Move to the best of the proposals, or count a failure. */
  moveOn(proposals: readonly Valued[], best: Valued | undefined): void {
    let chosen: Valued | undefined;
    let most = this.#restarting ? -Infinity : this.#base.value;
    for (const proposal of proposals) {
      if (proposal.value > most) {
        chosen = proposal;
        most = proposal.value;
      }
    }
    if (chosen) this.standAt(chosen);
    else if (this.#restarting && best) this.standAt(best);
    else this.#failures += proposals.length;
    this.#restarting = false;
  }

  /** Less work on a full resource; undefined where there is none, or no change was found. */
  #relieve(open: readonly number[]): Demand[] | undefined {
    this.#busy ??= this.#busyResources();
    const { demands } = this.#base;
    const stages: [m: number, s: number][] = [];
    for (const m of open) {
      const { record } = demands[m];
      for (let s = 0; s < record[0]; s++) {
        if (this.#prepared.problem.processorUses[record[1 + 2 * s]] & this.#busy) stages.push([m, s]);
      }
    }
    if (stages.length === 0) return undefined;
    const [m, s] = stages[this.#random.below(stages.length)];
    const record = relief(this.#prepared, m, demands[m].record, s, this.#random);
    return record && demands.map((demand, i) => (i === m ? this.#demand(m, record) : demand));
  }

  #busyResources(): number {
    const { demands } = this.#base;
    const rates = new Float64Array(demands.length);
    maxMinRates(this.#prepared, demands, rates);
    let busy = 0;
    for (let r = 0; r < this.#prepared.problem.resources; r++) {
      let load = 0;
      for (const [m, { row }] of demands.entries()) load += rates[m] * row[r];
      if (load > BUSY) busy |= 1 << r;
    }
    return busy;
  }

  #sample(m: number): Demand {
    return this.#demand(m, samplePlacement(this.#prepared, m, 'stratified', this.#random));
  }

  #demand(m: number, record: Uint8Array): Demand {
    return demandOf(this.#prepared, m, record);
  }
}
