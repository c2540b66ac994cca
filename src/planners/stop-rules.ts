/**
 * When a search ends: small rules over one record of what has been done. Progress in [0, 1] comes from the same rules,
 * so that a progress bar and the end of a search cannot disagree.
 */

/** What a search has done so far. */
export interface SearchStatistics {
  /** Placements scored, as the planner counts them. */
  evaluations: number;
  /** Placements proposed: those known already or refused by limits included. */
  simulations: number;
  /** Evaluations since the best placement was found. */
  sinceImprovement: number;
  /** Milliseconds since the start. */
  elapsedMs: number;
  /** No tree slot is free any more. */
  treeFull: boolean;
}

export type StopReason =
  | 'evaluations'
  | 'simulations'
  | 'time'
  | 'no-improvement'
  | 'memory'
  | 'abort'
  /** Nothing is left to try. */
  | 'exhausted';

export interface StopRule {
  readonly reason: StopReason;
  /** Share of the allowance that is used up; 1 or more = stop. */
  used(statistics: SearchStatistics): number;
}

/** Proposals per evaluation of the budget: known and refused placements must not let a search run for ever. */
export const SIMULATIONS_PER_EVALUATION = 4;

const evaluationsRule = (budget: number): StopRule => ({
  reason: 'evaluations',
  used: ({ evaluations }) => evaluations / budget,
});

const simulationsRule = (most: number): StopRule => ({
  reason: 'simulations',
  used: ({ simulations }) => simulations / most,
});

const timeRule = (milliseconds: number): StopRule => ({
  reason: 'time',
  used: ({ elapsedMs }) => elapsedMs / milliseconds,
});

const noImprovementRule = (evaluations: number): StopRule => ({
  reason: 'no-improvement',
  used: ({ sinceImprovement }) => sinceImprovement / evaluations,
});

const memoryRule = (): StopRule => ({
  reason: 'memory',
  used: ({ treeFull }) => (treeFull ? 1 : 0),
});

const abortRule = (signal: AbortSignal): StopRule => ({
  reason: 'abort',
  used: () => (signal.aborted ? 1 : 0),
});

export interface StopLimits {
  evaluations: number;
  timeLimitMs?: number;
  /** Stop after that many evaluations without a better placement. */
  patience?: number;
  stopWhenTreeFull?: boolean;
  signal?: AbortSignal;
}

/** All rules of one search. */
export class StopRules {
  readonly #rules: StopRule[];

  constructor(limits: StopLimits) {
    this.#rules = [evaluationsRule(limits.evaluations)];
    // First of the rules that say stop is the reason: a finished budget counts as finished even when aborted since.
    if (limits.signal) this.#rules.push(abortRule(limits.signal));
    if (limits.timeLimitMs !== undefined) this.#rules.push(timeRule(limits.timeLimitMs));
    if (limits.patience !== undefined) this.#rules.push(noImprovementRule(limits.patience));
    if (limits.stopWhenTreeFull) this.#rules.push(memoryRule());
    this.#rules.push(simulationsRule(SIMULATIONS_PER_EVALUATION * limits.evaluations));
  }

  /** Why to stop now, or undefined. */
  reason(statistics: SearchStatistics): StopReason | undefined {
    return this.#rules.find((rule) => rule.used(statistics) >= 1)?.reason;
  }

  /** In [0, 1]: how near the nearest end is. Patience is left out, since it starts anew with every improvement. */
  progress(statistics: SearchStatistics): number {
    let most = 0;
    for (const rule of this.#rules) if (rule.reason !== 'no-improvement') most = Math.max(most, rule.used(statistics));
    return Math.min(1, most);
  }
}
