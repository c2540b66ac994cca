/**
 * Which form of each model a plan uses: the fastest whose accuracy holds the floor. Accuracies come from the workload,
 * where whoever measured them wrote them down; nothing is concluded from output errors or from the names of methods.
 */
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { Profile, ProfileModel } from './schema.ts';
import { type Workload, type WorkloadModel, workloadNames, workloadVariants } from './workload.ts';

export interface VariantChoice {
  /** Form by name of the model. */
  variants: Record<string, string>;
  /** By name of the model, where it is known. */
  accuracies: Record<string, number>;
  warnings: Warning[];
}

/**
 * Chooses for every model among the forms that the workload allows.
 *
 *   no floor                     the original if it is allowed, else the fastest
 *   a floor                      the fastest of those known to hold it
 *   none is known to hold it     the original, with a warning, if its accuracy is unknown; else no answer
 *
 * Fastest: the least time of one call, the whole model alone on its best processor.
 *
 * @param minAccuracy for models without a floor of their own; a fraction
 * @throws HeterodyneError `BAD_INPUT` a form is not in the profile; `INFEASIBLE` every form is below the floor
 */
export function chooseVariants(profile: Profile, workload: Workload, minAccuracy?: number): VariantChoice {
  const choice: VariantChoice = { variants: {}, accuracies: {}, warnings: [] };
  for (const [m, name] of workloadNames(workload).entries()) {
    const wish = workload.models[m] as WorkloadModel;
    const floor = wish.minAccuracy ?? minAccuracy;
    const forms = workloadVariants(wish);
    const chosen = forms.length === 1 && floor === undefined ? forms[0] : chooseForm(profile, name, forms, floor);
    if (chosen === undefined) {
      const best = Math.max(...forms.map(({ accuracy }) => accuracy ?? 0));
      throw new HeterodyneError('INFEASIBLE', `no form of "${name}" is known to be accurate enough`, {
        path: `/models/${m}/variants`,
        expected: `an accuracy of at least ${floor}`,
        received: forms.map((form) => `${form.name} ${form.accuracy ?? 'unknown'}`).join(', '),
        hint:
          best > 0
            ? `lower the floor to ${best}, or add a more accurate form`
            : 'write measured accuracies into the workload',
      });
    }
    if (floor !== undefined && chosen.accuracy === undefined) {
      choice.warnings.push({
        code: 'ACCURACY_UNKNOWN',
        message: `the accuracy of ${name} is unknown: its original is used, and whether it holds ${floor} cannot be said`,
        path: `/models/${m}/variants`,
      });
    }
    choice.variants[name] = chosen.name;
    if (chosen.accuracy !== undefined) choice.accuracies[name] = chosen.accuracy;
  }
  return choice;
}

interface Form {
  name: string;
  accuracy?: number;
}

function chooseForm(
  profile: Profile,
  model: string,
  forms: readonly Form[],
  floor: number | undefined,
): Form | undefined {
  const original = forms.find(({ name }) => name === 'original');
  if (floor === undefined) return original ?? fastest(profile, model, forms);
  const holding = forms.filter(({ accuracy }) => accuracy !== undefined && accuracy >= floor);
  if (holding.length > 0) return fastest(profile, model, holding);
  return original?.accuracy === undefined ? original : undefined;
}

/** Of equally fast ones the more accurate. */
function fastest(profile: Profile, model: string, forms: readonly Form[]): Form {
  const timed = forms.map((form) => ({ form, ms: soloMs(profile, rowOf(profile, model, form.name)) }));
  timed.sort((a, b) => a.ms - b.ms || (b.form.accuracy ?? 0) - (a.form.accuracy ?? 0));
  return (timed[0] as { form: Form }).form;
}

function rowOf(profile: Profile, model: string, variant: string): ProfileModel {
  const row = profile.models.find((each) => each.name === model && each.variant === variant);
  if (row !== undefined) return row;
  const known = profile.models.filter((each) => each.name === model).map((each) => each.variant);
  throw new HeterodyneError('BAD_INPUT', `the profile has no form "${variant}" of "${model}"`, {
    path: '/models',
    expected: `one of ${known.join(', ') || 'none'}`,
    received: `"${variant}"`,
    hint: 'profile the same workload, with the files of its variants',
  });
}

/** On the best single processor; where none runs the whole, every block on its best. */
function soloMs(profile: Profile, { blocks }: ProfileModel): number {
  const costOf = (block: ProfileModel['blocks'][number], id: string): number => {
    const cost = block.costs[id];
    return typeof cost === 'object' ? cost.latencyMs.mean : Number.POSITIVE_INFINITY;
  };
  const whole = profile.processors.map((id) => blocks.reduce((sum, block) => sum + costOf(block, id), 0));
  const least = Math.min(...whole);
  if (least < Number.POSITIVE_INFINITY) return least;
  return blocks.reduce((sum, block) => sum + Math.min(...profile.processors.map((id) => costOf(block, id))), 0);
}
