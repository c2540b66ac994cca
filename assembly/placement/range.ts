/** Running extremes of the values seen, and the scaling of worths to Q in [0, 1] that follows from them. */

export let rangeLow: f64 = 0;
export let rangeHigh: f64 = 0;

/** Q = (worth - low) * scale + offset; 0.5 while all values are equal. */
export let low: f32 = 0;
export let scale: f32 = 0;
export let offset: f32 = 0;
/** Largest magnitude of a worth. */
export let largest: f32 = 0;
/** Q of every worth is in [0, 1], but for rounding, and far from overflow and underflow. */
export let tame: bool = false;

let unscaled: bool = false;

const MOST_WORTH: f32 = 1152921504606846976.0; // 2^60
/** Values beyond, and spreads below its reciprocal, would overflow float32: all then count as equal. */
const MOST_COMPARED: f64 = 1e38;
const LEAST_SCALE: f32 = 9.094947e-13; // 2^-40
const MOST_SCALE: f32 = 1099511627776.0; // 2^40

export function beginRange(): void {
  rangeLow = Infinity;
  rangeHigh = -Infinity;
  unscaled = false;
  rescale();
}

/** What a refused or infeasible placement is worth: as bad as the worst value seen. */
export function worthOfRefused(): f64 {
  if (rangeLow < Infinity) return rangeLow;
  // The values to come may well be worse, or all of them better, than this.
  unscaled = true;
  return 0;
}

/** A value as worths hold it: infinite ones mark closed nodes. */
// @ts-ignore: decorator
@inline
export function comparable(value: f64): f64 {
  return min(max(value, -MOST_COMPARED), MOST_COMPARED);
}

// @ts-ignore: decorator
@inline
export function widenRange(value: f64): void {
  if (value < rangeLow || value > rangeHigh) widen(value);
}

function widen(value: f64): void {
  if (value < rangeLow) rangeLow = value;
  if (value > rangeHigh) rangeHigh = value;
  rescale();
}

function rescale(): void {
  const width = rangeHigh - rangeLow;
  const spread = width >= 1 / MOST_COMPARED && rangeLow >= -MOST_COMPARED && rangeHigh <= MOST_COMPARED;
  low = spread ? <f32>rangeLow : 0;
  scale = spread ? <f32>(1 / width) : 0;
  offset = spread ? 0 : 0.5;
  largest = <f32>max(Math.abs(rangeLow), Math.abs(rangeHigh));
  tame = !unscaled && spread && largest < MOST_WORTH && scale > LEAST_SCALE && scale < MOST_SCALE;
}
