/**
 * Training: Adam along a cosine schedule, gradients clipped, the weights of the best validation kept. Batches are drawn
 * anew in every epoch from the seed and the epoch's number, so a training that goes on from a checkpoint ends with the
 * same bits as one that was never interrupted.
 */
import { Parameters, Tape, type TrainingKernels, trainingKernels } from '../../../bindings/training/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { Pace } from '../../core/pace.ts';
import { type EstimatorData, rowsOf, TRAINING, VALIDATION } from '../dataset/data.ts';
import { CompactTrainee } from './cnn-trainee.ts';
import { GridTrainee } from './grid-trainee.ts';
import { LinearTrainee } from './linear-trainee.ts';
import { Run } from './run.ts';
import { type Scaling, unscaled } from './scaling.ts';
import type { Checkpoint, Epoch, TrainingSettings } from './settings.ts';
import type { Trainee } from './trainee.ts';

export interface TrainingOptions {
  signal?: AbortSignal;
  onEpoch?: (epoch: Epoch, log: readonly Epoch[]) => void;
  /** Share of the epochs done. */
  onProgress?: (share: number, epoch: number) => void;
  /** Called after every epoch. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void> | void;
  /** Go on from here. Settings must be the same. */
  resume?: Checkpoint;
  /** Default: the fastest of this host. */
  kernels?: TrainingKernels;
}

export interface Trained {
  trainee: Trainee;
  scaling: Scaling;
  settings: TrainingSettings;
  /** Median non-zero cost of the table. */
  referenceSeconds: number;
  log: Epoch[];
  /** Epoch whose weights were kept. */
  bestEpoch: number;
  /** Stopped from outside. */
  partial: boolean;
}

/**
 * @throws HeterodyneError `BAD_INPUT` too few rows, or a checkpoint of another training
 */
export async function train(
  data: EstimatorData,
  settings: TrainingSettings,
  options: TrainingOptions = {},
): Promise<Trained> {
  const rows = rowsOf(data, TRAINING);
  const validation = rowsOf(data, VALIDATION);
  if (rows.length < settings.batch || validation.length === 0) {
    throw new HeterodyneError('BAD_INPUT', 'the data set has too few rows to train with', {
      path: 'split',
      expected: `at least ${settings.batch} training rows and one of validation`,
      received: `${rows.length} and ${validation.length}`,
      hint: 'make more mixes, or choose a smaller --batch',
    });
  }
  const kernels = options.kernels ?? trainingKernels();
  const parameters = new Parameters(kernels, settings.seed);
  const referenceSeconds = medianCost(data);
  const trainee = traineeFor(parameters, data, settings, referenceSeconds);
  const run = new Run(data, settings, trainee, kernels, rows, validation);
  if (options.resume) run.resume(options.resume);
  const pace = new Pace();
  while (!run.finished && !options.signal?.aborted) {
    const before = run.log.length;
    for (const share of run.epoch()) {
      if (!pace.due) continue;
      options.onProgress?.((before + share) / settings.epochs, before + 1);
      await pace.handOver();
      if (options.signal?.aborted) break;
    }
    if (run.log.length === before) break;
    options.onEpoch?.(run.log[before], run.log);
    await options.onCheckpoint?.(run.checkpoint());
  }
  if (run.log.length === 0) options.signal?.throwIfAborted();
  const bestEpoch = run.keepBest();
  const partial = options.signal?.aborted === true;
  return { trainee, scaling: run.scaling, settings, referenceSeconds, log: run.log, bestEpoch, partial };
}

function traineeFor(
  parameters: Parameters,
  data: EstimatorData,
  { architecture, residual }: Pick<TrainingSettings, 'architecture' | 'residual'>,
  referenceSeconds: number,
): Trainee {
  switch (architecture) {
    case 'grid':
      return new GridTrainee(parameters, data, { residual, referenceSeconds });
    case 'cnn':
      return new CompactTrainee(parameters, data, { residual, referenceSeconds });
    case 'linear':
      return new LinearTrainee(parameters, data, { referenceSeconds });
  }
}

/** t_ref: the median of all costs above 0. */
function medianCost({ seconds }: EstimatorData): number {
  const known = seconds.filter((x) => x > 0 && x < Number.POSITIVE_INFINITY).sort();
  return known.length === 0 ? 1 : known[Math.floor((known.length - 1) / 2)];
}

/** Rates of rows by a trained network: [rows][M], 0 where there is no model. */
export function predictRates(
  data: EstimatorData,
  { trainee, scaling }: Pick<Trained, 'trainee' | 'scaling'>,
  rows: Int32Array,
): Float32Array {
  const tape = new Tape(trainee.parameters.kernels, { training: false });
  const { columns, models } = data;
  const rates = new Float32Array(rows.length * columns);
  const batch = 256;
  for (let start = 0; start < rows.length; start += batch) {
    const some = rows.subarray(start, start + batch);
    tape.reset();
    const { output, place } = trainee.forward(tape, some);
    const values = tape.values(output);
    for (const [i, row] of some.entries()) {
      for (let m = 0; m < columns; m++) {
        if (models[row * columns + m] < 0) continue;
        rates[(start + i) * columns + m] = unscaled(scaling, values[place(i, m)]) * trainee.base(row, m);
      }
    }
  }
  return rates;
}
