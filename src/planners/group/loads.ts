/**
 * What an assignment gives under each sharing mode, and how times are compared: in integer nanoseconds, because equal
 * sums of doubles differ in their last bit with the order of summation, and would change the plan.
 */
import type { Assignment, GroupProblem } from './problem.ts';

/** Nanoseconds for comparisons; Infinity stays. */
export function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}

/** Relative difference below which two times are one time: rounding of sums. */
const ROUNDING = 1e-12;

/** Whether `a` is shorter by more than rounding, also far below a nanosecond. */
export function isShorter(a: number, b: number): boolean {
  return a < b * (1 - ROUNDING) || (a !== b && b === Number.POSITIVE_INFINITY);
}

/** What one device holds. */
export interface DeviceUse {
  /** Models on it. */
  count: number;
  /** Seconds of their calls per frame, one after another. */
  load: number;
  /** The longest of them. */
  longest: number;
  memoryBytes: number;
}

/** Seconds between two group frames that device j allows, >= its load: `fair` gives each of n models 1/n of the time. */
export function frameSeconds({ sharing, devices }: GroupProblem, j: number, use: DeviceUse): number {
  if (use.count === 0) return 0;
  if (sharing === 'fair') return use.longest * use.count;
  if (sharing === 'contention') return use.load * (1 + devices[j]!.interference * (use.count - 1));
  return use.load;
}

/** Use of every device, summed in model order. */
export function deviceUses({ models, devices, seconds }: GroupProblem, assignment: Assignment): DeviceUse[] {
  const uses = devices.map((): DeviceUse => ({ count: 0, load: 0, longest: 0, memoryBytes: 0 }));
  assignment.forEach((j, i) => {
    const use = uses[j]!;
    const time = seconds[i]![j]!;
    use.count++;
    use.load += time;
    use.longest = Math.max(use.longest, time);
    use.memoryBytes += models[i]!.memoryBytes;
  });
  return uses;
}

/** Seconds of one group frame on every device. */
export function deviceTimes(problem: GroupProblem, assignment: Assignment): number[] {
  return deviceUses(problem, assignment).map((use, j) => frameSeconds(problem, j, use));
}

/** Seconds between two frames of the group: the slowest device decides. */
export function groupSeconds(problem: GroupProblem, assignment: Assignment): number {
  return Math.max(...deviceTimes(problem, assignment));
}

/** Frames per second of the group. */
export function groupFps(problem: GroupProblem, assignment: Assignment): number {
  return 1 / groupSeconds(problem, assignment);
}

/** Whether supported pairs, caps and memory hold. */
export function isFeasible(problem: GroupProblem, assignment: Assignment): boolean {
  const { devices, seconds } = problem;
  if (!assignment.every((j, i) => seconds[i]![j]! < Number.POSITIVE_INFINITY)) return false;
  return deviceUses(problem, assignment).every(
    ({ count, memoryBytes }, j) => count <= devices[j]!.cap && memoryBytes <= devices[j]!.memoryBytes,
  );
}
