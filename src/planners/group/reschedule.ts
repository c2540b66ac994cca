/**
 * Hardware adaptation: measured rates have drifted from the matrix that a plan was made from. Move as few models as
 * the gain justifies: every move must earn its share of the frame rate, or the model stays.
 */
import { HeterodyneError } from '../../core/errors.ts';
import type { FpsMatrix } from '../../profiles/fps-matrix.ts';
import { deviceSets, onDevices } from './device-sets.ts';
import { solve } from './exact.ts';
import { memoryTooSmall } from './feasibility.ts';
import { type GroupOptions, groupProblem } from './from-matrix.ts';
import { groupFps, groupSeconds, isFeasible, isShorter } from './loads.ts';
import { type Assignment, devicesByName, type GroupProblem } from './problem.ts';

/** What a moved model must gain of the group's frame rate, unless the caller says otherwise. */
const MOVE_COST = 0.02;
/** Nodes of the search for the best compromise. */
const NODES = 200_000;

/** Device id by model name: of a group plan, or from anywhere. */
export type PreviousAssignment =
  | Readonly<Record<string, string>>
  | { models: readonly { name: string; device: string }[] };

export interface Rescheduled {
  /** Device id by model name. */
  assignment: Record<string, string>;
  groupFps: number;
  /** Of the previous assignment under the measured rates; absent where it is no longer possible. */
  keptFps?: number;
  /** Of the best assignment, whatever it moves. */
  bestFps: number;
  moves: { model: string; from?: string; to: string }[];
}

export interface RescheduleOptions extends GroupOptions {
  /** Share of the frame rate that every moved model must earn, default 0.02. */
  moveCost?: number;
}

/**
 * The assignment that maximises FPS / (1 + moveCost)^moves, on the same set of devices where some overlap. Models that are new, or whose device is gone or cannot
 * take them any more, move for nothing.
 *
 * @throws HeterodyneError `INFEASIBLE`, `USAGE`
 */
export function reschedule(
  previous: PreviousAssignment,
  measured: FpsMatrix,
  { moveCost = MOVE_COST, ...options }: RescheduleOptions = {},
): Rescheduled {
  if (!(moveCost >= 0)) {
    throw new HeterodyneError('USAGE', 'a move cannot cost less than nothing', {
      path: 'moveCost',
      expected: 'a share of at least 0',
      received: String(moveCost),
    });
  }
  const problem = onDevicesOf(groupProblem(measured, options), previous);
  const { models, devices } = problem;
  const before = previousDevices(problem, previous);
  const best = solve(problem);
  if (!best) throw memoryTooSmall(problem);
  const stayed = before.every((j) => j >= 0) && isFeasible(problem, before);
  const search = new Compromise(problem, before, 1 + moveCost);
  search.consider(best);
  if (stayed) search.consider(before);
  search.run();
  const after = search.best;
  return {
    assignment: devicesByName(problem, after),
    groupFps: groupFps(problem, after),
    ...(stayed && { keptFps: groupFps(problem, before) }),
    bestFps: groupFps(problem, best),
    moves: after.flatMap((j, i) => {
      if (j === before[i]) return [];
      const from = before[i]! >= 0 ? { from: devices[before[i]!]!.id } : {};
      return [{ model: models[i]!.name, ...from, to: devices[j]!.id }];
    }),
  };
}

/** Where devices overlap: the set of them that the previous assignment is on, or has most models on. */
function onDevicesOf(problem: GroupProblem, previous: PreviousAssignment): GroupProblem {
  const before = previousDevices(problem, previous);
  const kept = (set: readonly number[]): number => before.filter((j) => set.includes(j)).length;
  return onDevices(
    problem,
    deviceSets(problem).reduce((most, set) => (kept(set) > kept(most) ? set : most)),
  );
}

/** Device index of every model before; -1 = new, or it cannot stay. */
function previousDevices({ models, devices, seconds }: GroupProblem, previous: PreviousAssignment): Assignment {
  const table =
    'models' in previous && Array.isArray(previous.models)
      ? Object.fromEntries(previous.models.map(({ name, device }) => [name, device]))
      : (previous as Readonly<Record<string, string>>);
  return models.map(({ name }, i) => {
    const j = devices.findIndex(({ id }) => Object.hasOwn(table, name) && id === table[name]);
    return j >= 0 && seconds[i]![j]! < Number.POSITIVE_INFINITY ? j : -1;
  });
}

/** Depth-first search for the least frame time times factor^moves; staying is tried first. */
class Compromise {
  readonly #problem: GroupProblem;
  readonly #before: Assignment;
  /** What m moves multiply a frame time by. */
  readonly #cost: readonly number[];
  #best: Assignment = [];
  #bestCost = Number.POSITIVE_INFINITY;
  #nodes = 0;

  constructor(problem: GroupProblem, before: Assignment, factor: number) {
    this.#problem = problem;
    this.#before = before;
    const cost = [1];
    for (const _ of problem.models) cost.push(cost.at(-1)! * factor);
    this.#cost = cost;
  }

  get best(): Assignment {
    return this.#best;
  }

  consider(assignment: Assignment): void {
    const moves = assignment.filter((j, i) => this.#before[i]! >= 0 && j !== this.#before[i]).length;
    const cost = groupSeconds(this.#problem, assignment) * this.#cost[moves]!;
    if (!isShorter(cost, this.#bestCost)) return;
    this.#best = [...assignment];
    this.#bestCost = cost;
  }

  run(): void {
    const { seconds, devices } = this.#problem;
    const least = seconds.map((times) => Math.min(...times));
    const order = [...seconds.keys()].sort((a, b) => least[b]! - least[a]! || a - b);
    this.#descend(
      order,
      0,
      new Array<number>(order.length).fill(-1),
      devices.map(() => 0),
      0,
    );
  }

  #descend(order: readonly number[], depth: number, current: number[], loads: readonly number[], moves: number): void {
    if (depth === order.length) {
      if (isFeasible(this.#problem, current)) this.consider(current);
      return;
    }
    const i = order[depth]!;
    const before = this.#before[i]!;
    const times = this.#problem.seconds[i]!;
    const choices = [...times.keys()]
      .filter(
        (j) =>
          times[j]! < Number.POSITIVE_INFINITY &&
          current.filter((at) => at === j).length < this.#problem.devices[j]!.cap,
      )
      .sort(
        (a, b) => Number(b === before) - Number(a === before) || loads[a]! + times[a]! - loads[b]! - times[b]! || a - b,
      );
    for (const j of choices) {
      if (++this.#nodes > NODES) return;
      const after = loads.map((load, k) => (k === j ? load + times[j]! : load));
      const moved = moves + (before >= 0 && j !== before ? 1 : 0);
      // Loads only grow, and no sharing mode takes less than the load.
      if (!isShorter(Math.max(...after) * this.#cost[moved]!, this.#bestCost)) continue;
      current[i] = j;
      this.#descend(order, depth + 1, current, after, moved);
      current[i] = -1;
    }
  }
}
