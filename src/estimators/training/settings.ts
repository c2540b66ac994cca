/** What a training is asked for, and what it keeps of its course. */
import type { SavedParameters } from '../../../bindings/training/index.ts';
import type { Scaling } from './scaling.ts';
import type { Architecture } from './trainee.ts';

export interface TrainingSettings {
  architecture: Architecture;
  scaling: Scaling['kind'];
  /** Learn the ratio to the rates of the throughput model. */
  residual: boolean;
  /** Huber's delta in scaled units; 0 = absolute error. */
  delta: number;
  epochs: number;
  batch: number;
  /** Of Adam, at the first and the last step. */
  rate: number;
  lastRate: number;
  weightDecay: number;
  /** Longest gradient. */
  clip: number;
  /** Epochs without a better validation after which training ends. */
  patience: number;
  seed: number;
}

/** The original's for its network (a constant rate made a cosine, gradients clipped, rates made ratios); ours for ours. */
export const TRAINING_DEFAULTS: Record<Architecture, TrainingSettings> = {
  cnn: {
    architecture: 'cnn',
    scaling: 'log',
    residual: true,
    delta: 0,
    epochs: 100,
    batch: 16,
    rate: 0.01,
    lastRate: 1e-4,
    weightDecay: 1e-4,
    clip: 1,
    patience: 20,
    seed: 1,
  },
  grid: {
    architecture: 'grid',
    scaling: 'log',
    residual: true,
    delta: 0,
    epochs: 40,
    batch: 64,
    rate: 0.005,
    lastRate: 1e-5,
    weightDecay: 0,
    clip: 1,
    patience: 15,
    seed: 1,
  },
  linear: {
    architecture: 'linear',
    scaling: 'log',
    residual: true,
    delta: 0,
    epochs: 200,
    batch: 16,
    rate: 0.02,
    lastRate: 1e-4,
    weightDecay: 0.01,
    clip: 1,
    patience: 60,
    seed: 1,
  },
};

/** Steps that an epoch should have at least, and the smallest batch that is made for that. */
const LEAST_STEPS = 16;
const LEAST_BATCH = 8;

/** Batch for so many training rows, where nobody says: few rows are taken in smaller ones, so that an epoch still moves. */
export function batchFor(architecture: Architecture, rows: number): number {
  let { batch } = TRAINING_DEFAULTS[architecture];
  // Norms over the batch (cnn) need the rows that they have.
  while (architecture === 'grid' && batch > LEAST_BATCH && rows < LEAST_STEPS * batch) batch /= 2;
  return batch;
}

/** One epoch, for logs and curves. */
export interface Epoch {
  epoch: number;
  /** Learning rate of its last step. */
  rate: number;
  /** Mean loss of its batches, and of the validation rows after it; in scaled units. */
  training: number;
  validation: number;
  /** Mean relative error of the validation rates, a fraction. */
  validationMape: number;
}

/** Where a training stands after an epoch. */
export interface Checkpoint {
  settings: TrainingSettings;
  steps: number;
  log: Epoch[];
  parameters: SavedParameters;
  best: Map<string, Float32Array>;
}
