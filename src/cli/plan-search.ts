/** How `plan` searches, as its options say: the planner and its budget, or all at once under `--joint`. */
import { HeterodyneError } from '../core/errors.ts';
import { LIMITS, type Objective } from '../core/placement.ts';
import { parseQuantity } from '../documents/quantities.ts';
import type { JointRequest } from '../planners/joint/joint.ts';
import type { PlannerOptions } from '../planners/planner.ts';
import { planners } from '../planners/registry.ts';
import type { PlanRequest } from '../planners/request.ts';
import type { Call } from './command.ts';
import { GROUP_OPTIONS } from './group-options.ts';
import { readEvaluations, readSeed, readShare, readTimeLimit, wholeNumber } from './option-values.ts';

interface SearchValues {
  planner?: string;
  objective?: string;
  evaluations?: string;
  'time-limit'?: string;
  seed?: string;
  'max-stages'?: string;
  'min-accuracy'?: string;
  'depth-one'?: boolean;
  granularity?: string;
  seeds: boolean;
}

export function searchSettings(values: SearchValues): Partial<PlanRequest> {
  const { planner = 'mcts', granularity, seeds } = values;
  if (planner !== 'mcts' && (granularity !== undefined || !seeds)) {
    const option = granularity === undefined ? '--no-seeds' : '--granularity';
    throw new HeterodyneError('USAGE', `${option} means nothing to the planner ${planner}`, {
      path: option,
      expected: '--planner mcts',
      received: `--planner ${planner}`,
    });
  }
  const plannerOptions: PlannerOptions = {
    seeds,
    ...(granularity === undefined ? {} : { search: { granularity: granularity as 'segment' | 'layer' } }),
  };
  const given = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
    text === undefined ? undefined : read(text);
  return {
    planner,
    plannerOptions,
    objective: values.objective as Objective | undefined,
    evaluations: given(values.evaluations, readEvaluations),
    timeLimitMs: given(values['time-limit'], readTimeLimit),
    seed: readSeed(values.seed),
    maxStages: given(values['max-stages'], (text) => wholeNumber(text, '--max-stages', 1, LIMITS.stagesPerModel)),
    depthOne: values['depth-one'],
    minAccuracy: given(values['min-accuracy'], (text) => readShare(text, '--min-accuracy')),
  };
}

/** What a joint search decides itself, or cannot heed. */
const NOT_WITH_JOINT = ['planner', 'from', 'estimator', 'operating-point', 'time-limit', 'granularity'] as const;

/** @throws HeterodyneError `USAGE` for options that contradict `--joint`, or mean nothing without it */
export function jointSettings(values: Record<string, unknown>): Pick<JointRequest, 'maxWatts'> {
  const cap = values['max-watts'] as string | undefined;
  if (values.joint !== true) {
    if (cap === undefined) return {};
    throw new HeterodyneError('USAGE', '--max-watts means nothing without --joint', {
      path: '--max-watts',
      expected: '--joint',
      received: `--max-watts ${cap} alone`,
    });
  }
  const other = NOT_WITH_JOINT.find((name) => values[name] !== undefined);
  if (other !== undefined) {
    throw new HeterodyneError('USAGE', `--joint and --${other} contradict each other`, {
      path: `--${other}`,
      expected: `--joint or --${other}`,
      received: 'both',
    });
  }
  if (cap === undefined) return {};
  const maxWatts = parseQuantity(cap, 'W', '--max-watts');
  if (maxWatts > 0) return { maxWatts };
  throw new HeterodyneError('USAGE', '--max-watts cannot be 0', {
    path: '--max-watts',
    expected: 'more than 0 W',
    received: cap,
  });
}

/** Options for groups, and several workloads, need a matrix. */
export function refuseGroupOptions(values: Record<string, unknown>, call: Call): void {
  const given = Object.keys(GROUP_OPTIONS).find((name) => values[name] !== undefined);
  const several = (call.repeated.workload ?? []).length > 1;
  const method = !planners.some(({ id }) => id === (values.planner ?? 'mcts'));
  if (given === undefined && !several && !method) return;
  const what = given !== undefined ? `--${given}` : several ? 'a second --workload' : `--planner ${values.planner}`;
  throw new HeterodyneError('USAGE', `${what} means nothing without --matrix`, {
    path: what,
    expected: '--matrix FILE',
    received: `${what} alone`,
  });
}
