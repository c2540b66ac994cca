/**
 * Long searches must leave room for signals, timers and progress: they work in slices of a few milliseconds and hand
 * the event loop over in between. What a search finds does not depend on where the slices end.
 */

/** Longest time of uninterrupted work that a planner aims at, ms. */
export const SLICE_MS = 8;

export class Pace {
  readonly #start = performance.now();
  #sliceStart = this.#start;

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
    await eventLoopTurn();
    this.#sliceStart = performance.now();
  }
}

/** A message to oneself: a full turn of the event loop without the least delay of timers. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
