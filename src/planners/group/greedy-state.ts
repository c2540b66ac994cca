/** Where a greedy rule stands: which models are still to place, and what every device has taken. */
import { nanoseconds } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** One decision of a greedy rule, in order. */
export interface GreedyStep {
  model: number;
  device: number;
}

export interface GreedyResult {
  /** undefined = the rule got stuck: no device left takes one of the models. */
  assignment: Assignment | undefined;
  steps: GreedyStep[];
}

/** A device for a model: the load that results, and the model's own time there. */
export interface Bid {
  device: number;
  /** C(i, j) seconds. */
  cost: number;
  seconds: number;
  /** How much more the second-best device costs, seconds; Infinity = there is none. */
  regret: number;
}

export class GreedyState {
  readonly problem: GroupProblem;
  readonly steps: GreedyStep[] = [];
  readonly loads: number[];
  readonly #left: number[];
  readonly #free: number[];
  readonly #assignment: number[];

  constructor(problem: GroupProblem) {
    this.problem = problem;
    this.loads = problem.devices.map(() => 0);
    this.#left = problem.devices.map(({ cap }) => cap);
    this.#free = problem.devices.map(({ memoryBytes }) => memoryBytes);
    this.#assignment = problem.models.map(() => -1);
  }

  /** Models without a device, in index order. */
  get unassigned(): number[] {
    return this.#assignment.flatMap((j, i) => (j < 0 ? [i] : []));
  }

  /** C(i, j): load of device j with model i on it, seconds; Infinity = it cannot take it. */
  cost(i: number, j: number): number {
    const { seconds, models } = this.problem;
    const room = this.#left[j]! > 0 && models[i]!.memoryBytes <= this.#free[j]!;
    return room ? this.loads[j]! + seconds[i]![j]! : Number.POSITIVE_INFINITY;
  }

  /** The device with the least C(i, j); ties: the shorter own time, then the index. undefined = none takes it. */
  bestBid(i: number): Bid | undefined {
    const { seconds, devices } = this.problem;
    let best: Bid | undefined;
    let second = Number.POSITIVE_INFINITY;
    for (let j = 0; j < devices.length; j++) {
      const cost = this.cost(i, j);
      if (cost === Number.POSITIVE_INFINITY) continue;
      const own = seconds[i]![j]!;
      const order = best
        ? nanoseconds(cost) - nanoseconds(best.cost) || nanoseconds(own) - nanoseconds(best.seconds)
        : -1;
      if (order < 0) {
        second = best?.cost ?? second;
        best = { device: j, cost, seconds: own, regret: 0 };
      } else second = Math.min(second, cost);
    }
    return best && { ...best, regret: second - best.cost };
  }

  assign(model: number, device: number): void {
    this.loads[device] = this.loads[device]! + this.problem.seconds[model]![device]!;
    this.#left[device] = this.#left[device]! - 1;
    this.#free[device] = this.#free[device]! - this.problem.models[model]!.memoryBytes;
    this.#assignment[model] = device;
    this.steps.push({ model, device });
  }

  result(): GreedyResult {
    const complete = this.#assignment.every((j) => j >= 0);
    return { assignment: complete ? [...this.#assignment] : undefined, steps: this.steps };
  }
}

/** Index of the first entry that no other beats under `compare` (negative = the left one wins). */
export function firstBest<T>(entries: readonly T[], compare: (a: T, b: T) => number): T | undefined {
  let best: T | undefined;
  for (const entry of entries) if (best === undefined || compare(entry, best) < 0) best = entry;
  return best;
}
