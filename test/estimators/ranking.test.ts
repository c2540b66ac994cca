import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kendall, spearman } from '../../src/estimators/ranking.ts';
import { Random } from '../../src/reference/random.ts';

const test = suite('rank correlations');
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-12, `${value}, ${expected}`);

/** Tau-b by looking at every pair. */
function slowKendall(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  let differA = 0;
  let differB = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += Math.sign(a[i] - a[j]) * Math.sign(b[i] - b[j]);
      differA += Number(a[i] !== a[j]);
      differB += Number(b[i] !== b[j]);
    }
  }
  return sum / Math.sqrt(differA * differB);
}

test('the same order gives 1, the opposite -1, a constant 0', () => {
  const a = [3, 1, 2, 10];
  near(spearman(a, [30, 10, 20, 11_000]), 1);
  near(kendall(a, [30, 10, 20, 11_000]), 1);
  const opposite = a.map((x) => -x);
  near(spearman(a, opposite), -1);
  near(kendall(a, opposite), -1);
  near(spearman(a, [1, 1, 1, 1]), 0);
  near(kendall(a, [1, 1, 1, 1]), 0);
});

test('a known example', () => {
  // Ranks 1..5 against 2, 1, 4, 3, 5: sum of squared differences 4, two of ten pairs in the wrong order.
  near(spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]), 1 - (6 * 4) / (5 * 24));
  near(kendall([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]), 0.6);
});

test('with ties, Kendall agrees with all pairs looked at', () => {
  const random = new Random(3);
  for (let run = 0; run < 50; run++) {
    const n = 2 + random.below(40);
    const a = Array.from({ length: n }, () => random.below(8));
    const b = Array.from({ length: n }, (_, i) => (random.below(3) === 0 ? a[i] : random.below(6)));
    if (new Set(a).size > 1 && new Set(b).size > 1) near(kendall(a, b), slowKendall(a, b));
  }
});

test.run();
