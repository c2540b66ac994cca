/**
 * NeuOS-style control (Bateni and Liu, USENIX ATC 2020), rebuilt from its description: at every layer boundary the lags of
 * all instances give their required speed-ups over the next layer (H = 1), the delta calculator a few operating points, the
 * X calculator the variants, the mode one row. The instance at the boundary sets the device's operating point and its own
 * variant. The first layer keeps what held before (`decideAtRelease` lets it choose, too). Delays of clocks are not considered.
 *
 * Expected times are taken as if measured in company: `contention` stretches them by the number of frames under way. Without
 * it a cohort that shares a processor is late by construction.
 */

import { defaultCore } from '../../bindings/core.ts';
import { CONTROL_RULES, type ControlKernel, type ControlProblem } from '../core/control.ts';
import type { ControlMode } from '../core/control-modes.ts';
import type { Controller, ControllerDefinition, ControlState, Explanation } from './controller.ts';
import type { ControlSystem } from './system.ts';

export const neuos: ControllerDefinition = {
  id: 'neuos',
  title: 'NeuOS-style: lag at every layer boundary, next layer only, blind to delays',
  reconstruction: true,
  defaults: {
    horizon: 1,
    subDeadline: 'proportional',
    objective: 'power',
    balanced: 'trend-residual',
    contention: true,
    decideAtRelease: false,
  },
  create(system, parameters) {
    const horizon = Number(parameters.horizon);
    const kernel = defaultCore().control(
      controlProblem(system, horizon, parameters.subDeadline === 'front-loaded' ? 'front-loaded' : 'proportional'),
    );
    const energy = parameters.objective === 'energy';
    kernel.choose({
      objective: energy ? 'energy' : 'power',
      balanced: parameters.balanced === 'ideal-distance' ? 'ideal-distance' : 'trend-residual',
    });
    return new LagController(
      system,
      kernel,
      energy ? 'joules' : 'power-up',
      parameters.contention === true,
      parameters.decideAtRelease === true,
    );
  },
};

class LagController implements Controller {
  readonly id = 'neuos';
  readonly reasons = CONTROL_RULES;
  readonly explanation: Explanation;
  readonly #blocks: Uint32Array;
  readonly #kernel: ControlKernel;
  readonly #contention: boolean;
  readonly #decideAtRelease: boolean;
  #mode: ControlMode = 'balanced';

  constructor(
    system: ControlSystem,
    kernel: ControlKernel,
    powerUnit: Explanation['powerUnit'],
    contention: boolean,
    decideAtRelease: boolean,
  ) {
    this.#decideAtRelease = decideAtRelease;
    this.#contention = contention;
    this.#kernel = kernel;
    this.#blocks = Uint32Array.from(system.instances, ({ blocks }) => blocks);
    const { output } = kernel;
    this.explanation = {
      lagSeconds: output.lag,
      requiredSpeedUp: output.requiredSpeedUp,
      rows: 0,
      stride: output.variant.length / output.point.length,
      point: output.point,
      power: output.power,
      powerUnit,
      loss: output.loss,
      infeasible: output.infeasible,
      misses: output.misses,
      tardinessSeconds: output.tardiness,
      variants: output.variant,
      chosen: -1,
      runnerUp: -1,
      rule: '',
    };
  }

  react: Controller['react'] = (state, cause, instance, request) => {
    const ended = cause === 'block-ended' && state.position[instance] < this.#blocks[instance];
    const begins = this.#decideAtRelease && cause === 'released' && state.waiting[instance] === 0;
    if (!(begins || (ended && state.busy[instance] === 1)) && cause !== 'mode-set') return;
    const kernel = this.#kernel;
    if (state.mode !== this.#mode) {
      this.#mode = state.mode;
      kernel.choose(MODES[state.mode]);
    }
    this.#read(state);
    const row = kernel.decide(state.wantedPoint);
    const { output } = kernel;
    request.reason = kernel.rule;
    request.point = output.point[row];
    const { stride } = this.explanation;
    if (instance >= 0) request.variants[instance] = output.variant[row * stride + instance];
    request.infeasible = output.infeasible[row] > 0;
    this.explanation.rows = kernel.rows;
    this.explanation.chosen = row;
    this.explanation.runnerUp = kernel.runnerUp;
    this.explanation.rule = CONTROL_RULES[kernel.rule];
  };

  #read(state: ControlState): void {
    const { elapsed, position, factor } = this.#kernel.input;
    let sharing = 0;
    for (let i = 0; i < this.#blocks.length; i++) sharing += state.busy[i];
    for (let i = 0; i < this.#blocks.length; i++) {
      const busy = state.busy[i] === 1;
      position[i] = busy ? state.position[i] : this.#blocks[i];
      if (this.#contention) factor[i] = sharing;
      elapsed[i] = busy ? state.now - state.releasedAt[i] : 0;
    }
  }
}

/** Made once, so that a switch of modes allocates nothing. */
const MODES = {
  'min-energy': { mode: 'min-energy' },
  'max-accuracy': { mode: 'max-accuracy' },
  balanced: { mode: 'balanced' },
} as const;

/** The kernels' problem for a system: a table per instance and position, SpeedUp over the next `horizon` blocks. */
function controlProblem(
  system: ControlSystem,
  horizon: number,
  subDeadline: ControlProblem['subDeadline'],
): ControlProblem {
  const { points, reference } = system;
  const tables: Float32Array[] = [];
  const models = system.instances.map((instance) => {
    const { blocks, variants } = instance;
    const { seconds } = variants[0];
    const span = (point: number, first: number) => {
      let sum = 0;
      for (let b = first; b < Math.min(blocks, first + horizon); b++) sum += seconds[point * blocks + b];
      return sum;
    };
    const tableAt = Uint32Array.from({ length: blocks }, (_, first) => {
      tables.push(Float32Array.from(points, (_, point) => span(reference, first) / span(point, first)));
      return tables.length - 1;
    });
    const total = (v: number) => {
      let sum = 0;
      for (let b = 0; b < blocks; b++) sum += variants[v].seconds[reference * blocks + b];
      return sum;
    };
    return {
      referenceSeconds: seconds.slice(reference * blocks, (reference + 1) * blocks),
      deadlineSeconds: Math.min(instance.deadlineSeconds, FAR),
      weight: instance.weight,
      tableAt,
      variantSpeedUp: Float64Array.from(variants, (_, v) => total(0) / total(v)),
      variantLoss: Float64Array.from(variants, ({ loss }) => loss),
    };
  });
  return {
    models,
    tables,
    powerUp: Float32Array.from(points, ({ busyWatts }) => busyWatts / points[reference].busyWatts),
    busyWatts: Float64Array.from(points, ({ busyWatts }) => busyWatts),
    idleWatts: Float64Array.from(points, ({ idleWatts }) => idleWatts),
    fastest: reference,
    subDeadline,
    horizon,
  };
}

/** Seconds that stand for no deadline: lags stay finite. */
const FAR = 1e6;
