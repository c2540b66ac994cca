/**
 * The supernet: weights of the largest network, from which every sub-network takes the first channels and the middle of
 * the kernels. Trained by the sandwich rule: each step the largest, the smallest and random sub-networks add up their
 * gradients (Yu and Huang, "Universally Slimmable Networks", ICCV 2019).
 */
import {
  type BatchNorm,
  type Parameter,
  Parameters,
  type Tape,
  type Tensor,
} from '../../../bindings/training/index.ts';
import type { TrainingKernels } from '../../core/training.ts';
import { readNpz, writeNpz } from '../../estimators/dataset/npy.ts';
import type { Genotype } from '../genotype.ts';
import { CLASSES, type LabelledImages } from './images.ts';
import { blocksOf, SHAPES_SPACE, STEM_CHANNELS, TAIL_CHANNELS } from './shapes-space.ts';

interface Layer {
  weights: Parameter;
  norm: BatchNorm;
}

export interface BlockLayers {
  expand: Layer;
  depthwise: Layer;
  project: Layer;
}

export class Supernet {
  readonly parameters: Parameters;
  readonly stem: Layer;
  readonly tail: Layer;
  readonly blocks = new Map<string, BlockLayers>();
  readonly head: { weights: Parameter; bias: Parameter };

  constructor(kernels: TrainingKernels, seed: number) {
    this.parameters = new Parameters(kernels, seed);
    this.stem = this.#layer('stem', [STEM_CHANNELS, 3, 3, 3]);
    let input = STEM_CHANNELS;
    for (const { name, blocks, genes, width } of SHAPES_SPACE.stages) {
      const [kernel, expand] = genes.map(({ choices }) => Math.max(...choices));
      const channels = Math.max(...(width?.choices ?? []));
      for (let b = 0; b < blocks; b++) {
        const middle = input * expand;
        this.blocks.set(`${name}.${b}`, {
          expand: this.#layer(`${name}.${b}.expand`, [middle, input, 1, 1]),
          depthwise: this.#layer(`${name}.${b}.depthwise`, [middle, kernel, kernel]),
          project: this.#layer(`${name}.${b}.project`, [channels, middle, 1, 1]),
        });
        input = channels;
      }
    }
    this.tail = this.#layer('tail', [TAIL_CHANNELS, input, 1, 1]);
    this.head = {
      weights: this.parameters.add('head', [CLASSES.length, TAIL_CHANNELS], 'xavier'),
      bias: this.parameters.add('head.bias', [CLASSES.length], 0),
    };
  }

  #layer(name: string, shape: readonly number[]): Layer {
    return {
      weights: this.parameters.add(name, shape, 'kaiming'),
      norm: this.parameters.batchNorm(`${name}.norm`, shape[0]),
    };
  }

  /** Logits [classes][images] of a sub-network. `momentum` = share of this batch in the running statistics. */
  forward(tape: Tape, { images, count, size }: LabelledImages, genotype: Genotype, momentum = 0): Tensor {
    const norm = { momentum };
    const step = (x: Tensor, layer: Layer, outputs: number, stride = 1) =>
      tape.batchNorm(tape.convolution(x, layer.weights, { outputs, stride }), layer.norm, norm);
    let x = tape.input(images, { channels: 3, images: count, height: size, width: size });
    x = tape.activation(step(x, this.stem, STEM_CHANNELS), 'relu');
    for (const { name, input, middle, channels, kernel, stride } of blocksOf(genotype)) {
      const { expand, depthwise, project } = this.blocks.get(name) as BlockLayers;
      let y = tape.activation(step(x, expand, middle), 'relu');
      y = tape.batchNorm(tape.depthwise(y, depthwise.weights, { kernel, stride }), depthwise.norm, norm);
      y = step(tape.activation(y, 'relu'), project, channels);
      x = stride === 1 && input === channels ? tape.add(x, y) : y;
    }
    x = tape.activation(step(x, this.tail, TAIL_CHANNELS), 'relu');
    return tape.dense(tape.globalPool(x), this.head.weights, this.head.bias);
  }

  /** Settle the running statistics of a sub-network on some batches, so that they are those of its own activations. */
  calibrate(tape: Tape, batches: readonly LabelledImages[], genotype: Genotype): void {
    for (const [i, batch] of batches.entries()) {
      tape.reset();
      this.forward(tape, batch, genotype, 1 / (i + 1));
    }
  }
}

/** All weights as a `.npz` file that NumPy reads; running statistics are left out, as every sub-network has its own. */
export function writeSupernet({ parameters }: Supernet): Uint8Array {
  return writeNpz(
    Object.fromEntries(
      parameters.all.map((parameter) => [
        parameter.name,
        { shape: [...parameter.shape], values: parameters.value(parameter) },
      ]),
    ),
  );
}

/** @throws HeterodyneError `BAD_INPUT` for a file of another network */
export function readSupernet(kernels: TrainingKernels, bytes: Uint8Array, source = 'weights.npz'): Supernet {
  const supernet = new Supernet(kernels, 1);
  const arrays = readNpz(bytes, source);
  const values = supernet.parameters.save().values;
  for (const [name, { values: own }] of arrays) if (own instanceof Float32Array) values.set(name, own);
  supernet.parameters.restore({ values });
  return supernet;
}
