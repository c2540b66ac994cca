/**
 * The opening list of one decision in `segment` granularity: the order in which a node of that decision opens its
 * children, shared by all nodes of the decision. Even entries are the next best by prior, odd ones random (stratified),
 * so that no placement is excluded by a wrong prior; placements that made a best plan are appended as they turn up.
 * The list grows only as far as some node needs it.
 */

import { type Demand, demandOf } from '../../core/demand.ts';
import { MOST_PRIOR } from '../../core/magnitudes.ts';
import { PLACEMENT_STRIDE } from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import { bestOptions } from '../../core/ranked-options.ts';
import type { Random } from '../random.ts';
import { samplePlacement } from './sampler.ts';

/** Tries of a random entry before the next best by prior is taken instead. */
const RANDOM_TRIES = 8;

export class Openings {
  readonly demands: Demand[] = [];
  /** Prior, proportional to 1 / slowest stage, float32. */
  readonly priors: number[] = [];
  /** priorSums[j] = sum of the first j priors. */
  readonly priorSums: number[] = [0];
  readonly capacity: number;
  readonly #prepared: PreparedProblem;
  readonly #model: number;
  readonly #ranked: Uint8Array;
  #nextRanked = 0;

  constructor(prepared: PreparedProblem, model: number, capacity: number) {
    this.#prepared = prepared;
    this.#model = model;
    this.capacity = capacity;
    this.#ranked = bestOptions(prepared, model, capacity);
  }

  get length(): number {
    return this.demands.length;
  }

  /** Grow the list by one. False = every placement is on it, or it is full. */
  extend(random: Random): boolean {
    if (this.length >= this.capacity) return false;
    if (this.length % 2 === 1) {
      for (let i = 0; i < RANDOM_TRIES; i++) {
        if (
          this.append(
            demandOf(this.#prepared, this.#model, samplePlacement(this.#prepared, this.#model, 'stratified', random)),
          )
        ) {
          return true;
        }
      }
    }
    while (this.#nextRanked * PLACEMENT_STRIDE < this.#ranked.length) {
      const record = this.#ranked.subarray(
        this.#nextRanked * PLACEMENT_STRIDE,
        (this.#nextRanked + 1) * PLACEMENT_STRIDE,
      );
      this.#nextRanked++;
      if (this.append(demandOf(this.#prepared, this.#model, record))) return true;
    }
    return false;
  }

  /** Append unless present or full. */
  append(demand: Demand): boolean {
    if (this.length >= this.capacity || this.find(demand) >= 0) return false;
    this.demands.push(demand);
    const prior = Math.fround(Math.min(Math.max(1 / demand.slowest, 1 / MOST_PRIOR), MOST_PRIOR));
    this.priors.push(prior);
    this.priorSums.push(this.priorSums[this.priorSums.length - 1] + prior);
    return true;
  }

  /** Place in the list, or -1. */
  find(demand: Demand): number {
    return this.demands.findIndex((other) => other.hashLow === demand.hashLow && other.hashHigh === demand.hashHigh);
  }
}
