/**
 * Convolution as a matrix product: what every output looks at, one column each. Images lie channel by channel,
 * [C][N][H][W]; a line is one row of output pixels of one image, numbered n * OH + oh.
 *
 *   columns[(c * K + i) * K + j][line][ow] = image[c][n][oh * stride + i - padding][ow * stride + j - padding], 0 outside
 */

/** Size of a convolution's output along one side. */
// @ts-ignore: decorator
@inline
export function outputSize(size: i32, kernel: i32, stride: i32, padding: i32): i32 {
  return (size + 2 * padding - kernel) / stride + 1;
}

/** First output position whose input lies inside; `outputs` where there is none. */
// @ts-ignore: decorator
@inline
export function firstInside(offset: i32, stride: i32, outputs: i32): i32 {
  return offset >= 0 ? 0 : min(outputs, (stride - 1 - offset) / stride);
}

/** Output position behind the last one whose input lies inside. */
// @ts-ignore: decorator
@inline
export function endInside(offset: i32, stride: i32, size: i32, outputs: i32): i32 {
  return offset >= size ? 0 : min(outputs, (size - 1 - offset) / stride + 1);
}

/** Columns of the lines firstLine .. firstLine + lines - 1. `plane` = floats between two channels. */
export function imageToColumns(
  image: usize, columns: usize, channels: u32, plane: u32, height: i32, width: i32, kernel: i32, stride: i32, padding: i32,
  firstLine: i32, lines: i32,
): void {
  const outHeight = outputSize(height, kernel, stride, padding);
  const outWidth = outputSize(width, kernel, stride, padding);
  let to = columns;
  for (let c: u32 = 0; c < channels; c++) {
    const channel = image + (<usize>c * plane << 2);
    for (let i = 0; i < kernel; i++) {
      for (let j = 0; j < kernel; j++) {
        const first = firstInside(j - padding, stride, outWidth);
        const end = max(first, endInside(j - padding, stride, width, outWidth));
        let n = firstLine / outHeight;
        let oh = firstLine % outHeight;
        for (let line = 0; line < lines; line++) {
          const y = oh * stride + i - padding;
          if (y < 0 || y >= height) memory.fill(to, 0, <usize>outWidth << 2);
          else {
            for (let x = 0; x < first; x++) store<f32>(to + (<usize>x << 2), 0);
            const row = channel + (<usize>((n * height + y) * width + j - padding) << 2);
            if (stride == 1) copyRow(to + (<usize>first << 2), row + (<usize>first << 2), end - first);
            else {
              for (let x = first; x < end; x++) store<f32>(to + (<usize>x << 2), load<f32>(row + (<usize>(x * stride) << 2)));
            }
            for (let x = end; x < outWidth; x++) store<f32>(to + (<usize>x << 2), 0);
          }
          to += <usize>outWidth << 2;
          if (++oh == outHeight) {
            oh = 0;
            n++;
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, count: i32): void {
  const end = to + (<usize>(count & ~3) << 2);
  for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (count &= 3; count > 0; count--, to += 4, from += 4) store<f32>(to, load<f32>(from));
}

/** The way back: every number of `columns` is added where it came from, in the order of the columns. */
export function columnsToImage(
  columns: usize, image: usize, channels: u32, plane: u32, height: i32, width: i32, kernel: i32, stride: i32, padding: i32,
  firstLine: i32, lines: i32,
): void {
  const outHeight = outputSize(height, kernel, stride, padding);
  const outWidth = outputSize(width, kernel, stride, padding);
  let from = columns;
  for (let c: u32 = 0; c < channels; c++) {
    const channel = image + (<usize>c * plane << 2);
    for (let i = 0; i < kernel; i++) {
      for (let j = 0; j < kernel; j++) {
        const first = firstInside(j - padding, stride, outWidth);
        const end = max(first, endInside(j - padding, stride, width, outWidth));
        let n = firstLine / outHeight;
        let oh = firstLine % outHeight;
        for (let line = 0; line < lines; line++) {
          const y = oh * stride + i - padding;
          if (y >= 0 && y < height) {
            const row = channel + (<usize>((n * height + y) * width + j - padding) << 2);
            if (stride == 1) addRow(row + (<usize>first << 2), from + (<usize>first << 2), end - first);
            else {
              for (let x = first; x < end; x++) {
                const at = row + (<usize>(x * stride) << 2);
                store<f32>(at, load<f32>(at) + load<f32>(from + (<usize>x << 2)));
              }
            }
          }
          from += <usize>outWidth << 2;
          if (++oh == outHeight) {
            oh = 0;
            n++;
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addRow(to: usize, from: usize, count: i32): void {
  const end = to + (<usize>(count & ~3) << 2);
  for (; to < end; to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (count &= 3; count > 0; count--, to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}
