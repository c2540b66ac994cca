/**
 * (m,k)-firm deadlines (Hamdaoui and Ramanathan, 1995): of any k frames of a model in a row at least m must be in time, so
 * that in overload some may be given up on purpose. Of those that may, the least critical model's goes first; of equals the
 * one with most left to do.
 */
import { HeterodyneError } from '../core/errors.ts';
import type { ControlCause, ControlState } from './controller.ts';
import type { Remaining } from './remaining.ts';
import type { ControlSystem } from './system.ts';

const MOST = 32;

export class FirmSkips {
  readonly #least: number;
  readonly #window: number;
  readonly #system: ControlSystem;
  readonly #remaining: Remaining;
  /** Per instance: the last frames as bits, the newest lowest, 1 = in time. Those before the first count as in time. */
  readonly #outcomes: Uint32Array;
  readonly #missed: Uint32Array;

  /**
   * @param firm m/k, as `3/4`
   * @throws HeterodyneError `USAGE`
   */
  constructor(firm: string, system: ControlSystem, remaining: Remaining) {
    const [, m, k] = /^(\d+)\/(\d+)$/.exec(firm) ?? [];
    this.#least = Number(m);
    this.#window = Number(k);
    if (!(this.#least >= 1 && this.#least < this.#window && this.#window <= MOST)) {
      throw new HeterodyneError('USAGE', `(m,k)-firm deadlines cannot be "${firm}"`, {
        path: 'parameters/firm',
        expected: `m/k with 1 <= m < k <= ${MOST}, as 3/4: of any 4 frames in a row at least 3 in time`,
        received: `"${firm}"`,
      });
    }
    this.#system = system;
    this.#remaining = remaining;
    this.#outcomes = new Uint32Array(system.instances.length).fill(0xffffffff);
    this.#missed = new Uint32Array(system.instances.length);
  }

  /** Counts frames that are over. */
  observe(state: ControlState, cause: ControlCause, instance: number): void {
    if (cause !== 'frame-ended' && cause !== 'frame-skipped') return;
    const inTime = cause === 'frame-ended' && state.missed[instance] === this.#missed[instance];
    this.#missed[instance] = state.missed[instance];
    this.#outcomes[instance] = ((this.#outcomes[instance] << 1) | Number(inTime)) >>> 0;
  }

  /** Whether one more miss leaves enough of the last k in time. */
  maySkip(instance: number): boolean {
    let inTime = 0;
    for (let back = 0; back < this.#window - 1; back++) inTime += (this.#outcomes[instance] >>> back) & 1;
    return inTime >= this.#least;
  }

  /** The instance whose frame is to be given up, -1 = none may be. */
  victim(state: ControlState): number {
    const { instances, reference } = this.#system;
    let best = -1;
    let most = 0;
    for (let i = 0; i < instances.length; i++) {
      if (state.busy[i] === 0 || !this.maySkip(i)) continue;
      const left = this.#remaining.from(i, 0, reference, state.position[i]);
      const { criticality } = instances[i];
      const goesFirst =
        best < 0 ||
        criticality > instances[best].criticality ||
        (criticality === instances[best].criticality && left > most);
      if (!goesFirst) continue;
      best = i;
      most = left;
    }
    return best;
  }
}
