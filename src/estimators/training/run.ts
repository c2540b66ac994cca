/** One training in progress: epochs, validation, the state to go on from. */
import { Adam, cosineRate, huber, Tape, type TrainingKernels } from '../../../bindings/training/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { Random } from '../../reference/random.ts';
import type { EstimatorData } from '../dataset/data.ts';
import { fitScaling, type Scaling, scaled, unscaled } from './scaling.ts';
import type { Checkpoint, Epoch, TrainingSettings } from './settings.ts';
import type { Trainee } from './trainee.ts';

export class Run {
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
