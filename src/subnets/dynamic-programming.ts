/**
 * All best trade-offs between an additive cost and an additive worth, block by block: what costs more and is worth less
 * than another beginning of the network is dropped.
 *
 *   stage 0        ┌ block 0 ─ block 1 ─┬─ block 2 ─┬─ block 3 ─┐      depth 2, 3, 4: what a depth ends with goes on
 *                  │                    └─────┬─────┴─────┬─────┘
 *   stage 1        └ block 4 ─ ...  ◄─────────┴───────────┘
 */
import type { CostFactor } from '../core/subnets.ts';
import type { SearchSpace, SpaceStage } from './space.ts';
import { type Chain, chainOf, type StageCosts } from './stage-costs.ts';

/** Beginnings of networks, cheapest first, each worth more than all cheaper ones. */
interface Front {
  costs: Float64Array;
  worths: Float64Array;
  steps: (Step | undefined)[];
}

/** The last decision of a beginning, and what came before it. */
interface Step {
  slot: number;
  value: number;
  before: Step | undefined;
}

export interface TradeOff {
  network: Uint8Array;
  cost: number;
  worth: number;
}

export interface TradeOffOptions {
  factors: readonly CostFactor[];
  /** [S][values + 1] */
  worth: readonly Float64Array[];
  resolutions: readonly number[];
  /** Nothing dearer is of interest. */
  limit: number;
  /** Beginnings kept at each step, one per range of costs; absent = all, exactly. */
  buckets?: number;
}

/** The front at each resolution (index), cheapest first; networks are made on demand. */
export function tradeOffs(space: SearchSpace, options: TradeOffOptions): { count: number; at(i: number): TradeOff }[] {
  return options.resolutions.map((r) => {
    const chains = chainOf(space, options.factors, r);
    const ends = chains.flatMap((chain) => chainFronts(space, chain, options).map((front) => ({ front, chain })));
    const places = ends.flatMap(({ front }, e) => Array.from(front.costs, (_, i) => ({ e, i })));
    const costOf = ({ e, i }: { e: number; i: number }) => ends[e].front.costs[i];
    const worthOf = ({ e, i }: { e: number; i: number }) => ends[e].front.worths[i];
    if (ends.length > 1) places.sort((a, b) => costOf(a) - costOf(b) || worthOf(b) - worthOf(a));
    let best = -Infinity;
    const kept = places.filter((place) => {
      if (worthOf(place) <= best) return false;
      best = worthOf(place);
      return true;
    });
    return {
      count: kept.length,
      at(i) {
        const { front, chain } = ends[kept[i].e];
        const network = chain.network.slice();
        for (let step = front.steps[kept[i].i]; step; step = step.before) network[step.slot] = step.value;
        return { network, cost: costOf(kept[i]), worth: worthOf(kept[i]) };
      },
    };
  });
}

/** Fronts by width of the last stage. */
function chainFronts(space: SearchSpace, { network, stages }: Chain, options: TradeOffOptions): Front[] {
  const { worth } = options;
  let start = worth[space.resolutionSlot][network[space.resolutionSlot]];
  for (const slot of space.globalSlots) start += worth[slot][network[slot]];
  let fronts: Front[] = [{ costs: Float64Array.of(0), worths: Float64Array.of(start), steps: [undefined] }];
  space.stages.forEach((stage, s) => {
    fronts = Array.from({ length: stage.widths }, (_, width) =>
      union(
        fronts.flatMap((front, before) => stageFronts(stage, stages[s], front, before, width, options)),
        options,
      ),
    );
  });
  return fronts;
}

/** Fronts after one stage, one for each depth. */
function stageFronts(
  stage: SpaceStage,
  costs: StageCosts,
  front: Front,
  before: number,
  width: number,
  options: TradeOffOptions,
): Front[] {
  const ends: Front[] = [];
  const own = costs.own(before, width);
  const ownWorth = stage.widthSlot >= 0 ? options.worth[stage.widthSlot][width + 1] : 0;
  let now: Front = {
    costs: front.costs.map((cost) => cost + own),
    worths: front.worths.map((value) => value + ownWorth),
    steps:
      stage.widthSlot < 0
        ? front.steps
        : front.steps.map((step) => ({ slot: stage.widthSlot, value: width + 1, before: step })),
  };
  for (let position = 0; ; position++) {
    if (stage.active.includes(position)) ends.push(now);
    if (position === stage.blockSlots.length) return ends;
    const slot = stage.blockSlots[position];
    now = extended(now, slot, costs.forms(before, width, position), options.worth[slot], options);
  }
}

/** Every beginning with every form of one more block. */
function extended(
  front: Front,
  slot: number,
  forms: Float64Array,
  worth: Float64Array,
  options: TradeOffOptions,
): Front {
  const size = front.costs.length;
  const costs = new Float64Array(size * forms.length);
  const worths = new Float64Array(size * forms.length);
  for (let form = 0, at = 0; form < forms.length; form++) {
    for (let i = 0; i < size; i++, at++) {
      costs[at] = front.costs[i] + forms[form];
      worths[at] = front.worths[i] + worth[form + 1];
    }
  }
  return picked(undominated(costs, worths, options), costs, worths, (at) => ({
    slot,
    value: Math.floor(at / size) + 1,
    before: front.steps[at % size],
  }));
}

function union(fronts: readonly Front[], options: TradeOffOptions): Front {
  if (fronts.length === 1) return fronts[0];
  const costs = Float64Array.from(fronts.flatMap((front) => [...front.costs]));
  const worths = Float64Array.from(fronts.flatMap((front) => [...front.worths]));
  const steps = fronts.flatMap((front) => front.steps);
  return picked(undominated(costs, worths, options), costs, worths, (at) => steps[at]);
}

function picked(
  places: Uint32Array,
  costs: Float64Array,
  worths: Float64Array,
  step: (at: number) => Step | undefined,
): Front {
  return {
    costs: Float64Array.from(places, (at) => costs[at]),
    worths: Float64Array.from(places, (at) => worths[at]),
    steps: Array.from(places, step),
  };
}

/** Places that no other one beats, cheapest first; with buckets, at most one for each range of costs. */
function undominated(costs: Float64Array, worths: Float64Array, { limit, buckets }: TradeOffOptions): Uint32Array {
  const candidates = buckets === undefined ? byCost(costs, worths, limit) : bestByBucket(costs, worths, limit, buckets);
  let kept = 0;
  let best = -Infinity;
  for (const at of candidates) {
    if (worths[at] <= best) continue;
    best = worths[at];
    candidates[kept++] = at;
  }
  return candidates.subarray(0, kept);
}

function byCost(costs: Float64Array, worths: Float64Array, limit: number): Uint32Array {
  const within = Uint32Array.from(costs.keys()).filter((at) => costs[at] <= limit);
  return within.sort((a, b) => costs[a] - costs[b] || worths[b] - worths[a] || a - b);
}

/** Of every range of costs the place that is worth most. */
function bestByBucket(costs: Float64Array, worths: Float64Array, limit: number, buckets: number): Uint32Array {
  const best = new Int32Array(buckets).fill(-1);
  const scale = (buckets - 1) / limit;
  for (let at = 0; at < costs.length; at++) {
    if (costs[at] > limit) continue;
    const bucket = Math.floor(costs[at] * scale);
    const held = best[bucket];
    if (held < 0 || worths[at] > worths[held] || (worths[at] === worths[held] && costs[at] < costs[held])) {
      best[bucket] = at;
    }
  }
  return Uint32Array.from(best.filter((at) => at >= 0));
}
