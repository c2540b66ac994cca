/** Means and intervals of paired differences. */

export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of the rounds' ratios, and in brackets the range of their middle half. */
export function ratioText(slower: readonly number[], faster: readonly number[]): string {
  const ratios = slower.map((time, i) => time / faster[i]).sort((a, b) => a - b);
  const low = ratios[Math.floor(ratios.length / 4)];
  const high = ratios[Math.ceil((3 * ratios.length) / 4) - 1];
  return `${median(ratios).toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

/** Half the width of the 95 % confidence interval of the mean: Student's t, by the first Cornish-Fisher term. */
export function halfInterval95(values: readonly number[]): number {
  const n = values.length;
  const centre = mean(values);
  const variance = values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (n - 1);
  const z = 1.959964;
  const t = z + (z ** 3 + z) / (4 * (n - 1));
  return t * Math.sqrt(variance / n);
}
