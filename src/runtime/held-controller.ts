/**
 * A controller that can be told to rest: while forms are held by hand it is asked nothing, and it goes on where it was when
 * they are let go. To the loop it is one controller, so that what is expected of frames is always that of the form at work.
 */
import type { ControlCause, Controller, ControlRequest, ControlState } from '../controllers/controller.ts';

export class HeldController implements Controller {
  readonly id: string;
  readonly reasons: readonly string[];
  readonly #inner: Controller;
  #held: readonly number[] | undefined;
  /** Forms to go back to. */
  #own: Int32Array | undefined;

  constructor(inner: Controller) {
    this.#inner = inner;
    this.id = inner.id;
    this.reasons = [...inner.reasons, 'held by hand', 'no longer held'];
  }

  get explanation(): Controller['explanation'] {
    return this.#inner.explanation;
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** From the next call on. @param variants of each instance; undefined = the controller decides again */
  hold(variants: readonly number[] | undefined): void {
    this.#held = variants;
  }

  react(state: ControlState, cause: ControlCause, instance: number, request: ControlRequest): void {
    if (this.#held !== undefined) {
      this.#own ??= Int32Array.from(state.wantedVariant);
      if (this.#wish(this.#held, state, request)) request.reason = this.reasons.length - 2;
      return;
    }
    if (this.#own !== undefined) {
      if (this.#wish(this.#own, state, request)) request.reason = this.reasons.length - 1;
      this.#own = undefined;
      // Its own forms come first: what it decides about them, it decides from the next event on.
      if (request.reason >= 0) return;
    }
    this.#inner.react(state, cause, instance, request);
  }

  /** @returns whether some form has to change for it */
  #wish(variants: ArrayLike<number>, { wantedVariant }: ControlState, request: ControlRequest): boolean {
    let changes = false;
    for (let i = 0; i < variants.length; i++) {
      if (variants[i] === wantedVariant[i]) continue;
      request.variants[i] = variants[i]!;
      changes = true;
    }
    return changes;
  }
}
