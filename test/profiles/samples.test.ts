import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { halfInterval95, meanInterval, studentT95 } from '../../src/profiles/samples.ts';
import { Random } from '../../src/reference/random.ts';

const test = suite('intervals of means');

test('quantiles are those of printed tables of Student’s t', () => {
  const printed: [degrees: number, t: number][] = [
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [10, 2.228],
    [11, 2.201],
    [12, 2.179],
    [15, 2.131],
    [19, 2.093],
    [29, 2.045],
    [60, 2.0],
    [120, 1.98],
    [1e9, 1.96],
  ];
  for (const [degrees, t] of printed) {
    assert.ok(Math.abs(studentT95(degrees) - t) < 0.001, `${degrees}: ${studentT95(degrees)} is not ${t}`);
  }
});

test('19 of 20 intervals hold the true mean, with 3 values, 5 or 12', () => {
  const random = new Random(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  for (const n of [3, 5, 12]) {
    const rounds = 20_000;
    let held = 0;
    for (let i = 0; i < rounds; i++) {
      const values = Array.from({ length: n }, () => 7 + normal());
      const { low, high, mean } = meanInterval(values);
      if (low <= 7 && 7 <= high) held++;
      assert.ok(Math.abs(high - mean - halfInterval95(values)) < 1e-12);
    }
    // Three standard errors of a share of 0.95 are 0.0046.
    assert.ok(Math.abs(held / rounds - 0.95) < 0.006, `${n} values: ${held / rounds}`);
  }
});

test.run();
