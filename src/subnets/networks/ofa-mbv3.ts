/** A MobileNetV3 sub-network of Once-for-All as a graph: exactly what its genotype says. */
import type { Graph } from '../../models/graph.ts';
import { type Activation, type Feature, GraphBuilder, type Normalization } from '../../models/zoo/builder.ts';
import { divisibleBy8, EXPANSIONS, KERNELS, MB_STEM, MB_TAIL, mbShapes } from '../ofa-mbv3.ts';
import type { SearchSpace } from '../space.ts';

export function mbv3Graph(space: SearchSpace, network: Uint8Array, name: string, normalization: Normalization): Graph {
  const resolution = space.resolutions[network[space.resolutionSlot] - 1];
  const builder = new GraphBuilder(name, 1, normalization);
  const image = builder.input('input', 3, resolution, resolution);
  let x = builder.conv('stem', image, {
    channels: MB_STEM,
    kernel: 3,
    stride: 2,
    padding: 'same',
    activation: 'hard-swish',
  });
  const first = builder.conv('first_depthwise', x, { channels: MB_STEM, kernel: 3, padding: 'same', groups: MB_STEM });
  x = builder.add(
    'first_add',
    builder.conv('first_project', first, { channels: MB_STEM, kernel: 1, activation: 'none' }),
    x,
  );
  for (const [slot, block] of mbShapes(resolution).blocks.entries()) {
    if (network[slot] === 0) continue;
    const form = network[slot] - 1;
    const kernel = KERNELS[Math.floor(form / EXPANSIONS.length)];
    const middle = block.inChannels * EXPANSIONS[form % EXPANSIONS.length];
    const activation: Activation = block.hardSwish ? 'hard-swish' : 'relu';
    const layer = `stage${block.stage}_block${block.position}`;
    let inner: Feature = builder.conv(`${layer}_expand`, x, { channels: middle, kernel: 1, activation });
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
    const projected = builder.conv(`${layer}_project`, inner, {
      channels: block.channels,
      kernel: 1,
      activation: 'none',
    });
    x = block.position === 0 ? projected : builder.add(`${layer}_add`, projected, x);
  }
  const [wide, features, classes] = MB_TAIL;
  x = builder.conv('widen', x, { channels: wide, kernel: 1, activation: 'hard-swish' });
  x = builder.globalAveragePool('pool', x);
  x = builder.conv('features', x, {
    channels: features,
    kernel: 1,
    normalize: false,
    bias: false,
    activation: 'hard-swish',
  });
  return builder.finish(builder.linear('classifier', builder.flatten('flatten', x), classes));
}
