/**
 * Isotonic regression: the numbers that never fall and lie closest to those given, by weighted least squares. Along a
 * chain by pooling adjacent violators (Ayer, Brunk, Ewing, Reid, Silverman, Annals of Mathematical Statistics 26, 1955);
 * over a grid that must rise along every axis, by chains in turn with corrections (Dykstra and Robertson, Annals of
 * Statistics 10, 1982), which converges to the one best answer.
 */

/** Sweeps over all axes of a grid at most. */
const SWEEPS = 2000;
/** A grid has settled when a sweep moves nothing by more than this share of its largest number. */
const SETTLED = 1e-12;

/** @returns numbers that never fall; @param weights all above 0 */
export function isotonic(values: readonly number[], weights: readonly number[]): number[] {
  const pools: { mean: number; weight: number; count: number }[] = [];
  values.forEach((value, i) => {
    let pool = { mean: value, weight: weights[i], count: 1 };
    for (let last = pools.at(-1); last && last.mean > pool.mean; last = pools.at(-1)) {
      const weight = last.weight + pool.weight;
      const mean = (last.mean * last.weight + pool.mean * pool.weight) / weight;
      pool = { mean, weight, count: last.count + pool.count };
      pools.pop();
    }
    pools.push(pool);
  });
  return pools.flatMap(({ mean, count }) => Array<number>(count).fill(mean));
}

/**
 * @param sizes of the grid's axes, the last one running fastest
 * @returns numbers that fall along no axis
 */
export function isotonicGrid(
  values: readonly number[],
  weights: readonly number[],
  sizes: readonly number[],
): number[] {
  const lines = sizes.flatMap((size, axis) => (size > 1 ? [linesAlong(sizes, axis)] : []));
  if (lines.every((own) => own.every((line) => rises(values, line)))) return [...values];
  const settled = SETTLED * Math.max(...values.map(Math.abs));
  let now = [...values];
  // What every axis' projection took away last time is given back before its next.
  const taken = lines.map(() => values.map(() => 0));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = now;
    lines.forEach((own, axis) => {
      const raised = now.map((value, cell) => value + taken[axis][cell]);
      now = raised.slice();
      for (const line of own) {
        const fitted = isotonic(
          line.map((cell) => raised[cell]),
          line.map((cell) => weights[cell]),
        );
        line.forEach((cell, i) => {
          now[cell] = fitted[i];
        });
      }
      taken[axis] = raised.map((value, cell) => value - now[cell]);
    });
    if (now.every((value, cell) => Math.abs(value - before[cell]) <= settled)) break;
  }
  return risen(now, lines);
}

/** Cells of every line along one axis, in order. */
function linesAlong(sizes: readonly number[], axis: number): number[][] {
  const step = sizes.slice(axis + 1).reduce((product, size) => product * size, 1);
  const cells = sizes.reduce((product, size) => product * size, 1);
  return Array.from({ length: cells }, (_, cell) => cell)
    .filter((cell) => Math.floor(cell / step) % sizes[axis] === 0)
    .map((first) => Array.from({ length: sizes[axis] }, (_, i) => first + i * step));
}

const rises = (values: readonly number[], line: readonly number[]) =>
  line.every((cell, i) => i === 0 || values[cell] >= values[line[i - 1]]);

/** Takes away the last falls, of the size of rounding: cells come before all that must not be below them. */
function risen(values: readonly number[], lines: readonly number[][][]): number[] {
  const result = [...values];
  const before: number[][] = values.map(() => []);
  for (const line of lines.flat()) for (let i = 1; i < line.length; i++) before[line[i]].push(line[i - 1]);
  before.forEach((cells, cell) => {
    for (const each of cells) result[cell] = Math.max(result[cell], result[each]);
  });
  return result;
}
