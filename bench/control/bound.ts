/**
 * A clairvoyant bound on joules: no schedule of the cohort's frames without misses needs less.
 *
 * Who knows all frames in advance, may change clocks at once and for nothing, and ignores single deadlines must still run every
 * block somewhere, within the time there is. Weak duality of that linear program, for any price lambda >= 0 of a second:
 *
 *     E  >=  P_idle,min T  +  sum over blocks min over points [ t (P_busy - P_idle,min + lambda) ]  -  lambda T
 *
 * The best lambda is found by ternary search (the bound is concave in it). Expected times: noise has mean 1, bursts only add.
 */
import type { ControlSystem } from '../../src/controllers/system.ts';

/** @returns joules per frame; NaN = the originals do not fit into the time. */
export function clairvoyantJoulesPerFrame(system: ControlSystem, variant: 'original' | 'fastest'): number {
  const idle = Math.min(...system.points.map(({ idleWatts }) => idleWatts));
  // Work of one second, as rates: frames per second times blocks.
  const blocks = system.instances.flatMap(({ blocks: count, periodSeconds, variants }) => {
    const { seconds } = variants[variant === 'original' ? 0 : variants.length - 1];
    return Array.from({ length: count }, (_, b) => system.points.map((_, k) => seconds[k * count + b] / periodSeconds));
  });
  const bound = (lambda: number) =>
    idle -
    lambda +
    blocks.reduce(
      (sum, times) => sum + Math.min(...times.map((time, k) => time * (system.points[k].busyWatts - idle + lambda))),
      0,
    );
  const least = blocks.reduce((sum, times) => sum + Math.min(...times), 0);
  if (least > 1) return Number.NaN;
  let low = 0;
  let high = 1000;
  for (let step = 0; step < 100; step++) {
    const a = low + (high - low) / 3;
    const b = high - (high - low) / 3;
    if (bound(a) < bound(b)) low = a;
    else high = b;
  }
  const framesPerS = system.instances.reduce((sum, { periodSeconds }) => sum + 1 / periodSeconds, 0);
  return bound((low + high) / 2) / framesPerS;
}
