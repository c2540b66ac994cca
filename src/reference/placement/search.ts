/**
 * Monte-Carlo tree search over joint placements. A simulation selects a path of decisions, opens one node, completes
 * the placement at random (or from the best plan so far), and only complete placements are scored. Leaves are
 * collected in batches under visits in flight, scored together, and backed up in the order of collection, so that
 * the result depends on seed and batch size alone.
 */

import { type Demand, demandOf, joinRecords } from '../../core/demand.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { checkScores } from '../../core/magnitudes.ts';
import {
  type LeafBatch,
  PLACEMENT_STRIDE,
  type PlacementSearch,
  type SearchOptions,
  type SearchPhase,
  type SearchStatus,
} from '../../core/placement.ts';
import type { PreparedProblem } from '../../core/prepared.ts';
import { cacheEntries } from '../../core/search-options.ts';
import { Random } from '../random.ts';
import { BestList, isBetter } from './best-list.ts';
import type { Decisions } from './decisions.ts';
import { LayerDecisions } from './layer-decisions.ts';
import { excessOf } from './limits.ts';
import { LocalSearch } from './local-search.ts';
import { scoreRates } from './objective.ts';
import { placementHash } from './placement-hash.ts';
import { maxMinRates } from './rates.ts';
import { samplePlacement } from './sampler.ts';
import { SegmentDecisions } from './segment-decisions.ts';
import {
  allowedChildren,
  CHUNK,
  close,
  type Node,
  newNode,
  Range,
  recordVisit,
  SLOT_BYTES,
  selectChild,
} from './tree.ts';
import { ValueCache } from './value-cache.ts';

/** A leaf between collection and backup. */
interface Leaf {
  path: Node[];
  demands: Demand[];
  /** Index among the placements to score, or -1 when the value is known. */
  pending: number;
  value: number;
}

interface Pending {
  demands: Demand[];
  low: number;
  high: number;
}

export class ReferenceSearch implements PlacementSearch {
  readonly options: SearchOptions;
  readonly #prepared: PreparedProblem;
  readonly #random: Random;
  readonly #decisions: Decisions;
  readonly #local: LocalSearch;
  readonly #range = new Range();
  readonly #cache: ValueCache;
  readonly #top = new BestList();
  #root: Node = newNode();
  #chunks = 1;
  #full = false;
  #evaluations = 0;
  #simulations = 0;
  #cacheHits = 0;
  #refused = 0;
  #best: Demand[] | undefined;
  #bestValue = -Infinity;
  #bestMeanRate = -Infinity;
  #bestAt = 0;
  #leastExcess = Infinity;
  #polishing = false;
  #leaves: Leaf[] = [];
  #pending: Pending[] = [];
  #waiting = false;

  constructor(prepared: PreparedProblem, options: SearchOptions) {
    this.#prepared = prepared;
    this.options = options;
    this.#random = new Random(options.seed);
    this.#decisions =
      options.granularity === 'segment' ? new SegmentDecisions(prepared, options.slots) : new LayerDecisions(prepared);
    this.#local = new LocalSearch(prepared, this.#random, this.#decisions);
    this.#cache = new ValueCache(cacheEntries(options.slots));
  }

  status(): SearchStatus {
    return {
      evaluations: this.#evaluations,
      simulations: this.#simulations,
      cacheHits: this.#cacheHits,
      refused: this.#refused,
      slots: this.#chunks * CHUNK,
      treeBytes: this.#chunks * CHUNK * SLOT_BYTES,
      full: this.#full,
      exhausted: this.#root.closed,
      bestValue: this.#bestValue,
      bestMeanRate: this.#bestMeanRate,
      bestAt: this.#bestAt,
      leastExcess: this.#leastExcess,
    };
  }

  offer(placements: Uint8Array): void {
    this.#offer(placements);
  }

  offerScored(placements: Uint8Array, values: Float64Array): void {
    checkScores(values);
    this.#offer(placements, values);
  }

  #offer(placements: Uint8Array, values?: Float64Array): void {
    this.#mustNotWait();
    const M = this.#prepared.models.length;
    const size = M * PLACEMENT_STRIDE;
    for (let i = 0; i < placements.length / size; i++) {
      const demands = this.#prepared.models.map((_, m) =>
        demandOf(
          this.#prepared,
          m,
          placements.subarray(i * size + m * PLACEMENT_STRIDE, i * size + (m + 1) * PLACEMENT_STRIDE),
        ),
      );
      this.#leaves = [];
      this.#pending = [];
      this.#polishing = false;
      this.#addLeaf([], demands);
      this.#settle(values && this.#pending.length > 0 ? values.subarray(i, i + 1) : this.#scorePending());
    }
  }

  run(phase: SearchPhase, evaluations: number, simulations: number): SearchStatus {
    this.#mustNotWait();
    const lastEvaluation = this.#evaluations + evaluations;
    const lastSimulation = this.#simulations + simulations;
    while (this.#evaluations < lastEvaluation && this.#simulations < lastSimulation) {
      this.#collect(phase, phase === 'polish' ? 1 : this.options.batch, lastEvaluation - this.#evaluations);
      if (this.#leaves.length === 0) break;
      this.#settle(this.#scorePending());
    }
    return this.status();
  }

  selectLeaves(n: number, phase: SearchPhase = 'tree'): LeafBatch {
    this.#mustNotWait();
    // A batch of nothing but known placements is backed up at once; a few of them in a row end the attempt.
    for (let i = 0; i < 4; i++) {
      this.#collect(phase, this.options.batch, n);
      if (this.#pending.length > 0) break;
      this.#settle(new Float64Array(0));
    }
    const M = this.#prepared.models.length;
    const R = this.#prepared.problem.resources;
    const count = this.#pending.length;
    const placements = new Uint8Array(count * M * PLACEMENT_STRIDE);
    const demands = new Float64Array(count * M * R);
    for (const [i, pending] of this.#pending.entries()) {
      for (const [m, demand] of pending.demands.entries()) {
        placements.set(demand.record, (i * M + m) * PLACEMENT_STRIDE);
        demands.set(demand.row, (i * M + m) * R);
      }
    }
    this.#waiting = count > 0;
    return { count, placements, demands };
  }

  leafRates(): Float64Array {
    const M = this.#prepared.models.length;
    const rates = new Float64Array(this.#pending.length * M);
    for (const [i, { demands }] of this.#pending.entries()) {
      maxMinRates(this.#prepared, demands, rates.subarray(i * M, (i + 1) * M));
    }
    return rates;
  }

  backup(values: Float64Array): void {
    if (!this.#waiting || values.length !== this.#pending.length) {
      throw new HeterodyneError(
        'USAGE',
        `backup of ${values.length} values, but ${this.#waiting ? this.#pending.length : 0} are awaited`,
      );
    }
    checkScores(values);
    this.#waiting = false;
    this.#settle(values);
  }

  best(): Uint8Array | undefined {
    return this.#best && joinRecords(this.#best);
  }

  top(): { placements: Uint8Array; values: Float64Array } {
    const { entries } = this.#top;
    const size = this.#prepared.models.length * PLACEMENT_STRIDE;
    const placements = new Uint8Array(entries.length * size);
    for (const [i, entry] of entries.entries()) placements.set(entry.placement, i * size);
    return { placements, values: Float64Array.from(entries, (entry) => entry.value) };
  }

  commit(): number {
    this.#mustNotWait();
    if (this.#best && this.#decisions.fixed < this.#decisions.depth) {
      const child = this.#decisions.commit(this.#best, this.#root.children.length);
      this.#root = child >= 0 ? this.#root.children[child] : newNode();
      this.#local.standAt({ demands: this.#best, value: this.#bestValue });
    }
    return this.#decisions.fixed;
  }

  free(): void {}

  #mustNotWait(): void {
    if (this.#waiting) throw new HeterodyneError('USAGE', 'leaves wait for their values: call backup first');
  }

  /** Reach up to `paths` leaves, stopping once `unscored` of them are new. */
  #collect(phase: SearchPhase, paths: number, unscored: number): void {
    this.#leaves = [];
    this.#pending = [];
    this.#polishing = phase === 'polish';
    while (this.#leaves.length < paths && this.#pending.length < unscored) {
      if (!(phase === 'tree' ? this.#simulate() : this.#step())) return;
    }
  }

  /** Select, expand, roll out: one leaf. False = every placement that the tree can hold was tried. */
  #simulate(): boolean {
    const path = this.#descend();
    if (!path) return false;
    for (const visited of path) visited.flight++;
    this.#addLeaf(
      path,
      this.#decisions.assemble(this.#random, (m) => this.#rollout(m)),
    );
    return true;
  }

  /** Nodes from the root to the one just opened; undefined = the root is closed. */
  #descend(): Node[] | undefined {
    const decisions = this.#decisions;
    while (!this.#root.closed) {
      decisions.begin();
      let node = this.#root;
      const path = [node];
      let dead = false;
      for (let depth = decisions.fixed; depth < decisions.depth; depth++) {
        const opened = node.children.length;
        const exhausted = node.closedChildren === opened;
        // A node whose children are all closed opens another one whatever its visits: nothing is tried twice.
        const wanted = exhausted || opened < allowedChildren(node);
        const available = wanted && decisions.available(opened, this.#random);
        const opening = available && this.#reserve(node);
        if (opening) node.children.push(newNode());
        else if (exhausted) {
          dead = opened > 0 && !available;
          break;
        }
        const child = opening
          ? opened
          : selectChild(node, decisions.priors(), decisions.priorSum(opened), this.#scoring());
        const parent = node;
        node = node.children[child];
        decisions.descend(child);
        path.push(node);
        if (opening) {
          if (depth + 1 === decisions.depth) close(node, parent);
          break;
        }
      }
      if (!dead) return path;
      close(node, path.at(-2));
    }
    return undefined;
  }

  #scoring() {
    return { selection: this.options.selection, exploration: this.options.exploration, range: this.#range };
  }

  /** Room for one more child of `node`. */
  #reserve(node: Node): boolean {
    if (node.children.length % CHUNK !== 0) return true;
    if ((this.#chunks + 1) * CHUNK > this.options.slots) {
      this.#full = true;
      return false;
    }
    this.#chunks++;
    return true;
  }

  #rollout(m: number): Demand {
    if (this.options.rollout === 'uniform')
      return this.#draw(m, samplePlacement(this.#prepared, m, 'uniform', this.#random));
    if (this.#best && this.#random.below(2) === 0) return this.#best[m];
    return this.#draw(m, samplePlacement(this.#prepared, m, 'stratified', this.#random));
  }

  #draw(m: number, record: Uint8Array): Demand {
    return demandOf(this.#prepared, m, record);
  }

  /** One step of the local search; false = it has nothing to propose now. */
  #step(): boolean {
    const demands = this.#local.propose(this.#best);
    if (demands) this.#addLeaf([], demands);
    return demands !== undefined;
  }

  #addLeaf(path: Node[], demands: Demand[]): void {
    this.#simulations++;
    const { low, high } = placementHash(this.#prepared, demands);
    const known = this.#cache.get(low, high);
    if (known !== undefined) {
      this.#cacheHits++;
      this.#leaves.push({ path, demands, pending: -1, value: known });
      return;
    }
    const same = this.#pending.findIndex((pending) => pending.low === low && pending.high === high);
    if (same >= 0) {
      this.#cacheHits++;
      this.#leaves.push({ path, demands, pending: same, value: 0 });
      return;
    }
    if (this.#prepared.constrained) {
      const excess = excessOf(this.#prepared, demands);
      if (excess > 0) {
        this.#refused++;
        if (excess < this.#leastExcess) this.#leastExcess = excess;
        this.#leaves.push({ path, demands, pending: -1, value: NaN });
        return;
      }
    }
    this.#leaves.push({ path, demands, pending: this.#pending.length, value: 0 });
    this.#pending.push({ demands, low, high });
  }

  /** Values of the pending placements by the analytic model; mean rates beside them. */
  #scorePending(): { values: Float64Array; meanRates: Float64Array } {
    const values = new Float64Array(this.#pending.length);
    const meanRates = new Float64Array(this.#pending.length);
    const rates = new Float64Array(this.#prepared.models.length);
    for (const [i, { demands }] of this.#pending.entries()) {
      maxMinRates(this.#prepared, demands, rates);
      const score = scoreRates(this.#prepared, demands, rates);
      values[i] = score.value;
      meanRates[i] = score.meanRate;
      if (score.excess > 0 && score.excess < this.#leastExcess) this.#leastExcess = score.excess;
    }
    return { values, meanRates };
  }

  /** Take in the values of the pending placements, then back every leaf up in the order of collection. */
  #settle(scored: Float64Array | { values: Float64Array; meanRates: Float64Array }): void {
    const values = scored instanceof Float64Array ? scored : scored.values;
    let winner = -1;
    for (const [i, { demands, low, high }] of this.#pending.entries()) {
      const value = values[i] > -Infinity ? values[i] : NaN;
      const meanRate = scored instanceof Float64Array ? 0 : scored.meanRates[i];
      this.#evaluations++;
      this.#cache.set(low, high, value);
      if (Number.isNaN(value)) continue;
      this.#range.add(value);
      this.#top.offer({ low, high, value, meanRate, placement: joinRecords(demands) });
      if (isBetter({ value, meanRate }, { value: this.#bestValue, meanRate: this.#bestMeanRate })) {
        winner = i;
        this.#bestValue = value;
        this.#bestMeanRate = meanRate;
        this.#bestAt = this.#evaluations;
      }
    }
    if (winner >= 0) {
      this.#best = this.#pending[winner].demands;
      this.#decisions.welcome(this.#best);
      if (!this.#polishing) this.#local.standAt({ demands: this.#best, value: this.#bestValue });
    }
    if (this.#polishing) {
      const proposals = this.#leaves.map(({ demands, pending, value }) => ({
        demands,
        value: pending >= 0 ? values[pending] : value,
      }));
      this.#local.moveOn(proposals, this.#best && { demands: this.#best, value: this.#bestValue });
    }
    for (const { path, pending, value } of this.#leaves) {
      let result = pending >= 0 ? values[pending] : value;
      // Infeasible or refused: as bad as the worst value seen.
      if (!(result > -Infinity)) result = this.#range.low < Infinity ? this.#range.low : 0;
      for (const node of path) recordVisit(node, result, this.options.backup);
    }
  }
}
