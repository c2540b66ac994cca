/** Tensors, and how work on them is cut into pieces, so that no call of a kernel is long. */

/** Activations [channels][images][height][width]. */
export interface Tensor {
  readonly channels: number;
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** Numbers in all. */
  readonly length: number;
  readonly at: number;
  /** Address of the gradient; 0 until one arrives. */
  gradient: number;
  /** False for inputs: nobody asks for their gradient. */
  readonly learns: boolean;
}

export type TensorShape = Pick<Tensor, 'channels' | 'images' | 'height' | 'width'>;

/** Numbers of columns built at once: they and their product stay in the cache, and no call of a kernel is long. */
export const COLUMN_CELLS = 65_536;
/** Multiplications of a depthwise call; numbers of an element-wise one. */
export const CALL_WORK = 2_000_000;

/** Runs of lines whose columns, `depth` deep, are about COLUMN_CELLS numbers. */
export function chunksOf(y: Tensor, depth: number): { list: { firstLine: number; lines: number }[]; largest: number } {
  const all = y.images * y.height;
  const together = Math.min(all, Math.max(1, Math.floor(COLUMN_CELLS / (depth * y.width))));
  const list: { firstLine: number; lines: number }[] = [];
  for (let firstLine = 0; firstLine < all; firstLine += together) {
    list.push({ firstLine, lines: Math.min(together, all - firstLine) });
  }
  return { list, largest: together * y.width };
}

export function channelParts(x: Tensor): { from: number; channels: number }[] {
  const together = Math.max(1, Math.floor((CALL_WORK * x.channels) / x.length));
  const parts: { from: number; channels: number }[] = [];
  for (let from = 0; from < x.channels; from += together) {
    parts.push({ from, channels: Math.min(together, x.channels - from) });
  }
  return parts;
}

export function partsOf(x: Tensor): { start: number; count: number }[] {
  const parts: { start: number; count: number }[] = [];
  for (let start = 0; start < x.length; start += CALL_WORK) {
    parts.push({ start, count: Math.min(CALL_WORK, x.length - start) });
  }
  return parts;
}

/** A side of every image, as kernels that reduce along one want it. */
export function axisOf(x: TensorShape, axis: 'height' | 'width'): { outer: number; length: number; inner: number } {
  const planes = x.channels * x.images;
  return axis === 'height'
    ? { outer: planes, length: x.height, inner: x.width }
    : { outer: planes * x.height, length: x.width, inner: 1 };
}
