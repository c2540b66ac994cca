/** The forms of each model that a joint plan may choose among. */
import { HeterodyneError } from '../../core/errors.ts';
import { type Workload, workloadNames, workloadVariants } from '../../profiles/workload.ts';

export interface Form {
  name: string;
  /** A fraction; absent = unknown. */
  accuracy?: number;
}

/**
 * Per model: with a floor the forms that are known to hold it, the most accurate first; without one the original alone,
 * or where the workload has none, every form. An original of unknown accuracy stands in where no form is known to hold.
 *
 * @throws HeterodyneError `INFEASIBLE` every form is known to be below the floor
 */
export function allowedForms(workload: Workload, minAccuracy?: number): Form[][] {
  const names = workloadNames(workload);
  return workload.models.map((model, m) => {
    const forms: Form[] = workloadVariants(model);
    const floor = model.minAccuracy ?? minAccuracy;
    const original = forms.find(({ name }) => name === 'original');
    if (floor === undefined) return original ? [original] : byAccuracy(forms);
    const holding = byAccuracy(forms.filter(({ accuracy }) => accuracy !== undefined && accuracy >= floor));
    if (holding.length > 0) return holding;
    if (original && original.accuracy === undefined) return [original];
    throw new HeterodyneError('INFEASIBLE', `no form of "${names[m]}" is known to be accurate enough`, {
      path: `/models/${m}/variants`,
      expected: `an accuracy of at least ${floor}`,
      received: forms.map(({ name, accuracy }) => `${name} ${accuracy ?? 'unknown'}`).join(', '),
    });
  });
}

function byAccuracy(forms: Form[]): Form[] {
  return forms.toSorted((a, b) => (b.accuracy ?? 0) - (a.accuracy ?? 0));
}
