/** The control kernels on the WASM core. */
import {
  CONTROL_CODES,
  CONTROL_DEFAULTS,
  CONTROL_KERNEL_LIMITS,
  type ControlChoice,
  type ControlInput,
  type ControlKernel,
  type ControlModel,
  type ControlOutput,
  type ControlProblem,
  checkChoice,
  prepareControl,
} from '../../src/core/control.ts';
import type { CoreExports } from './exports.ts';
import { CoreInstance, outOfMemory } from './instance.ts';

const MODELS = CONTROL_KERNEL_LIMITS.models;
const ROWS = CONTROL_KERNEL_LIMITS.rows;

/**
 * Numbers go in and out through one block (assembly/control/problem.ts draws it) of which the host holds a copy, so that
 * no caller holds memory of the core; views of both sides are made once.
 */
export class WasmControl implements ControlKernel {
  readonly problem: ControlProblem;
  readonly input: ControlInput;
  readonly output: ControlOutput;
  readonly #exports: CoreExports;
  readonly #hostIn: Float64Array;
  readonly #hostOut: Float64Array;
  readonly #coreIn: Float64Array;
  readonly #coreOut: Float64Array;
  readonly #tables: Float32Array[];
  #choice: ControlChoice = CONTROL_DEFAULTS;

  constructor(problem: ControlProblem) {
    this.problem = problem;
    const prepared = prepareControl(problem);
    const instance = new CoreInstance();
    const { exports } = instance;
    this.#exports = exports;
    const points = problem.powerUp.length;
    const put = (numbers: Float64Array | Float32Array | Uint32Array | Uint16Array) => instance.put(numbers);
    const models = new DataView(new ArrayBuffer(problem.models.length * exports.CONTROL_MODEL_BYTES.value));
    problem.models.forEach((model, m) => {
      const at = m * exports.CONTROL_MODEL_BYTES.value;
      const { referencePrefix, deadlinePrefix, answers, slack } = prepared.models[m];
      models.setUint32(at, model.referenceSeconds.length, true);
      models.setUint32(at + 4, answers.length, true);
      models.setFloat64(at + 8, model.deadlineSeconds, true);
      models.setFloat64(at + 16, model.weight, true);
      models.setFloat64(at + 24, slack, true);
      const arrays = [referencePrefix, deadlinePrefix, model.tableAt, answerRecords(model, answers)];
      arrays.forEach((array, a) => {
        models.setUint32(at + 32 + 4 * a, put(array), true);
      });
    });
    const tableAddresses = problem.tables.map((table) => put(padded(table)));
    const tables = Uint32Array.from(
      prepared.indices.flatMap(({ speedUp, point }, t) => {
        const { low, shift, begins } = buckets(speedUp);
        return [tableAddresses[t], point.length, put(speedUp), put(point), low, shift, begins.length - 1, put(begins)];
      }),
    );
    const ready = exports.beginControl(
      problem.models.length,
      points,
      problem.fastest,
      Math.min(problem.horizon, CONTROL_KERNEL_LIMITS.blocks),
      instance.put(new Uint8Array(models.buffer)),
      put(tables),
      put(padded(problem.powerUp)),
      put(problem.busyWatts),
      put(problem.idleWatts),
    );
    if (!ready) throw outOfMemory(exports.CONTROL_IO_BYTES.value);
    const io: number = exports.controlIo.value;
    const inputs = exports.CONTROL_OUT.value / 8;
    const all = exports.CONTROL_IO_BYTES.value / 8;
    const memory = exports.memory.buffer;
    const host = new ArrayBuffer(8 * all);
    this.#hostIn = new Float64Array(host, 0, inputs);
    this.#hostOut = new Float64Array(host, 8 * inputs);
    this.#coreIn = new Float64Array(memory, io, inputs);
    this.#coreOut = new Float64Array(memory, io + 8 * inputs, all - inputs);
    this.#tables = tableAddresses.map((address) => new Float32Array(memory, address, points));
    this.input = {
      elapsed: new Float64Array(host, 0, MODELS),
      margin: new Float64Array(host, 128, MODELS),
      factor: new Float64Array(host, 256, MODELS).fill(1),
      position: new Uint32Array(host, 384, MODELS),
    };
    this.output = {
      lag: new Float64Array(host, 448, MODELS).fill(Number.NaN),
      requiredSpeedUp: new Float64Array(host, 576, MODELS).fill(Number.NaN),
      point: new Uint32Array(host, 704, ROWS),
      power: new Float64Array(host, 960, ROWS),
      loss: new Float64Array(host, 1472, ROWS),
      tardiness: new Float64Array(host, 1984, ROWS),
      infeasible: new Uint32Array(host, 2496, ROWS),
      misses: new Uint32Array(host, 2752, ROWS),
      variant: new Uint8Array(host, 3008, ROWS * MODELS),
    };
    this.choose({});
  }

  get rows(): number {
    return this.#exports.controlRows.value;
  }

  get runnerUp(): number {
    return this.#exports.controlRunnerUp.value;
  }

  get rule(): number {
    return this.#exports.controlRule.value;
  }

  choose(choice: Partial<ControlChoice>): void {
    const merged = { ...this.#choice, ...choice };
    checkChoice(this.problem, merged);
    this.#choice = merged;
    this.#exports.chooseControl(
      code('mode', merged),
      code('objective', merged),
      code('measure', merged),
      code('aggregate', merged),
      code('balanced', merged),
      code('search', merged),
      code('candidates', merged),
      merged.epochSeconds,
    );
  }

  setTable(table: number, speedUp: Float32Array): void {
    this.#tables[table].set(speedUp);
  }

  decide(current: number): number {
    this.#coreIn.set(this.#hostIn);
    const row = this.#exports.decideControl(current);
    this.#hostOut.set(this.#coreOut);
    return row;
  }
}

/** 32 bytes each: SpeedUp, loss, variant. */
function answerRecords({ variantSpeedUp, variantLoss }: ControlModel, answers: Uint32Array): Float64Array {
  const records = new Float64Array(4 * answers.length);
  const variants = new Uint32Array(records.buffer);
  answers.forEach((variant, a) => {
    records[4 * a] = variantSpeedUp[variant];
    records[4 * a + 1] = variantLoss[variant];
    variants[8 * a + 4] = variant;
  });
  return records;
}

function code(key: keyof typeof CONTROL_CODES, choice: ControlChoice): number {
  return (CONTROL_CODES[key] as readonly string[]).indexOf(choice[key]);
}

/** Where to begin in an ascending index, by the bits of a SpeedUp: about two buckets a point (assembly/control/problem.ts). */
function buckets(speedUp: Float32Array): { low: number; shift: number; begins: Uint16Array } {
  const bits = new Uint32Array(speedUp.buffer, speedUp.byteOffset, speedUp.length);
  const low = bits[0];
  const span = bits[bits.length - 1] - low;
  let shift = 0;
  while (span >>> shift >= 2 * speedUp.length) shift++;
  const begins = new Uint16Array((span >>> shift) + 1);
  let place = 0;
  begins.forEach((_, bucket) => {
    while ((bits[place] - low) >>> shift < bucket) place++;
    begins[bucket] = place;
  });
  return { low, shift, begins };
}

/** To whole steps of 16 points; what is added reaches no speed. */
function padded(numbers: Float32Array): Float32Array {
  const all = new Float32Array(Math.ceil(numbers.length / 16) * 16).fill(-1);
  all.set(numbers);
  return all;
}
