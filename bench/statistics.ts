/** Means and intervals of paired differences. */
import { median } from '../src/profiles/samples.ts';

export { halfInterval95, mean, median } from '../src/profiles/samples.ts';

/** Median of the rounds' ratios, and in brackets the range of their middle half. */
export function ratioText(slower: readonly number[], faster: readonly number[]): string {
  const ratios = slower.map((time, i) => time / faster[i]).sort((a, b) => a - b);
  const low = ratios[Math.floor(ratios.length / 4)];
  const high = ratios[Math.ceil((3 * ratios.length) / 4) - 1];
  return `${median(ratios).toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
