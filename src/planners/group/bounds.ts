/** Upper bounds on the frame rate of a group, without a solver. The linear programme's is in `linear-program.ts`. */
import type { GroupProblem } from './problem.ts';

/**
 * No assignment gives more frames per second: the model that is slowest on its best device needs that long, and the
 * least work of all models, shared evenly, keeps all devices busy that long. Holds under every sharing mode.
 */
export function workBound({ seconds, devices }: GroupProblem): number {
  const least = seconds.map((times) => Math.min(...times));
  const slowest = Math.max(...least);
  const even = least.reduce((sum, time) => sum + time, 0) / devices.length;
  return 1 / Math.max(slowest, even);
}

/** The model whose best device gives the {@link workBound}; undefined = the work in all does. */
export function limitingModel({ seconds, devices }: GroupProblem): number | undefined {
  const least = seconds.map((times) => Math.min(...times));
  const slowest = Math.max(...least);
  const even = least.reduce((sum, time) => sum + time, 0) / devices.length;
  return slowest >= even ? least.indexOf(slowest) : undefined;
}
