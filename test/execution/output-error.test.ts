import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { syntheticFeeds } from '../../src/execution/artefacts/calibration.ts';
import { OutputComparison } from '../../src/execution/artefacts/output-error.ts';

const test = suite('output error');

const floats = (...data: number[]) => ({
  y: { type: 'float32' as const, data: Float32Array.from(data), dims: [data.length] },
});

test('equal outputs have no error, not even where they are no numbers', () => {
  const comparison = new OutputComparison();
  comparison.add(floats(1, Number.NaN, -2), floats(1, Number.NaN, -2));
  assert.equal(comparison.result(), { bitEqual: true, largestRelative: 0, relativeRms: 0, sameTop: 1, samples: 1 });
});

test('errors are relative to the output, over all samples', () => {
  const comparison = new OutputComparison();
  comparison.add(floats(0, 4, 3), floats(0, 4, 3));
  comparison.add(floats(0, 4, 3), floats(0, 3, 3.5));
  const { bitEqual, largestRelative, relativeRms, sameTop } = comparison.result();
  assert.equal([bitEqual, largestRelative, sameTop], [false, 0.25, 0.5]);
  assert.ok(Math.abs(relativeRms - Math.sqrt(1.25 / 50)) < 1e-12);
});

test('a number that is lost counts as the largest error that a document can hold', () => {
  const comparison = new OutputComparison();
  comparison.add(floats(1, 2), floats(1, Number.NaN));
  assert.is(comparison.result().largestRelative, Number.MAX_VALUE);
  assert.throws(() => comparison.add(floats(1, 2), floats(1)), /differ in output "y"/);
});

test('made-up inputs are the same for the same seed, and noise of unit variance', () => {
  const inputs = [
    { name: 'x', type: 'float32' as const, shape: [1, 3, 64, 64], bytes: 0 },
    { name: 'ids', type: 'int64' as const, shape: [2, 4], bytes: 0 },
  ];
  const [first, second] = syntheticFeeds(inputs, 2, 5);
  assert.equal(syntheticFeeds(inputs, 1, 5), [first]);
  assert.equal(syntheticFeeds(inputs, 1, 6), [second]);
  const numbers = first!.x!.data as Float32Array;
  const variance = numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length;
  assert.ok(variance > 0.8 && variance < 1.2, `${variance}`);
  assert.ok([...(first!.ids!.data as BigInt64Array)].every((id) => id === 0n || id === 1n));
});

test.run();
