/**
 * Monte-Carlo tree search. The tree lives in the core; here is the order of work.
 *
 *   budget used   0 ─────── at most 1/4 ──── 0.3 ─────────────────────────────── 1
 *                  │ heuristic    │ tree        │ local steps from the best        │ check of the
 *                  │ placements   │             │                                  │ best 8
 */
import { HeterodyneError } from '../core/errors.ts';
import { Pace } from '../core/pace.ts';
import {
  LIMITS,
  PLACEMENT_STRIDE,
  type PlacementSearch,
  type SearchPhase,
  type SearchStatus,
} from '../core/placement.ts';
import { openingCapacity } from '../core/search-options.ts';
import { demandReader } from '../estimators/demands.ts';
import type { Estimator, EstimatorBatch } from '../estimators/estimator.ts';
import { infeasible } from './infeasible.ts';
import { checkedBudget } from './ledger.ts';
import type { HistoryPoint, Planner, PlannerContext, PlannerResult } from './planner.ts';
import { repair } from './repair.ts';
import { seedPlacements } from './seeds.ts';
import { type SearchStatistics, SIMULATIONS_PER_EVALUATION, type StopReason, StopRules } from './stop-rules.ts';
import { type Ranked, verifyRanking } from './verification.ts';

/**
 * Batches need only be large for an outside estimator. The analytic model in the core costs the same one by one, and
 * smaller batches know more when they choose; with the best value as a node's worth, less exploration is enough
 * (docs/planner-study.md is the judge of both).
 */
const EXPLORATION = { puct: 0.3, uct: 0.5 };
const ANALYTIC_BATCH = 4;
/** Most of the budget that heuristic placements may take. */
const SEED_SHARE = 0.25;
/** Progress at which local steps take over from the tree. */
const POLISH_FROM = 0.3;
/** Batches between two looks at the clock and at what was found: always the same, for results must not depend on time. */
const BATCHES_PER_LOOK = 4;
/** Proposals without one that fits, after which a walk into the feasible region is tried. */
const REPAIR_AFTER = 64;
/** Tree slots that are reserved at least, and at most unless the caller grants memory: setting up takes time too. */
const LEAST_SLOTS = 1024;
const MOST_SLOTS = 131_072;

export const mcts: Planner = {
  id: 'mcts',
  title: 'Monte-Carlo tree search',
  source: 'after OmniBoost (Karatzas and Anagnostopoulos, DAC 2023), reworked',
  plan: (context) => new TreeSearch(context).plan(),
};

class TreeSearch {
  readonly #context: PlannerContext;
  readonly #budget: number;
  readonly #search: PlacementSearch;
  readonly #rules: StopRules;
  readonly #pace = new Pace();
  readonly #history: HistoryPoint[] = [];
  /** The tree can hold every placement: once it is searched out, nothing is left. */
  readonly #holdsAll: boolean;
  #status: SearchStatus;
  /** The placement nearest to the limits, when the search itself found none within them. */
  #nearest: Uint8Array | undefined;

  constructor(context: PlannerContext) {
    const { kernel, options = {}, seed = 1 } = context;
    this.#context = context;
    this.#budget = checkedBudget(context);
    this.#rules = new StopRules({
      ...context,
      evaluations: this.#budget,
      stopWhenTreeFull: options.memoryBytes !== undefined,
    });
    const slots =
      options.memoryBytes !== undefined
        ? Math.floor(options.memoryBytes / LIMITS.treeSlotBytes)
        : Math.min(MOST_SLOTS, 4 * SIMULATIONS_PER_EVALUATION * this.#budget);
    const reserved = Math.max(LEAST_SLOTS, Math.min(LIMITS.treeSlots, slots));
    this.#search = kernel.search({
      exploration: EXPLORATION[options.search?.selection ?? 'puct'],
      ...(!context.estimator && { batch: ANALYTIC_BATCH }),
      ...options.search,
      seed,
      slots: reserved,
    });
    this.#holdsAll = kernel.optionCounts().every((count) => openingCapacity(count, reserved) >= count);
    this.#status = this.#search.status();
  }

  async plan(): Promise<PlannerResult> {
    try {
      return await this.#plan();
    } finally {
      this.#search.free();
    }
  }

  async #plan(): Promise<PlannerResult> {
    await this.#breathe();
    await this.#offerSeeds();
    for (;;) {
      const reason = this.#stop();
      if (reason) return this.#result(reason);
      const before = this.#status.simulations;
      const phase = this.#phase();
      await this.#advance(phase);
      if (this.#status.simulations === before && phase === 'polish') return this.#result('exhausted');
      if (this.#unfit && !this.#nearest && this.#status.simulations >= REPAIR_AFTER) await this.#repair();
      await this.#breathe();
    }
  }

  /** Let the event loop turn when the slice is used up. */
  async #breathe(): Promise<void> {
    if (!this.#pace.due) return;
    this.#report();
    await this.#pace.handOver();
  }

  get #searchedOut(): boolean {
    return this.#status.exhausted && this.#holdsAll;
  }

  /** Nothing within the limits is known yet. */
  get #unfit(): boolean {
    return this.#status.bestValue === Number.NEGATIVE_INFINITY;
  }

  #phase(): SearchPhase {
    return this.#status.exhausted || this.#rules.progress(this.#statistics()) >= POLISH_FROM ? 'polish' : 'tree';
  }

  /**
   * One batch in `phase`. The core gets whole batches of proposals, cut only where the phase ends, so that results do
   * not depend on when this planner pauses.
   */
  async #advance(phase: SearchPhase): Promise<void> {
    const end = phase === 'tree' ? Math.ceil(POLISH_FROM * this.#budget) : this.#budget;
    const evaluations = end - this.#status.evaluations;
    const { batch } = this.#search.options;
    const { estimator } = this.#context;
    if (estimator) {
      const leaves: EstimatorBatch = this.#search.selectLeaves(Math.min(evaluations, batch), phase);
      if (estimator.usesAnalytic && leaves.count > 0) leaves.analytic = this.#search.leafRates();
      if (leaves.count > 0) this.#search.backup(await estimator.score(leaves));
    } else this.#search.run(phase, evaluations, BATCHES_PER_LOOK * batch);
    this.#look();
  }

  async #offerSeeds(): Promise<void> {
    const { kernel, options = {} } = this.#context;
    const size = kernel.problem.models.length * PLACEMENT_STRIDE;
    const given = options.startFrom ?? new Uint8Array(0);
    if (kernel.evaluate(given).excess.includes(Number.POSITIVE_INFINITY)) {
      throw new HeterodyneError('USAGE', 'a placement to start from cannot be executed on this problem', {
        path: '/options/startFrom',
        expected: 'records of the same models and processors, each block where it is supported',
        received: 'a placement that breaks these rules',
      });
    }
    const most = Math.max(0, Math.floor(SEED_SHARE * this.#budget) - given.length / size);
    const seeds = options.seeds === false ? [] : seedPlacements(kernel, most);
    const placements = new Uint8Array(given.length + seeds.length * size);
    placements.set(given);
    for (const [i, placement] of seeds.entries()) placements.set(placement, given.length + i * size);
    await this.#offer(placements);
  }

  async #offer(placements: Uint8Array): Promise<void> {
    if (placements.length === 0) return;
    const { estimator } = this.#context;
    if (estimator) this.#search.offerScored(placements, await this.#scoreGiven(estimator, placements));
    else this.#search.offer(placements);
    this.#look();
  }

  /** Random placements do not fit: walk towards the limits. Looks only at memory, residency and rate floors. */
  async #repair(): Promise<void> {
    const { kernel, seed = 1 } = this.#context;
    const { placement, excess } = repair(kernel, seed, SIMULATIONS_PER_EVALUATION * this.#budget);
    this.#nearest = placement;
    if (excess === 0) await this.#offer(placement);
  }

  /** Take note of what the core did. */
  #look(): void {
    this.#status = this.#search.status();
    const { bestAt, bestValue } = this.#status;
    if (bestValue > (this.#history.at(-1)?.value ?? Number.NEGATIVE_INFINITY)) {
      this.#history.push({ evaluations: bestAt, value: bestValue });
    }
  }

  #statistics(): SearchStatistics {
    return {
      evaluations: this.#status.evaluations,
      simulations: this.#status.simulations,
      sinceImprovement: this.#status.evaluations - this.#status.bestAt,
      elapsedMs: this.#pace.elapsedMs,
      treeFull: this.#status.full,
    };
  }

  #stop(): StopReason | undefined {
    if (this.#searchedOut) return 'exhausted';
    return this.#rules.reason(this.#statistics());
  }

  #report(): void {
    this.#context.onProgress?.({
      planner: mcts.id,
      evaluations: this.#status.evaluations,
      bestValue: this.#status.bestValue,
      progress: this.#rules.progress(this.#statistics()),
    });
  }

  async #result(stoppedBy: StopReason): Promise<PlannerResult> {
    this.#report();
    const { kernel, estimator, options = {}, names } = this.#context;
    const placement = this.#search.best();
    if (!placement) throw infeasible(kernel, this.#nearest, names);
    const result: PlannerResult = {
      placement,
      value: this.#status.bestValue,
      meanRate: this.#status.bestMeanRate,
      evaluations: this.#status.evaluations,
      simulations: this.#status.simulations,
      cacheHits: this.#status.cacheHits,
      refused: this.#status.refused,
      history: this.#history,
      stoppedBy,
      partial: stoppedBy === 'abort',
    };
    if (this.#searchedOut && !estimator) result.exhaustive = true;
    const { verify } = options;
    if (estimator && verify !== 'none') {
      const verifier = typeof verify === 'object' ? verify : undefined;
      Object.assign(result, await verifyRanking(kernel, this.#top(), verifier, this.#context.signal));
    }
    return result;
  }

  async #scoreGiven(estimator: Estimator, placements: Uint8Array): Promise<Float64Array> {
    const { problem, prepared } = this.#context.kernel;
    const count = placements.length / (problem.models.length * PLACEMENT_STRIDE);
    return estimator.score({ count, placements, demands: demandReader(problem, prepared)(placements) });
  }

  #top(): Ranked[] {
    const { placements, values } = this.#search.top();
    const size = placements.length / values.length;
    return Array.from(values, (value, i) => ({ placement: placements.slice(i * size, (i + 1) * size), value }));
  }
}
