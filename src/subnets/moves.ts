/** All networks one change away: another form of a block, one depth more or less, another width, global or resolution. */
import { slotValues } from '../core/subnet-checks.ts';
import type { SearchSpace } from './space.ts';

/** Slots that change, and their new values. */
export interface Move {
  slots: number[];
  values: number[];
}

/** @param resolutions indices of the resolutions that are searched */
export function movesFrom(space: SearchSpace, network: Uint8Array, resolutions: readonly number[]): Move[] {
  const moves: Move[] = [];
  for (const { blockSlots, active, forms, widthSlot, widths } of space.stages) {
    const depth = blockSlots.filter((slot) => network[slot] > 0).length;
    for (const slot of blockSlots.slice(0, depth)) otherValues(moves, slot, network[slot], forms);
    const step = active.indexOf(depth);
    if (step > 0) {
      const dropped = blockSlots.slice(active[step - 1], depth);
      moves.push({ slots: dropped, values: dropped.map(() => 0) });
    }
    if (step + 1 < active.length) {
      const added = blockSlots.slice(depth, active[step + 1]);
      for (let value = 1; value <= forms; value++) moves.push({ slots: added, values: added.map(() => value) });
    }
    if (widthSlot >= 0) otherValues(moves, widthSlot, network[widthSlot], widths);
  }
  const values = slotValues(space.numbers);
  const { alias } = space.numbers;
  for (const slot of space.globalSlots) {
    otherValues(moves, slot, network[slot], values[slot], alias?.slot === slot ? alias.from : 0);
  }
  const slot = space.resolutionSlot;
  for (const r of resolutions) if (network[slot] !== r + 1) moves.push({ slots: [slot], values: [r + 1] });
  return moves;
}

function otherValues(moves: Move[], slot: number, own: number, count: number, except = 0): void {
  for (let value = 1; value <= count; value++) {
    if (value !== own && value !== except) moves.push({ slots: [slot], values: [value] });
  }
}

export function applied(network: Uint8Array, ...moves: readonly Move[]): Uint8Array {
  const changed = network.slice();
  for (const { slots, values } of moves) {
    slots.forEach((slot, i) => {
      changed[slot] = values[i];
    });
  }
  return changed;
}
