/** The simple ways to place a group. "Default scheduling" means any of them: say which. undefined = it found no way. */
import { firstBest, GreedyState } from './greedy-state.ts';
import { groupSeconds, isFeasible, nanoseconds } from './loads.ts';
import type { Assignment, DeviceKind, GroupDevice, GroupProblem } from './problem.ts';

type Baseline = (problem: GroupProblem) => Assignment | undefined;

/** Models in listing order, each on the device that `choose` names. */
function oneByOne(problem: GroupProblem, choose: (state: GreedyState, model: number) => number | undefined) {
  const state = new GreedyState(problem);
  for (const model of problem.models.keys()) {
    const device = choose(state, model);
    if (device === undefined) return undefined;
    state.assign(model, device);
  }
  return state.result().assignment;
}

const takes = (state: GreedyState, model: number, device: number) =>
  state.cost(model, device) < Number.POSITIVE_INFINITY;

/** Model i on device i mod n, or the next one that takes it. */
const roundRobin: Baseline = (problem) => {
  const n = problem.devices.length;
  const ring = (model: number) => Array.from({ length: n }, (_, step) => (model + step) % n);
  return oneByOne(problem, (state, model) => ring(model).find((device) => takes(state, model, device)));
};

/** Every model on its own fastest device with room, blind to load. */
const ownFastest: Baseline = (problem) =>
  oneByOne(problem, (state, model) => {
    const times = problem.seconds[model]!;
    const open = [...problem.devices.keys()].filter((device) => takes(state, model, device));
    return firstBest(open, (a, b) => nanoseconds(times[a]!) - nanoseconds(times[b]!) || a - b);
  });

/** As OpenVINO's AUTO orders devices; kinds that it leaves out by default come last. */
const PRIORITY: Record<DeviceKind, number> = { gpu: 1, vpu: 2, cpu: 3, npu: 4, dla: 4, unknown: 5 };
const rank = ({ kind, id }: GroupDevice) => (kind === 'gpu' && /dgpu|discrete/i.test(id) ? 0 : PRIORITY[kind]);

/** The first device of a fixed order with room: never looks at speed or load. */
const staticPriority: Baseline = (problem) => {
  const order = [...problem.devices.keys()].sort(
    (a, b) => rank(problem.devices[a]!) - rank(problem.devices[b]!) || a - b,
  );
  return oneByOne(problem, (state, model) => order.find((device) => takes(state, model, device)));
};

/** List scheduling: every model on the device with the least resulting load. The strongest of the simple ways. */
const inOrder: Baseline = (problem) =>
  oneByOne(problem, (state, model) => {
    const open = [...problem.devices.keys()].filter((device) => takes(state, model, device));
    return firstBest(open, (a, b) => nanoseconds(state.cost(model, a)) - nanoseconds(state.cost(model, b)) || a - b);
  });

/** Everything on the one device that is fastest with it. */
const allOnOne: Baseline = (problem) => {
  const ways = problem.devices.map((_, j) => problem.models.map(() => j)).filter((way) => isFeasible(problem, way));
  return firstBest(ways, (a, b) => nanoseconds(groupSeconds(problem, a)) - nanoseconds(groupSeconds(problem, b)));
};

export const GROUP_BASELINES = {
  'round-robin': roundRobin,
  'own-fastest': ownFastest,
  'static-priority': staticPriority,
  'in-order': inOrder,
  'all-on-one': allOnOne,
} as const satisfies Record<string, Baseline>;
export type GroupBaseline = keyof typeof GROUP_BASELINES;
