/**
 * What measurements of whole models say about their blocks. Blocks are timed under the runtime's profiler, or cut out one by
 * one; the whole model is the judge of both:
 *
 *     blocks together     whole / sum of blocks      times each block: looking at nodes takes time, and so does cutting
 *     a cut               (sum of pieces - whole) / cuts      for a call more, and for layouts that end where a file does
 */
import type { ProfileModel } from './schema.ts';

/** What costs of blocks on a processor are multiplied by, so that all of them together take as long as the whole did. */
export function wholeFactor({ measurement }: Pick<ProfileModel, 'measurement'>, processor: string): number {
  const known = measurement?.[processor];
  const sum = known?.used === 'nodes' ? known.nodeSumMs : known?.pieceSumMs;
  return known === undefined || sum === undefined || !(sum > 0) || !(known.whole.mean > 0) ? 1 : known.whole.mean / sum;
}

/** Seconds that a cut costs on a processor: the mean over models, 0 where none was cut. */
export function cutSeconds(models: readonly Pick<ProfileModel, 'measurement'>[], processor: string): number {
  const losses = models.flatMap(({ measurement }) => {
    const { pieceSumMs, pieces = 1, whole } = measurement?.[processor] ?? {};
    return pieceSumMs === undefined || pieces < 2 ? [] : [Math.max(0, pieceSumMs - whole!.mean) / (pieces - 1)];
  });
  return losses.length === 0 ? 0 : losses.reduce((sum, each) => sum + each, 0) / losses.length / 1000;
}
