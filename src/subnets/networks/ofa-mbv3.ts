/** MobileNetV3 sub-networks of Once-for-All as graphs: exactly what a genotype says, whole or in pieces. */
import type { Graph } from '../../models/graph.ts';
import { type Activation, type Feature, GraphBuilder, type Normalization } from '../../models/zoo/builder.ts';
import { divisibleBy8, MB_STEM, MB_TAIL, type MbBlockShape, mbForm, mbShapes } from '../ofa-mbv3.ts';
import type { SearchSpace } from '../space.ts';

export function mbv3Graph(space: SearchSpace, network: Uint8Array, name: string, normalization: Normalization): Graph {
  const resolution = space.resolutions[network[space.resolutionSlot] - 1];
  const builder = new GraphBuilder(name, 1, normalization);
  let x = mbv3Head(builder, builder.input('input', 3, resolution, resolution));
  for (const [slot, block] of mbShapes(resolution).blocks.entries()) {
    if (network[slot] === 0) continue;
    const { kernel, expansion } = mbForm(space, network[slot] - 1);
    x = mbv3Block(builder, x, block, kernel, expansion);
  }
  return builder.finish(mbv3Tail(builder, x));
}

/** The stem and the first block, which all networks share. */
export function mbv3Head(builder: GraphBuilder, image: Feature): Feature {
  const x = builder.conv('stem', image, {
    channels: MB_STEM,
    kernel: 3,
    stride: 2,
    padding: 'same',
    activation: 'hard-swish',
  });
  const inner = builder.conv('first_depthwise', x, { channels: MB_STEM, kernel: 3, padding: 'same', groups: MB_STEM });
  const project = builder.conv('first_project', inner, { channels: MB_STEM, kernel: 1, activation: 'none' });
  return builder.add('first_add', project, x);
}

export function mbv3Block(
  builder: GraphBuilder,
  x: Feature,
  block: MbBlockShape,
  kernel: number,
  expansion: number,
): Feature {
  const middle = block.inChannels * expansion;
  const activation: Activation = block.hardSwish ? 'hard-swish' : 'relu';
  const layer = `stage${block.stage}_block${block.position}`;
  let inner = builder.conv(`${layer}_expand`, x, { channels: middle, kernel: 1, activation });
  inner = builder.conv(`${layer}_depthwise`, inner, {
    channels: middle,
    kernel,
    stride: block.stride,
    padding: 'same',
    groups: middle,
    activation,
  });
  if (block.squeezeExcite) {
    const squeezed = divisibleBy8(Math.floor(middle / 4));
    inner = builder.squeezeExcite(`${layer}_gate`, inner, squeezed, 'relu', 'hard-sigmoid');
  }
  const project = builder.conv(`${layer}_project`, inner, { channels: block.channels, kernel: 1, activation: 'none' });
  return block.position === 0 ? project : builder.add(`${layer}_add`, project, x);
}

/** From the last stage's features to class scores. */
export function mbv3Tail(builder: GraphBuilder, x: Feature): Feature {
  const [wide, features, classes] = MB_TAIL;
  const widened = builder.conv('widen', x, { channels: wide, kernel: 1, activation: 'hard-swish' });
  const pooled = builder.conv('features', builder.globalAveragePool('pool', widened), {
    channels: features,
    kernel: 1,
    normalize: false,
    bias: false,
    activation: 'hard-swish',
  });
  return builder.linear('classifier', builder.flatten('flatten', pooled), classes);
}
