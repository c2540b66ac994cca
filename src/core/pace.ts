/**
 * Long work must leave room for signals, timers and progress: it goes in slices of a few milliseconds and hands
 * the event loop over in between. What comes out does not depend on where the slices end.
 */

/** Longest time of uninterrupted work to aim at, ms. */
const SLICE_MS = 8;

/** Turns from one pause to the next: a host that is never idle may look for signals only every few hundred ms (Deno). */
const TURNS_PER_PAUSE = 4;

export class Pace {
  readonly #start = performance.now();
  #sliceStart = this.#start;
  #turns = 0;

  /** Milliseconds since this pace was made. */
  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  /** Whether the slice is used up. */
  get due(): boolean {
    return performance.now() - this.#sliceStart >= SLICE_MS;
  }

  /** Let the event loop turn once. */
  async handOver(): Promise<void> {
    await (++this.#turns % TURNS_PER_PAUSE === 0 ? pause() : eventLoopTurn());
    this.#sliceStart = performance.now();
  }
}

/** The shortest timer, about a millisecond: the host becomes idle. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

type Immediate = (callback: () => void) => void;
const { setImmediate } = globalThis as { setImmediate?: Immediate };

/**
 * Node and Deno have `setImmediate`, which is fair to timers and signals; messages to oneself are not (Deno serves
 * them before timers that are due).
 */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
