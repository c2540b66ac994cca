import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Arrival } from '../../src/engine/options.ts';
import { admission, admissionWarnings } from '../../src/simulator/admission.ts';
import { simulate } from '../../src/simulator/simulate.ts';
import { clockedSubject } from './subjects.ts';

const test = suite('admission');
const every = (periodSeconds: number, deadlineSeconds: number): Arrival => ({
  kind: 'periodic',
  periodSeconds,
  deadlineSeconds,
  inFlight: 2,
});

test('a cohort that fits is admitted without a word', () => {
  const found = admission(clockedSubject([[0.01], [0.02]], [every(0.05, 0.05), every(0.05, 0.05)]));
  assert.ok(found.admitted);
  assert.ok(Math.abs(found.servers[0].load - 0.6) < 1e-12);
  assert.equal(admissionWarnings(found), []);
});

test('a deadline below the time of one frame is lost for certain, and the least that could hold is told', async () => {
  const subject = clockedSubject([[0.01, 0.03]], [every(0.1, 0.03)]);
  const found = admission(subject);
  assert.not.ok(found.admitted);
  assert.ok(Math.abs(found.models[0].leastDeadlineMs - 40) < 1e-9);
  assert.match(admissionWarnings(found)[0].message, '40 ms');
  for (const id of ['max-n', 'predictive']) {
    const { models } = await simulate(subject, { seconds: 5, controller: { id, mode: 'max-accuracy' } });
    assert.is(models[0].deadline?.missRate, 1, id);
  }
});

test('frames that ask for more than all the time of a processor are named with the rates that would fit', () => {
  const found = admission(clockedSubject([[0.03], [0.03]], [every(0.05, 0.2), every(0.05, 0.2)]));
  assert.not.ok(found.admitted);
  assert.ok(Math.abs(found.servers[0].load - 1.2) < 1e-12);
  assert.match(admissionWarnings(found)[0].message, '83.3 % of the rates would fit');
});

test('a cohort that its smaller forms would save is admitted, and told that it needs them', () => {
  const crowded = clockedSubject([[0.03], [0.03]], [every(0.05, 0.2), every(0.05, 0.2)], { share: 0.5, loss: 0.02 });
  const found = admission(crowded);
  assert.ok(found.admitted);
  assert.equal(
    admissionWarnings(found).map(({ code }) => code),
    ['NEEDS_APPROXIMATION'],
  );
});

test('closed loops ask for nothing: they take what there is', () => {
  assert.ok(admission(clockedSubject([[0.03]], [{ kind: 'closed' }])).admitted);
});

test.run();
