/**
 * All best trade-offs between an additive cost and an additive worth, block by block: what costs more and is worth less
 * than another beginning of the network is dropped.
 *
 *   stage 0        ┌ block 0 ─ block 1 ─┬─ block 2 ─┬─ block 3 ─┐      depth 2, 3, 4: what a depth ends with goes on
 *                  │                    └─────┬─────┴─────┬─────┘
 *   stage 1        └ block 4 ─ ...  ◄─────────┴───────────┘
 */
import type { CostFactor } from '../core/subnets.ts';
import { bestOfBuckets, type Choose, undominated } from './pareto.ts';
import type { SearchSpace } from './space.ts';
import { type Chain, chainOf, type StageCosts } from './stage-costs.ts';

/** Beginnings of networks, cheapest first, each worth more than all cheaper ones. */
interface Front {
  costs: Float64Array;
  worths: Float64Array;
  /** Where each came from: a place in one of the fronts before, and what it sets. */
  before: readonly Front[];
  sources: Uint32Array;
  slot: number;
  values: number[];
}

export interface TradeOff {
  network: Uint8Array;
  cost: number;
  worth: number;
}

/** The best trade-offs at one resolution, cheapest first; networks are made on demand. */
export interface TradeOffs {
  count: number;
  at(i: number): TradeOff;
}

export interface TradeOffOptions {
  /** [S][values + 1] */
  worth: readonly Float64Array[];
  /** Indices of resolutions. */
  resolutions: readonly number[];
  /** Nothing dearer is of interest. */
  limit: number;
  /** Beginnings kept at each step, one per range of costs; absent = all, exactly. */
  buckets?: number;
}

export class TradeOffSolver {
  readonly #space: SearchSpace;
  readonly #chains: Chain[][];

  constructor(space: SearchSpace, factors: readonly CostFactor[]) {
    this.#space = space;
    this.#chains = space.resolutions.map((_, r) => chainOf(space, factors, r));
  }

  /** One front for each resolution. */
  fronts({ worth, resolutions, limit, buckets }: TradeOffOptions): TradeOffs[] {
    const choose: Choose = buckets === undefined ? undominated(limit) : bestOfBuckets(limit, buckets);
    return resolutions.map((r) => {
      const ends = this.#chains[r].map((chain) => ({ chain, front: chainFront(this.#space, chain, worth, choose) }));
      const all = union(
        ends.map(({ front }) => front),
        choose,
      );
      return {
        count: all.costs.length,
        at: (i) => {
          const end = ends.length === 1 ? 0 : sourceOf(all, i).front;
          const network = ends[end].chain.network.slice();
          trace(all, i, network);
          return { network, cost: all.costs[i], worth: all.worths[i] };
        },
      };
    });
  }
}

/** Which front before, and which place in it. */
function sourceOf({ before, sources }: Front, i: number): { front: number; place: number } {
  let front = 0;
  let place = sources[i];
  while (place >= before[front].costs.length) place -= before[front++].costs.length;
  return { front, place };
}

/** Write down all decisions that led to a place. */
function trace(front: Front, i: number, network: Uint8Array): void {
  let now = front;
  let at = i;
  while (now.before.length > 0) {
    if (now.slot >= 0) network[now.slot] = now.values[at];
    const source = sourceOf(now, at);
    now = now.before[source.front];
    at = source.place;
  }
}

function chainFront(
  space: SearchSpace,
  { network, stages }: Chain,
  worth: readonly Float64Array[],
  choose: Choose,
): Front {
  let start = worth[space.resolutionSlot][network[space.resolutionSlot]];
  for (const slot of space.globalSlots) start += worth[slot][network[slot]];
  const none = { before: [], sources: new Uint32Array(), slot: -1, values: [] };
  // By width of the stage before.
  let fronts: Front[] = [{ ...none, costs: Float64Array.of(0), worths: Float64Array.of(start) }];
  space.stages.forEach((stage, s) => {
    fronts = Array.from({ length: stage.widths }, (_, width) => {
      const ends = fronts.flatMap((front, before) => {
        const entered = widened(front, stages[s].own(before, width), stage.widthSlot, width + 1, worth);
        return stageFronts(entered, stage.blockSlots, stage.active, stages[s], before, width, worth, choose);
      });
      return union(ends, choose);
    });
  });
  return union(fronts, choose);
}

/** The front at the begin of a stage: its own cost, and its width set. */
function widened(front: Front, cost: number, slot: number, value: number, worth: readonly Float64Array[]): Front {
  const gain = slot < 0 ? 0 : worth[slot][value];
  return {
    costs: front.costs.map((each) => each + cost),
    worths: front.worths.map((each) => each + gain),
    before: [front],
    sources: Uint32Array.from(front.costs.keys()),
    slot,
    values: Array(front.costs.length).fill(value),
  };
}

/** Fronts after one stage, one for each depth. */
function stageFronts(
  entered: Front,
  blockSlots: readonly number[],
  active: readonly number[],
  costs: StageCosts,
  before: number,
  width: number,
  worth: readonly Float64Array[],
  choose: Choose,
): Front[] {
  const ends: Front[] = [];
  let now = entered;
  for (let position = 0; ; position++) {
    if (active.includes(position)) ends.push(now);
    if (position === blockSlots.length) return ends;
    const slot = blockSlots[position];
    now = extended(now, slot, costs.forms(before, width, position), worth[slot], choose);
  }
}

/** Every beginning with every form of one more block. */
function extended(front: Front, slot: number, forms: Float64Array, worth: Float64Array, choose: Choose): Front {
  const size = front.costs.length;
  const costs = new Float64Array(size * forms.length);
  const worths = new Float64Array(size * forms.length);
  for (let form = 0, at = 0; form < forms.length; form++) {
    for (let i = 0; i < size; i++, at++) {
      costs[at] = front.costs[i] + forms[form];
      worths[at] = front.worths[i] + worth[form + 1];
    }
  }
  const kept = choose(costs, worths);
  return {
    costs: kept.map64(costs),
    worths: kept.map64(worths),
    before: [front],
    sources: kept.places.map((at) => at % size),
    slot,
    values: Array.from(kept.places, (at) => Math.floor(at / size) + 1),
  };
}

/** All of several fronts that none of the others beats. */
function union(fronts: readonly Front[], choose: Choose): Front {
  const total = fronts.reduce((sum, { costs }) => sum + costs.length, 0);
  const costs = new Float64Array(total);
  const worths = new Float64Array(total);
  let at = 0;
  for (const front of fronts) {
    costs.set(front.costs, at);
    worths.set(front.worths, at);
    at += front.costs.length;
  }
  const kept = choose(costs, worths);
  return {
    costs: kept.map64(costs),
    worths: kept.map64(worths),
    before: fronts,
    sources: kept.places,
    slot: -1,
    values: [],
  };
}
