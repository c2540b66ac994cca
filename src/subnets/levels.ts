/** From a front to a ladder: few levels that lie well apart. */

export interface LevelOptions {
  levels: number;
  /** What is to be spaced evenly between the cheapest and the best. */
  spacing: 'cost' | 'accuracy';
  /** Least ratio of cost between neighbours. */
  leastRatio: number;
}

export const LEVEL_DEFAULTS: LevelOptions = { levels: 6, spacing: 'cost', leastRatio: 1.05 };

/** Indices into the front (cheapest first, each better than the one before), ascending; fewer where they lie too close. */
export function pickLevels(
  front: readonly { cost: number; accuracy: number }[],
  { levels, spacing, leastRatio }: LevelOptions,
): number[] {
  if (front.length === 0) return [];
  const of = (i: number) => front[i][spacing];
  const last = front.length - 1;
  const picked: number[] = [];
  for (let k = 0; k < levels; k++) {
    const target = levels === 1 ? of(last) : of(0) + ((of(last) - of(0)) * k) / (levels - 1);
    // The best that does not go beyond the target; accuracy may be met or exceeded.
    let at = 0;
    while (at < last && of(at + 1) <= target + 1e-12) at++;
    const below = picked.at(-1);
    if (below === undefined || front[at].cost >= leastRatio * front[below].cost) picked.push(at);
  }
  return picked;
}
