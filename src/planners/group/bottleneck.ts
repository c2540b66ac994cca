/**
 * The optimum where every device takes one model: bottleneck assignment. Over the distinct times, binary search finds
 * the least threshold at which models can be matched to devices.
 */
import { maximumMatching } from './matching.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** Whether {@link bottleneckAssignment} answers this problem. */
export function isOneToOne({ devices }: GroupProblem): boolean {
  return devices.every(({ cap }) => cap <= 1);
}

/** @returns undefined when there is no assignment at all */
export function bottleneckAssignment({ seconds, devices }: GroupProblem): Assignment | undefined {
  const caps = devices.map(({ cap }) => cap);
  const thresholds = [...new Set(seconds.flat())]
    .filter((time) => time < Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
  const within = (threshold: number) => {
    const allowed = seconds.map((times) => times.flatMap((time, j) => (time <= threshold ? [j] : [])));
    const { device, size } = maximumMatching(allowed, caps);
    return size === seconds.length ? device : undefined;
  };
  let best: Assignment | undefined;
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = within(thresholds[middle]!);
    if (found) {
      best = found;
      high = middle;
    } else low = middle + 1;
  }
  return best;
}
