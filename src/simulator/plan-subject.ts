/** From documents to a subject: a plan, its platform, and the models or the profile that it was made from. */
import { HeterodyneError } from '../core/errors.ts';
import { PLACEMENT_STRIDE, type PlacementModel, type PlacementProblem } from '../core/placement.ts';
import { contentHash } from '../documents/canonical.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Arrival } from '../engine/options.ts';
import { type EngineSystem, systemOf } from '../engine/system.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import type { Plan } from '../planners/schema.ts';
import { joinPlacement } from '../planners/whole-models.ts';
import type { Profile } from '../profiles/schema.ts';
import { workloadNames } from '../profiles/workload.ts';
import { Dials } from './clocks.ts';
import { type PlanCostsInput, problemAt, usableForms } from './plan-costs.ts';
import { fixedPoint, pointTable } from './points.ts';
import type { SimulatedClocks, SimulatedPoint, Subject } from './subject.ts';

/** How frames come where the workload states no rate. */
export interface Releases {
  /** Share of the planned rate at which frames are released; absent = closed loops, as fast as they are done. */
  load?: number;
  /** Most frames of a model under way. */
  inFlight: number;
}

export interface PlanSubjectInput extends PlanCostsInput {
  releases: Releases;
  /** Models that are not there at the start. */
  later?: ReadonlySet<string>;
}

/**
 * @throws HeterodyneError `BAD_INPUT` models or processors that are not the plan's; else as `placementProblem`, `systemOf`
 */
export function subjectOfPlan(input: PlanSubjectInput): {
  subject: Subject;
  names: ProblemNames;
  /** What a controller would choose among if all were placed like that; absent = nobody chooses. */
  pointsFor?(placement: Uint8Array): SimulatedPoint[];
  warnings: Warning[];
} {
  const { plan, platform, workload } = input;
  if (platform.id !== plan.platform) {
    throw new HeterodyneError('BAD_INPUT', `the plan is for ${plan.platform}, not for ${platform.id}`, {
      path: '/platform',
      expected: plan.platform,
      received: platform.id,
      hint: 'simulate a plan on the platform that it was made for',
    });
  }
  const { forms: allowed, warnings: ofForms } = usableForms(input);
  const atStart = problemAt(input, allowed, plan.operatingPoint);
  const { problem, names, profile } = atStart;
  const warnings = [...ofForms, ...atStart.warnings, ...changedModels(plan, profile)];
  if (contentHash(profile) !== plan.profileHash) {
    warnings.push({
      code: 'PROFILE_CHANGED',
      message:
        'the costs are not those that the plan was made from: give the same models or profile to simulate what was planned',
      path: '/profileHash',
    });
  }
  if (plan.workloadHash !== undefined && contentHash(workload) !== plan.workloadHash) {
    warnings.push({
      code: 'WORKLOAD_CHANGED',
      message:
        'the workload is not the one that the plan was made for (--workload gives it again): rates, deadlines and priorities are taken as given now',
      path: '/workloadHash',
    });
  }
  const placement = placementOf(plan, problem, names);
  const runs = (m: number, v: number): boolean =>
    v === 0 || canRun(atStart.variants[m][v - 1], placement.subarray(m * PLACEMENT_STRIDE));
  const forms = allowed.map((each, m) => each.filter((_, v) => runs(m, v)));
  forms.forEach((each, m) => {
    const left = allowed[m].filter((form) => !each.includes(form)).map(({ name }) => `"${name}"`);
    if (left.length === 0) return;
    warnings.push({
      code: 'VARIANT_UNUSED',
      message: `${left.join(', ')} of ${problem.models[m].name} cannot run where the plan puts it, and is left out`,
      path: `/models/${m}/variants`,
    });
  });
  const dials = new Dials(platform, names.processors);
  const clocks: SimulatedClocks = {
    domains: dials.domains,
    levels: dials.levelsOf(plan.operatingPoint),
    at: (levels) => problemAt(input, forms, dials.pointAt(levels)),
    frequencyHz: (domain, level) => dials.frequencyHz(domain, level),
    nameOf: (levels) => dials.pointAt(levels).id,
    capped: (levels, cap) => dials.capped(levels, cap),
    levelsOf: (choice) => dials.levelsOf(choice),
  };
  const hasClocks = dials.domains.length > 0;
  const variants = problem.models.map((_, m) =>
    forms[m].slice(1).map((form) => ({
      ...form,
      model: atStart.variants[m][allowed[m].indexOf(form) - 1],
      record: placement.slice(m * PLACEMENT_STRIDE, (m + 1) * PLACEMENT_STRIDE),
    })),
  );
  const system = systemOf(problem, placement, { variants, ...(hasClocks && { clocks }) });
  const table =
    input.controlled && hasClocks
      ? pointTable(platform, dials, plan.operatingPoint, system)
      : fixedPoint(dials, plan.operatingPoint);
  return {
    subject: {
      problem,
      placement,
      models: problem.models.map(({ name, priorityClass, value }, m) => ({
        name,
        arrival: arrivalOf(input, m),
        criticality: priorityClass,
        weight: value,
        original: forms[m][0].name,
        variants: variants[m],
      })),
      servers: serverNames(system, names),
      ...(hasClocks && { clocks }),
      ...table,
    },
    names,
    ...(input.controlled &&
      hasClocks && {
        pointsFor: (other: Uint8Array) =>
          pointTable(platform, dials, plan.operatingPoint, systemOf(problem, other, { clocks })).points,
      }),
    warnings,
  };
}

/** Networks whose content is not what was planned. */
function changedModels(plan: Plan, profile: Profile): Warning[] {
  return plan.models.flatMap(({ name, variant, hash }, m): Warning[] => {
    const now = profile.models.find((model) => model.name === name && model.variant === variant);
    if (hash === undefined || now === undefined || now.hash === hash) return [];
    return [
      {
        code: 'MODEL_CHANGED',
        message: `${name} is not the network that was planned: the content of ${now.source} has changed`,
        path: `/models/${m}/hash`,
      },
    ];
  });
}

/** The plan's stages as placement records. */
function placementOf(plan: Plan, problem: PlacementProblem, names: ProblemNames): Uint8Array {
  return joinPlacement(
    problem.models.map(({ name, blocks }, m) => {
      const planned = plan.models.find((model) => model.name === name);
      const path = `/models/${m}`;
      if (planned === undefined || plan.models.length !== problem.models.length) {
        const known = plan.models.map((model) => model.name).join(', ');
        throw new HeterodyneError('BAD_INPUT', `the plan is for ${known}, not for ${names.models.join(', ')}`, {
          path: '/models',
          expected: known,
          received: names.models.join(', '),
          hint: 'name the models as they were planned',
        });
      }
      const last = planned.stages.at(-1)?.lastBlock ?? 0;
      if (last + 1 !== blocks) {
        throw new HeterodyneError('BAD_INPUT', `the plan cuts ${name} into ${last + 1} blocks, here it has ${blocks}`, {
          path,
          expected: `${last + 1} blocks`,
          received: `${blocks} blocks`,
          hint: 'give the same model and --cut as for the plan',
        });
      }
      const record = new Uint8Array(PLACEMENT_STRIDE);
      record[0] = planned.stages.length;
      planned.stages.forEach(({ processor, lastBlock }, s) => {
        const p = names.processors.indexOf(processor);
        if (p < 0) {
          throw new HeterodyneError('BAD_INPUT', `the plan puts ${name} on "${processor}", which is not there`, {
            path: `${path}/stages/${s}/processor`,
            expected: `one of ${names.processors.join(', ')}`,
            received: `"${processor}"`,
            hint: `simulate on the platform of the plan: ${plan.platform}`,
          });
        }
        record.set([p, lastBlock + 1], 1 + 2 * s);
      });
      return record;
    }),
  );
}

/** Whether every block of a form runs where the placement puts it. */
function canRun({ seconds, blocks }: PlacementModel, record: Uint8Array): boolean {
  let block = 0;
  for (let s = 0; s < record[0]; s++) {
    const row = record[1 + 2 * s] * blocks;
    for (; block < record[2 + 2 * s]; block++) if (seconds[row + block] === Number.POSITIVE_INFINITY) return false;
  }
  return true;
}

/** Rates and deadlines of the workload; where it states none, as `releases` says. */
function arrivalOf({ plan, workload, releases, later }: PlanSubjectInput, m: number): Arrival {
  const { ratePerS, deadlineMs } = workload.models[m];
  const name = workloadNames(workload)[m];
  const planned = plan.models.find((model) => model.name === name);
  const { load, inFlight } = releases;
  const deadline = deadlineMs ?? planned?.deadlineMs;
  const rate = ratePerS ?? (load === undefined ? undefined : load * (planned?.throughputPerS ?? 0));
  return {
    ...(rate !== undefined && rate > 0
      ? // First releases are spread over a period, so that equal rates do not meet at every release.
        { kind: 'periodic', periodSeconds: 1 / rate, phaseSeconds: m / (rate * workload.models.length) }
      : { kind: 'closed' }),
    inFlight,
    ...(deadline !== undefined && { deadlineSeconds: deadline / 1000 }),
    ...(later?.has(name) && { active: false }),
  };
}

function serverNames(system: EngineSystem, names: ProblemNames): string[] {
  return Array.from(system.serverUses, (uses, s) =>
    s < system.processors ? names.processors[s] : names.resources[31 - Math.clz32(uses)],
  );
}
