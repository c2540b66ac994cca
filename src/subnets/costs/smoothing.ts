/** A cost table smoothed: larger choices never cost less, and no entry moves further than that takes. */
import { contentHash } from '../../documents/canonical.ts';
import type { SearchSpace } from '../space.ts';
import { cellName, costGrid } from './cost-grid.ts';
import type { CostModel } from './cost-model.ts';
import { isotonicGrid } from './isotonic.ts';

/** Moves below this share are rounding. */
const MOVED = 1e-9;

/**
 * Isotonic regression of every factor over resolution, genes and widths. Entries weigh by the inverse of their variance
 * where the table states all of them, else alike. Counted work rises by itself and stays as it is.
 *
 * @returns the model with a warning that says how much was changed; the same model where nothing falls
 */
export function smoothed(space: SearchSpace, model: CostModel, processor: string): CostModel {
  if (model.unit !== 'ms') return model;
  const moves = new Map<string, { by: number; name: string }[]>();
  const entries = new Map<string, number>();
  const factors = model.factors.map((factor, f) => {
    const grid = costGrid(space, factor);
    const values = grid.places.map((place) => factor.table[place]);
    const variances = grid.places.map((place) => model.variances?.[f].table[place] ?? 0);
    const weights = variances.every((variance) => variance > 0) ? variances.map((variance) => 1 / variance) : undefined;
    const fitted = isotonicGrid(
      values,
      weights ?? values.map(() => 1),
      grid.axes.map(({ choices }) => choices.length),
    );
    const table = factor.table.slice();
    const moved: { by: number; name: string }[] = [];
    grid.places.forEach((place, cell) => {
      const by = Math.abs(fitted[cell] - values[cell]) / values[cell];
      if (!(by > MOVED)) return;
      table[place] = fitted[cell];
      moved.push({ by, name: cellName(grid, cell) });
    });
    // Blocks that share their entries count once.
    const key = `${grid.block?.stage} ${grid.axes.map(({ name }) => name).join(' ')} ${values.join(' ')}`;
    if (!moves.has(key)) moves.set(key, moved);
    entries.set(key, values.length);
    return { ...factor, table };
  });
  const changed = [...moves.values()].flat().sort((a, b) => b.by - a.by);
  if (changed.length === 0) return model;
  const all = [...entries.values()].reduce((sum, count) => sum + count, 0);
  const [most] = changed;
  const message = `costs of ${processor} are smoothed: ${changed.length} of ${all} entries were changed, most ${most.name} (by ${(100 * most.by).toFixed(1)} %)`;
  return {
    ...model,
    factors,
    hash: contentHash({ smoothed: model.hash }),
    warnings: [...model.warnings, { code: 'SMOOTHED', message, count: changed.length }],
  };
}
