/**
 * Services: several groups that share the devices. Their models are planned together; a service that needs w frames
 * per group frame calls its models w times as often.
 */
import { HeterodyneError } from '../../core/errors.ts';
import { didYouMean } from '../../documents/nearest.ts';
import type { FpsMatrix, FpsModel } from '../../profiles/fps-matrix.ts';
import { type Workload, workloadNames } from '../../profiles/workload.ts';
import { deviceUses, frameSeconds } from './loads.ts';
import { type Assignment, type GroupProblem, prepareGroup } from './problem.ts';

/** Frames of each service per group frame, by name; absent = 1. */
export type ServiceWeights = Readonly<Record<string, number>>;

/**
 * The rows of a matrix that some workloads ask for, each workload a service. Rows are found by the models' names; two
 * services that run one model get an instance each.
 *
 * @throws HeterodyneError `USAGE` for a model that the matrix does not have
 */
export function matrixOfWorkloads(matrix: FpsMatrix, workloads: readonly Workload[]): FpsMatrix {
  const known = matrix.models.map(({ name }) => name);
  const taken = new Set<string>();
  const unique = (name: string) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
    taken.add(free);
    return free;
  };
  const models = workloads.flatMap((workload, w) => {
    const service = workload.name ?? (workloads.length > 1 ? `service-${w + 1}` : undefined);
    const names = workloadNames(workload);
    return workload.models.map((wish, i): FpsModel => {
      const name = names[i]!;
      const row = matrix.models.find((each) => each.name === wish.model || each.name === name);
      if (!row) {
        throw new HeterodyneError('USAGE', `the matrix has no model "${name}"`, {
          expected: `one of ${known.join(', ')}`,
          received: `"${name}"`,
          hint: didYouMean(name, known),
        });
      }
      const calls = wish.callsPerFrame ?? row.callsPerFrame;
      return {
        ...row,
        name: unique(name),
        ...(service !== undefined && { service }),
        ...(calls !== undefined && { callsPerFrame: calls }),
      };
    });
  });
  return { ...matrix, models };
}

/** Names of the services in order; a problem without them has none. */
export function servicesOf({ models }: GroupProblem): string[] {
  return [...new Set(models.flatMap(({ service }) => (service === undefined ? [] : [service])))];
}

/** @throws HeterodyneError `USAGE` for a service that the problem does not have */
export function withServiceWeights(problem: GroupProblem, weights: ServiceWeights): GroupProblem {
  const known = servicesOf(problem);
  for (const name of Object.keys(weights)) {
    if (known.includes(name)) continue;
    throw new HeterodyneError('USAGE', `there is no service "${name}"`, {
      expected: known.length === 0 ? 'a matrix or workloads with services' : `one of ${known.join(', ')}`,
      received: `"${name}"`,
      hint: didYouMean(name, known),
    });
  }
  const models = problem.models.map((model) => ({
    ...model,
    calls: model.calls * ((model.service !== undefined && weights[model.service]) || 1),
  }));
  return prepareGroup({ ...problem, models });
}

/** The models of one service, with all devices for themselves. */
export function serviceAlone(problem: GroupProblem, service: string): GroupProblem {
  const mine = [...problem.models.keys()].filter((i) => problem.models[i]!.service === service);
  return prepareGroup({
    ...problem,
    models: mine.map((i) => problem.models[i]!),
    rates: mine.map((i) => problem.rates[i]!),
  });
}

/** Group frames per second that every model keeps up with. */
export function modelRates(problem: GroupProblem, assignment: Assignment): number[] {
  const uses = deviceUses(problem, assignment);
  return assignment.map((j, i) => {
    const use = uses[j]!;
    if (problem.sharing === 'fair') return 1 / (problem.seconds[i]![j]! * use.count);
    return 1 / frameSeconds(problem, j, use);
  });
}
