/** A sub-network of the shapes supernet as a runnable ONNX file: real weights, batch norms folded into them. */
import type { BatchNorm, Parameter } from '../../../bindings/training/index.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import type { Genotype } from '../genotype.ts';
import { bottleneckGraph } from '../networks/bottlenecks.ts';
import { blocksOf, SHAPES_LAYERS, SHAPES_SPACE, STEM_CHANNELS, TAIL_CHANNELS } from './shapes-space.ts';
import type { BlockLayers, Supernet } from './supernet.ts';

const EPSILON = 1e-5;

/** The part of a layer's weights that a sub-network uses. */
interface Piece {
  outputs: number;
  inputs: number;
  kernel: number;
}

/**
 * Input `input` [batch, 3, r, r], output `logits` [batch, classes]. The running statistics are those that the supernet
 * holds now: calibrate it for the genotype first.
 */
export function shapesOnnx(supernet: Supernet, genotype: Genotype, batch: number, name = 'shapes'): Uint8Array {
  const { parameters, stem, tail, head } = supernet;
  const weights = new Map<string, Float32Array>();
  const fold = (layer: string, { weights: weight, norm }: { weights: Parameter; norm: BatchNorm }, piece: Piece) => {
    const { weight: folded, bias } = foldedLayer(supernet, weight, norm, piece);
    weights.set(`${layer}.weight`, folded).set(`${layer}.bias`, bias);
  };
  fold('stem', stem, { outputs: STEM_CHANNELS, inputs: 3, kernel: 3 });
  let last = STEM_CHANNELS;
  for (const { name: block, input, middle, channels, kernel } of blocksOf(genotype)) {
    const { expand, depthwise, project } = supernet.blocks.get(block) as BlockLayers;
    fold(`${block}.expand`, expand, { outputs: middle, inputs: input, kernel: 1 });
    fold(`${block}.depthwise`, depthwise, { outputs: middle, inputs: 1, kernel });
    fold(`${block}.project`, project, { outputs: channels, inputs: middle, kernel: 1 });
    last = channels;
  }
  fold('tail', tail, { outputs: TAIL_CHANNELS, inputs: last, kernel: 1 });
  weights.set('head.weight', parameters.value(head.weights)).set('head.bias', parameters.value(head.bias));
  const graph = bottleneckGraph(SHAPES_SPACE, SHAPES_LAYERS, genotype, { name, normalization: 'folded', batch });
  return writeOnnx(graph, ({ name: tensor, data }) => {
    const own = weights.get(tensor);
    return own ? new Uint8Array(own.buffer, own.byteOffset, own.byteLength) : data;
  });
}

/** First channels, middle of the kernel, times gamma / sqrt(variance); the bias takes the rest of the norm. */
function foldedLayer(
  { parameters }: Supernet,
  weights: Parameter,
  norm: BatchNorm,
  { outputs, inputs, kernel }: Piece,
) {
  const all = parameters.value(weights);
  const side = weights.shape.at(-1) as number;
  const most = weights.length / weights.shape[0] / (side * side);
  const corner = (side - kernel) >> 1;
  const gamma = parameters.value(norm.gamma);
  const beta = parameters.value(norm.beta);
  const weight = new Float32Array(outputs * inputs * kernel * kernel);
  const bias = new Float32Array(outputs);
  let at = 0;
  for (let o = 0; o < outputs; o++) {
    const scale = gamma[o] / Math.sqrt(norm.variance[o] + EPSILON);
    bias[o] = beta[o] - norm.mean[o] * scale;
    for (let i = 0; i < inputs; i++) {
      for (let y = 0; y < kernel; y++) {
        const row = ((o * most + i) * side + y + corner) * side + corner;
        for (let x = 0; x < kernel; x++) weight[at++] = scale * all[row + x];
      }
    }
  }
  return { weight, bias };
}
