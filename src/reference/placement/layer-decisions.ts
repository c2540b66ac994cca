/**
 * `layer` granularity, as in OmniBoost: one decision puts one block on a processor, from a model's last block to its
 * first. A move is legal iff the model can still be completed (see `completionCounts`), so no simulation is lost.
 */

import { completionCounts } from '../../core/completion-counts.ts';
import { type Demand, demandOf } from '../../core/demand.ts';
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import type { Random } from '../random.ts';
import type { Decisions } from './decisions.ts';

/** All moves are alike. */
const EVEN_PRIORS = new Float64Array(32).fill(1);

export class LayerDecisions implements Decisions {
  readonly depth: number;
  fixed = 0;
  readonly #prepared: PreparedProblem;
  readonly #counts: Float64Array[];
  /** Processor of every block decided so far: the fixed ones, then those of the descent. */
  readonly #chosen: Uint8Array;
  #at = 0;
  /** Place in #prepared.order, block to decide next, processor of the block after it, processors taken. */
  #turn = 0;
  #block = 0;
  #current = -1;
  #used = 0;
  readonly #legal: number[] = [];

  constructor(prepared: PreparedProblem) {
    this.#prepared = prepared;
    this.depth = prepared.models.reduce((sum, model) => sum + model.blocks, 0);
    this.#counts = prepared.models.map((_, m) => completionCounts(prepared, m));
    this.#chosen = new Uint8Array(this.depth);
    this.begin();
  }

  begin(): void {
    this.#at = 0;
    this.#turn = 0;
    this.#block = this.#prepared.models[this.#prepared.order[0]].blocks - 1;
    this.#current = -1;
    this.#used = 0;
    while (this.#at < this.fixed) this.#advance(this.#chosen[this.#at]);
    this.#listLegal();
  }

  available(opened: number): boolean {
    return opened < this.#legal.length;
  }

  priors(): ArrayLike<number> {
    return EVEN_PRIORS;
  }

  priorSum(opened: number): number {
    return opened;
  }

  descend(child: number): void {
    this.#advance(this.#legal[child]);
    this.#listLegal();
  }

  /** Put the next block on processor p. */
  #advance(p: number): void {
    this.#chosen[this.#at++] = p;
    this.#current = p;
    this.#used |= 1 << p;
    if (--this.#block >= 0) return;
    this.#turn++;
    this.#current = -1;
    this.#used = 0;
    if (this.#turn < this.#prepared.order.length)
      this.#block = this.#prepared.models[this.#prepared.order[this.#turn]].blocks - 1;
  }

  #ways(p: number): number {
    const m = this.#prepared.order[this.#turn];
    const P = this.#prepared.problem.processors;
    if (p !== this.#current && this.#used & (1 << p)) return 0;
    if (this.#prepared.models[m].reach[p * this.#prepared.models[m].blocks + this.#block] <= this.#block) return 0;
    return this.#counts[m][((this.#block * P + p) << P) + (this.#used | (1 << p))];
  }

  #listLegal(): void {
    this.#legal.length = 0;
    if (this.#turn >= this.#prepared.order.length) return;
    for (let p = 0; p < this.#prepared.problem.processors; p++) if (this.#ways(p) > 0) this.#legal.push(p);
  }

  assemble(random: Random, complete: (m: number) => Demand): Demand[] {
    const demands: Demand[] = [];
    // A model that is decided in part is completed uniformly, in proportion to the ways that remain.
    while (this.#turn < this.#prepared.order.length && this.#current >= 0) {
      let total = 0;
      for (const p of this.#legal) total += this.#ways(p);
      let rest = random.unit() * total;
      let chosen = this.#legal[this.#legal.length - 1];
      for (const p of this.#legal) {
        const ways = this.#ways(p);
        if (rest < ways) {
          chosen = p;
          break;
        }
        rest -= ways;
      }
      this.#advance(chosen);
      this.#listLegal();
    }
    let at = 0;
    for (const [turn, m] of this.#prepared.order.entries()) {
      const { blocks } = this.#prepared.models[m];
      if (turn < this.#turn) demands[m] = demandOf(this.#prepared, m, recordOf(this.#chosen.subarray(at, at + blocks)));
      else demands[m] = complete(m);
      at += blocks;
    }
    return demands;
  }

  welcome(): void {}

  commit(best: readonly Demand[], opened: number): number {
    this.begin();
    const { record } = best[this.#prepared.order[this.#turn]];
    let s = 0;
    while (record[2 + 2 * s] <= this.#block) s++;
    const p = record[1 + 2 * s];
    this.#chosen[this.fixed] = p;
    const place = this.#legal.indexOf(p);
    this.fixed++;
    return place < opened ? place : -1;
  }

  promising(): undefined {
    return undefined;
  }

  open(): number[] {
    this.begin();
    return Array.from(this.#prepared.order.subarray(this.#current >= 0 ? this.#turn + 1 : this.#turn));
  }
}

/** Record of processors given last block first. */
function recordOf(lastToFirst: Uint8Array): Uint8Array {
  const record = new Uint8Array(PLACEMENT_STRIDE);
  const n = lastToFirst.length;
  let k = 0;
  for (let b = 0; b < n; b++) {
    const p = lastToFirst[n - 1 - b];
    if (b === 0 || p !== record[1 + 2 * (k - 1)]) {
      record[1 + 2 * k] = p;
      k++;
    }
    record[2 + 2 * (k - 1)] = b + 1;
  }
  record[0] = k;
  return record;
}
