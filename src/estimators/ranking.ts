/** How well one list of numbers orders another: rank correlations, with ties. */

/** Ranks from 1, equal numbers share the mean of theirs. */
function ranks(values: readonly number[]): Float64Array {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) result[order[i]] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}

/** Spearman's correlation: that of the ranks; 0 where one list is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const x = ranks(a);
  const y = ranks(b);
  const centre = (a.length + 1) / 2;
  let both = 0;
  let xs = 0;
  let ys = 0;
  for (let i = 0; i < a.length; i++) {
    both += (x[i] - centre) * (y[i] - centre);
    xs += (x[i] - centre) ** 2;
    ys += (y[i] - centre) ** 2;
  }
  return xs === 0 || ys === 0 ? 0 : both / Math.sqrt(xs * ys);
}

/** Kendall's tau-b: pairs in the same order less pairs in the opposite one (Knight, 1966: by merging). */
export function kendall(a: readonly number[], b: readonly number[]): number {
  const n = a.length;
  const order = [...a.keys()].sort((i, j) => a[i] - a[j] || b[i] - b[j]);
  const pairs = (n * (n - 1)) / 2;
  const tiedA = tiedPairs(order, (i, j) => a[i] === a[j]);
  const tiedBoth = tiedPairs(order, (i, j) => a[i] === a[j] && b[i] === b[j]);
  const sorted = order.map((i) => b[i]);
  const swaps = mergeSort(sorted, new Array(n), 0, n);
  const tiedB = tiedPairs([...sorted.keys()], (i, j) => sorted[i] === sorted[j]);
  const size = Math.sqrt((pairs - tiedA) * (pairs - tiedB));
  return size === 0 ? 0 : (pairs - tiedA - tiedB + tiedBoth - 2 * swaps) / size;
}

/** Pairs within runs of neighbours that are `same`. */
function tiedPairs(order: readonly number[], same: (i: number, j: number) => boolean): number {
  let pairs = 0;
  let run = 0;
  for (let i = 1; i < order.length; i++) {
    run = same(order[i - 1], order[i]) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Sorts values[start .. end - 1]; @returns pairs that stood in the wrong order. */
function mergeSort(values: number[], scratch: number[], start: number, end: number): number {
  if (end - start < 2) return 0;
  const middle = (start + end) >> 1;
  let swaps = mergeSort(values, scratch, start, middle) + mergeSort(values, scratch, middle, end);
  for (let i = start, j = middle, to = start; to < end; to++) {
    const left = j >= end || (i < middle && values[i] <= values[j]);
    if (!left) swaps += middle - i;
    scratch[to] = left ? values[i++] : values[j++];
  }
  for (let i = start; i < end; i++) values[i] = scratch[i];
  return swaps;
}
