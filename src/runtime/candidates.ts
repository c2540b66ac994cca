/** What a plan is compared with when it is executed: other placements of the same models, each a plan of its own. */
import { HeterodyneError } from '../core/errors.ts';
import { plan as makePlan } from '../planners/plan.ts';
import type { Plan } from '../planners/schema.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import { handoverOf } from '../profiles/handover.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Workload } from '../profiles/workload.ts';
import { type CoreSharer, coreSharedRates } from './core-shares.ts';
import { objectiveOfRates, scoreOfRates } from './score.ts';

export interface Candidate {
  /** Those that place everything alike share a candidate. */
  names: string[];
  plan: Plan;
  platform: Platform;
}

export interface CandidateInput {
  plan: Plan;
  platform: Platform;
  profile: Profile;
  workload: Workload;
  signal?: AbortSignal;
}

const RANDOM_EVALUATIONS = 500;

/**
 * The plan itself, then the baselines: everything on the best single processor; the best of many random placements; and
 * `runtime-default`, one session per model with all threads, all at work at once, as programs do that leave everything to
 * the runtime.
 *
 * @throws HeterodyneError as `plan`
 */
export async function candidatesOf({
  plan,
  platform,
  profile,
  workload,
  signal,
}: CandidateInput): Promise<Candidate[]> {
  const request = { platform, profile, workload, objective: plan.objective, baselines: [] };
  const made = async (planner: string, evaluations?: number): Promise<Plan> =>
    makePlan({ ...request, planner, ...(evaluations !== undefined && { evaluations }) }, { signal });
  const all: Candidate[] = [
    { names: ['plan'], plan, platform },
    { names: ['single-best'], plan: await made('single-best'), platform },
    { names: ['random'], plan: await made('random', RANDOM_EVALUATIONS), platform },
    await runtimeDefault({ plan, platform, profile, workload, signal }),
  ];
  const distinct: Candidate[] = [];
  for (const candidate of all) {
    const same = distinct.find((each) => placements(each.plan).join() === placements(candidate.plan).join());
    if (same === undefined) distinct.push(candidate);
    else same.names.push(...candidate.names);
  }
  return distinct;
}

/** Where every model is, in words: `squeezenet on cpu-0 0-7`. */
export function placements({ models }: Plan): string[] {
  return models.map(
    ({ name, stages }) =>
      `${name} on ${stages.map(({ processor, firstBlock, lastBlock }) => `${processor} ${firstBlock}-${lastBlock}`).join(', ')}`,
  );
}

/** The processor that has all cores: most threads of the native runtime. */
function allCores({ processors }: Platform): Processor {
  const native = processors.filter(({ execution }) => execution?.runtime === 'native');
  const [first, ...others] = native;
  if (first !== undefined) {
    return others.reduce((most, each) => (each.execution!.threads > most.execution!.threads ? each : most), first);
  }
  throw new HeterodyneError('NOT_READABLE', 'nothing at hand runs models natively', {
    path: '/processors',
    expected: 'onnxruntime-node, an optional peer of heterodyne',
    hint: 'Install it: npm install onnxruntime-node',
  });
}

/** A process for each model, all on all cores, which the operating system shares out: fair in core time. */
async function runtimeDefault({ plan, platform, profile, workload, signal }: CandidateInput): Promise<Candidate> {
  const { id } = allCores(platform);
  const only: Platform = {
    ...platform,
    processors: platform.processors.map((each) => (each.id === id ? each : { ...each, off: true as const })),
  };
  const request = {
    platform: only,
    profile,
    workload,
    objective: plan.objective,
    planner: 'single-best',
    baselines: [],
  };
  const whole = await makePlan(request, { signal });
  const own = (model: string): string => `${id} of ${model}`;
  const processor = allCores(platform);
  const { threads } = processor.execution!;
  const rates = coreSharedRates(
    whole.models.map(({ name, variant, latencyMs }, m): CoreSharer => {
      const profiled = profile.models.find((model) => model.name === name && model.variant === variant);
      const measured = profiled?.measurement?.[id];
      const { ratePerS, callsPerFrame = 1 } = workload.models[m]!;
      // What is not known to wait is taken to keep all cores busy.
      const busyMs = measured?.coreMs === undefined ? threads * latencyMs : measured.coreMs * callsPerFrame;
      const messagesMs =
        measured?.coreMs === undefined ? 0 : handoverOf(profile, id).callSeconds * 1000 * callsPerFrame;
      return {
        coreSeconds: (busyMs + messagesMs) / 1000,
        aloneSeconds: latencyMs / 1000,
        ...(ratePerS !== undefined && { ratePerS }),
      };
    }),
    threads,
  );
  const value = objectiveOfRates(plan.objective, rates) ?? whole.score.value;
  return {
    names: ['runtime-default'],
    plan: {
      ...whole,
      score: { ...whole.score, ...scoreOfRates(rates), value },
      models: whole.models.map((model, m) => ({
        ...model,
        throughputPerS: rates[m]!,
        stages: model.stages.map((stage) => ({ ...stage, processor: own(model.name) })),
      })),
      processors: whole.models.map((model) => ({ id: own(model.name), utilization: 1, memoryBytes: 0 })),
    },
    platform: {
      ...platform,
      processors: [...platform.processors, ...whole.models.map(({ name }) => ({ ...processor, id: own(name) }))],
    },
  };
}
