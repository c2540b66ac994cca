/**
 * The cheapest and the dearest network of a space, exactly and at once: before any search, a limit is known to be
 * possible or not.
 */
import type { CostFactor } from '../core/subnets.ts';
import { sumOf } from './costs/cost-model.ts';
import type { SearchSpace } from './space.ts';
import { chainOf, type StageCosts } from './stage-costs.ts';

export interface Extreme {
  cost: number;
  network: Uint8Array;
}

export interface Extremes {
  least: Extreme;
  most: Extreme;
  /** By resolution of the space. */
  byResolution: { resolution: number; least: Extreme; most: Extreme }[];
}

export function extremesOf(space: SearchSpace, factors: readonly CostFactor[]): Extremes {
  const byResolution = space.resolutions.map((resolution, r) => ({
    resolution,
    least: extreme(space, factors, r, 1),
    most: extreme(space, factors, r, -1),
  }));
  const pick = (sign: 1 | -1, of: 'least' | 'most') =>
    byResolution.map((entry) => entry[of]).reduce((a, b) => (sign * b.cost < sign * a.cost ? b : a));
  return { least: pick(1, 'least'), most: pick(-1, 'most'), byResolution };
}

/** Cheapest (sign 1) or dearest (-1) network at one resolution: blocks apart, then depths, then widths along the chain. */
function extreme(space: SearchSpace, factors: readonly CostFactor[], r: number, sign: 1 | -1): Extreme {
  let best: Extreme | undefined;
  for (const { network, stages } of chainOf(space, factors, r)) {
    // Cheapest way to each width of the stage before.
    let ways: { cost: number; network: Uint8Array }[] = [{ cost: 0, network }];
    space.stages.forEach((stage, s) => {
      ways = Array.from({ length: stage.widths }, (_, width) => {
        const options = ways.map((way, before) => {
          const chosen = bestStage(stages[s], before, width, stage.active, sign);
          const next = way.network.slice();
          chosen.values.forEach((value, position) => {
            next[stage.blockSlots[position]] = value;
          });
          if (stage.widthSlot >= 0) next[stage.widthSlot] = width + 1;
          return { cost: way.cost + chosen.cost, network: next };
        });
        return options.reduce((a, b) => (sign * b.cost < sign * a.cost ? b : a));
      });
    });
    for (const way of ways) {
      const cost = sumOf(factors, space, way.network);
      if (!best || sign * cost < sign * best.cost) best = { cost, network: way.network };
    }
  }
  return best!;
}

/** Over depths, the sum of every active block's best entry. */
function bestStage(
  costs: StageCosts,
  before: number,
  width: number,
  active: readonly number[],
  sign: 1 | -1,
): { cost: number; values: number[] } {
  let best: { cost: number; values: number[] } | undefined;
  for (const depth of active) {
    let cost = costs.own(before, width);
    const values: number[] = [];
    for (let position = 0; position < depth; position++) {
      const forms = costs.forms(before, width, position);
      let form = 0;
      for (let f = 1; f < forms.length; f++) if (sign * forms[f] < sign * forms[form]) form = f;
      cost += forms[form];
      values.push(form + 1);
    }
    if (!best || sign * cost < sign * best.cost) best = { cost, values };
  }
  return best!;
}
