import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HeterodyneError } from '../../src/core/errors.ts';
import { loadZooModel } from '../../src/models/zoo/load.ts';
import { planWithEvidence } from '../../src/planners/plan.ts';
import { hikey970 } from '../../src/platforms/hikey970.ts';
import { rooflineProfile } from '../../src/profiles/roofline.ts';
import { chooseVariants } from '../../src/profiles/variant-choice.ts';
import { type Workload, type WorkloadModel, workloadDocument } from '../../src/profiles/workload.ts';

const test = suite('variant choice');

/** One network three times: whole, at half the resolution, at a third. The smaller ones are faster. */
const sizes = { original: 224, half: 112, third: 75 };
const profile = rooflineProfile(
  Object.values(sizes).map((resolution) => ({ ...loadZooModel('squeezenet', { resolution }), name: 'net' })),
  hikey970,
  { variants: Object.keys(sizes) },
);

const workload = (more: Partial<WorkloadModel>): Workload => ({
  kind: 'workload',
  schemaVersion: 1,
  models: [{ model: 'squeezenet', name: 'net', ...more }],
});

const variants = [
  { name: 'original', accuracy: 0.7 },
  { name: 'half', accuracy: 0.65, accuracySource: 'somebody' },
  { name: 'third', accuracy: 0.5 },
];

test('without a floor the original is used, or the fastest of what is allowed', () => {
  assert.equal(chooseVariants(profile, workload({})).variants, { net: 'original' });
  assert.equal(chooseVariants(profile, workload({ variants })).variants, { net: 'original' });
  assert.equal(chooseVariants(profile, workload({ variants: ['half', 'third'] })).variants, { net: 'third' });
});

test('with a floor the fastest form that is known to hold it is used', () => {
  for (const [floor, expected] of [
    [0.7, 'original'],
    [0.66, 'original'],
    [0.65, 'half'],
    [0.3, 'third'],
  ] as const) {
    const choice = chooseVariants(profile, workload({ variants }), floor);
    assert.equal([choice.variants, choice.warnings], [{ net: expected }, []], `${floor}`);
    assert.is(choice.accuracies.net, variants.find(({ name }) => name === expected)!.accuracy);
  }
  assert.equal(chooseVariants(profile, workload({ variants, minAccuracy: 0.6 }), 0.1).variants, { net: 'half' });
});

test('a form of unknown accuracy never stands for a known floor', () => {
  const unknown = ['original', 'half', 'third'];
  const choice = chooseVariants(profile, workload({ variants: unknown }), 0.5);
  assert.equal([choice.variants, choice.warnings[0]!.code], [{ net: 'original' }, 'ACCURACY_UNKNOWN']);
  const partly = [{ name: 'original' }, 'third', { name: 'half', accuracy: 0.6 }];
  assert.equal(chooseVariants(profile, workload({ variants: partly }), 0.5).variants, { net: 'half' });
  const infeasible = (wish: Partial<WorkloadModel>, floor: number) =>
    assert.throws(
      () => chooseVariants(profile, workload(wish), floor),
      (error: unknown) => error instanceof HeterodyneError && error.code === 'INFEASIBLE',
    );
  infeasible({ variants }, 0.71);
  infeasible({ variants: ['half'] }, 0.1);
  assert.throws(
    () => chooseVariants(profile, workload({ variants: ['quarter', 'half'] })),
    /the profile has no form "quarter"/,
  );
});

test('the plan runs the chosen form, says so, and is better for it', async () => {
  const request = { platform: hikey970, profile, planner: 'exact', baselines: [] };
  const [whole, small] = await Promise.all(
    [undefined, 0.6].map((minAccuracy) =>
      planWithEvidence({ ...request, workload: workload({ variants }), minAccuracy }),
    ),
  );
  const [before, after] = [whole!.plan.models[0]!, small!.plan.models[0]!];
  assert.equal([before.variant, before.accuracy, after.variant, after.accuracy], ['original', 0.7, 'half', 0.65]);
  assert.ok(after.throughputPerS > 1.5 * before.throughputPerS);
});

test('a workload names each form once', () => {
  const twice = workload({ variants: ['half', { name: 'half' }] });
  assert.throws(() => workloadDocument.parse(twice, 'w'), /given twice/);
  assert.equal(workloadDocument.parse(workload({ variants }), 'w').document, workload({ variants }));
});

test.run();
