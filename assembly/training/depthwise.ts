/**
 * Depthwise convolution: one kernel a channel. Row by row: a weight times a row of input goes to a row of output, four
 * pixels at a time where the stride is 1. Weights of channel c begin at weights + c * channelStep, their rows rowStep
 * apart, so that the middle of a larger kernel can be used in place (elastic kernels). Steps in bytes.
 */
import { endInside, firstInside, outputSize } from './columns';
import { joined, rest } from './lanes';

/** y = x * w. */
export function depthwise(
  x: usize, weights: usize, channelStep: usize, rowStep: usize, y: usize, channels: u32, images: i32, height: i32, width: i32,
  kernel: i32, stride: i32, padding: i32,
): void {
  const outHeight = outputSize(height, kernel, stride, padding);
  const outWidth = outputSize(width, kernel, stride, padding);
  for (let c: u32 = 0; c < channels; c++, weights += channelStep) {
    for (let n = 0; n < images; n++, x += <usize>(height * width) << 2) {
      for (let oh = 0; oh < outHeight; oh++, y += <usize>outWidth << 2) {
        memory.fill(y, 0, <usize>outWidth << 2);
        for (let i = 0; i < kernel; i++) {
          const row = oh * stride + i - padding;
          if (row < 0 || row >= height) continue;
          for (let j = 0; j < kernel; j++) {
            const first = firstInside(j - padding, stride, outWidth);
            const end = endInside(j - padding, stride, width, outWidth);
            const from = x + (<usize>(row * width + j - padding) << 2);
            const weight = load<f32>(weights + i * rowStep + (<usize>j << 2));
            spread(y, from, weight, first, end, stride);
          }
        }
      }
    }
  }
}

/** y[p] += w x[p * stride] for first <= p < end. */
// @ts-ignore: decorator
@inline
function spread(y: usize, x: usize, weight: f32, first: i32, end: i32, stride: i32): void {
  let p = first;
  if (stride == 1) {
    const w = f32x4.splat(weight);
    for (; p + 4 <= end; p += 4) {
      const at = y + (<usize>p << 2);
      v128.store(at, f32x4.add(v128.load(at), f32x4.mul(w, v128.load(x + (<usize>p << 2)))));
    }
  }
  for (; p < end; p++) {
    const at = y + (<usize>p << 2);
    store<f32>(at, load<f32>(at) + weight * load<f32>(x + (<usize>(p * stride) << 2)));
  }
}

/** dx += what reaches it through the weights. */
export function depthwiseInputGradient(
  dy: usize, weights: usize, channelStep: usize, rowStep: usize, dx: usize, channels: u32, images: i32, height: i32,
  width: i32, kernel: i32, stride: i32, padding: i32,
): void {
  const outHeight = outputSize(height, kernel, stride, padding);
  const outWidth = outputSize(width, kernel, stride, padding);
  for (let c: u32 = 0; c < channels; c++, weights += channelStep) {
    for (let n = 0; n < images; n++, dx += <usize>(height * width) << 2) {
      for (let oh = 0; oh < outHeight; oh++, dy += <usize>outWidth << 2) {
        for (let i = 0; i < kernel; i++) {
          const row = oh * stride + i - padding;
          if (row < 0 || row >= height) continue;
          for (let j = 0; j < kernel; j++) {
            const first = firstInside(j - padding, stride, outWidth);
            const end = endInside(j - padding, stride, width, outWidth);
            const to = dx + (<usize>(row * width + j - padding) << 2);
            const weight = load<f32>(weights + i * rowStep + (<usize>j << 2));
            gather(to, dy, weight, first, end, stride);
          }
        }
      }
    }
  }
}

/** x[p * stride] += w y[p] for first <= p < end. */
// @ts-ignore: decorator
@inline
function gather(x: usize, y: usize, weight: f32, first: i32, end: i32, stride: i32): void {
  let p = first;
  if (stride == 1) {
    const w = f32x4.splat(weight);
    for (; p + 4 <= end; p += 4) {
      const at = x + (<usize>p << 2);
      v128.store(at, f32x4.add(v128.load(at), f32x4.mul(w, v128.load(y + (<usize>p << 2)))));
    }
  }
  for (; p < end; p++) {
    const at = x + (<usize>(p * stride) << 2);
    store<f32>(at, load<f32>(at) + weight * load<f32>(y + (<usize>p << 2)));
  }
}

/** dw += sums over all pixels: each row in four lanes from its first pixel inside, rows in order. */
export function depthwiseWeightGradient(
  x: usize, dy: usize, dw: usize, channelStep: usize, rowStep: usize, channels: u32, images: i32, height: i32, width: i32,
  kernel: i32, stride: i32, padding: i32,
): void {
  const outHeight = outputSize(height, kernel, stride, padding);
  const outWidth = outputSize(width, kernel, stride, padding);
  const inStep = <usize>(height * width) << 2;
  const outStep = <usize>(outHeight * outWidth) << 2;
  for (let c: u32 = 0; c < channels; c++, dw += channelStep) {
    for (let i = 0; i < kernel; i++) {
      for (let j = 0; j < kernel; j++) {
        const first = firstInside(j - padding, stride, outWidth);
        const end = max(first, endInside(j - padding, stride, width, outWidth));
        let lanes = f32x4.splat(0);
        for (let n = 0; n < images; n++) {
          for (let oh = 0; oh < outHeight; oh++) {
            const row = oh * stride + i - padding;
            if (row < 0 || row >= height) continue;
            const from = x + n * inStep + (<usize>(row * width + j - padding + first * stride) << 2);
            const to = dy + n * outStep + (<usize>(oh * outWidth + first) << 2);
            lanes = products(lanes, from, to, end - first, stride);
          }
        }
        const at = dw + i * rowStep + (<usize>j << 2);
        store<f32>(at, load<f32>(at) + joined(lanes));
      }
    }
    x += images * inStep;
    dy += images * outStep;
  }
}

// @ts-ignore: decorator
@inline
function products(lanes: v128, x: usize, y: usize, count: i32, stride: i32): v128 {
  const step = <usize>stride << 2;
  let p = 0;
  for (; p + 4 <= count; p += 4, y += 16, x += step << 2) {
    const four = stride == 1 ? v128.load(x) : strided(x, step, 4);
    lanes = f32x4.add(lanes, f32x4.mul(four, v128.load(y)));
  }
  const left = count - p;
  if (left) {
    const last = stride == 1 ? rest(x, left) : strided(x, step, left);
    lanes = f32x4.add(lanes, f32x4.mul(last, rest(y, left)));
  }
  return lanes;
}

/** One to four numbers `step` bytes apart, zeros behind them. */
function strided(x: usize, step: usize, count: i32): v128 {
  let four = v128.load32_zero(x);
  if (count > 1) four = f32x4.replace_lane(four, 1, load<f32>(x + step));
  if (count > 2) four = f32x4.replace_lane(four, 2, load<f32>(x + step * 2));
  if (count > 3) four = f32x4.replace_lane(four, 3, load<f32>(x + step * 3));
  return four;
}
