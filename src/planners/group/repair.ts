/**
 * Repair: while it helps, move a model away from the most loaded device or swap it with another. Ours, not in the
 * public HAMS slides. All steps keep support, caps and memory.
 */
import { type DeviceUse, deviceUses, frameSeconds, nanoseconds } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** One change of an assignment. */
export type Exchange =
  | { kind: 'move'; model: number; to: number }
  /** The two models change places. */
  | { kind: 'swap'; model: number; with: number };

export interface RatedExchange {
  exchange: Exchange;
  /** Seconds of every device afterwards, the longest first, in nanoseconds. */
  vector: number[];
}

/** The local optimum that moves and swaps of the most loaded device lead to. */
export function repair(problem: GroupProblem, start: Assignment): Assignment {
  let assignment = start;
  for (;;) {
    const best = bestExchange(problem, assignment);
    if (!best || compareVectors(best.vector, loadVector(problem, deviceUses(problem, assignment))) >= 0)
      return assignment;
    assignment = exchanged(assignment, best.exchange);
  }
}

/**
 * Of all exchanges that empty something off the most loaded device (ties: the lowest index) the one with the
 * lexicographically least load vector; ties: moves, then model index, then target index.
 */
export function bestExchange(problem: GroupProblem, assignment: Assignment): RatedExchange | undefined {
  const uses = deviceUses(problem, assignment);
  const times = uses.map((use, j) => nanoseconds(frameSeconds(problem, j, use)));
  const worst = times.indexOf(Math.max(...times));
  const residents = assignment.flatMap((j, i) => (j === worst ? [i] : []));
  const longestFirst = [...times.keys()].sort((a, b) => times[b]! - times[a]!);
  let best: RatedExchange | undefined;
  const consider = (exchange: Exchange) => {
    const changed = pairAfter(problem, assignment, uses, exchange);
    if (!changed) return;
    const [from, to] = changed;
    // Most exchanges lose by their longest time already, which costs no sorting.
    const other = longestFirst.find((j) => j !== from.device && j !== to.device);
    const longest = Math.max(from.time, to.time, other === undefined ? 0 : times[other]!);
    if (best && longest > best.vector[0]!) return;
    const vector = [...times];
    vector[from.device] = from.time;
    vector[to.device] = to.time;
    vector.sort((a, b) => b - a);
    if (!best || compareVectors(vector, best.vector) < 0) best = { exchange, vector };
  };
  for (const model of residents) {
    for (let to = 0; to < problem.devices.length; to++) if (to !== worst) consider({ kind: 'move', model, to });
  }
  for (const model of residents) {
    assignment.forEach((j, other) => {
      if (j !== worst) consider({ kind: 'swap', model, with: other });
    });
  }
  return best;
}

export function exchanged(assignment: Assignment, exchange: Exchange): number[] {
  const after = [...assignment];
  const { model } = exchange;
  if (exchange.kind === 'move') after[model] = exchange.to;
  else {
    after[model] = assignment[exchange.with]!;
    after[exchange.with] = assignment[model]!;
  }
  return after;
}

/** Frame times of all devices in nanoseconds, the longest first. */
export function loadVector(problem: GroupProblem, uses: readonly DeviceUse[]): number[] {
  return uses.map((use, j) => nanoseconds(frameSeconds(problem, j, use))).sort((a, b) => b - a);
}

/** Negative = the left one is better: it differs first in a shorter time. */
export function compareVectors(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** Frame time in nanoseconds of a device that an exchange changes. */
interface Changed {
  device: number;
  time: number;
}

/** The two devices of an exchange afterwards; undefined = it breaks a limit. */
function pairAfter(
  problem: GroupProblem,
  assignment: Assignment,
  uses: readonly DeviceUse[],
  exchange: Exchange,
): [Changed, Changed] | undefined {
  const { model } = exchange;
  const other = exchange.kind === 'swap' ? exchange.with : undefined;
  const from = assignment[model]!;
  const to = exchange.kind === 'swap' ? assignment[exchange.with]! : exchange.to;
  const left = replaced(problem, assignment, uses, from, model, other);
  const right = left && replaced(problem, assignment, uses, to, other, model);
  return left && right && [left, right];
}

/** A device without one model and with another; undefined = a limit is broken. */
function replaced(
  problem: GroupProblem,
  assignment: Assignment,
  uses: readonly DeviceUse[],
  device: number,
  out: number | undefined,
  added: number | undefined,
): Changed | undefined {
  const { models, devices, seconds, sharing } = problem;
  let { count, load, longest, memoryBytes } = uses[device]!;
  if (out !== undefined) {
    count--;
    load -= seconds[out]![device]!;
    memoryBytes -= models[out]!.memoryBytes;
    if (sharing === 'fair') longest = longestWithout(problem, assignment, device, out);
  }
  if (added !== undefined) {
    const time = seconds[added]![device]!;
    count++;
    load += time;
    memoryBytes += models[added]!.memoryBytes;
    longest = Math.max(longest, time);
  }
  const { cap, memoryBytes: limit } = devices[device]!;
  if (load === Number.POSITIVE_INFINITY || count > cap || memoryBytes > limit) return undefined;
  return { device, time: nanoseconds(frameSeconds(problem, device, { count, load, longest, memoryBytes })) };
}

function longestWithout({ seconds }: GroupProblem, assignment: Assignment, device: number, model: number): number {
  let longest = 0;
  assignment.forEach((j, i) => {
    if (j === device && i !== model) longest = Math.max(longest, seconds[i]![device]!);
  });
  return longest;
}
