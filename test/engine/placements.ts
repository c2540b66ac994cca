/** Placement records, written short. */
import { PLACEMENT_STRIDE } from '../../src/core/placement.ts';

/** Placement records from [stages, processor, end, processor, end, ...] per model. */
export function recordsOf(rows: readonly (readonly number[])[]): Uint8Array {
  const placement = new Uint8Array(rows.length * PLACEMENT_STRIDE);
  rows.forEach((row, m) => {
    placement.set(row, m * PLACEMENT_STRIDE);
  });
  return placement;
}
