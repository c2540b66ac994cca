/**
 * Devices that overlap. A session on all cores and one on the first core are two ways to use that core, not two devices:
 * who counts on both at the same time counts the core twice. A group therefore runs on devices that share nothing, and
 * every largest set of such devices is a problem of its own:
 *
 *     cpu       uses cores-0, cores-1         { cpu }   { cpu-0, cpu-1 }   { cpu-0, wasm-1 }
 *     cpu-0     uses cores-0
 *     cpu-1     uses          cores-1
 *     wasm-1    uses          cores-1
 */
import { HeterodyneError } from '../../core/errors.ts';
import { type GroupDevice, type GroupProblem, prepareGroup } from './problem.ts';

/** More sets are no description of a machine. */
const MOST_SETS = 64;

function overlap(a: GroupDevice, b: GroupDevice): boolean {
  return a.uses?.some((resource) => b.uses?.includes(resource)) === true;
}

/**
 * The largest sets of devices that share nothing, as indices; all devices where none overlap.
 *
 * @throws HeterodyneError `LIMIT` above 64 sets
 */
export function deviceSets({ devices }: Pick<GroupProblem, 'devices'>): number[][] {
  const clash = (a: number, b: number): boolean => a !== b && overlap(devices[a]!, devices[b]!);
  const found = new Map<string, number[]>();
  // A largest set holds this device, or one that overlaps with it.
  const extend = (chosen: readonly number[], left: readonly number[]): void => {
    const contested = left.find((a) => left.some((b) => clash(a, b)));
    if (contested === undefined) {
      const set = [...chosen, ...left].sort((a, b) => a - b);
      found.set(set.join(), set);
      if (found.size > MOST_SETS) throw tooMany(devices.length);
      return;
    }
    for (const next of left.filter((b) => b === contested || clash(contested, b))) {
      extend(
        [...chosen, next],
        left.filter((b) => b !== next && !clash(next, b)),
      );
    }
  };
  extend([], [...devices.keys()]);
  return [...found.values()];
}

function tooMany(devices: number): HeterodyneError {
  return new HeterodyneError('LIMIT', `${devices} devices overlap in more than ${MOST_SETS} ways`, {
    path: '/devices',
    expected: `at most ${MOST_SETS} sets of devices that share nothing`,
    received: 'more',
    hint: 'leave out columns of the matrix that are never to be used',
  });
}

/** The problem with some of its devices alone. */
export function onDevices(problem: GroupProblem, set: readonly number[]): GroupProblem {
  if (set.length === problem.devices.length) return problem;
  return prepareGroup({
    ...problem,
    devices: set.map((j) => problem.devices[j]!),
    rates: problem.rates.map((row) => set.map((j) => row[j]!)),
  });
}
