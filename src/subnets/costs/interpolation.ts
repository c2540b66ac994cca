/** Entries that a cost table lacks, put in from their neighbours. */
import { HeterodyneError, type Problem } from '../../core/errors.ts';
import type { CostFactor } from '../../core/subnets.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { SearchSpace } from '../space.ts';
import { type CostGrid, cellName, costGrid } from './cost-grid.ts';
import type { CostModel } from './cost-model.ts';

/** For the error of a source that lacks entries. */
export const MISSING_HINT = 'measure what is missing, or let it be put in from its neighbours: --interpolate';

/** Named in the warning. */
const NAMED = 10;

/**
 * Fills what is NaN in the factors. An entry is taken to be a product of what its choices contribute: of four entries
 * that differ in two choices, the fourth is the product of its two neighbours over the opposite one; the mean over the
 * nearest such squares. Where only one choice differs, it lies on a line between its neighbours (over the square of the
 * resolution). No entry is made up beyond the ends of a line, and none without neighbours.
 *
 * @param missing what the source lacks, for the error
 * @throws HeterodyneError `BAD_INPUT` when an entry has no such neighbours
 */
export function interpolated(
  space: SearchSpace,
  model: CostModel,
  missing: readonly Problem[],
  source: string,
): CostModel {
  if (missing.length === 0) return model;
  const factors = model.factors.map((factor) => filled(space, factor, missing, source));
  const shown = missing.slice(0, NAMED).map(({ message }) => message);
  if (missing.length > NAMED) shown.push(`${missing.length - NAMED} others`);
  const message = `${source} is interpolated where entries are missing: ${shown.join('; ')}`;
  // What is not stated is unknown: a deviation that holds for some entries holds for no network.
  const { variances: _, ...known } = model;
  return {
    ...known,
    factors,
    hash: contentHash({ interpolated: model.hash }),
    warnings: [...model.warnings, { code: 'INTERPOLATED', message, count: missing.length }],
  };
}

function filled(space: SearchSpace, factor: CostFactor, missing: readonly Problem[], source: string): CostFactor {
  const grid = costGrid(space, factor);
  let values = grid.places.map((place) => factor.table[place]);
  const holes = values.flatMap((value, cell) => (Number.isNaN(value) ? [cell] : []));
  if (holes.length === 0) return factor;
  // What was put in may help its neighbours in the next round; rounds end when nothing comes of them.
  for (let open = holes; open.length > 0; ) {
    const next = values.slice();
    for (const cell of open) next[cell] = bySquares(grid, values, cell) ?? byLines(grid, values, cell) ?? Number.NaN;
    const left = open.filter((cell) => Number.isNaN(next[cell]));
    if (left.length === open.length) {
      throw new HeterodyneError('BAD_INPUT', `${source} lacks too much: ${cellName(grid, left[0])} has no neighbours`, {
        source,
        path: missing[0]?.path,
        expected: 'measured entries around each missing one',
        received: `${missing.length} missing entries`,
        problems: [...missing],
      });
    }
    values = next;
    open = left;
  }
  const table = factor.table.slice();
  for (const cell of holes) table[grid.places[cell]] = values[cell];
  return { ...factor, table };
}

/** Steps from a cell along one axis: to which cells, how far. */
function steps(grid: CostGrid, cell: number, axis: number): { offset: number; far: number }[] {
  const stride = grid.axes.slice(axis + 1).reduce((product, { choices }) => product * choices.length, 1);
  const own = Math.floor(cell / stride) % grid.axes[axis].choices.length;
  return grid.axes[axis].choices.flatMap((_, i) =>
    i === own ? [] : [{ offset: (i - own) * stride, far: Math.abs(i - own) }],
  );
}

function bySquares(grid: CostGrid, values: readonly number[], cell: number): number | undefined {
  let nearest = Infinity;
  let sum = 0;
  let count = 0;
  for (let a = 0; a < grid.axes.length; a++) {
    for (let b = a + 1; b < grid.axes.length; b++) {
      for (const one of steps(grid, cell, a)) {
        for (const other of steps(grid, cell, b)) {
          const far = one.far + other.far;
          const opposite = values[cell + one.offset + other.offset];
          const value = (values[cell + one.offset] * values[cell + other.offset]) / opposite;
          if (!Number.isFinite(value) || far > nearest) continue;
          if (far < nearest) sum = count = 0;
          nearest = far;
          sum += value;
          count++;
        }
      }
    }
  }
  return count === 0 ? undefined : sum / count;
}

/** The mean over the axes that have a neighbour on either side. */
function byLines(grid: CostGrid, values: readonly number[], cell: number): number | undefined {
  const found = grid.axes.flatMap(({ name, choices }, axis) => {
    const known = steps(grid, cell, axis).filter(({ offset }) => !Number.isNaN(values[cell + offset]));
    const below = known.filter(({ offset }) => offset < 0).at(-1);
    const above = known.find(({ offset }) => offset > 0);
    if (!below || !above) return [];
    const at = (i: number) => (name === 'resolution' ? choices[i] ** 2 : choices[i]);
    const own = choices.length - 1 - steps(grid, cell, axis).filter(({ offset }) => offset > 0).length;
    const [low, high] = [at(own - below.far), at(own + above.far)];
    const share = (at(own) - low) / (high - low);
    return [values[cell + below.offset] * (1 - share) + values[cell + above.offset] * share];
  });
  return found.length === 0 ? undefined : found.reduce((sum, value) => sum + value, 0) / found.length;
}
