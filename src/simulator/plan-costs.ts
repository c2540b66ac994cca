/** What a plan's models cost at any operating point, in the planned forms and in those that a controller may choose. */
import { HeterodyneError } from '../core/errors.ts';
import type { PlacementModel, PlacementProblem } from '../core/placement.ts';
import type { Warning } from '../documents/warnings.ts';
import type { ProblemNames } from '../estimators/memory-bound.ts';
import { type NamedProblem, placementProblem } from '../estimators/problem.ts';
import type { BlockedModel } from '../models/graph.ts';
import type { VariantModel } from '../planners/request.ts';
import type { Plan } from '../planners/schema.ts';
import { atOperatingPoint } from '../platforms/at-operating-point.ts';
import type { OperatingPointChoice } from '../platforms/operating-point.ts';
import type { Platform } from '../platforms/schema.ts';
import { profileAtOperatingPoint } from '../profiles/at-operating-point.ts';
import { rooflineProfile } from '../profiles/roofline.ts';
import type { Profile } from '../profiles/schema.ts';
import { type Workload, workloadNames, workloadVariants } from '../profiles/workload.ts';

/** A plan, and what it was made from. */
export interface PlanCostsInput {
  plan: Plan;
  /** At its highest clocks. */
  platform: Platform;
  workload: Workload;
  /** One per entry of the workload; absent = costs from `profile`. */
  models?: readonly BlockedModel[];
  profile?: Profile;
  /** Further forms of the models, where costs come from `models`. */
  variants?: readonly VariantModel[];
  /** Clocks and forms may change. */
  controlled?: boolean;
}

/** A form of a model, and the accuracy that it gives up against the planned one. */
export interface Form {
  name: string;
  loss: number;
}

/**
 * Per model the forms that a controller may choose among, the planned one first. Of the others those count whose accuracy
 * is known, as is the planned one's: losses are differences of accuracies that somebody measured.
 */
export function usableForms({ plan, workload, controlled }: PlanCostsInput): { forms: Form[][]; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const forms = workloadNames(workload).map((name, m): Form[] => {
    const planned = plan.models.find((model) => model.name === name)?.variant ?? 'original';
    const all = workloadVariants(workload.models[m]);
    const accuracy = all.find((form) => form.name === planned)?.accuracy;
    const others = controlled ? all.filter((form) => form.name !== planned) : [];
    const known = others.flatMap((form) =>
      form.accuracy === undefined || accuracy === undefined || form.accuracy > accuracy
        ? []
        : [{ name: form.name, loss: accuracy - form.accuracy }],
    );
    if (known.length < others.length) {
      warnings.push({
        code: 'VARIANT_UNUSED',
        message: `${others.length - known.length} forms of ${name} are left out: what they give up against "${planned}" is not known, or they are more accurate`,
        path: `/models/${m}/variants`,
      });
    }
    return [{ name: planned, loss: 0 }, ...known];
  });
  return { forms, warnings };
}

export interface PointProblem {
  problem: PlacementProblem;
  /** Per model: its further forms, in order. */
  variants: PlacementModel[][];
  names: ProblemNames;
  profile: Profile;
  warnings: Warning[];
}

export function problemAt(
  input: PlanCostsInput,
  forms: readonly (readonly Form[])[],
  choice: OperatingPointChoice,
): PointProblem {
  const { plan, workload } = input;
  const { platform, profile, warnings } = costsAt(input, choice);
  // The engine sees power where it is declared, whatever the plan was made for.
  const objective = plan.objective === 'energy' ? 'throughput' : plan.objective;
  const names = workloadNames(workload);
  const [first, ...further] = Array.from({ length: Math.max(...forms.map((each) => each.length)) }, (_, v) =>
    placementProblem({
      profile,
      platform,
      workload,
      objective,
      variants: Object.fromEntries(names.map((name, m) => [name, (forms[m][v] ?? forms[m][0]).name])),
    }),
  );
  return {
    problem: first.problem,
    variants: forms.map((each, m) => each.slice(1).map((form, v) => sameBlocks(first, further[v], m, form.name))),
    names: first.names,
    profile,
    warnings: [...warnings, ...first.warnings],
  };
}

/** Frames change their form between blocks and controllers count them: all forms have as many. */
function sameBlocks(planned: NamedProblem, other: NamedProblem, m: number, form: string): PlacementModel {
  const model = other.problem.models[m];
  const { blocks, name } = planned.problem.models[m];
  if (model.blocks === blocks) return model;
  throw new HeterodyneError('BAD_INPUT', `"${form}" of ${name} has ${model.blocks} blocks, and not ${blocks}`, {
    path: `/models/${m}/variants`,
    expected: `${blocks} blocks, as the planned form`,
    received: `${model.blocks} blocks`,
    hint: `--cut ${Math.min(blocks, model.blocks)} cuts both alike, for the plan and for its simulation`,
  });
}

function costsAt(
  input: PlanCostsInput,
  choice: OperatingPointChoice,
): { platform: Platform; profile: Profile; warnings: Warning[] } {
  const { platform: highest, workload } = input;
  if (input.profile !== undefined) return profileAtOperatingPoint(input.profile, highest, choice);
  const platform = atOperatingPoint(highest, choice);
  const names = workloadNames(workload);
  const originals = (input.models ?? []).map((model, m) => ({ ...model, name: names[m] }));
  const further = input.variants ?? [];
  const profile = rooflineProfile([...originals, ...further.map(({ model }) => model)], platform, {
    precision: [...workload.models.map(({ precision }) => precision), ...further.map(({ precision }) => precision)],
    variants: [...originals.map(() => 'original'), ...further.map(({ variant }) => variant)],
  });
  return { platform, profile, warnings: [] };
}
