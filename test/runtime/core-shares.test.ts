import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { coreSharedRates } from '../../src/runtime/core-shares.ts';

const test = suite('models that share the cores');

/** Frames of so many core milliseconds that use both of two cores well. */
const both = (coreMs: number) => ({ coreSeconds: coreMs / 1000, aloneSeconds: coreMs / 2000 });
const rounded = (rates: number[]) => rates.map((rate) => Math.round(1e6 * rate) / 1e6);

test('each gets the same share of the core time, whatever its frames take', () => {
  assert.equal(rounded(coreSharedRates([both(10), both(1)], 2)), [100, 1000]);
  assert.equal(rounded(coreSharedRates([both(10)], 2)), [200]);
  assert.equal(coreSharedRates([], 2), []);
});

test('what a model with few frames leaves free goes to the others in equal parts', () => {
  const few = { ...both(20), ratePerS: 10 };
  assert.equal(rounded(coreSharedRates([both(10), few, both(5)], 2)), [90, 10, 180]);
});

test('threads that wait for each other leave time to others', () => {
  // 12 ms of core time in 10 ms: 1.2 cores at most.
  const waits = { coreSeconds: 0.012, aloneSeconds: 0.01 };
  assert.equal(rounded(coreSharedRates([waits], 2)), [100]);
  assert.equal(rounded(coreSharedRates([waits, waits], 2)), [83.333333, 83.333333]);
});

test.run();
