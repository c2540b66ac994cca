/**
 * The compact network after OmniBoost (Karatzas and Anagnostopoulos, DAC 2023): a small residual network over the image
 * of a placement, X[d][l][m] = cost of block l of the model in column m on the processor d that runs it. Corrected in
 * two ways: costs are those of the executing processor, and there is one output for each column instead of one for each
 * processor, so that a starving model shows. 19,464 + 196 D + 33 O weights for D processors and O columns.
 *
 *   stem     conv 7x7 s2 D->4, norm, GELU, largest of 3x3 s2
 *   blocks   4->4, 4->8 s2, 8->16 s2, 16->32 s2: conv 3x3, norm, GELU, conv 3x3, norm, + shortcut, GELU
 *   head     mean of all pixels, dense 32->O
 */
import { log } from '../../../bindings/core.ts';
import type { BatchNorm, Parameter, Parameters, Tape, Tensor } from '../../../bindings/training/index.ts';
import { PLACEMENT_STRIDE } from '../../core/placement.ts';

/** Height and width of the image; at least as many blocks and models as there are. */
export interface ImageSize {
  processors: number;
  blocks: number;
  models: number;
}

/** The original's image: 34 layers and one, 11 networks. */
export const ORIGINAL_BLOCKS = 35;
export const ORIGINAL_MODELS = 11;

/** Input channels, output channels and stride of the residual blocks. */
export const RESIDUAL_BLOCKS = [
  [4, 4, 1],
  [4, 8, 2],
  [8, 16, 2],
  [16, 32, 2],
] as const;
const STEM_CHANNELS = 4;

interface Residual {
  stride: number;
  first: Parameter;
  firstNorm: BatchNorm;
  second: Parameter;
  secondNorm: BatchNorm;
  shortcut?: Parameter;
  shortcutNorm?: BatchNorm;
}

export class CompactNetwork {
  readonly parameters: Parameters;
  readonly size: ImageSize;
  readonly #stem: Parameter;
  readonly #stemNorm: BatchNorm;
  readonly #blocks: Residual[];
  readonly #head: Parameter;
  readonly #headBias: Parameter;

  constructor(parameters: Parameters, size: ImageSize) {
    this.parameters = parameters;
    this.size = size;
    this.#stem = parameters.add('stem', [STEM_CHANNELS, size.processors, 7, 7], 'xavier');
    this.#stemNorm = parameters.batchNorm('stem.norm', STEM_CHANNELS);
    this.#blocks = RESIDUAL_BLOCKS.map(([from, to, stride], i) => {
      const name = `block${i + 1}`;
      return {
        stride,
        first: parameters.add(`${name}.first`, [to, from, 3, 3], 'xavier'),
        firstNorm: parameters.batchNorm(`${name}.first.norm`, to),
        second: parameters.add(`${name}.second`, [to, to, 3, 3], 'xavier'),
        secondNorm: parameters.batchNorm(`${name}.second.norm`, to),
        ...(from !== to && {
          shortcut: parameters.add(`${name}.shortcut`, [to, from, 1, 1], 'xavier'),
          shortcutNorm: parameters.batchNorm(`${name}.shortcut.norm`, to),
        }),
      };
    });
    this.#head = parameters.add('head', [size.models, 32], 'xavier');
    this.#headBias = parameters.add('head.bias', [size.models], 0);
  }

  /** Images [D][rows][L][M] in, [M][rows][1][1] out. */
  forward(tape: Tape, images: Float32Array): Tensor {
    const { processors, blocks, models } = this.size;
    const shape = { channels: processors, height: blocks, width: models };
    let x = tape.input(images, { ...shape, images: images.length / (processors * blocks * models) });
    x = tape.batchNorm(tape.convolution(x, this.#stem, { stride: 2, padding: 3 }), this.#stemNorm);
    x = tape.maxPool(tape.activation(x, 'gelu'), { kernel: 3, stride: 2, padding: 1 });
    for (const { stride, first, firstNorm, second, secondNorm, shortcut, shortcutNorm } of this.#blocks) {
      const inner = tape.activation(tape.batchNorm(tape.convolution(x, first, { stride }), firstNorm), 'gelu');
      const own = tape.batchNorm(tape.convolution(inner, second), secondNorm);
      const past =
        shortcut && shortcutNorm ? tape.batchNorm(tape.convolution(x, shortcut, { stride }), shortcutNorm) : x;
      x = tape.activation(tape.add(own, past), 'gelu');
    }
    return tape.dense(tape.globalPool(x), this.#head, this.#headBias);
  }
}

/** A placed model as a column of the image. */
export interface ImageColumn {
  /** [P][blocks] seconds of the model. */
  seconds: Float64Array;
  blocks: number;
  /** Placement record. */
  record: Uint8Array;
}

/** ln(1 + t / reference), so that fast and slow blocks both leave a trace. */
export function cellOf(seconds: number, referenceSeconds: number): number {
  return log(1 + seconds / referenceSeconds);
}

/** Writes image `row` of `rows` images [D][rows][L][M]; cells must be 0 before. */
export function drawImage(
  images: Float32Array,
  row: number,
  rows: number,
  { blocks: height, models: width }: ImageSize,
  columns: readonly ImageColumn[],
  referenceSeconds: number,
): void {
  for (const [m, { seconds, blocks, record }] of columns.entries()) {
    let block = 0;
    for (let s = 0; s < record[0]; s++) {
      const processor = record[1 + 2 * s];
      for (; block < record[2 + 2 * s]; block++) {
        const at = ((processor * rows + row) * height + block) * width + m;
        images[at] = cellOf(seconds[processor * blocks + block], referenceSeconds);
      }
    }
  }
}

/** Columns in which models stand: descending by mean work over processors, ties by place. Repeats allowed. */
export function columnOrder(work: readonly number[]): number[] {
  return [...work.keys()].sort((a, b) => work[b] - work[a] || a - b);
}

/** Mean over processors of a model's seconds, where it runs; the key of {@link columnOrder}. */
export function meanWork(seconds: Float64Array, processors: number, depth: number): number {
  let sum = 0;
  let counted = 0;
  for (let p = 0; p < processors; p++) {
    let own = 0;
    for (let l = 0; l < depth; l++) own += seconds[p * depth + l];
    if (own === Number.POSITIVE_INFINITY) continue;
    sum += own;
    counted++;
  }
  return counted === 0 ? 0 : sum / counted;
}

/** Bytes of a placement record, for views into lists of them. */
export const RECORD = PLACEMENT_STRIDE;
