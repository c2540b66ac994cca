/** Windows over images [C][N][H][W] in plain loops; twin of assembly/training/columns.ts, depthwise.ts and pooling.ts. */
import { type ColumnsShape, type DepthwiseShape, type WindowShape, windowOutput } from '../../core/training.ts';
import { f, joined } from './lanes.ts';

/** Visits every cell of `columns` with the cell of the image below it, or -1 outside. */
function eachColumn(shape: ColumnsShape, visit: (column: number, pixel: number) => void): void {
  const { image, channels, plane, height, width, kernel, stride, padding, firstLine, lines } = shape;
  const outHeight = windowOutput(height, shape);
  const outWidth = windowOutput(width, shape);
  let column = shape.columns;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kernel; i++) {
      for (let j = 0; j < kernel; j++) {
        for (let line = firstLine; line < firstLine + lines; line++) {
          const n = Math.floor(line / outHeight);
          const y = (line % outHeight) * stride + i - padding;
          for (let ow = 0; ow < outWidth; ow++) {
            const x = ow * stride + j - padding;
            const inside = y >= 0 && y < height && x >= 0 && x < width;
            visit(column++, inside ? image + c * plane + (n * height + y) * width + x : -1);
          }
        }
      }
    }
  }
}

export function imageToColumns(memory: Float32Array, shape: ColumnsShape): void {
  eachColumn(shape, (column, pixel) => {
    memory[column] = pixel < 0 ? 0 : memory[pixel];
  });
}

export function columnsToImage(memory: Float32Array, shape: ColumnsShape): void {
  eachColumn(shape, (column, pixel) => {
    if (pixel >= 0) memory[pixel] += memory[column];
  });
}

/** Visits every pair of a pixel and an output that a weight joins: by channel, then weight by weight in image order. */
function eachTap(
  shape: DepthwiseShape,
  visit: (pixel: number, output: number, first: boolean) => void,
): (c: number, i: number, j: number) => void {
  const { images, height, width, stride, padding } = shape;
  const outHeight = windowOutput(height, shape);
  const outWidth = windowOutput(width, shape);
  return (c, i, j) => {
    for (let n = 0; n < images; n++) {
      for (let oh = 0; oh < outHeight; oh++) {
        const y = oh * stride + i - padding;
        if (y < 0 || y >= height) continue;
        let first = true;
        for (let ow = 0; ow < outWidth; ow++) {
          const x = ow * stride + j - padding;
          if (x < 0 || x >= width) continue;
          const plane = c * images + n;
          visit((plane * height + y) * width + x, (plane * outHeight + oh) * outWidth + ow, first);
          first = false;
        }
      }
    }
  };
}

/** Calls `tap` for every weight of every channel, with the weight's cell. */
function eachWeight(shape: DepthwiseShape, tap: (c: number, i: number, j: number, weight: number) => void): void {
  const { channels, kernel, channelStep, rowStep } = shape;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kernel; i++) {
      for (let j = 0; j < kernel; j++) tap(c, i, j, c * channelStep + i * rowStep + j);
    }
  }
}

export function depthwise(memory: Float32Array, x: number, weights: number, y: number, shape: DepthwiseShape): void {
  const outputs = shape.channels * shape.images * windowOutput(shape.height, shape) * windowOutput(shape.width, shape);
  memory.fill(0, y, y + outputs);
  let weight = 0;
  const run = eachTap(shape, (pixel, output) => {
    memory[y + output] += f(weight * memory[x + pixel]);
  });
  eachWeight(shape, (c, i, j, cell) => {
    weight = memory[weights + cell];
    run(c, i, j);
  });
}

/** In the order of output rows, as the other implementation goes: a pixel gains from several of them. */
export function depthwiseInputGradient(
  memory: Float32Array,
  dy: number,
  weights: number,
  dx: number,
  shape: DepthwiseShape,
): void {
  const { channels, images, height, width, kernel, stride, padding, channelStep, rowStep } = shape;
  const outHeight = windowOutput(height, shape);
  const outWidth = windowOutput(width, shape);
  for (let plane = 0; plane < channels * images; plane++) {
    const own = weights + Math.floor(plane / images) * channelStep;
    for (let oh = 0; oh < outHeight; oh++) {
      for (let i = 0; i < kernel; i++) {
        const y = oh * stride + i - padding;
        if (y < 0 || y >= height) continue;
        for (let j = 0; j < kernel; j++) {
          for (let ow = 0; ow < outWidth; ow++) {
            const x = ow * stride + j - padding;
            if (x < 0 || x >= width) continue;
            const gained = f(memory[own + i * rowStep + j] * memory[dy + (plane * outHeight + oh) * outWidth + ow]);
            memory[dx + (plane * height + y) * width + x] += gained;
          }
        }
      }
    }
  }
}

/** Each row of pixels in four lanes, counted from its first pixel inside. */
export function depthwiseWeightGradient(
  memory: Float32Array,
  x: number,
  dy: number,
  dw: number,
  shape: DepthwiseShape,
): void {
  const lanes = new Float32Array(4);
  let lane = 0;
  const run = eachTap(shape, (pixel, output, first) => {
    if (first) lane = 0;
    lanes[lane & 3] += f(memory[x + pixel] * memory[dy + output]);
    lane++;
  });
  eachWeight(shape, (c, i, j, cell) => {
    lanes.fill(0);
    run(c, i, j);
    memory[dw + cell] += joined(lanes);
  });
}

export function maxPool(
  memory: Float32Array,
  x: number,
  y: number,
  winners: number,
  planes: number,
  shape: WindowShape,
): void {
  const { height, width, kernel, stride, padding } = shape;
  const places = new Int32Array(memory.buffer);
  let output = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < windowOutput(height, shape); oh++) {
      for (let ow = 0; ow < windowOutput(width, shape); ow++, output++) {
        let best = Number.NEGATIVE_INFINITY;
        let winner = 0;
        const top = oh * stride - padding;
        const left = ow * stride - padding;
        for (let i = Math.max(0, top); i < Math.min(height, top + kernel); i++) {
          for (let j = Math.max(0, left); j < Math.min(width, left + kernel); j++) {
            const found = memory[x + (plane * height + i) * width + j];
            if (found > best) {
              best = found;
              winner = i * width + j;
            }
          }
        }
        memory[y + output] = best;
        places[winners + output] = winner;
      }
    }
  }
}
