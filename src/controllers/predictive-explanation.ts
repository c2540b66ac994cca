/** Why a predictive decision came out as it did: lags, needs, and the pairs of point and variants in the order looked at. */
import type { ControlState, Explanation } from './controller.ts';
import type { Forecast } from './forecast.ts';
import type { Remaining } from './remaining.ts';
import type { ControlSystem } from './system.ts';

/** Pairs of one decision that are kept, the first ones. */
const MOST = 64;

export class PredictiveExplanation implements Explanation {
  readonly lagSeconds: Float64Array;
  readonly requiredSpeedUp: Float64Array;
  rows = 0;
  readonly stride: number;
  readonly point = new Uint32Array(MOST);
  readonly powerUnit = 'joules';
  /** Up to the last deadline that is looked at. */
  readonly power = new Float64Array(MOST);
  readonly loss = new Float64Array(MOST);
  /** 1 = some deadline is not kept, as expected or in the tail. */
  readonly infeasible = new Uint32Array(MOST);
  /** Up to the first late frame, where the forecast stops. */
  readonly misses = new Uint32Array(MOST);
  readonly tardinessSeconds = new Float64Array(MOST);
  readonly variants: Uint8Array;
  chosen = -1;
  runnerUp = -1;
  rule = '';
  readonly #system: ControlSystem;
  readonly #remaining: Remaining;

  constructor(system: ControlSystem, remaining: Remaining) {
    const n = system.instances.length;
    this.#system = system;
    this.#remaining = remaining;
    this.stride = n;
    this.lagSeconds = new Float64Array(n);
    this.requiredSpeedUp = new Float64Array(n);
    this.variants = new Uint8Array(MOST * n);
  }

  /** LAG by proportional sub-deadlines, and the speed-up that what remains needs, frames under way sharing the processor. */
  begin(state: ControlState): void {
    const { reference, instances } = this.#system;
    let sharing = 0;
    for (let i = 0; i < instances.length; i++) sharing += state.busy[i];
    for (let i = 0; i < instances.length; i++) {
      this.lagSeconds[i] = Number.NaN;
      this.requiredSpeedUp[i] = Number.NaN;
      if (state.busy[i] === 0) continue;
      const whole = this.#remaining.frame(i, 0, reference);
      const left = this.#remaining.from(i, 0, reference, state.position[i]);
      const available = state.deadlineAt[i] - state.now;
      this.lagSeconds[i] = available - ((state.deadlineAt[i] - state.releasedAt[i]) * left) / whole;
      this.requiredSpeedUp[i] = available > 0 ? (sharing * left) / available : Number.POSITIVE_INFINITY;
    }
    this.rows = 0;
    this.chosen = -1;
    this.runnerUp = -1;
  }

  add(point: number, variants: Int32Array, loss: number, joules: number, keeps: boolean, forecast: Forecast): void {
    const row = this.rows;
    if (row === MOST) return;
    this.rows = row + 1;
    this.point[row] = point;
    this.power[row] = joules;
    this.loss[row] = loss;
    this.infeasible[row] = keeps ? 0 : 1;
    this.misses[row] = forecast.misses;
    this.tardinessSeconds[row] = forecast.tardiness;
    for (let i = 0; i < variants.length; i++) this.variants[row * this.stride + i] = variants[i];
  }

  choose(point: number, loss: number, rule: string): void {
    this.rule = rule;
    for (let row = 0; row < this.rows; row++) {
      if (this.point[row] === point && this.loss[row] === loss) this.chosen = row;
      else if (this.infeasible[row] === 0) this.runnerUp = row;
    }
  }
}
