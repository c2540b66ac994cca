/**
 * An additive cost as a chain of stages: with resolution and globals fixed, what a stage costs depends on its own blocks,
 * its width and the width of the stage before. Everything exact (extremes, dynamic programming, counting) works on it.
 */
import { HeterodyneError } from '../core/errors.ts';
import { slotValues } from '../core/subnet-checks.ts';
import type { CostFactor } from '../core/subnets.ts';
import type { SearchSpace } from './space.ts';

export interface StageCosts {
  /** Cost of the stage beside its blocks; stage 0 also carries what all networks pay. */
  own(before: number, width: number): number;
  /** [forms] cost of a block in each form. */
  forms(before: number, width: number, position: number): Float64Array;
}

/** One choice of all globals at one resolution. */
export interface Chain {
  /** [S] with resolution and globals set, and all else inactive. */
  network: Uint8Array;
  stages: StageCosts[];
}

/** Every choice of the globals (canonical ones) at resolution index `r`. */
export function chainOf(space: SearchSpace, factors: readonly CostFactor[], r: number): Chain[] {
  const values = slotValues(space.numbers);
  const owners = factors.map((factor) => ownerOf(space, factor));
  return globalChoices(space, r, values).map((network) => ({
    network,
    stages: space.stages.map((_, s) =>
      stageCosts(
        space,
        factors.filter((_, f) => owners[f] === s),
        s,
        network,
        values,
      ),
    ),
  }));
}

function globalChoices(space: SearchSpace, r: number, values: readonly number[]): Uint8Array[] {
  const start = new Uint8Array(space.numbers.slots.length);
  start[space.resolutionSlot] = r + 1;
  let list = [start];
  const { alias } = space.numbers;
  for (const slot of space.globalSlots) {
    list = list.flatMap((network) =>
      Array.from({ length: values[slot] }, (_, v) => v + 1)
        .filter((value) => !(alias?.slot === slot && alias.from === value))
        .map((value) => {
          const next = network.slice();
          next[slot] = value;
          return next;
        }),
    );
  }
  return list;
}

/** The stage that a factor is charged to: that of its block, else the last one whose width it reads. */
function ownerOf(space: SearchSpace, { slots }: CostFactor): number {
  let owner = 0;
  for (const slot of slots) {
    const stage = space.stages.findIndex((each) => each.blockSlots.includes(slot) || each.widthSlot === slot);
    owner = Math.max(owner, stage);
  }
  const blocks = slots.filter((slot) => space.stages.some(({ blockSlots }) => blockSlots.includes(slot)));
  const far = slots.some((slot) => {
    const stage = space.stages.findIndex(({ widthSlot }) => widthSlot === slot);
    return stage >= 0 && stage < owner - 1;
  });
  if (blocks.length <= 1 && !far) return owner;
  throw new HeterodyneError('BAD_INPUT', 'a cost may depend on one block and the widths of two neighbouring stages', {
    path: 'cost',
    expected: 'at most one block a factor',
    received: `slots ${slots.join(', ')}`,
  });
}

function stageCosts(
  space: SearchSpace,
  factors: readonly CostFactor[],
  s: number,
  network: Uint8Array,
  values: readonly number[],
): StageCosts {
  const stage = space.stages[s];
  const previous = space.stages[s - 1];
  const draft = network.slice();
  const evaluate = (of: readonly CostFactor[]): number => {
    let sum = 0;
    for (const { slots, table } of of) {
      let index = 0;
      for (const slot of slots) index = index * (values[slot] + 1) + draft[slot];
      sum += table[index];
    }
    return sum;
  };
  const byPosition = stage.blockSlots.map((slot) => factors.filter(({ slots }) => slots.includes(slot)));
  const rest = factors.filter(({ slots }) => !slots.some((slot) => stage.blockSlots.includes(slot)));
  const own: number[][] = [];
  const forms: Float64Array[][][] = [];
  for (let before = 0; before < (previous?.widths ?? 1); before++) {
    if (previous && previous.widthSlot >= 0) draft[previous.widthSlot] = before + 1;
    own[before] = [];
    forms[before] = [];
    for (let width = 0; width < stage.widths; width++) {
      if (stage.widthSlot >= 0) draft[stage.widthSlot] = width + 1;
      own[before][width] = evaluate(rest);
      forms[before][width] = stage.blockSlots.map((slot, position) => {
        const costs = Float64Array.from({ length: stage.forms }, (_, form) => {
          draft[slot] = form + 1;
          return evaluate(byPosition[position]);
        });
        draft[slot] = 0;
        return costs;
      });
    }
  }
  return {
    own: (before, width) => own[before][width],
    forms: (before, width, position) => forms[before][width][position],
  };
}
