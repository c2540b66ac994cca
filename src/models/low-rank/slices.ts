/** Long arithmetic in pieces, so that a caller's event loop, progress and interruption keep working. */

/** What yields after every few milliseconds of work, and returns a result. */
export type Sliced<T> = Generator<void, T, void>;

const TURN_MS = 10;

/** Runs to the end, with a turn of the event loop every 10 ms. @throws the signal's reason */
export async function inSlices<T>(work: Sliced<T>, signal?: AbortSignal): Promise<T> {
  let began = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - began < TURN_MS) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    began = performance.now();
  }
}
