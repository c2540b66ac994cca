/**
 * How long threads of this process were ready to run and waited for a core, because something else ran there: by the Linux
 * kernel's own account (`schedstat`: nanoseconds on a core, nanoseconds waiting). Taken off a measured time, it leaves what
 * the work would have taken on a quiet machine, but for caches that the others have emptied.
 */
import { readdirSync, readFileSync } from 'node:fs';

interface ThreadTimes {
  ranMs: number;
  waitedMs: number;
}

export type CoreWaits = ReadonlyMap<string, ThreadTimes>;

function read(path: string): ThreadTimes | undefined {
  try {
    const [ran, waited] = readFileSync(path, 'utf8').split(' ').map(Number);
    return { ranMs: ran! / 1e6, waitedMs: waited! / 1e6 };
  } catch {
    return undefined; // another system, or a thread that has just ended
  }
}

/**
 * The account so far; undefined where the system keeps none.
 *
 * @param allThreads also of threads other than the main one
 */
export function coreWaits(allThreads: boolean): CoreWaits | undefined {
  const times = new Map<string, ThreadTimes>();
  const main = read('/proc/self/schedstat');
  if (main === undefined || !Number.isFinite(main.waitedMs)) return undefined;
  times.set('main', main);
  if (!allThreads) return times;
  try {
    for (const thread of readdirSync('/proc/self/task')) {
      const found = read(`/proc/self/task/${thread}/schedstat`);
      if (found !== undefined) times.set(thread, found);
    }
  } catch {
    // The main thread's account must do.
  }
  return times;
}

/** A thread that ran for less than this share of the time was not at work on it, and its waiting delayed nothing. */
const AT_WORK = 0.2;

/** The longest wait, between two looks `elapsedMs` apart, of a thread that was at work. */
export function waitedMs(before: CoreWaits | undefined, after: CoreWaits | undefined, elapsedMs: number): number {
  let longest = 0;
  for (const [thread, { ranMs, waitedMs }] of after ?? []) {
    const earlier = before?.get(thread);
    if (earlier === undefined || ranMs - earlier.ranMs < AT_WORK * (elapsedMs - (waitedMs - earlier.waitedMs)))
      continue;
    longest = Math.max(longest, waitedMs - earlier.waitedMs);
  }
  return Math.min(longest, elapsedMs);
}
