/** One decision from lags to the chosen row; twin of assembly/control/kernel.ts. */
import {
  CONTROL_DEFAULTS,
  CONTROL_KERNEL_LIMITS,
  type ControlChoice,
  type ControlInput,
  type ControlKernel,
  type ControlOutput,
  type ControlProblem,
  checkChoice,
  type PreparedControl,
  prepareControl,
} from '../../core/control.ts';
import { findByScan, findInIndex } from './delta.ts';
import { lagOf, requiredSpeedUp } from './lag.ts';
import { type RowKeys, type Selection, select } from './modes.ts';
import { INFEASIBLE, respond } from './response.ts';

const MODELS = CONTROL_KERNEL_LIMITS.models;
const ROWS = CONTROL_KERNEL_LIMITS.rows;

export class ReferenceControl implements ControlKernel {
  readonly problem: ControlProblem;
  readonly input: ControlInput = {
    elapsed: new Float64Array(MODELS),
    margin: new Float64Array(MODELS),
    factor: new Float64Array(MODELS).fill(1),
    position: new Uint32Array(MODELS),
  };
  readonly output: ControlOutput = {
    lag: new Float64Array(MODELS).fill(Number.NaN),
    requiredSpeedUp: new Float64Array(MODELS).fill(Number.NaN),
    point: new Uint32Array(ROWS),
    power: new Float64Array(ROWS),
    loss: new Float64Array(ROWS),
    tardiness: new Float64Array(ROWS),
    infeasible: new Uint32Array(ROWS),
    misses: new Uint32Array(ROWS),
    variant: new Uint8Array(ROWS * MODELS),
  };
  rows = 0;
  readonly #prepared: PreparedControl;
  readonly #tables: Float32Array[];
  readonly #selection: Selection = { chosen: -1, runnerUp: -1, rule: 0 };
  readonly #keys: RowKeys = {
    kept: new Uint8Array(ROWS),
    first: new Float64Array(ROWS),
    second: new Float64Array(ROWS),
  };
  #choice: ControlChoice = CONTROL_DEFAULTS;

  constructor(problem: ControlProblem) {
    this.problem = problem;
    this.#prepared = prepareControl(problem);
    this.#tables = problem.tables.map((table) => table.slice());
  }

  get runnerUp(): number {
    return this.#selection.runnerUp;
  }

  get rule(): number {
    return this.#selection.rule;
  }

  choose(choice: Partial<ControlChoice>): void {
    const merged = { ...this.#choice, ...choice };
    checkChoice(this.problem, merged);
    this.#choice = merged;
  }

  setTable(table: number, speedUp: Float32Array): void {
    this.#tables[table].set(speedUp);
  }

  decide(current: number): number {
    this.#needs();
    this.#collect(current);
    for (let k = 0; k < this.rows; k++) this.#answer(k);
    select(this.output, this.rows, this.#choice, this.#selection, this.#keys);
    return this.#selection.chosen;
  }

  #takesPart(m: number): boolean {
    return this.input.position[m] < this.problem.models[m].referenceSeconds.length;
  }

  #needs(): void {
    const { lag, requiredSpeedUp: sigma } = this.output;
    for (let m = 0; m < this.problem.models.length; m++) {
      lag[m] = Number.NaN;
      sigma[m] = Number.NaN;
      if (!this.#takesPart(m)) continue;
      lag[m] = lagOf(this.#prepared, this.input, m);
      sigma[m] = requiredSpeedUp(this.#prepared, this.input, m, lag[m]);
    }
  }

  #collect(current: number): void {
    const { problem, output } = this;
    this.rows = 0;
    if (this.#choice.candidates === 'all') {
      for (let k = 0; k < problem.powerUp.length; k++) output.point[k] = k;
      this.rows = problem.powerUp.length;
      return;
    }
    this.#add(current);
    this.#add(problem.fastest);
    for (let m = 0; m < problem.models.length; m++) {
      if (!this.#takesPart(m)) continue;
      const sigma = output.requiredSpeedUp[m];
      const table = problem.models[m].tableAt[this.input.position[m]];
      this.#add(
        this.#choice.search === 'index'
          ? findInIndex(this.#prepared.indices[table], sigma)
          : findByScan(this.#tables[table], problem.powerUp, sigma),
      );
    }
  }

  /** Rows stay ascending and without repeats. */
  #add(point: number): void {
    const rows = this.output.point;
    let k = this.rows;
    while (k > 0 && rows[k - 1] > point) k--;
    if (k > 0 && rows[k - 1] === point) return;
    rows.copyWithin(k + 1, k, this.rows);
    rows[k] = point;
    this.rows++;
  }

  /** The answer of every model to row k, and what comes of it. */
  #answer(k: number): void {
    const { problem, input, output } = this;
    const { objective, measure, aggregate, epochSeconds } = this.#choice;
    const point = output.point[k];
    let loss = 0;
    let tardiness = 0;
    let infeasible = 0;
    let misses = 0;
    let busy = 0;
    for (let m = 0; m < problem.models.length; m++) {
      output.variant[k * MODELS + m] = 0;
      if (!this.#takesPart(m)) continue;
      const model = problem.models[m];
      const position = input.position[m];
      const speedUp = this.#tables[model.tableAt[position]][point];
      const residual = output.requiredSpeedUp[m] / speedUp;
      const { referencePrefix, answers } = this.#prepared.models[m];
      const answer = respond(model, answers, residual);
      const variant = answer & 0xff;
      if (answer & INFEASIBLE) infeasible++;
      output.variant[k * MODELS + m] = variant;
      const own = measure === 'loss' ? model.variantLoss[variant] : Math.max(residual, 1);
      if (aggregate === 'max') loss = Math.max(loss, own);
      else loss += aggregate === 'weighted' ? model.weight * own : own;
      const alone =
        (referencePrefix[referencePrefix.length - 1] - referencePrefix[position]) /
        (speedUp * model.variantSpeedUp[variant]);
      busy += alone;
      const late = input.elapsed[m] + input.factor[m] * alone - model.deadlineSeconds;
      if (late > 0) {
        tardiness += late;
        misses++;
      }
    }
    output.power[k] =
      objective === 'power'
        ? problem.powerUp[point]
        : problem.busyWatts[point] * busy + problem.idleWatts[point] * Math.max(0, epochSeconds - busy);
    output.loss[k] = loss;
    output.tardiness[k] = tardiness;
    output.infeasible[k] = infeasible;
    output.misses[k] = misses;
  }
}
