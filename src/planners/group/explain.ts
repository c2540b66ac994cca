/** The parts of a group plan that explain it: models with their alternatives, devices, bottleneck, next move. */
import { bytesText } from '../../documents/quantities.ts';
import { type FpsMatrix, type FpsOrigin, fpsCell } from '../../profiles/fps-matrix.ts';
import { whyNot } from './feasibility.ts';
import { deviceTimes, deviceUses, groupFps, isFeasible } from './loads.ts';
import type { Assignment, GroupProblem } from './problem.ts';
import { bestExchange, exchanged } from './repair.ts';
import type { GroupPlan } from './schema.ts';
import { modelRates } from './services.ts';

/** Models by the rows of the matrix that they come from; copies of a device share its column. */
export function explainModels(problem: GroupProblem, matrix: FpsMatrix, assignment: Assignment): GroupPlan['models'] {
  const uses = deviceUses(problem, assignment);
  const rates = modelRates(problem, assignment);
  return problem.models.map(({ name, service, calls }, i) => {
    const j = assignment[i]!;
    const seconds = problem.seconds[i]![j]!;
    return {
      name,
      ...(service !== undefined && { service }),
      device: problem.devices[j]!.id,
      callsPerFrame: calls,
      soloFramesPerS: problem.rates[i]![j]!,
      timeMs: 1000 * seconds,
      loadShare: Math.min(1, seconds / uses[j]!.load),
      groupFramesPerS: rates[i]!,
      origin: originOf(problem, matrix, i, j),
      alternatives: problem.devices.flatMap(({ id }, k) =>
        k === j ? [] : [{ device: id, ...alternative(problem, assignment, i, k) }],
      ),
    };
  });
}

/** Where the rate of a pair comes from. */
function originOf({ devices }: GroupProblem, matrix: FpsMatrix, i: number, j: number): FpsOrigin {
  const id = devices[j]!.id;
  const column = matrix.devices.find((each) => each.id === id) ?? matrix.devices.find((each) => isCopy(id, each.id));
  return (column && fpsCell(matrix.models[i]!, column.id)?.origin) ?? 'imported';
}

function isCopy(id: string, of: string): boolean {
  return id.startsWith(`${of}-`) && /^\d+$/.test(id.slice(of.length + 1));
}

/** The group with model i alone moved to device k: its rate, or why not. */
function alternative(problem: GroupProblem, assignment: Assignment, i: number, k: number) {
  const { models, devices } = problem;
  const never = whyNot(problem, i, k);
  if (never !== undefined) return { rejected: never };
  const after = assignment.map((j, other) => (other === i ? k : j));
  if (isFeasible(problem, after)) return { groupFps: groupFps(problem, after) };
  const { count, memoryBytes } = deviceUses(problem, assignment)[k]!;
  const { cap, memoryBytes: limit } = devices[k]!;
  if (count >= cap) return { rejected: `cap: ${count} of ${cap} taken` };
  const free = bytesText(Math.max(0, limit - memoryBytes));
  return { rejected: `memory: needs ${bytesText(models[i]!.memoryBytes)}, ${free} are free` };
}

export function explainDevices(problem: GroupProblem, assignment: Assignment): GroupPlan['devices'] {
  const times = deviceTimes(problem, assignment);
  const slowest = Math.max(...times);
  return deviceUses(problem, assignment).map(({ count, load, memoryBytes }, j) => {
    const { id, kind, cap, memoryBytes: limit } = problem.devices[j]!;
    return {
      id,
      kind,
      models: count,
      ...(cap < problem.models.length && { maxModels: cap }),
      loadMs: 1000 * load,
      frameMs: 1000 * times[j]!,
      busy: times[j]! / slowest,
      memoryBytes,
      ...(limit < Number.POSITIVE_INFINITY && { memoryLimitBytes: limit }),
    };
  });
}

/** The slowest device, and the model that takes most of it. */
export function bottleneck(problem: GroupProblem, assignment: Assignment): GroupPlan['bottleneck'] {
  const times = deviceTimes(problem, assignment);
  const j = times.indexOf(Math.max(...times));
  const residents = assignment.flatMap((at, i) => (at === j ? [i] : []));
  const heaviest = residents.reduce((a, b) => (problem.seconds[b]![j]! > problem.seconds[a]![j]! ? b : a));
  return { device: problem.devices[j]!.id, model: problem.models[heaviest]!.name };
}

/** The best single move or swap from the slowest device; undefined = there is none. */
export function nextMove(problem: GroupProblem, assignment: Assignment): GroupPlan['nextMove'] {
  const best = bestExchange(problem, assignment);
  if (!best) return undefined;
  const { models, devices } = problem;
  const { exchange } = best;
  const fps = groupFps(problem, exchanged(assignment, exchange));
  return {
    kind: exchange.kind,
    model: models[exchange.model]!.name,
    to: exchange.kind === 'move' ? devices[exchange.to]!.id : models[exchange.with]!.name,
    groupFps: fps,
    gain: fps / groupFps(problem, assignment) - 1,
  };
}

/** Shares of all load by where its rates come from. */
export function provenance(models: GroupPlan['models']): GroupPlan['provenance'] {
  const total = models.reduce((sum, { timeMs }) => sum + timeMs, 0);
  const share = (origin: FpsOrigin) =>
    Math.min(1, models.reduce((sum, model) => sum + (model.origin === origin ? model.timeMs : 0), 0) / total);
  return {
    measured: share('measured'),
    imported: share('imported'),
    modelled: share('modelled'),
    synthetic: share('synthetic'),
  };
}
