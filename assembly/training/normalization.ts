/** Batch normalisation of [channels][columns]: every channel over all its columns. */
import { joined, rest, sumOf } from './lanes';

/** Mean and (biased) variance of every channel, in two passes. */
export function channelMoments(x: usize, channels: u32, columns: u32, mean: usize, variance: usize): void {
  const step = <usize>columns << 2;
  for (let c: u32 = 0; c < channels; c++, x += step) {
    const centre = sumOf(x, columns) / <f32>columns;
    const middle = f32x4.splat(centre);
    let lanes = f32x4.splat(0);
    let at = x;
    const end = at + (<usize>(columns & ~3) << 2);
    for (; at < end; at += 16) {
      const off = f32x4.sub(v128.load(at), middle);
      lanes = f32x4.add(lanes, f32x4.mul(off, off));
    }
    let squares = joined(lanes);
    for (let left = columns & 3; left > 0; left--, at += 4) {
      const off = load<f32>(at) - centre;
      squares += off * off;
    }
    store<f32>(mean + (<usize>c << 2), centre);
    store<f32>(variance + (<usize>c << 2), squares / <f32>columns);
  }
}

/** y = (x - mean) * inverse * gamma + beta, channel by channel. */
export function normalize(
  x: usize, y: usize, channels: u32, columns: u32, mean: usize, inverse: usize, gamma: usize, beta: usize,
): void {
  for (let c: u32 = 0; c < channels; c++) {
    const cell = <usize>c << 2;
    const m = load<f32>(mean + cell);
    const i = load<f32>(inverse + cell);
    const g = load<f32>(gamma + cell);
    const b = load<f32>(beta + cell);
    const end = x + (<usize>(columns & ~3) << 2);
    for (; x < end; x += 16, y += 16) {
      const unit = f32x4.mul(f32x4.sub(v128.load(x), f32x4.splat(m)), f32x4.splat(i));
      v128.store(y, f32x4.add(f32x4.mul(unit, f32x4.splat(g)), f32x4.splat(b)));
    }
    for (let left = columns & 3; left > 0; left--, x += 4, y += 4) store<f32>(y, (load<f32>(x) - m) * i * g + b);
  }
}

/**
 * dGamma += sum dy * unit, dBeta += sum dy, and, where dx is not 0,
 * dx += gamma * inverse * (dy - sum dy / columns - unit * sum (dy * unit) / columns); unit = (x - mean) * inverse.
 */
export function normalizeGradient(
  x: usize, dy: usize, dx: usize, channels: u32, columns: u32, mean: usize, inverse: usize, gamma: usize, dGamma: usize,
  dBeta: usize,
): void {
  const step = <usize>columns << 2;
  const whole = <usize>(columns & ~3) << 2;
  const left = columns & 3;
  for (let c: u32 = 0; c < channels; c++, x += step, dy += step) {
    const cell = <usize>c << 2;
    const m = f32x4.splat(load<f32>(mean + cell));
    const i = f32x4.splat(load<f32>(inverse + cell));
    let lanes = f32x4.splat(0);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const unit = f32x4.mul(f32x4.sub(v128.load(x + at), m), i);
      lanes = f32x4.add(lanes, f32x4.mul(v128.load(dy + at), unit));
    }
    if (left) {
      const unit = f32x4.mul(f32x4.sub(rest(x + at, left), m), i);
      lanes = f32x4.add(lanes, f32x4.mul(rest(dy + at, left), unit));
    }
    const product = joined(lanes);
    const total = sumOf(dy, columns);
    store<f32>(dGamma + cell, load<f32>(dGamma + cell) + product);
    store<f32>(dBeta + cell, load<f32>(dBeta + cell) + total);
    if (dx == 0) continue;
    const scale = load<f32>(gamma + cell) * load<f32>(inverse + cell);
    const meanTotal = total / <f32>columns;
    const meanProduct = product / <f32>columns;
    for (at = 0; at < whole; at += 16) {
      const unit = f32x4.mul(f32x4.sub(v128.load(x + at), m), i);
      const inner = f32x4.sub(
        f32x4.sub(v128.load(dy + at), f32x4.splat(meanTotal)),
        f32x4.mul(unit, f32x4.splat(meanProduct)),
      );
      v128.store(dx + at, f32x4.add(v128.load(dx + at), f32x4.mul(f32x4.splat(scale), inner)));
    }
    for (; at < step; at += 4) {
      const unit = (load<f32>(x + at) - load<f32>(mean + cell)) * load<f32>(inverse + cell);
      const inner = load<f32>(dy + at) - meanTotal - unit * meanProduct;
      store<f32>(dx + at, load<f32>(dx + at) + scale * inner);
    }
    dx += step;
  }
}
