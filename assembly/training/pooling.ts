/** Largest and summed values: over windows of an image, and over one axis of an array. */
import { outputSize } from './columns';
import { sumOf } from './lanes';

/** y = the largest of each window; `winners` = its place in the plane. Outside counts as -Infinity; ties: the first. */
export function maxPool(
  x: usize, y: usize, winners: usize, planes: u32, height: i32, width: i32, kernel: i32, stride: i32, padding: i32,
): void {
  const outHeight = outputSize(height, kernel, stride, padding);
  const outWidth = outputSize(width, kernel, stride, padding);
  for (let plane: u32 = 0; plane < planes; plane++, x += <usize>(height * width) << 2) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++, y += 4, winners += 4) {
        let best: f32 = -Infinity;
        let winner = 0;
        for (let i = max(0, oh * stride - padding); i < min(height, oh * stride - padding + kernel); i++) {
          for (let j = max(0, ow * stride - padding); j < min(width, ow * stride - padding + kernel); j++) {
            const place = i * width + j;
            const found = load<f32>(x + (<usize>place << 2));
            if (found > best) {
              best = found;
              winner = place;
            }
          }
        }
        store<f32>(y, best);
        store<i32>(winners, winner);
      }
    }
  }
}

/** dx at every winner += dy. */
export function maxPoolGradient(dy: usize, winners: usize, dx: usize, planes: u32, pixels: u32, outputs: u32): void {
  for (let plane: u32 = 0; plane < planes; plane++, dx += <usize>pixels << 2) {
    for (let o: u32 = 0; o < outputs; o++, dy += 4, winners += 4) {
      const at = dx + (<usize>load<i32>(winners) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(dy));
    }
  }
}

/** y[o][i] += factor * sum over l of x[o][l][i]: in four lanes where inner is 1, else in order. */
export function sumAxis(x: usize, y: usize, outer: u32, length: u32, inner: u32, factor: f32): void {
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      store<f32>(y, load<f32>(y) + factor * sumOf(x, length));
      x += <usize>length << 2;
      y += 4;
      continue;
    }
    const step = <usize>inner << 2;
    for (let i: u32 = 0; i < inner; i++, y += 4, x += 4) {
      let sum: f32 = 0;
      for (let l: u32 = 0; l < length; l++) sum += load<f32>(x + l * step);
      store<f32>(y, load<f32>(y) + factor * sum);
    }
    x += (length - 1) * step;
  }
}

/** x[o][l][i] += factor * y[o][i]. */
export function spreadAxis(y: usize, x: usize, outer: u32, length: u32, inner: u32, factor: f32): void {
  for (let o: u32 = 0; o < outer; o++, y += <usize>inner << 2) {
    for (let l: u32 = 0; l < length; l++) {
      for (let i: u32 = 0; i < inner; i++, x += 4) {
        store<f32>(x, load<f32>(x) + factor * load<f32>(y + (<usize>i << 2)));
      }
    }
  }
}
