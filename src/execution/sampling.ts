/**
 * Timing a call again and again. What other programs do to it shows in the kernel's account of waiting for cores:
 *
 *     one thread     the wait is taken off the time: nothing else happened meanwhile
 *     more threads   threads wait for each other, so a wait here need not delay the whole; calls that waited for more than
 *                    a fiftieth of their time are left out; where that leaves fewer than six, those six that waited least
 */
import { coreWaits, waitedMs } from '../../bindings/host/index.ts';
import { medianSpread } from '../profiles/samples.ts';
import type { SamplingRule, Series } from './requests.ts';

/** One call: by the clock, and what of it was waiting. */
export interface TimedCall {
  elapsedMs: number;
  waitedMs: number;
}

/** Nothing is measured as shorter than what the clock can tell. */
const CLOCK_MS = 1e-3;
/** Share of its time that an undisturbed call may have waited. */
const UNDISTURBED = 0.02;
/** So many calls must be left; fewer have no interval of the median. */
const FEWEST = 6;

/** Reading the account twice takes a tenth of this, unless something else runs meanwhile. */
const LONGEST_READING_MS = 0.5;

/** Indices of the calls that waited for at most a fiftieth of their time, or of the six that waited least. */
export function quietest(calls: readonly TimedCall[]): number[] {
  const share = (i: number): number => calls[i]!.waitedMs / calls[i]!.elapsedMs;
  const all = [...calls.keys()];
  const quiet = all.filter((i) => share(i) <= UNDISTURBED);
  return quiet.length >= FEWEST ? quiet : all.sort((a, b) => share(a) - share(b)).slice(0, FEWEST);
}

/** Milliseconds that the calls would have taken on a quiet machine. */
export function undisturbed(calls: readonly TimedCall[], threads: number): number[] {
  if (threads === 1) return calls.map((call) => Math.max(call.elapsedMs - call.waitedMs, CLOCK_MS));
  return quietest(calls).map((i) => calls[i]!.elapsedMs);
}

/** One call, and what it waited; `reliable` is false when something else ran while the account was read. */
export async function timeCall(
  call: () => Promise<unknown>,
  threads: number,
): Promise<TimedCall & { endMs: number; reliable: boolean }> {
  const first = performance.now();
  const before = coreWaits(threads > 1);
  const start = performance.now();
  await call();
  const endMs = performance.now();
  const elapsedMs = endMs - start;
  const waited = waitedMs(before, coreWaits(threads > 1), elapsedMs);
  // Whoever took the core while the account was read is in the account, but not in the time of the call.
  const reading = performance.now() - first - elapsedMs;
  return { elapsedMs, waitedMs: waited, endMs, reliable: waited === 0 || reading < LONGEST_READING_MS };
}

/** Runs `call` until `rule` is satisfied. */
export async function sampleCalls(call: () => Promise<unknown>, threads: number, rule: SamplingRule): Promise<Series> {
  const began = performance.now();
  for (let i = 0; i < rule.warmupRuns || performance.now() - began < rule.warmupMs; i++) {
    await call();
    if (performance.now() - began > rule.limitMs / 2) break;
  }
  const calls: TimedCall[] = [];
  // Looking at the spread sorts all samples, so it is done ever more rarely.
  for (let look = rule.minRuns; ; ) {
    const { reliable, endMs, ...timed } = await timeCall(call, threads);
    if (reliable) calls.push(timed);
    if (calls.length > 0 && endMs - began >= rule.limitMs) break;
    if (calls.length < look) continue;
    if (medianSpread(undisturbed(calls, threads)) < rule.spread) break;
    look = Math.ceil(look * 1.25);
  }
  return {
    samplesMs: undisturbed(calls, threads),
    waitedMs: calls.reduce((sum, each) => sum + each.waitedMs, 0),
  };
}
