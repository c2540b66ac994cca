/**
 * Adam (Kingma and Ba, 2015), weight decay added to the gradient as in the paper's L2 form. `firstCorrection` and
 * `secondCorrection` are 1 / (1 - beta^t). Arrays are padded to whole vectors: `count` is rounded up to a multiple of 4.
 */
export function adam(
  weights: usize, gradient: usize, first: usize, second: usize, count: u32, rate: f32, beta1: f32, beta2: f32, epsilon: f32,
  decay: f32, firstCorrection: f32, secondCorrection: f32,
): void {
  const end = weights + (<usize>((count + 3) & ~3) << 2);
  const old1 = f32x4.splat(beta1);
  const old2 = f32x4.splat(beta2);
  const new1 = f32x4.splat(1 - beta1);
  const new2 = f32x4.splat(1 - beta2);
  for (; weights < end; weights += 16, gradient += 16, first += 16, second += 16) {
    const w = v128.load(weights);
    const g = f32x4.add(v128.load(gradient), f32x4.mul(f32x4.splat(decay), w));
    const m = f32x4.add(f32x4.mul(old1, v128.load(first)), f32x4.mul(new1, g));
    const v = f32x4.add(f32x4.mul(old2, v128.load(second)), f32x4.mul(new2, f32x4.mul(g, g)));
    v128.store(first, m);
    v128.store(second, v);
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(secondCorrection))), f32x4.splat(epsilon));
    const step = f32x4.div(f32x4.mul(f32x4.splat(rate), f32x4.mul(m, f32x4.splat(firstCorrection))), size);
    v128.store(weights, f32x4.sub(w, step));
  }
}
