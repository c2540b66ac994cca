/** From a joint placement to the figures of a plan: stages, rates, utilisation, memory, energy, provenance. */
import { type Core, exp, log } from '../../bindings/core.ts';
import type { PlacementKernel, PlacementProblem } from '../core/placement.ts';
import type { PreparedProblem } from '../core/prepared.ts';
import { stageCosts } from '../estimators/demands.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import { handoverOf } from '../profiles/handover.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Workload } from '../profiles/workload.ts';
import { occupancyOf } from './occupancy.ts';
import type { Plan, PlannedModel } from './schema.ts';
import { recordOf } from './whole-models.ts';

export interface Predicted {
  models: PlannedModel[];
  processors: Plan['processors'];
  score: Plan['score'];
  provenance: Plan['provenance'];
}

/** Everything that follows from a placement. */
export function predict(input: {
  kernel: PlacementKernel;
  prepared: PreparedProblem;
  names: ProblemNames;
  profile: Profile;
  workload: Workload;
  placement: Uint8Array;
}): Predicted {
  const { kernel, prepared, names, profile, workload, placement } = input;
  const { problem } = kernel;
  const { rates, values } = kernel.evaluate(placement);
  const busy = new Float64Array(problem.processors);
  const origins = { measured: 0, imported: 0, modelled: 0 };
  let joulesPerS = problem.idleWatts;

  const models = problem.models.map((model, m): PlannedModel => {
    const profiled = profile.models.find((each) => each.name === names.models[m] && each.variant === names.variants[m]);
    const stages = stageCosts(prepared, m, recordOf(placement, m));
    let seconds = 0;
    let joules = 0;
    for (const stage of stages) {
      const own = stage.seconds + (stage.transferResource < 0 ? stage.transferSeconds : 0);
      busy[stage.processor] += rates[m] * model.callsPerFrame * own;
      seconds += stage.seconds + stage.transferSeconds;
      joules += stage.seconds * problem.activeWatts[stage.processor];
      for (let b = stage.first; b < stage.end; b++) {
        const id = names.processors[stage.processor];
        const cost = profiled?.blocks[b].costs[id];
        const origin = (typeof cost === 'object' ? cost.origin : undefined) ?? profiled?.origin[id];
        const time = rates[m] * model.callsPerFrame * model.seconds[stage.processor * model.blocks + b];
        origins[origin === 'measured' || origin === 'imported' ? origin : 'modelled'] += time;
      }
    }
    joules *= model.callsPerFrame;
    joulesPerS += rates[m] * joules;
    const { deadlineMs } = workload.models[m];
    return {
      name: model.name,
      ...(profiled && { source: profiled.source, hash: profiled.hash }),
      variant: names.variants[m] as string,
      stages: stages.map((stage, s) => ({
        processor: names.processors[stage.processor],
        firstBlock: stage.first,
        lastBlock: stage.end - 1,
        latencyMs: stage.seconds * 1000,
        transferMs: (stages[s + 1]?.transferSeconds ?? 0) * 1000,
        ...(s === 0 &&
          profile.handover !== undefined && {
            callMs: handoverOf(profile, names.processors[stage.processor]).callSeconds * 1000,
          }),
      })),
      throughputPerS: rates[m],
      latencyMs: seconds * model.callsPerFrame * 1000,
      soloThroughputPerS: model.soloRate,
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(Number.isNaN(joules) ? {} : { energyMj: joules * 1000 }),
    };
  });

  const { processorBytes } = occupancyOf(problem, placement);
  const total = origins.measured + origins.imported + origins.modelled;
  const share = (part: number) => (total > 0 ? part / total : 0);
  return {
    models,
    processors: names.processors.map((id, p) => ({
      id,
      utilization: Math.min(1, busy[p]),
      memoryBytes: processorBytes[p],
    })),
    score: scoreOf(problem, rates, values[0], joulesPerS),
    provenance: {
      measured: share(origins.measured),
      imported: share(origins.imported),
      modelled: total > 0 ? share(origins.modelled) : 1,
    },
  };
}

function scoreOf(problem: PlacementProblem, rates: Float64Array, value: number, joulesPerS: number): Plan['score'] {
  const M = rates.length;
  let sum = 0;
  let squares = 0;
  let logs = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const rate of rates) {
    sum += rate;
    squares += rate * rate;
    logs += log(rate);
    least = Math.min(least, rate);
  }
  return {
    value: problem.objective === 'min' ? least : value,
    meanThroughputPerS: sum / M,
    minThroughputPerS: least,
    geometricMeanPerS: exp(logs / M),
    jain: Math.min(1, (sum * sum) / (M * squares)),
    groupFps: least,
    ...(Number.isNaN(joulesPerS) ? {} : { energyMjPerInference: (joulesPerS / sum) * 1000 }),
  };
}

/** The objective as plans state it: `min` without the term that only tells plateaus apart. */
export function statedValue(kernel: PlacementKernel, placement: Uint8Array): number {
  const { rates, values } = kernel.evaluate(placement);
  return kernel.problem.objective === 'min' ? Math.min(...rates) : values[0];
}

/** Name and build of a core, for the record of a run. */
export function coreName(core: Core): string {
  return `${core.id} ${core.version}`;
}
