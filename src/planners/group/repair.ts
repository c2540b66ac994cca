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
  let best: RatedExchange | undefined;
  const consider = (exchange: Exchange) => {
    const after = usesAfter(problem, assignment, uses, exchange);
    if (!after) return;
    const vector = loadVector(problem, after);
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

/** What the two devices of an exchange hold afterwards; undefined = it breaks a limit. */
function usesAfter(
  problem: GroupProblem,
  assignment: Assignment,
  uses: readonly DeviceUse[],
  exchange: Exchange,
): DeviceUse[] | undefined {
  const { devices, seconds } = problem;
  const from = assignment[exchange.model]!;
  const to = exchange.kind === 'move' ? exchange.to : assignment[exchange.with]!;
  if (!(seconds[exchange.model]![to]! < Number.POSITIVE_INFINITY)) return undefined;
  if (exchange.kind === 'swap' && !(seconds[exchange.with]![from]! < Number.POSITIVE_INFINITY)) return undefined;
  if (exchange.kind === 'move' && uses[to]!.count >= devices[to]!.cap) return undefined;
  const after = exchanged(assignment, exchange);
  const changed = [...uses];
  for (const j of [from, to]) {
    changed[j] = useOf(problem, after, j);
    if (changed[j].memoryBytes > devices[j]!.memoryBytes) return undefined;
  }
  return changed;
}

/** As `deviceUses`, of one device. */
function useOf({ models, seconds }: GroupProblem, assignment: Assignment, device: number): DeviceUse {
  const use: DeviceUse = { count: 0, load: 0, longest: 0, memoryBytes: 0 };
  assignment.forEach((j, i) => {
    if (j !== device) return;
    const time = seconds[i]![j]!;
    use.count++;
    use.load += time;
    use.longest = Math.max(use.longest, time);
    use.memoryBytes += models[i]!.memoryBytes;
  });
  return use;
}
