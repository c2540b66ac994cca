/** `segment` granularity: one decision places a whole model; the tree is as deep as there are models. */

import type { Demand } from '../../core/demand.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import { openingCapacity } from '../../core/search-options.ts';
import type { Random } from '../random.ts';
import type { Decisions } from './decisions.ts';
import { Openings } from './openings.ts';

/** First entries of an opening list that a restart of the local search draws from. */
const PROMISING = 64;

export class SegmentDecisions implements Decisions {
  readonly depth: number;
  fixed = 0;
  readonly #order: Uint8Array;
  readonly #openings: Openings[];
  readonly #decided: Demand[] = [];
  #at = 0;

  constructor(prepared: PreparedProblem, slots: number) {
    this.depth = prepared.models.length;
    this.#order = prepared.order;
    this.#openings = prepared.models.map(
      (model, m) => new Openings(prepared, m, openingCapacity(model.options, slots)),
    );
  }

  begin(): void {
    this.#at = this.fixed;
  }

  available(opened: number, random: Random): boolean {
    const openings = this.#openings[this.#order[this.#at]];
    return opened < openings.length || openings.extend(random);
  }

  priors(): ArrayLike<number> {
    return this.#openings[this.#order[this.#at]].priors;
  }

  priorSum(opened: number): number {
    return this.#openings[this.#order[this.#at]].priorSums[opened];
  }

  descend(child: number): void {
    this.#decided[this.#at] = this.#openings[this.#order[this.#at]].demands[child];
    this.#at++;
  }

  assemble(_random: Random, complete: (m: number) => Demand): Demand[] {
    const demands: Demand[] = [];
    for (let depth = 0; depth < this.depth; depth++) {
      const m = this.#order[depth];
      demands[m] = depth < this.#at ? this.#decided[depth] : complete(m);
    }
    return demands;
  }

  welcome(best: readonly Demand[]): void {
    for (const [m, demand] of best.entries()) this.#openings[m].append(demand);
  }

  commit(best: readonly Demand[], opened: number): number {
    const m = this.#order[this.fixed];
    this.#decided[this.fixed] = best[m];
    this.fixed++;
    const place = this.#openings[m].find(best[m]);
    return place < opened ? place : -1;
  }

  promising(m: number, random: Random): Demand | undefined {
    const { demands } = this.#openings[m];
    const head = Math.min(demands.length, PROMISING);
    return head > 0 ? demands[random.below(head)] : undefined;
  }

  open(): number[] {
    return Array.from(this.#order.subarray(this.fixed));
  }
}
