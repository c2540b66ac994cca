/** What is asked of planning, and what it answers beside the plan. */
import type { Core } from '../../bindings/core.ts';
import type { Objective, PlacementKernel, PlacementProblem } from '../core/placement.ts';
import type { Estimator, Verifier } from '../estimators/estimator.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import type { NamedProblem } from '../estimators/problem.ts';
import type { BlockedModel } from '../models/graph.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Workload, WorkloadPrecision } from '../profiles/workload.ts';
import type { PlannerOptions, PlannerProgress, PlannerResult } from './planner.ts';
import type { Plan } from './schema.ts';

export interface PlanRequest {
  /** A platform document, or the id of a shipped platform. */
  platform: Platform | string;
  /** What runs together; absent = `models`, without wishes. */
  workload?: Workload;
  /** In workload order: models cut into blocks, or names of the zoo. Absent = the workload's models, from the zoo. */
  models?: readonly (BlockedModel | string)[];
  /** Costs; absent = computed from models and platform (roofline). */
  profile?: Profile;
  /** Further forms of models, to be costed beside them; without effect when `profile` is given. */
  variants?: readonly VariantModel[];
  /** Accuracy that every model must be known to have, a fraction; a model's own floor goes before. */
  minAccuracy?: number;
  /** Default `throughput`. */
  objective?: Objective;
  /** Planner id, default `mcts`. */
  planner?: string;
  plannerOptions?: PlannerOptions;
  /** Placements to score, default 500. */
  evaluations?: number;
  timeLimitMs?: number;
  /** Stop after that many evaluations without improvement. */
  patience?: number;
  /** Default 1. */
  seed?: number;
  /** Most stages of a model, default min(processors, 3). */
  maxStages?: number;
  /** One request in flight per model: its stages do not overlap. */
  depthOne?: boolean;
  /** Ids of the planners to compare with; default all comparators, none under an outside estimator. */
  baselines?: readonly string[];
  /** Steers the search instead of the throughput model; or makes such a one for the problem, which is then closed. */
  estimator?: Estimator | ((problem: PlacementProblem, kernel: PlacementKernel) => Promise<ClosableEstimator>);
  /** With an estimator: judges the placements that it likes best. Default: the throughput model. */
  verifier?: (problem: PlacementProblem, names: ProblemNames) => Verifier;
  /** A plan in use: the new one moves only what pays. */
  from?: Plan;
  /** With `from`: share of the objective that one moved stage must earn, default 0.01. */
  moveCost?: number;
}

/** One more form of a model of the workload. */
export interface VariantModel {
  /** Its `name` is that of the model in the workload. */
  model: BlockedModel;
  variant: string;
  precision?: WorkloadPrecision;
}

export interface ClosableEstimator extends Estimator {
  close(): Promise<void>;
}

export interface PlanOptions {
  signal?: AbortSignal;
  onProgress?: (progress: PlannerProgress) => void;
  /** Default: the fastest core of this host. */
  core?: Core;
  /** Write the `run` object: start, duration, core. */
  provenance?: boolean;
}

/** A plan with what it was made from. */
export interface PlanEvidence {
  plan: Plan;
  profile: Profile;
  platform: Platform;
  workload: Workload;
  problem: NamedProblem;
  /** By planner id: the planner's and the baselines' own results. */
  results: ReadonlyMap<string, PlannerResult>;
}
