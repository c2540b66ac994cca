/**
 * What would change the plan: one more device of each kind, one fewer, one model fewer, tighter limits, and rates that
 * are a little off. Every case is solved anew.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { Pace } from '../../core/pace.ts';
import { limitingModel } from './bounds.ts';
import { solve } from './exact.ts';
import { groupFps, isFeasible, isShorter } from './loads.ts';
import { noiseSensitivity } from './noise.ts';
import { type Assignment, devicesByName, type GroupProblem, prepareGroup } from './problem.ts';
import type { GroupOutcome, GroupWhatIf } from './schema.ts';

/** Steps of a staircase of further devices. */
const MOST_STEPS = 8;

export interface WhatIfOptions {
  /** Rates are off by up to this share. Default 0.1. */
  noise?: number;
  /** Matrices drawn. Default 200. */
  samples?: number;
  /** Default 1. */
  seed?: number;
  signal?: AbortSignal;
}

/** @throws the signal's reason when aborted */
export async function whatIf(
  problem: GroupProblem,
  assignment: Assignment,
  options: WhatIfOptions = {},
): Promise<GroupWhatIf> {
  const pace = new Pace();
  const { devices, models } = problem;
  const turn = async () => {
    if (pace.due) await pace.handOver();
    options.signal?.throwIfAborted();
  };
  const more: GroupWhatIf['more'] = [];
  for (const j of kinds(problem)) {
    more.push(staircase(problem, j));
    await turn();
  }
  const outcomes = async (cases: readonly Case[]) => {
    const found: GroupOutcome[] = [];
    for (const each of cases) {
      found.push(outcome(each));
      await turn();
    }
    return found;
  };
  const fewerDevices = devices.map(({ id }, j) => ({
    change: `without ${id}`,
    changed: withoutDevice(problem, j),
    kept: lostDevice(assignment, j),
  }));
  const fewerModels = models.map(({ name }, i) => ({
    change: `without ${name}`,
    changed: withoutModel(problem, i),
    kept: assignment.filter((_, k) => k !== i),
  }));
  return {
    more,
    withoutDevice: devices.length < 2 ? [] : await outcomes(fewerDevices),
    withoutModel: models.length < 2 ? [] : await outcomes(fewerModels),
    limits: await outcomes(tighter(problem).map((each) => ({ ...each, kept: assignment }))),
    noise: await noiseSensitivity(problem, assignment, options),
  };
}

/** A changed problem, and the plan in its numbering. */
interface Case {
  change: string;
  changed: GroupProblem;
  /** -1 = its device is gone. */
  kept: Assignment;
}

/** One device of each kind: of those with the same column and limits, the first. */
function kinds({ devices, rates }: GroupProblem): number[] {
  const alike = (a: number, b: number) =>
    devices[a]!.cap === devices[b]!.cap &&
    devices[a]!.memoryBytes === devices[b]!.memoryBytes &&
    rates.every((row) => row[a] === row[b]);
  return [...devices.keys()].filter((j) => ![...devices.keys()].some((k) => k < j && alike(k, j)));
}

/** Group FPS with ever more devices like j, until one more brings nothing. */
function staircase(problem: GroupProblem, j: number): GroupWhatIf['more'][number] {
  const fps: number[] = [];
  let current = problem;
  for (let extra = 0; extra <= MOST_STEPS; extra++) {
    const best = solve(current);
    if (!best) break;
    const value = groupFps(current, best);
    fps.push(value);
    const before = fps.at(-2);
    if (before !== undefined && !isShorter(1 / value, 1 / before)) break;
    current = withDevice(current, j);
  }
  const limit = limitingModel(current);
  const reached = limit !== undefined && !isShorter(Math.min(...current.seconds[limit]!), 1 / fps.at(-1)!);
  return {
    device: problem.devices[j]!.id,
    groupFps: fps,
    ...(reached && { limitedBy: problem.models[limit]!.name }),
  };
}

function withDevice(problem: GroupProblem, j: number): GroupProblem {
  const copy = problem.devices[j]!;
  const taken = problem.devices.map(({ id }) => id);
  let number = 2;
  while (taken.includes(`${copy.id}-${number}`)) number++;
  return prepareGroup({
    ...problem,
    devices: [...problem.devices, { ...copy, id: `${copy.id}-${number}` }],
    rates: problem.rates.map((row) => [...row, row[j]!]),
  });
}

function withoutDevice(problem: GroupProblem, j: number): GroupProblem {
  return prepareGroup({
    ...problem,
    devices: problem.devices.filter((_, k) => k !== j),
    rates: problem.rates.map((row) => row.filter((_, k) => k !== j)),
  });
}

/** The assignment in the numbering without device j; -1 where it stood there. */
function lostDevice(assignment: Assignment, j: number): Assignment {
  return assignment.map((at) => (at === j ? -1 : at > j ? at - 1 : at));
}

function withoutModel(problem: GroupProblem, i: number): GroupProblem {
  return prepareGroup({
    ...problem,
    models: problem.models.filter((_, k) => k !== i),
    rates: problem.rates.filter((_, k) => k !== i),
  });
}

/** Limits and calls one step harder, each alone. */
function tighter(problem: GroupProblem): { change: string; changed: GroupProblem }[] {
  const { models, devices } = problem;
  const device = (j: number, part: Partial<GroupProblem['devices'][number]>) =>
    prepareGroup({ ...problem, devices: devices.map((each, k) => (k === j ? { ...each, ...part } : each)) });
  return [
    ...devices.flatMap(({ id, cap }, j) => {
      const half = Math.floor(cap / 2);
      if (cap >= models.length || half < 1) return [];
      return [{ change: `${id} takes ${half} instead of ${cap} models`, changed: device(j, { cap: half }) }];
    }),
    ...devices.flatMap(({ id, memoryBytes }, j) =>
      memoryBytes < Number.POSITIVE_INFINITY
        ? [{ change: `half the memory on ${id}`, changed: device(j, { memoryBytes: memoryBytes / 2 }) }]
        : [],
    ),
    ...models.map(({ name, calls }, i) => ({
      change: `${calls + 1} calls of ${name}, not ${calls}`,
      changed: prepareGroup({
        ...problem,
        models: models.map((each, k) => (k === i ? { ...each, calls: calls + 1 } : each)),
      }),
    })),
  ];
}

function outcome({ change, changed, kept }: Case): GroupOutcome {
  const stays = kept.every((j) => j >= 0) && isFeasible(changed, kept);
  let best: Assignment | undefined;
  try {
    best = solve(changed);
  } catch (error) {
    if (!(error instanceof HeterodyneError) || error.code !== 'INFEASIBLE') throw error;
    return { change, infeasible: error.message };
  }
  if (!best) return { change, infeasible: 'no assignment keeps the memory limits' };
  return {
    change,
    groupFps: groupFps(changed, best),
    ...(stays && { keptFps: groupFps(changed, kept) }),
    assignment: devicesByName(changed, best),
  };
}
