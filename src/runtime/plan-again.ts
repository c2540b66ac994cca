/** Planning the models of a plan again: otherwise, or around processors that are gone. */
import { plan as makePlan } from '../planners/plan.ts';
import type { Plan } from '../planners/schema.ts';
import type { Platform } from '../platforms/schema.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Workload } from '../profiles/workload.ts';

/** The models of a plan as a workload, for planning them otherwise. */
export function workloadBeside(plan: Plan, profile: Profile): Workload {
  return {
    kind: 'workload',
    schemaVersion: 1,
    models: plan.models.map(({ name, variant, deadlineMs }) => ({
      model: profile.models.find((model) => model.name === name)?.source ?? name,
      name,
      ...(variant !== 'original' && { variants: [variant] }),
      ...(deadlineMs !== undefined && { deadlineMs }),
    })),
  };
}

/** A move that nobody is forced to costs the whole objective: nothing else moves. */
const STAY = 1;
/** Frames wait meanwhile. */
const EVALUATIONS = 300;

/**
 * The plan without some processors: their models go where they harm the others least, the others stay.
 *
 * @returns undefined where what is left cannot run everything, or the profile does not know the plan
 */
export async function planAround(
  plan: Plan,
  gone: ReadonlySet<string>,
  platform: Platform,
  profile: Profile,
): Promise<Plan | undefined> {
  const left: Platform = {
    ...platform,
    processors: platform.processors.map((each) => (gone.has(each.id) ? { ...each, off: true as const } : each)),
  };
  try {
    return await makePlan({
      platform: left,
      profile,
      workload: workloadBeside(plan, profile),
      objective: plan.objective,
      evaluations: EVALUATIONS,
      baselines: [],
      from: plan,
      moveCost: STAY,
    });
  } catch {
    return undefined;
  }
}
