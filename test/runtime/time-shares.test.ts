import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { timeSharedRates } from '../../src/runtime/time-shares.ts';

const test = suite('models that share the cores in time');

test('each gets the same share of the time, whatever its frames take', () => {
  assert.equal(timeSharedRates([{ aloneThroughputPerS: 100 }, { aloneThroughputPerS: 1000 }]), [50, 500]);
  assert.equal(timeSharedRates([{ aloneThroughputPerS: 7 }]), [7]);
  assert.equal(timeSharedRates([]), []);
});

test('what a model with few frames leaves free goes to the others in equal parts', () => {
  const rates = timeSharedRates([
    { aloneThroughputPerS: 100 },
    { aloneThroughputPerS: 100, ratePerS: 10 },
    { aloneThroughputPerS: 200 },
  ]);
  assert.equal(
    rates.map((rate) => Math.round(1e9 * rate) / 1e9),
    [45, 10, 90],
  );
  assert.equal(timeSharedRates([{ aloneThroughputPerS: 100, ratePerS: 1000 }]), [100]);
});

test.run();
