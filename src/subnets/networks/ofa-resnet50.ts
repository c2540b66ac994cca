/** A ResNet50 sub-network of Once-for-All as a graph: exactly what its genotype says. */
import type { Graph } from '../../models/graph.ts';
import { type Feature, GraphBuilder, type Normalization } from '../../models/zoo/builder.ts';
import { blockMiddle, RES_EXPANSIONS, RES_STRIDES, STAGE_OUT, STEM_MIDDLE, STEM_OUT } from '../ofa-resnet50.ts';
import type { SearchSpace } from '../space.ts';

const CLASSES = 1000;

export function resnet50Graph(
  space: SearchSpace,
  network: Uint8Array,
  name: string,
  normalization: Normalization,
): Graph {
  const resolution = space.resolutions[network[space.resolutionSlot] - 1];
  const [kept, middleSlot, outSlot] = space.globalSlots;
  const builder = new GraphBuilder(name, 1, normalization);
  const image = builder.input('input', 3, resolution, resolution);
  const [middle, out] = [STEM_MIDDLE[network[middleSlot] - 1], STEM_OUT[network[outSlot] - 1]];
  let x = resnetStem(builder, image, network[kept] === 2, middle, out);
  space.stages.forEach(({ blockSlots, widthSlot }, s) => {
    const channels = STAGE_OUT[s][network[widthSlot] - 1];
    blockSlots.forEach((slot, position) => {
      if (network[slot] === 0) return;
      const inner = blockMiddle(channels, RES_EXPANSIONS[network[slot] - 1]);
      x = resnetBlock(
        builder,
        `stage${s}_block${position}`,
        x,
        inner,
        channels,
        position === 0 ? RES_STRIDES[s] : 1,
        position === 0,
      );
    });
  });
  return builder.finish(resnetClassifier(builder, x));
}

/** Two or three convolutions, one of them around a shortcut, and a pooling. */
export function resnetStem(
  builder: GraphBuilder,
  image: Feature,
  residual: boolean,
  middle: number,
  channels: number,
): Feature {
  const three = { kernel: 3, padding: 'same' } as const;
  let x = builder.conv('stem_in', image, { ...three, channels: middle, stride: 2 });
  if (residual) x = builder.add('stem_add', builder.conv('stem_residual', x, { ...three, channels: middle }), x);
  x = builder.conv('stem_out', x, { ...three, channels });
  return builder.maxPool('stem_pool', x, { kernel: 3, stride: 2, padding: 1 });
}

export function resnetClassifier(builder: GraphBuilder, x: Feature): Feature {
  return builder.linear('classifier', builder.flatten('flatten', builder.globalAveragePool('pool', x)), CLASSES);
}

/** 1x1, 3x3 with the stride, 1x1; the shortcut of a first block pools, then converts channels. */
export function resnetBlock(
  builder: GraphBuilder,
  name: string,
  x: Feature,
  inner: number,
  channels: number,
  stride: number,
  first: boolean,
): Feature {
  let main = builder.conv(`${name}_reduce`, x, { channels: inner, kernel: 1 });
  main = builder.conv(`${name}_middle`, main, { channels: inner, kernel: 3, stride, padding: 'same' });
  main = builder.conv(`${name}_expand`, main, { channels, kernel: 1, activation: 'none' });
  let shortcut = x;
  if (first) {
    if (stride > 1) {
      const pool = { kernel: stride, stride, ceil: true, countPadding: false };
      shortcut = builder.averagePool(`${name}_shortcut_pool`, shortcut, pool);
    }
    shortcut = builder.conv(`${name}_shortcut`, shortcut, { channels, kernel: 1, activation: 'none' });
  }
  return builder.add(`${name}_add`, main, shortcut, 'relu');
}
