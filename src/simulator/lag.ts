/**
 * LAG for the eye: how far a frame is ahead of its proportional sub-deadlines (positive) or behind them, whatever the
 * controller goes by. In the clock form, so that waiting and contention count.
 *
 *     LAG(L) = sum of d_l up to block L  -  (now - release),      d_l = D e_l / sum of e
 */
import { type ControlSystem, expectedSeconds } from '../controllers/system.ts';

export class LagMeter {
  #system: ControlSystem;
  /** Per instance: of the frame that was begun last, and its release. */
  readonly #frame: Float64Array;
  readonly #released: Float64Array;

  constructor(system: ControlSystem) {
    this.#system = system;
    this.#frame = new Float64Array(system.instances.length).fill(-1);
    this.#released = new Float64Array(system.instances.length);
  }

  /** A frame was given up. */
  left(instance: number, frame: number): void {
    if (this.#frame[instance] === frame) this.#frame[instance] = -1;
  }

  /** Expected times are others from now on. */
  set system(system: ControlSystem) {
    this.#system = system;
  }

  /**
   * Seconds after block `block` of a frame, -1 = at its release; undefined without a deadline, and for all but one of
   * several frames under way.
   */
  after(instance: number, frame: number, block: number, now: number): number | undefined {
    const { deadlineSeconds, blocks } = this.#system.instances[instance];
    if (deadlineSeconds === Number.POSITIVE_INFINITY) return undefined;
    if (block < 0) {
      if (this.#frame[instance] >= 0) return undefined;
      this.#frame[instance] = frame;
      this.#released[instance] = now;
      return 0;
    }
    if (this.#frame[instance] !== frame) return undefined;
    if (block === blocks - 1) this.#frame[instance] = -1;
    const { reference } = this.#system;
    const done = expectedSeconds(this.#system.instances[instance], 0, reference, 0, block + 1);
    const all = expectedSeconds(this.#system.instances[instance], 0, reference);
    return (deadlineSeconds * done) / all - (now - this.#released[instance]);
  }
}
