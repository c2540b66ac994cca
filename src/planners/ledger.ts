/**
 * The books of a planner that proposes placements itself: it scores what is proposed, keeps the best, counts, and
 * says when to stop. Placements over a memory limit are turned down before scoring; they cost no evaluation, only one
 * of the bounded number of proposals.
 */
import { HeterodyneError } from '../core/errors.ts';
import { Pace } from '../core/pace.ts';
import { PLACEMENT_STRIDE, type PlacementKernel } from '../core/placement.ts';
import { demandReader } from '../estimators/demands.ts';
import { infeasible } from './infeasible.ts';
import { DEFAULT_EVALUATIONS, type HistoryPoint, type PlannerContext, type PlannerResult } from './planner.ts';
import { type SearchStatistics, type StopReason, StopRules } from './stop-rules.ts';
import { BEST_KEPT, type Ranked, verifyRanking } from './verification.ts';

export class Ledger {
  readonly kernel: PlacementKernel;
  readonly budget: number;
  readonly #context: PlannerContext;
  readonly #planner: string;
  readonly #rules: StopRules;
  readonly #pace = new Pace();
  readonly #demandsOf: ((placements: Uint8Array) => Float64Array) | undefined;
  readonly #history: HistoryPoint[] = [];
  /** With an outside estimator: the best distinct placements, best first. */
  readonly #top: Ranked[] = [];
  readonly #size: number;
  #evaluations = 0;
  #simulations = 0;
  #refused = 0;
  #leastExcess = Number.POSITIVE_INFINITY;
  #nearest: Uint8Array | undefined;
  #best: Uint8Array | undefined;
  #bestValue = Number.NEGATIVE_INFINITY;
  #bestMeanRate = Number.NEGATIVE_INFINITY;
  #bestAt = 0;

  constructor(planner: string, context: PlannerContext) {
    this.#planner = planner;
    this.#context = context;
    this.kernel = context.kernel;
    this.budget = checkedBudget(context);
    this.#rules = new StopRules({ ...context, evaluations: this.budget });
    this.#size = context.kernel.problem.models.length * PLACEMENT_STRIDE;
    if (context.estimator) this.#demandsOf = demandReader(context.kernel.problem, context.kernel.prepared);
  }

  /** Evaluations left. */
  get remaining(): number {
    return this.budget - this.#evaluations;
  }

  /** Why to stop now, or undefined. */
  stop(): StopReason | undefined {
    return this.#rules.reason(this.#statistics());
  }

  /**
   * Score proposals [count][M] records in order. At most `remaining` of them should be given.
   *
   * @returns one value each; `excess` tells by how much those refused exceed the limits
   */
  async score(placements: Uint8Array): Promise<{ values: Float64Array; excess: Float64Array }> {
    const { estimator } = this.#context;
    const scores = this.kernel.evaluate(placements);
    let { values } = scores;
    if (estimator && this.#demandsOf) values = await this.#askEstimator(placements, scores.excess);
    for (let i = 0; i < scores.count; i++) {
      this.#simulations++;
      const placement = placements.subarray(i * this.#size, (i + 1) * this.#size);
      if (scores.excess[i] > 0) {
        this.#refused++;
        if (scores.excess[i] < this.#leastExcess) {
          this.#leastExcess = scores.excess[i];
          this.#nearest = placement.slice();
        }
        continue;
      }
      this.#evaluations++;
      const meanRate = estimator ? 0 : scores.meanRates[i];
      if (!(values[i] > Number.NEGATIVE_INFINITY)) continue;
      if (estimator) this.#rank(placement, values[i]);
      if (values[i] > this.#bestValue || (values[i] === this.#bestValue && meanRate > this.#bestMeanRate)) {
        this.#best = placement.slice();
        this.#bestValue = values[i];
        this.#bestMeanRate = meanRate;
        this.#bestAt = this.#evaluations;
        this.#history.push({ evaluations: this.#evaluations, value: values[i] });
      }
    }
    if (this.#pace.due) {
      this.#report();
      await this.#pace.handOver();
    }
    return { values, excess: scores.excess };
  }

  /** Close the books. */
  async result(stoppedBy: StopReason): Promise<PlannerResult> {
    this.#report();
    if (!this.#best) throw infeasible(this.kernel, this.#nearest, this.#context.names);
    const result: PlannerResult = {
      placement: this.#best,
      value: this.#bestValue,
      meanRate: this.#bestMeanRate,
      evaluations: this.#evaluations,
      simulations: this.#simulations,
      cacheHits: 0,
      refused: this.#refused,
      history: this.#history,
      stoppedBy,
      partial: stoppedBy === 'abort',
    };
    const { verify } = this.#context.options ?? {};
    if (this.#context.estimator && verify !== 'none') {
      const verifier = typeof verify === 'object' ? verify : undefined;
      Object.assign(result, await verifyRanking(this.kernel, this.#top, verifier, this.#context.signal));
    }
    return result;
  }

  async #askEstimator(placements: Uint8Array, excess: Float64Array): Promise<Float64Array> {
    const values = new Float64Array(excess.length).fill(Number.NEGATIVE_INFINITY);
    const fitting = Array.from(excess.keys()).filter((i) => excess[i] === 0);
    if (fitting.length === 0) return values;
    const asked = new Uint8Array(fitting.length * this.#size);
    for (const [j, i] of fitting.entries()) {
      asked.set(placements.subarray(i * this.#size, (i + 1) * this.#size), j * this.#size);
    }
    const found = await this.#context.estimator!.score({
      count: fitting.length,
      placements: asked,
      demands: this.#demandsOf!(asked),
    });
    for (const [j, i] of fitting.entries()) values[i] = found[j];
    return values;
  }

  #rank(placement: Uint8Array, value: number): void {
    const top = this.#top;
    if (top.length === BEST_KEPT && !(value > top[top.length - 1].value)) return;
    if (top.some((other) => other.placement.every((byte, i) => byte === placement[i]))) return;
    let place = top.length;
    while (place > 0 && value > top[place - 1].value) place--;
    top.splice(place, 0, { placement: placement.slice(), value });
    if (top.length > BEST_KEPT) top.pop();
  }

  #statistics(): SearchStatistics {
    return {
      evaluations: this.#evaluations,
      simulations: this.#simulations,
      sinceImprovement: this.#evaluations - this.#bestAt,
      elapsedMs: this.#pace.elapsedMs,
      treeFull: false,
    };
  }

  #report(): void {
    this.#context.onProgress?.({
      planner: this.#planner,
      evaluations: this.#evaluations,
      bestValue: this.#bestValue,
      progress: this.#rules.progress(this.#statistics()),
    });
  }
}

/** The budget of a context. Throws `USAGE` unless it is a whole number of at least 1. */
export function checkedBudget({ evaluations = DEFAULT_EVALUATIONS }: PlannerContext): number {
  if (!Number.isInteger(evaluations) || evaluations < 1) {
    throw new HeterodyneError('USAGE', `a search needs a budget of at least one evaluation, not ${evaluations}`, {
      path: '/evaluations',
      expected: 'a whole number >= 1',
      received: String(evaluations),
    });
  }
  return evaluations;
}
