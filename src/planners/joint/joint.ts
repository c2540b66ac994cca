/**
 * One search over placement, form of every model and operating point, under deadlines, accuracy floors and a cap on
 * power. A combination of point and forms is a placement problem; each has an upper bound that needs no search.
 *
 *   few placements in all     every placement of every combination is tried: the optimum over the candidate points
 *   else                      1  placement first, then the operating point, as people do: the answer to beat
 *                             2  combinations by bound, a short search each, until no bound exceeds the best found
 *                             3  the best few searched in full
 *                             4  from the best: neighbouring points and other forms, while that gains
 */
import { defaultCore } from '../../../bindings/core.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { Pace } from '../../core/pace.ts';
import { type OperatingPointChoice, operatingPoint } from '../../platforms/operating-point.ts';
import type { OperatingPoint } from '../../platforms/schema.ts';
import { workloadNames, workloadVariants } from '../../profiles/workload.ts';
import { type InputRequest, resolveAtPoints } from '../inputs.ts';
import { mcts } from '../mcts.ts';
import { planEvidence } from '../plan-document.ts';
import { DEFAULT_EVALUATIONS, type PlannerResult } from '../planner.ts';
import { statedValue } from '../predicted.ts';
import type { PlanEvidence, PlanOptions, PlanRequest } from '../request.ts';
import { type Combination, combine, isBetterThan, type PointCosts } from './combination.ts';
import { type Constraints, checkPower, constrainedEstimator, isFree, violation, wattsOf } from './constraints.ts';
import { enumerate } from './enumerate.ts';
import { allowedForms, type Form } from './forms.ts';
import { candidatePoints, distinct, neighbourPoints, pointKey } from './points.ts';

/** Placements over all combinations up to which all are tried. */
const MOST_ENUMERATED = 1e6;
/** Combinations of points and forms that are bounded; beyond, forms other than the best known come in step 4 alone. */
const MOST_COMBINATIONS = 512;
/** Share of the evaluations that a first, short search gets. */
const SHORT = 0.2;
/** Combinations that are searched in full. */
const FULL = 4;
/** Rounds of step 4. */
const MOST_ROUNDS = 8;

export interface JointRequest
  extends InputRequest,
    Pick<PlanRequest, 'objective' | 'maxStages' | 'depthOne' | 'evaluations' | 'seed' | 'minAccuracy'> {
  /** W of the whole device, on average. */
  maxWatts?: number;
  /** Operating points to choose among; absent = those worth looking at, and their neighbours. */
  points?: readonly OperatingPointChoice[];
}

/**
 * The best joint plan.
 *
 * @throws HeterodyneError `INFEASIBLE` when no combination keeps the constraints; `USAGE` for a cap on undeclared power;
 *   as `plan`
 */
export async function planJointly(request: JointRequest, options: PlanOptions = {}): Promise<PlanEvidence> {
  return new JointSearch(request, options).plan();
}

class JointSearch {
  readonly #request: JointRequest;
  readonly #inputs: ReturnType<typeof resolveAtPoints>;
  readonly #options: PlanOptions;
  readonly #constraints: Constraints;
  readonly #forms: Form[][];
  readonly #combinations = new Map<string, Combination>();
  readonly #costs = new Map<string, PointCosts>();
  readonly #pace = new Pace();
  readonly #started = { at: new Date(), ms: performance.now() };
  #best: Combination | undefined;
  #searched = 0;
  #refusal: HeterodyneError | undefined;

  constructor(request: JointRequest, options: PlanOptions) {
    this.#request = request;
    this.#inputs = resolveAtPoints(request);
    this.#options = options;
    this.#constraints = {
      deadlines: Float64Array.from(this.#inputs.workload.models, ({ deadlineMs }) =>
        deadlineMs === undefined ? Number.POSITIVE_INFINITY : deadlineMs / 1000,
      ),
      maxWatts: request.maxWatts ?? Number.POSITIVE_INFINITY,
    };
    this.#forms = allowedForms(this.#inputs.workload, request.minAccuracy);
  }

  async plan(): Promise<PlanEvidence> {
    try {
      return await this.#plan();
    } finally {
      for (const { kernel } of this.#combinations.values()) kernel.free();
    }
  }

  async #plan(): Promise<PlanEvidence> {
    const { platform } = this.#inputs;
    const given = this.#request.points?.map((choice) => operatingPoint(platform, choice));
    const points = distinct(given ?? candidatePoints(platform));
    const choices = this.#formChoices(points.length);
    const all = await this.#allCombinations(points, choices);
    if (all.length > 0) checkPower(all[0].named.problem, this.#constraints.maxWatts, platform.id);
    const placements = all.reduce(
      (sum, { kernel }) => sum + kernel.optionCounts().reduce((product, count) => product * count, 1),
      0,
    );
    const complete = choices.length === this.#forms.reduce((product, forms) => product * forms.length, 1);
    const exhaustive = complete && placements <= MOST_ENUMERATED;
    const first = await this.#placementFirst(points);
    if (exhaustive) {
      for (const combination of all) {
        if (this.#stopped) break;
        const { kernel, prepared } = combination;
        this.#take(combination, enumerate(kernel, prepared, this.#constraints));
        await this.#breathe();
      }
    } else {
      await this.#searchAll(all);
      if (this.#request.points === undefined) await this.#improve();
    }
    if (this.#best?.result === undefined) throw this.#infeasible();
    return this.#evidence(this.#best, { points: points.length, exhaustive: exhaustive && !this.#stopped, first, all });
  }

  /** Interrupted, those made so far: the first at least. */
  async #allCombinations(points: readonly OperatingPoint[], choices: readonly Form[][]): Promise<Combination[]> {
    const all: Combination[] = [];
    for (const point of points) {
      for (const forms of choices) {
        const made = this.#combination(point, forms);
        if (made) all.push(made);
        await this.#breathe();
        if (this.#stopped && all.length > 0) return all;
      }
    }
    return all;
  }

  /** Best placement at the highest clocks with the first form of each model, then the best point for it. */
  async #placementFirst(points: readonly OperatingPoint[]): Promise<number | undefined> {
    const forms = this.#forms.map(([form]) => form);
    const [highest] = points;
    const start = highest && this.#combination(highest, forms);
    if (!start) return undefined;
    // The placement is chosen for speed: power is what the operating point is for.
    const result = await this.#search(start, 1, { ...this.#constraints, maxWatts: Number.POSITIVE_INFINITY });
    if (!result) return undefined;
    const tried = new Set<string>();
    let best: { point: OperatingPoint; stated: number } | undefined;
    const tryAt = (point: OperatingPoint): void => {
      const key = pointKey(point);
      if (tried.has(key)) return;
      tried.add(key);
      const there = this.#combination(point, forms);
      if (!there) return;
      const { values, meanRates, rates, excess } = there.kernel.evaluate(result.placement);
      if (excess[0] > 0 || !(values[0] > Number.NEGATIVE_INFINITY)) return;
      if (violation(there.prepared, this.#constraints, result.placement, rates) > 0) return;
      this.#take(there, { ...result, value: values[0], meanRate: meanRates[0] });
      const stated = statedValue(there.kernel, result.placement);
      if (best === undefined || stated > best.stated) best = { point, stated };
    };
    const tryAll = async (those: readonly OperatingPoint[]): Promise<void> => {
      for (const point of those) {
        tryAt(point);
        await this.#breathe();
        if (this.#stopped) return;
      }
    };
    await tryAll(points);
    for (let round = 0; round < MOST_ROUNDS && best !== undefined && this.#request.points === undefined; round++) {
      const { point, stated } = best as { point: OperatingPoint; stated: number };
      await tryAll(neighbourPoints(this.#inputs.platform, point));
      if ((best as { stated: number }).stated === stated) break;
    }
    return (best as { stated: number } | undefined)?.stated;
  }

  async #searchAll(all: readonly Combination[]): Promise<void> {
    const order = all.toSorted((a, b) => b.bound - a.bound || b.accuracy - a.accuracy);
    for (const combination of order) {
      if (this.#stopped) return;
      if (this.#excluded(combination)) break;
      this.#take(combination, await this.#search(combination, SHORT));
    }
    const leading = order.filter(({ result }) => result !== undefined).sort((a, b) => (isBetterThan(a, b) ? -1 : 1));
    for (const combination of leading.slice(0, FULL)) {
      if (this.#stopped || this.#excluded(combination)) continue;
      this.#take(combination, await this.#search(combination, 1));
    }
  }

  /** Its bound is no better than what was found already. */
  #excluded({ bound }: Combination): boolean {
    return this.#best?.result !== undefined && bound <= this.#best.result.value;
  }

  async #improve(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const from = this.#best;
      if (from === undefined || this.#stopped) return;
      const moves: [OperatingPoint, readonly Form[]][] = neighbourPoints(this.#inputs.platform, from.point).map(
        (point) => [point, this.#formsNamed(from.forms)],
      );
      for (const [m, forms] of this.#forms.entries()) {
        for (const form of forms) {
          if (form.name === from.forms[m]) continue;
          moves.push([from.point, this.#formsNamed(from.forms).with(m, form)]);
        }
      }
      for (const [point, forms] of moves) {
        if (this.#stopped) return;
        const there = this.#combination(point, forms);
        if (!there || there.evaluations > 0 || this.#excluded(there)) continue;
        this.#take(there, await this.#search(there, SHORT, this.#constraints, from.result?.placement));
      }
      if (this.#best === from) return;
      const best = this.#best as Combination;
      this.#take(best, await this.#search(best, 1, this.#constraints, best.result?.placement));
    }
  }

  #formsNamed(names: readonly string[]): Form[] {
    return this.#forms.map((forms, m) => forms.find(({ name }) => name === names[m]) as Form);
  }

  /** All ways to choose forms where they are few, else the first of each model alone. */
  #formChoices(points: number): Form[][] {
    const count = this.#forms.reduce((product, forms) => product * forms.length, 1);
    if (count * points > MOST_COMBINATIONS) return [this.#forms.map(([form]) => form)];
    return this.#forms.reduce<Form[][]>(
      (choices, forms) => choices.flatMap((choice) => forms.map((form) => [...choice, form])),
      [[]],
    );
  }

  /** Made on first use; undefined where the point cannot carry the models. */
  #combination(point: OperatingPoint, forms: readonly Form[]): Combination | undefined {
    const names = forms.map(({ name }) => name);
    const at = pointKey(point);
    const key = JSON.stringify([at, names]);
    const known = this.#combinations.get(key);
    if (known) return known;
    let costs = this.#costs.get(at);
    if (!costs) {
      costs = { point, ...this.#inputs.costsAt(point) };
      this.#costs.set(at, costs);
    }
    const { objective = 'throughput', maxStages, depthOne } = this.#request;
    const { workload } = this.#inputs;
    const accuracy = forms.reduce((sum, form) => sum + (form.accuracy ?? 0), 0);
    try {
      const core = this.#options.core ?? defaultCore();
      const made = combine(costs, workload, names, accuracy, { objective, maxStages, depthOne }, core);
      this.#combinations.set(key, made);
      return made;
    } catch (error) {
      // At this point some block runs nowhere, or memory is short.
      if (!(error instanceof HeterodyneError) || error.code !== 'INFEASIBLE') throw error;
      this.#refusal ??= error;
      return undefined;
    }
  }

  async #search(
    combination: Combination,
    share: number,
    constraints = this.#constraints,
    startFrom?: Uint8Array,
  ): Promise<PlannerResult | undefined> {
    const { kernel, prepared, named } = combination;
    const estimator = isFree(constraints) ? undefined : constrainedEstimator(kernel, prepared, constraints);
    const usable = startFrom && kernel.evaluate(startFrom).excess[0] < Number.POSITIVE_INFINITY;
    try {
      const result = await mcts.plan({
        kernel,
        evaluations: Math.max(1, Math.round(share * (this.#request.evaluations ?? DEFAULT_EVALUATIONS))),
        seed: this.#request.seed,
        signal: this.#options.signal,
        names: named.names,
        ...(estimator && { estimator }),
        options: { ...(usable && { startFrom }), ...(estimator && { verify: 'none' as const }) },
      });
      combination.evaluations += result.evaluations;
      this.#searched += result.evaluations;
      await this.#breathe();
      if (estimator && !estimator.found) return undefined;
      const { values, meanRates } = kernel.evaluate(result.placement);
      return { ...result, value: values[0], meanRate: meanRates[0] };
    } catch (error) {
      if (!(error instanceof HeterodyneError) || error.code !== 'INFEASIBLE') throw error;
      this.#refusal ??= error;
      return undefined;
    }
  }

  #take(combination: Combination, result: PlannerResult | undefined): void {
    if (result === undefined) return;
    if (combination.result === undefined || result.value > combination.result.value) combination.result = result;
    if (isBetterThan(combination, this.#best)) this.#best = combination;
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  async #breathe(): Promise<void> {
    if (!this.#pace.due) return;
    this.#options.onProgress?.({
      planner: 'joint',
      evaluations: this.#searched,
      bestValue: this.#best?.result?.value ?? Number.NEGATIVE_INFINITY,
      progress: Math.min(0.99, this.#searched / (this.#searched + 10_000)),
    });
    await this.#pace.handOver();
  }

  #infeasible(): HeterodyneError {
    const { deadlines, maxWatts } = this.#constraints;
    const asked = [
      ...(deadlines.some((each) => each < Number.POSITIVE_INFINITY) ? ['deadlines'] : []),
      ...(maxWatts < Number.POSITIVE_INFINITY ? [`at most ${maxWatts} W`] : []),
    ];
    if (asked.length === 0 && this.#refusal) return this.#refusal;
    return new HeterodyneError('INFEASIBLE', 'no placement at any operating point keeps what was asked', {
      path: '/models',
      expected: asked.join(' and '),
      received: 'no combination of operating point, forms and placement that keeps them',
      hint: 'longer deadlines, more power, or less accurate forms',
      cause: this.#refusal,
    });
  }

  #evidence(
    best: Combination,
    found: { points: number; exhaustive: boolean; first: number | undefined; all: readonly Combination[] },
  ): PlanEvidence {
    const { kernel, prepared, named, platform, profile, forms } = best;
    const { seed, objective = 'throughput', maxWatts } = this.#request;
    const { workload, warnings } = this.#inputs;
    const result = best.result as PlannerResult;
    const { rates } = kernel.evaluate(result.placement);
    const watts = wattsOf(prepared, result.placement, rates);
    const names = workloadNames(workload);
    const accuracies = Object.fromEntries(
      workload.models.flatMap((model, m) => {
        const accuracy = workloadVariants(model).find(({ name }) => name === forms[m])?.accuracy;
        return accuracy === undefined ? [] : [[names[m], accuracy]];
      }),
    );
    const value = statedValue(kernel, result.placement);
    const bound = found.exhaustive
      ? { kind: 'exact' as const, value }
      : { kind: 'fluid-lp' as const, value: Math.max(...[...this.#combinations.values()].map((each) => each.bound)) };
    const searched = [...this.#combinations.values()].filter(({ result }) => result !== undefined).length;
    return planEvidence({
      inputs: { platform, profile, workload, warnings },
      objective,
      named,
      kernel,
      prepared,
      placement: result.placement,
      planner: {
        name: 'joint',
        seed: seed ?? 1,
        evaluations: this.#searched + (found.exhaustive ? result.evaluations : 0),
        value,
        ...(this.#stopped && { partial: true as const }),
      },
      accuracies,
      ...(found.first !== undefined && { baselines: { 'placement-first': found.first } }),
      ...(bound.value < Number.POSITIVE_INFINITY && { bound }),
      joint: {
        points: found.points,
        combinations: this.#combinations.size,
        searched,
        exhaustive: found.exhaustive,
        ...(maxWatts !== undefined && { maxWatts }),
        ...(Number.isFinite(watts) && { watts }),
      },
      results: new Map([['joint', result]]),
      options: this.#options,
      started: this.#started,
    });
  }
}
