/**
 * HFS, hardware first: the device that is heading for the lowest rate chooses its model first. Reconstructed from the
 * public HAMS slides, which name the routines (DeviceAllocations, QueryWorstCaseDevice, QueryDevice) and not their
 * formulas.
 */
import { type Bid, firstBest, type GreedyResult, GreedyState } from './greedy-state.ts';
import { nanoseconds } from './loads.ts';
import type { GroupProblem } from './problem.ts';

/** A model and the device that it bids on. */
export interface ModelBid extends Bid {
  model: number;
}

/** DeviceAllocations: all models bid, the worst-case device takes the bidder that loses most elsewhere. O(m^2 n). */
export function deviceAllocations(problem: GroupProblem): GreedyResult {
  const state = new GreedyState(problem);
  for (;;) {
    const { unassigned } = state;
    const bids = unassigned.flatMap((model): ModelBid[] => {
      const bid = state.bestBid(model);
      return bid ? [{ model, ...bid }] : [];
    });
    if (bids.length < unassigned.length) return state.result();
    const device = queryWorstCaseDevice(state, bids);
    if (device === undefined) return state.result();
    state.assign(queryDevice(bids, device), device);
  }
}

/** QueryWorstCaseDevice: of the devices with bids the one whose load with all its bidders is largest; ties: index. */
function queryWorstCaseDevice(state: GreedyState, bids: readonly ModelBid[]): number | undefined {
  const heading = state.loads.flatMap((load, device) => {
    const bidders = bids.filter((bid) => bid.device === device);
    return bidders.length === 0 ? [] : [{ device, seconds: bidders.reduce((sum, bid) => sum + bid.seconds, load) }];
  });
  return firstBest(heading, (a, b) => nanoseconds(b.seconds) - nanoseconds(a.seconds) || a.device - b.device)?.device;
}

/** QueryDevice: the bidder with the largest sufferage; ties: the larger resulting load, then the index. */
function queryDevice(bids: readonly ModelBid[], device: number): number {
  const bidders = bids.filter((bid) => bid.device === device);
  const chosen = firstBest(
    bidders,
    (a, b) => sufferage(b) - sufferage(a) || nanoseconds(b.cost) - nanoseconds(a.cost) || a.model - b.model,
  );
  return (chosen as ModelBid).model;
}

/** What a model loses when it gets its second choice, ns; a model with one choice must win. */
function sufferage({ regret }: ModelBid): number {
  return regret === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : nanoseconds(regret);
}
