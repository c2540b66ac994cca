/**
 * The optimum by branch and bound, depth first: the models with the longest best times first, devices in the order of
 * the time that results. A branch is cut when a device is not below the best answer, or when even sharing all work
 * evenly among the devices would not be. Both hold under every sharing mode, since no device time is below its load.
 */
import { type DeviceUse, frameSeconds, groupSeconds, isShorter } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/** Search gives up after so many nodes. */
export const NODE_LIMIT = 2e6;

interface Level {
  /** Devices still to try, the best one last. */
  children: number[];
  /** Where the model is now; -1 = nowhere. */
  device: number;
  /** What that device held before. */
  before: DeviceUse | undefined;
}

export class BranchAndBound {
  readonly #problem: GroupProblem;
  /** Models in the order of decision. */
  readonly #order: number[];
  /** [depth] least seconds of all models from that depth on. */
  readonly #rest: number[];
  /** Devices that are alike in everything but their load have the number of the first of them. */
  readonly #alike: number[];
  /** Some devices are alike. */
  readonly #twins: boolean;
  readonly #uses: DeviceUse[];
  readonly #levels: Level[] = [];
  readonly #current: number[];
  #assigned = 0;
  #best: Assignment | undefined;
  #bestSeconds = Number.POSITIVE_INFINITY;
  #nodes = 0;

  /** @param start an assignment to improve on */
  constructor(problem: GroupProblem, start?: Assignment) {
    const { models, devices, seconds } = problem;
    this.#problem = problem;
    const least = seconds.map((times) => Math.min(...times));
    this.#order = [...models.keys()].sort((a, b) => least[b]! - least[a]! || a - b);
    this.#rest = [...this.#order.map((i) => least[i]!), 0];
    for (let d = models.length - 1; d >= 0; d--) this.#rest[d] = this.#rest[d]! + this.#rest[d + 1]!;
    this.#alike = devices.map((_, j) => devices.findIndex((_, first) => sameDevice(problem, first, j)));
    this.#twins = this.#alike.some((first, j) => first !== j);
    this.#uses = devices.map(() => ({ count: 0, load: 0, longest: 0, memoryBytes: 0 }));
    this.#current = models.map(() => -1);
    if (start) {
      this.#best = start;
      this.#bestSeconds = groupSeconds(problem, start);
    }
    this.#open();
  }

  /** The best assignment so far. */
  get best(): Assignment | undefined {
    return this.#best;
  }

  /** Nodes visited. */
  get nodes(): number {
    return this.#nodes;
  }

  /** Everything was tried or cut: the best is the optimum, and none means that there is none. */
  get done(): boolean {
    return this.#levels.length === 0;
  }

  /** Visits at most that many further nodes. */
  run(nodes: number): void {
    const end = this.#nodes + nodes;
    while (this.#nodes < end) {
      const level = this.#levels.at(-1);
      if (!level) return;
      this.#takeBack(level);
      const device = level.children.pop();
      if (device === undefined) {
        this.#levels.pop();
        continue;
      }
      this.#nodes++;
      this.#put(level, device);
      if (!this.#promising(device)) continue;
      if (this.#levels.length < this.#order.length) this.#open();
      else this.#record();
    }
  }

  /** Begins the next model. */
  #open(): void {
    const { devices, models, seconds } = this.#problem;
    const model = this.#order[this.#levels.length]!;
    const { memoryBytes } = models[model]!;
    const choices: { device: number; time: number }[] = [];
    for (let j = 0; j < devices.length; j++) {
      const time = seconds[model]![j]!;
      const use = this.#uses[j]!;
      if (time === Number.POSITIVE_INFINITY || use.count >= devices[j]!.cap) continue;
      if (use.memoryBytes + memoryBytes > devices[j]!.memoryBytes) continue;
      const twin =
        this.#twins &&
        choices.some(({ device }) => this.#alike[device] === this.#alike[j] && sameUse(this.#uses[device]!, use));
      if (!twin) choices.push({ device: j, time: frameSeconds(this.#problem, j, withModel(use, time, memoryBytes)) });
    }
    choices.sort((a, b) => b.time - a.time || b.device - a.device);
    this.#levels.push({ children: choices.map(({ device }) => device), device: -1, before: undefined });
  }

  #put(level: Level, device: number): void {
    const model = this.#order[this.#levels.length - 1]!;
    const time = this.#problem.seconds[model]![device]!;
    level.device = device;
    level.before = this.#uses[device];
    this.#uses[device] = withModel(this.#uses[device]!, time, this.#problem.models[model]!.memoryBytes);
    this.#current[model] = device;
    this.#assigned += time;
  }

  #takeBack(level: Level): void {
    if (level.device < 0) return;
    const model = this.#order[this.#levels.length - 1]!;
    this.#uses[level.device] = level.before!;
    this.#assigned = this.#uses.reduce((sum, { load }) => sum + load, 0);
    this.#current[model] = -1;
    level.device = -1;
  }

  #promising(device: number): boolean {
    if (!isShorter(frameSeconds(this.#problem, device, this.#uses[device]!), this.#bestSeconds)) return false;
    const even = (this.#assigned + this.#rest[this.#levels.length]!) / this.#uses.length;
    return isShorter(even, this.#bestSeconds);
  }

  #record(): void {
    const found = groupSeconds(this.#problem, this.#current);
    if (!isShorter(found, this.#bestSeconds)) return;
    this.#best = [...this.#current];
    this.#bestSeconds = found;
  }
}

function withModel({ count, load, longest, memoryBytes }: DeviceUse, time: number, bytes: number): DeviceUse {
  return { count: count + 1, load: load + time, longest: Math.max(longest, time), memoryBytes: memoryBytes + bytes };
}

function sameUse(a: DeviceUse, b: DeviceUse): boolean {
  return a.count === b.count && a.load === b.load && a.longest === b.longest && a.memoryBytes === b.memoryBytes;
}

function sameDevice({ devices, seconds }: GroupProblem, a: number, b: number): boolean {
  const [left, right] = [devices[a]!, devices[b]!];
  return (
    left.cap === right.cap &&
    left.memoryBytes === right.memoryBytes &&
    left.interference === right.interference &&
    seconds.every((times) => times[a] === times[b])
  );
}
