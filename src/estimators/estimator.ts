/**
 * Estimators: what a planner asks how good a placement is. The analytic one is the throughput model inside the core;
 * any other scores batches of placements, from the placements themselves or from the seconds of every resource that
 * they demand.
 */
import type { PlacementKernel } from '../core/placement.ts';

/** Joint placements to score; M models, R resources. The arrays are the caller's: they hold until `score` has answered. */
export interface EstimatorBatch {
  count: number;
  /** [count][M] placement records. */
  placements: Uint8Array;
  /** [count][M][R] seconds of resource r that one frame of model m demands. */
  demands: Float64Array;
  /** [count][M] rates by the throughput model, frames/s; absent = those who need them compute them. */
  analytic?: Float64Array;
}

export interface Estimator {
  readonly id: string;
  /** Rates of the throughput model are among its features: callers that have them at hand give them. */
  readonly usesAnalytic?: boolean;
  /** [count] values on any scale that grows with the objective; NaN or -Infinity = not to be used. */
  score(batch: EstimatorBatch): Promise<Float64Array> | Float64Array;
  /** [count][M] predicted rates, frames/s; absent where it predicts none. Values are then those of the objective. */
  rates?(batch: EstimatorBatch): Promise<Float64Array>;
}

/** A second opinion on finished placements, dearer and better than the estimator that led to them. */
export interface Verifier {
  /** Who judges, as plans name it. */
  readonly id: string;
  /** Placements to judge, at most 8. */
  readonly most: number;
  /** [count] values of the objective, higher is better. */
  score(placements: Uint8Array): Promise<Float64Array> | Float64Array;
}

/** The throughput model and objective of a problem, as an estimator beside others. */
export function analyticEstimator(kernel: PlacementKernel): Estimator {
  return { id: 'analytic', score: ({ placements }) => kernel.evaluate(placements).values };
}
