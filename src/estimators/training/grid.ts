/**
 * The network of ours: any number of models and resources. A placement is a grid, one cell for each model and resource
 * that it uses; every layer mixes a cell with the sums of its row (the same model elsewhere) and of its column (who else
 * wants the resource), so that the order of models and resources does not matter (exchangeable matrices: Hartford et al.,
 * "Deep models of interactions across sets", 2018). It learns the ratio of the true rate to a base rate.
 *
 *   demands [N][M][R] ─► features of cells [F][N][M][R] ─► LAYERS x mix ─► sum over R ─► dense ─► ln(rate / base)
 */

import { log } from '../../../bindings/core.ts';
import type { Parameter, Parameters, Tape, Tensor } from '../../../bindings/training/index.ts';

/** Rows of cells, as the network takes them. */
export interface GridBatch {
  rows: number;
  /** M and R. */
  columns: number;
  resources: number;
  /** [rows][M][R] seconds of resource r that a frame of model m needs; all 0 = no such model. */
  demands: Float32Array;
  /** [rows][M] base rates, frames/s; 0 where there is no model. */
  base: Float32Array;
}

export interface GridSizes {
  width: number;
  layers: number;
}

export const GRID_SIZES: GridSizes = { width: 32, layers: 3 };
/** Features of a cell. */
const GRID_FEATURES = 5;
/** Sums are weighted so that they stay of the size of one cell. */
export const ROW_FACTOR = 0.5;
export const COLUMN_FACTOR = 0.5;
/** Logarithms of seconds are taken from this one and divided, so that they are of size 1. */
export const LOG_SCALE = 0.25;

interface Mixing {
  cell: Parameter;
  row: Parameter;
  column: Parameter;
  bias: Parameter;
}

export class GridNetwork {
  readonly parameters: Parameters;
  readonly sizes: GridSizes;
  readonly #mixing: Mixing[] = [];
  readonly #hidden: Parameter;
  readonly #hiddenBias: Parameter;
  readonly #out: Parameter;
  readonly #outBias: Parameter;

  constructor(parameters: Parameters, sizes: GridSizes = GRID_SIZES) {
    this.parameters = parameters;
    this.sizes = sizes;
    const { width, layers } = sizes;
    for (let l = 0; l < layers; l++) {
      const from = l === 0 ? GRID_FEATURES : width;
      this.#mixing.push({
        cell: parameters.add(`mix${l}.cell`, [width, from], 'kaiming'),
        row: parameters.add(`mix${l}.row`, [width, from], 'xavier'),
        column: parameters.add(`mix${l}.column`, [width, from], 'xavier'),
        bias: parameters.add(`mix${l}.bias`, [width], 0),
      });
    }
    this.#hidden = parameters.add('hidden', [width, width], 'kaiming');
    this.#hiddenBias = parameters.add('hidden.bias', [width], 0);
    this.#out = parameters.add('out', [1, width], 'xavier');
    this.#outBias = parameters.add('out.bias', [1], 0);
  }

  /** [1][rows][M][1]. */
  forward(tape: Tape, batch: GridBatch, referenceSeconds: number): Tensor {
    const { rows: images, columns: height, resources: width } = batch;
    const { features, mask } = gridFeatures(batch, referenceSeconds);
    const cells = tape.input(mask, { channels: 1, images, height, width });
    let x = tape.input(features, { channels: GRID_FEATURES, images, height, width });
    for (const [l, { cell, row, column, bias }] of this.#mixing.entries()) {
      const own = tape.dense(x, cell, bias);
      const sameModel = tape.spread(tape.dense(tape.sum(x, 'width', ROW_FACTOR), row), 'width', width);
      const sameResource = tape.spread(tape.dense(tape.sum(x, 'height', COLUMN_FACTOR), column), 'height', height);
      const y = tape.masked(tape.activation(tape.add(tape.add(own, sameModel), sameResource), 'gelu'), cells);
      x = l === 0 ? y : tape.add(x, y);
    }
    const models = tape.activation(
      tape.dense(tape.sum(x, 'width', ROW_FACTOR), this.#hidden, this.#hiddenBias),
      'gelu',
    );
    return tape.dense(models, this.#out, this.#outBias);
  }
}

/**
 * Features of cells, channel by channel: whether the cell is used; ln(seconds / reference); the share u of the resource
 * that the model takes at its base rate; what all others take of it; u to the power 2 weighs nearly full ones.
 */
function gridFeatures(
  { rows, columns, resources, demands, base }: GridBatch,
  referenceSeconds: number,
): { features: Float32Array; mask: Float32Array } {
  const plane = rows * columns * resources;
  const features = new Float32Array(GRID_FEATURES * plane);
  const mask = new Float32Array(plane);
  for (let n = 0; n < rows; n++) {
    for (let r = 0; r < resources; r++) {
      let load = 0;
      for (let m = 0; m < columns; m++) {
        load += demands[(n * columns + m) * resources + r] * base[n * columns + m];
      }
      for (let m = 0; m < columns; m++) {
        const cell = (n * columns + m) * resources + r;
        const seconds = demands[cell];
        if (!(seconds > 0)) continue;
        const share = seconds * base[n * columns + m];
        mask[cell] = 1;
        features[cell] = 1;
        features[plane + cell] = LOG_SCALE * log(seconds / referenceSeconds);
        features[2 * plane + cell] = share;
        features[3 * plane + cell] = load - share;
        features[4 * plane + cell] = share * load;
      }
    }
  }
  return { features, mask };
}
