/**
 * Activations and their slopes, four numbers at a time.
 *
 *   0 relu     max(0, x)
 *   1 gelu     x P(x), P the normal distribution; erfc after Abramowitz and Stegun 7.1.26, error below 1.5e-7
 *   2 h-swish  x clamp(x + 3, 0, 6) / 6
 */
export const RELU: u32 = 0;
export const GELU: u32 = 1;
export const HARD_SWISH: u32 = 2;

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** e to the power x for -87 <= x <= 0, relative error below 2e-7. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const k = f32x4.floor(f32x4.add(f32x4.mul(x, splat(1.4426950408889634)), splat(0.5)));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(k, splat(0.693145751953125))), f32x4.mul(k, splat(1.4286067653e-6)));
  let s = splat(1.0 / 720.0);
  s = f32x4.add(f32x4.mul(s, r), splat(1.0 / 120.0));
  s = f32x4.add(f32x4.mul(s, r), splat(1.0 / 24.0));
  s = f32x4.add(f32x4.mul(s, r), splat(1.0 / 6.0));
  s = f32x4.add(f32x4.mul(s, r), splat(0.5));
  s = f32x4.add(f32x4.mul(s, r), splat(1));
  s = f32x4.add(f32x4.mul(s, r), splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(k), i32x4.splat(127)), 23);
  return f32x4.mul(s, power);
}

/** exp(-x^2 / 2), the bell below both the normal distribution and its density. */
// @ts-ignore: decorator
@inline
function bell(x: v128): v128 {
  const exponent = f32x4.mul(f32x4.mul(x, x), splat(-0.5));
  return exp(f32x4.max(exponent, splat(-87)));
}

/** The normal distribution P(x). */
// @ts-ignore: decorator
@inline
function normal(x: v128, bellOfX: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), splat(0.7071067811865476));
  const t = f32x4.div(splat(1), f32x4.add(splat(1), f32x4.mul(splat(0.3275911), z)));
  let s = splat(1.061405429);
  s = f32x4.add(f32x4.mul(s, t), splat(-1.453152027));
  s = f32x4.add(f32x4.mul(s, t), splat(1.421413741));
  s = f32x4.add(f32x4.mul(s, t), splat(-0.284496736));
  s = f32x4.add(f32x4.mul(s, t), splat(0.254829592));
  const tail = f32x4.mul(splat(0.5), f32x4.mul(f32x4.mul(s, t), bellOfX));
  return v128.bitselect(tail, f32x4.sub(splat(1), tail), f32x4.lt(x, splat(0)));
}

// @ts-ignore: decorator
@inline
function value(kind: u32, x: v128): v128 {
  if (kind == RELU) return f32x4.max(x, splat(0));
  if (kind == GELU) return f32x4.mul(x, normal(x, bell(x)));
  const part = f32x4.min(f32x4.max(f32x4.add(x, splat(3)), splat(0)), splat(6));
  return f32x4.mul(f32x4.mul(x, part), splat(1.0 / 6.0));
}

// @ts-ignore: decorator
@inline
function slope(kind: u32, x: v128): v128 {
  if (kind == RELU) return v128.and(f32x4.gt(x, splat(0)), splat(1));
  if (kind == GELU) {
    const b = bell(x);
    return f32x4.add(normal(x, b), f32x4.mul(x, f32x4.mul(splat(0.3989422804014327), b)));
  }
  const inner = f32x4.mul(f32x4.add(f32x4.add(x, x), splat(3)), splat(1.0 / 6.0));
  const upper = v128.bitselect(splat(1), inner, f32x4.gt(x, splat(3)));
  return v128.andnot(upper, f32x4.lt(x, splat(-3)));
}

/** y = f(x). Rows are padded to whole vectors, so `count` is rounded up to a multiple of 4. */
export function activate(kind: u32, x: usize, y: usize, count: u32): void {
  const end = x + (<usize>((count + 3) & ~3) << 2);
  if (kind == RELU) for (; x < end; x += 16, y += 16) v128.store(y, value(RELU, v128.load(x)));
  else if (kind == GELU) for (; x < end; x += 16, y += 16) v128.store(y, value(GELU, v128.load(x)));
  else for (; x < end; x += 16, y += 16) v128.store(y, value(HARD_SWISH, v128.load(x)));
}

/** dx += dy f'(x); `count` is rounded up to a multiple of 4. */
export function activateGradient(kind: u32, x: usize, dy: usize, dx: usize, count: u32): void {
  const end = x + (<usize>((count + 3) & ~3) << 2);
  for (; x < end; x += 16, dy += 16, dx += 16) {
    const at = v128.load(x);
    const steep = kind == RELU ? slope(RELU, at) : kind == GELU ? slope(GELU, at) : slope(HARD_SWISH, at);
    v128.store(dx, f32x4.add(v128.load(dx), f32x4.mul(v128.load(dy), steep)));
  }
}
