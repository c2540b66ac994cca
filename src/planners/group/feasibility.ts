/** Whether a group fits at all, before anything searches: by matching, and one clear reason where it does not. */
import { HeterodyneError } from '../../core/errors.ts';
import { bytesText } from '../../documents/quantities.ts';
import { bottleneckOf, maximumMatching } from './matching.ts';
import type { Assignment, GroupProblem } from './problem.ts';

/**
 * Devices for all models within support and caps, and with every model's memory taken alone. With memory limits this
 * is necessary and not sufficient: the sum on a device may be too large.
 *
 * @throws HeterodyneError `INFEASIBLE` with the models that cannot fit
 */
export function feasibleMatching(problem: GroupProblem): Assignment {
  const { models, devices, seconds } = problem;
  const allowed = seconds.map((times) => times.flatMap((time, j) => (time < Number.POSITIVE_INFINITY ? [j] : [])));
  const lost = allowed.findIndex((choices) => choices.length === 0);
  if (lost >= 0) throw homeless(problem, lost);
  const caps = devices.map(({ cap }) => cap);
  const { device, size } = maximumMatching(allowed, caps);
  if (size === models.length) return device;
  const tight = bottleneckOf(allowed, device);
  const room = tight.devices.reduce((sum, j) => sum + devices[j]!.cap, 0);
  const names = tight.models.map((i) => models[i]!.name).join(', ');
  const ids = tight.devices.map((j) => devices[j]!.id).join(', ');
  throw infeasible(
    `${names} (${tight.models.length} models) can only run on ${ids}, which take ${room} together`,
    `room for ${tight.models.length} models`,
    `room for ${room}`,
    'raise the cap of one of these devices, add a device, or take a model out',
  );
}

/** Stated when search has tried everything. */
export function memoryTooSmall({ models, devices }: GroupProblem): HeterodyneError {
  const needed = models.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const limited = devices.filter(({ memoryBytes }) => memoryBytes < Number.POSITIVE_INFINITY);
  const room = limited.map(({ id, memoryBytes }) => `${id} ${bytesText(memoryBytes)}`).join(', ');
  return infeasible(
    `no assignment keeps the memory limits: the models need ${bytesText(needed)} in all, and there is ${room}`,
    'an assignment within caps and memory',
    'none: every one was tried',
    'raise a memory limit, add a device, or take a model out',
  );
}

function homeless(problem: GroupProblem, i: number): HeterodyneError {
  const model = problem.models[i]!;
  const reasons = problem.devices.map((device, j) => `${device.id}: ${whyNot(problem, i, j)}`);
  const nowhere = problem.rates[i]!.every((rate) => !(rate > 0));
  return infeasible(
    nowhere ? `no device supports ${model.name}` : `no device takes ${model.name}`,
    'a device that runs it and has room for it',
    reasons.join('; '),
    nowhere ? 'measure it on a device that runs it, or take it out' : 'raise a limit, or take the model out',
  );
}

/** Why device j can never take model i alone; undefined = it can. */
export function whyNot({ models, devices, rates }: GroupProblem, i: number, j: number): string | undefined {
  const device = devices[j]!;
  const { memoryBytes } = models[i]!;
  if (!(rates[i]![j]! > 0)) return 'unsupported';
  if (device.cap === 0) return 'cap 0';
  if (memoryBytes > device.memoryBytes) return `needs ${bytesText(memoryBytes)} of ${bytesText(device.memoryBytes)}`;
  return undefined;
}

function infeasible(message: string, expected: string, received: string, hint: string): HeterodyneError {
  return new HeterodyneError('INFEASIBLE', message, { path: '/models', expected, received, hint });
}
