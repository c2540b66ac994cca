/**
 * Logarithm and exponential from additions, multiplications and divisions only. Host `Math.log` and `Math.exp`
 * differ between engines in the last bit, these do not; `assembly/numeric.ts` is the twin, operation for operation.
 * Error: at most 2 units in the last place over the normal range.
 */

const view = new DataView(new ArrayBuffer(8));
const LN2_HIGH = 0.6931471803691238; // 33 leading bits of ln 2, so that k * LN2_HIGH is exact
const LN2_LOW = 1.9082149292705877e-10;

/** Natural logarithm. log(0) = -Infinity, log(x < 0) = NaN. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let exponent = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984; // 2^54
    exponent = -54;
  }
  // x = 2^exponent * fraction with fraction in [sqrt(1/2), sqrt(2))
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  exponent += (high >>> 20) - 1023;
  view.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let fraction = view.getFloat64(0);
  if (fraction > Math.SQRT2) {
    fraction *= 0.5;
    exponent += 1;
  }
  // ln(fraction) = 2 atanh(s) = 2s (1 + z/3 + z^2/5 + ...), s = (fraction - 1) / (fraction + 1), z = s^2 <= 0.0295
  const s = (fraction - 1) / (fraction + 1);
  const z = s * s;
  let series = 1 / 25;
  series = series * z + 1 / 23;
  series = series * z + 1 / 21;
  series = series * z + 1 / 19;
  series = series * z + 1 / 17;
  series = series * z + 1 / 15;
  series = series * z + 1 / 13;
  series = series * z + 1 / 11;
  series = series * z + 1 / 9;
  series = series * z + 1 / 7;
  series = series * z + 1 / 5;
  series = series * z + 1 / 3;
  const small = 2 * s + 2 * s * (z * series);
  return exponent * LN2_HIGH + (small + exponent * LN2_LOW);
}

/** e to the power x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  // x = k ln 2 + r, |r| <= 0.35
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let series = 1 / 6227020800;
  series = series * r + 1 / 479001600;
  series = series * r + 1 / 39916800;
  series = series * r + 1 / 3628800;
  series = series * r + 1 / 362880;
  series = series * r + 1 / 40320;
  series = series * r + 1 / 5040;
  series = series * r + 1 / 720;
  series = series * r + 1 / 120;
  series = series * r + 1 / 24;
  series = series * r + 1 / 6;
  series = series * r + 1 / 2;
  const value = 1 + (r + r * r * series);
  // Two factors of 2 to a power, so that neither leaves the normal range.
  const half = k >> 1;
  return value * powerOfTwo(half) * powerOfTwo(k - half);
}

function powerOfTwo(k: number): number {
  view.setUint32(0, (k + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}
