/** The order in which a cohort gives up accuracy for time. */
import type { Remaining } from './remaining.ts';
import type { ControlSystem } from './system.ts';

/**
 * From all originals to all fastest variants, one step of one instance at a time: next the step with the least weighted
 * loss per second saved; among equals the least critical instance.
 */
export function approximationLevels(system: ControlSystem, remaining: Remaining): Int32Array[] {
  const { instances, reference } = system;
  const level = new Int32Array(instances.length);
  const levels = [level.slice()];
  for (;;) {
    let best: { i: number; v: number; price: number } | undefined;
    instances.forEach(({ variants, weight, criticality }, i) => {
      const present = variants[level[i]];
      variants.forEach(({ loss }, v) => {
        const saved = remaining.frame(i, level[i], reference) - remaining.frame(i, v, reference);
        if (!(saved > 0)) return;
        const price = (weight * Math.max(0, loss - present.loss)) / saved;
        const better =
          best === undefined ||
          price < best.price ||
          (price === best.price && criticality > instances[best.i].criticality);
        if (better) best = { i, v, price };
      });
    });
    if (best === undefined) return levels;
    level[best.i] = best.v;
    levels.push(level.slice());
  }
}
