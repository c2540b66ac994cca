/**
 * Resolutions that a predictor cannot tell apart are one bin: inside a bin the cheapest one is searched, the others
 * would score the same and cost more.
 */
import type { Extremes } from './extremes.ts';
import { inputLayout, resolutionColumn } from './input-layout.ts';
import type { SearchSpace } from './space.ts';

export interface ResolutionBin {
  /** Indices into the space's resolutions. */
  searched: number;
  equivalent: number[];
}

export function resolutionBins(
  space: SearchSpace,
  layout: string,
  extremes: Extremes,
  exact: boolean,
): ResolutionBin[] {
  const columns = space.resolutions.map((size) => resolutionColumn(inputLayout(space, layout), size));
  const indices = space.resolutions.map((_, r) => r);
  if (exact) return indices.map((r) => ({ searched: r, equivalent: [] }));
  return [...new Set(columns)].map((column) => {
    const members = indices.filter((r) => columns[r] === column);
    // Summed over both ends, so that noise in one table entry decides less.
    const price = (r: number) => extremes.byResolution[r].least.cost + extremes.byResolution[r].most.cost;
    const searched = members.reduce((best, r) => (price(r) < price(best) ? r : best));
    return { searched, equivalent: members.filter((r) => r !== searched) };
  });
}
