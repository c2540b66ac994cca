/** What a planner is: it searches the placements of one problem within a budget and gives the best one it scored. */
import type { PlacementKernel, SearchOptions } from '../core/placement.ts';
import type { Estimator, Verifier } from '../estimators/estimator.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import type { StopReason } from './stop-rules.ts';

/** Progress of a search, for people. */
export interface PlannerProgress {
  planner: string;
  evaluations: number;
  /** Best value so far; -Infinity before the first feasible placement. */
  bestValue: number;
  /** 0 to 1. */
  progress: number;
}

/** Options of single planners; each reads its own and ignores the rest. */
export interface PlannerOptions {
  /** mcts: score heuristic placements first (at most a quarter of the budget). Default true. */
  seeds?: boolean;
  /** mcts: how the tree is walked. */
  search?: Partial<Omit<SearchOptions, 'seed' | 'slots'>>;
  /** mcts: memory of the tree in bytes; the search ends when it is full. Absent = sized by the budget, no such end. */
  memoryBytes?: number;
  /** mcts: placements to score before anything else, such as a plan in use: [count][M] records. */
  startFrom?: Uint8Array;
  /** mosaic-dp: what each model's own placement minimises, or the best of all three. Default `latency`. */
  variant?: 'latency' | 'bottleneck' | 'load-aware' | 'best';
  /** With an outside estimator: re-score the best placements, with the throughput model unless a verifier is given. */
  verify?: 'analytic' | 'none' | Verifier;
}

export interface PlannerContext {
  /** The kernels of the problem; the planner may restart its generator. */
  kernel: PlacementKernel;
  /** Placements to score. Default {@link DEFAULT_EVALUATIONS}. */
  evaluations?: number;
  timeLimitMs?: number;
  /** Stop after that many evaluations without improvement. */
  patience?: number;
  /** Default 1. */
  seed?: number;
  signal?: AbortSignal;
  onProgress?: (progress: PlannerProgress) => void;
  /** Absent = the analytic model in the core. */
  estimator?: Estimator;
  options?: PlannerOptions;
  /** For messages. */
  names?: ProblemNames;
}

export const DEFAULT_EVALUATIONS = 500;

/** A new best placement: after how many evaluations, and its value. */
export interface HistoryPoint {
  evaluations: number;
  value: number;
}

export interface PlannerResult {
  /** Best placement found: [M] records. */
  placement: Uint8Array;
  /** Its objective by the throughput model, or by the estimator under `verify: 'none'`. */
  value: number;
  meanRate: number;
  /**
   * Placements scored. mcts counts distinct ones (a cache answers repetitions, at most four proposals per evaluation
   * of the budget); all others count every scored placement. Placements refused by memory limits count nowhere.
   */
  evaluations: number;
  /** Placements proposed: repetitions and refused ones included. */
  simulations: number;
  cacheHits: number;
  refused: number;
  history: HistoryPoint[];
  stoppedBy: StopReason;
  /** Stopped from outside: the best so far, not the result of the whole budget. */
  partial: boolean;
  /** Every placement was scored or refused: the result is the optimum. */
  exhaustive?: true;
  /** No placement is worth more, as far as a search that was cut has proven. */
  bound?: number;
  /** With an outside estimator and verification: how its order of the best placements agrees with the judge's. */
  verification?: Verification;
}

export interface Verification {
  /** Who judged: `analytic` (the throughput model), or the verifier's id. */
  by: string;
  /** Placements compared. */
  checked: number;
  /** Pairs that the estimator ranks one way and the judge the other. */
  disagreements: number;
  /** Value of the answer by the estimator, and by the judge. */
  estimate: number;
  value: number;
}

export interface Planner {
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Where the method comes from. */
  readonly source: string;
  /** @throws HeterodyneError `INFEASIBLE` when no placement within the limits was found */
  plan(context: PlannerContext): Promise<PlannerResult>;
}
