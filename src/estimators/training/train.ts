/**
 * Training: Adam along a cosine schedule, gradients clipped, the weights of the best validation kept. Batches are drawn
 * anew in every epoch from the seed and the epoch's number, so a training that goes on from a checkpoint ends with the
 * same bits as one that was never interrupted.
 */
import {
  Adam,
  cosineRate,
  huber,
  Parameters,
  type SavedParameters,
  Tape,
  type TrainingKernels,
  trainingKernels,
} from '../../../bindings/training/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { Pace } from '../../core/pace.ts';
import { Random } from '../../reference/random.ts';
import { type EstimatorData, rowsOf, TRAINING, VALIDATION } from '../dataset/data.ts';
import { CompactTrainee } from './cnn-trainee.ts';
import { GridTrainee } from './grid-trainee.ts';
import { fitScaling, type Scaling, scaled, unscaled } from './scaling.ts';
import type { Architecture, Trainee } from './trainee.ts';

export interface TrainingSettings {
  architecture: Architecture;
  scaling: Scaling['kind'];
  /** grid: learn the ratio to the analytic rates. */
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

/** The original's for its network (constant rate replaced by a cosine, gradients clipped); ours for ours. */
export const TRAINING_DEFAULTS: Record<Architecture, TrainingSettings> = {
  cnn: {
    architecture: 'cnn',
    scaling: 'log',
    residual: false,
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
};

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

export interface TrainingOptions {
  signal?: AbortSignal;
  onEpoch?: (epoch: Epoch, log: readonly Epoch[]) => void;
  /** Share of the epochs done. */
  onProgress?: (share: number, epoch: number) => void;
  /** Called after every epoch. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void> | void;
  /** Go on from here. Settings must be the same, but for the number of epochs with a finished schedule. */
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

export function traineeFor(
  parameters: Parameters,
  data: EstimatorData,
  { architecture, residual }: Pick<TrainingSettings, 'architecture' | 'residual'>,
  referenceSeconds: number,
): Trainee {
  return architecture === 'cnn'
    ? new CompactTrainee(parameters, data, { referenceSeconds })
    : new GridTrainee(parameters, data, { residual, referenceSeconds });
}

class Run {
  readonly scaling: Scaling;
  readonly log: Epoch[] = [];
  readonly #data: EstimatorData;
  readonly #settings: TrainingSettings;
  readonly #trainee: Trainee;
  readonly #adam: Adam;
  readonly #tape: Tape;
  /** Records nothing; norms use their running statistics. */
  readonly #judging: Tape;
  readonly #rows: Int32Array;
  readonly #validation: Int32Array;
  readonly #stepsPerEpoch: number;
  #best: Map<string, Float32Array> = new Map();

  constructor(
    data: EstimatorData,
    settings: TrainingSettings,
    trainee: Trainee,
    kernels: TrainingKernels,
    rows: Int32Array,
    validation: Int32Array,
  ) {
    this.#data = data;
    this.#settings = settings;
    this.#trainee = trainee;
    this.#rows = rows;
    this.#validation = validation;
    this.#adam = new Adam(trainee.parameters, { weightDecay: settings.weightDecay });
    this.#tape = new Tape(kernels);
    this.#judging = new Tape(kernels, { training: false });
    this.#stepsPerEpoch = Math.floor(rows.length / settings.batch);
    this.scaling = fitScaling(settings.scaling, ratiosOf(data, trainee, rows));
  }

  get #bestEpoch(): number {
    return this.log.reduce((best, { validation }, i) => (validation < this.log[best].validation ? i : best), 0);
  }

  get finished(): boolean {
    const { epochs, patience } = this.#settings;
    return this.log.length >= epochs || this.log.length - 1 - this.#bestEpoch >= patience;
  }

  /** One epoch, with a pause after every step; gives the share done. */
  *epoch(): Generator<number> {
    const number = this.log.length;
    const { batch, epochs, rate, lastRate, clip, delta, seed } = this.#settings;
    const { parameters } = this.#trainee;
    const order = shuffled(this.#rows, (seed + 65_537 * (number + 1)) >>> 0);
    const steps = epochs * this.#stepsPerEpoch;
    let total = 0;
    let stepRate = rate;
    for (let step = 0; step < this.#stepsPerEpoch; step++) {
      const rows = order.subarray(step * batch, (step + 1) * batch);
      this.#tape.reset();
      parameters.zeroGradients();
      const { output, loss } = this.#lossOf(this.#tape, rows, delta);
      total += loss.value;
      this.#tape.backward(output, loss.gradient);
      parameters.clipGradients(clip);
      stepRate = cosineRate(number * this.#stepsPerEpoch + step, steps, rate, lastRate);
      this.#adam.step(stepRate);
      yield (step + 1) / this.#stepsPerEpoch;
    }
    const found = this.#validate(delta);
    this.log.push({ epoch: number + 1, rate: stepRate, training: total / this.#stepsPerEpoch, ...found });
    if (this.#bestEpoch === number) this.#best = parameters.save().values;
  }

  #lossOf(tape: Tape, rows: Int32Array, delta: number) {
    const { output, place } = this.#trainee.forward(tape, rows);
    const targets = new Float32Array(output.length);
    const mask = new Float32Array(output.length);
    const { columns, models, rates } = this.#data;
    for (const [i, row] of rows.entries()) {
      for (let m = 0; m < columns; m++) {
        if (models[row * columns + m] < 0) continue;
        const at = place(i, m);
        targets[at] = scaled(this.scaling, rates[row * columns + m] / this.#trainee.base(row, m));
        mask[at] = 1;
      }
    }
    return { output, loss: huber(tape.values(output), targets, mask, delta), targets, mask };
  }

  #validate(delta: number): Pick<Epoch, 'validation' | 'validationMape'> {
    const tape = this.#judging;
    let loss = 0;
    let error = 0;
    let counted = 0;
    const batch = 256;
    for (let start = 0; start < this.#validation.length; start += batch) {
      const rows = this.#validation.subarray(start, start + batch);
      tape.reset();
      const found = this.#lossOf(tape, rows, delta);
      const outputs = tape.values(found.output);
      loss += found.loss.value * rows.length;
      for (let i = 0; i < outputs.length; i++) {
        if (found.mask[i] === 0) continue;
        const ratio = unscaled(this.scaling, outputs[i]) / unscaled(this.scaling, found.targets[i]);
        error += Math.abs(ratio - 1);
        counted++;
      }
    }
    return { validation: loss / this.#validation.length, validationMape: error / counted };
  }

  checkpoint(): Checkpoint {
    const { parameters } = this.#trainee;
    const steps = this.#adam.steps;
    return { settings: this.#settings, steps, log: [...this.log], parameters: parameters.save(), best: this.#best };
  }

  resume({ settings, steps, log, parameters, best }: Checkpoint): void {
    for (const [key, value] of Object.entries(this.#settings)) {
      const before = settings[key as keyof TrainingSettings];
      if (before === value) continue;
      throw new HeterodyneError('BAD_INPUT', `the checkpoint is of a training with another ${key}`, {
        path: key,
        expected: String(value),
        received: String(before),
        hint: 'train with the options of the checkpoint, or without it',
      });
    }
    this.#trainee.parameters.restore(parameters);
    this.#adam.steps = steps;
    this.log.push(...log);
    this.#best = best;
  }

  /** Puts the best weights back. @returns their epoch */
  keepBest(): number {
    this.#trainee.parameters.restore({ values: this.#best });
    return this.#bestEpoch + 1;
  }
}

function ratiosOf(data: EstimatorData, trainee: Trainee, rows: Int32Array): number[] {
  const ratios: number[] = [];
  for (const row of rows) {
    for (let m = 0; m < data.columns; m++) {
      const cell = row * data.columns + m;
      if (data.models[cell] >= 0) ratios.push(data.rates[cell] / trainee.base(row, m));
    }
  }
  return ratios;
}

function shuffled(rows: Int32Array, seed: number): Int32Array {
  const random = new Random(seed);
  const order = rows.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
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
