/** The three generations of MobileNet, at width 1.0. */
import type { Activation, Feature, GraphBuilder } from './builder.ts';
import { TORCHVISION, type ZooEntry } from './entry.ts';

const V1_SOURCE = 'Howard et al., arXiv:1704.04861, table 8 (1.0 MobileNet-224)';

/** Output channels and stride of the 13 pairs of depthwise and pointwise convolutions (table 1 of the paper). */
const V1_PAIRS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

const V1: ZooEntry = {
  name: 'mobilenet-v1',
  aliases: ['mobilenet'],
  title: 'MobileNet v1 1.0',
  year: 2017,
  paper: 'Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision, arXiv:1704.04861',
  resolution: 224,
  accuracy: { value: 0.706, source: V1_SOURCE },
  published: { macs: 569e6, parameters: 4.2e6, source: V1_SOURCE },
  build(b, image, classes) {
    let x = b.conv('conv1', image, { channels: 32, kernel: 3, stride: 2, padding: 1 });
    for (const [index, [channels, stride]] of V1_PAIRS.entries()) {
      const name = `conv${index + 2}`;
      x = depthwise(b, `${name}_dw`, x, 3, stride, 'relu');
      x = b.conv(`${name}_pw`, x, { channels, kernel: 1 });
    }
    x = b.flatten('flatten', b.globalAveragePool('pool', x));
    return b.linear('fc', x, classes);
  },
};

/** Expansion t, output channels c, repeats n, first stride s (table 2 of the paper). */
const V2_STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const V2: ZooEntry = {
  name: 'mobilenet-v2',
  title: 'MobileNetV2 1.0',
  year: 2018,
  paper: 'Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018',
  resolution: 224,
  accuracy: { value: 0.71878, source: TORCHVISION },
  published: { macs: 0.301e9, parameters: 3_504_872, source: TORCHVISION },
  build(b, image, classes) {
    let x = b.conv('conv1', image, { channels: 32, kernel: 3, stride: 2, padding: 1, activation: 'relu6' });
    let index = 0;
    for (const [expansion, channels, repeats, firstStride] of V2_STAGES) {
      for (let i = 0; i < repeats; i++) {
        x = invertedResidual(b, `block${++index}`, x, {
          expanded: expansion * x.channels,
          kernel: 3,
          stride: i === 0 ? firstStride : 1,
          channels,
          activation: 'relu6',
        });
      }
    }
    x = b.conv('conv_last', x, { channels: 1280, kernel: 1, activation: 'relu6' });
    x = b.flatten('flatten', b.globalAveragePool('pool', x));
    return b.linear('fc', x, classes);
  },
};

/** Kernel, expanded channels, output channels, squeeze-and-excitation, activation, stride (table 1 of the paper). */
const V3_LARGE_BLOCKS: readonly (readonly [number, number, number, boolean, Activation, number])[] = [
  [3, 16, 16, false, 'relu', 1],
  [3, 64, 24, false, 'relu', 2],
  [3, 72, 24, false, 'relu', 1],
  [5, 72, 40, true, 'relu', 2],
  [5, 120, 40, true, 'relu', 1],
  [5, 120, 40, true, 'relu', 1],
  [3, 240, 80, false, 'hard-swish', 2],
  [3, 200, 80, false, 'hard-swish', 1],
  [3, 184, 80, false, 'hard-swish', 1],
  [3, 184, 80, false, 'hard-swish', 1],
  [3, 480, 112, true, 'hard-swish', 1],
  [3, 672, 112, true, 'hard-swish', 1],
  [5, 672, 160, true, 'hard-swish', 2],
  [5, 960, 160, true, 'hard-swish', 1],
  [5, 960, 160, true, 'hard-swish', 1],
];

const V3_LARGE: ZooEntry = {
  name: 'mobilenet-v3-large',
  aliases: ['mobilenet-v3'],
  title: 'MobileNetV3-Large 1.0',
  year: 2019,
  paper: 'Howard et al., Searching for MobileNetV3, ICCV 2019',
  resolution: 224,
  accuracy: { value: 0.74042, source: TORCHVISION },
  published: { macs: 0.217e9, parameters: 5_483_032, source: TORCHVISION },
  build(b, image, classes) {
    let x = b.conv('conv1', image, { channels: 16, kernel: 3, stride: 2, padding: 1, activation: 'hard-swish' });
    for (const [index, [kernel, expanded, channels, squeezes, activation, stride]] of V3_LARGE_BLOCKS.entries()) {
      x = invertedResidual(b, `block${index + 1}`, x, {
        expanded,
        kernel,
        stride,
        channels,
        activation,
        squeeze: squeezes
          ? { channels: divisibleBy8(expanded / 4), activation: 'relu', gate: 'hard-sigmoid' }
          : undefined,
      });
    }
    x = b.conv('conv_last', x, { channels: 960, kernel: 1, activation: 'hard-swish' });
    x = b.flatten('flatten', b.globalAveragePool('pool', x));
    x = b.linear('fc1', x, 1280, 'hard-swish');
    return b.linear('fc2', x, classes);
  },
};

export const MOBILENET: ZooEntry[] = [V1, V2, V3_LARGE];

export interface InvertedResidual {
  /** Channels of the depthwise convolution; equal to the input's = no expansion. */
  expanded: number;
  kernel: number;
  stride: number;
  /** Output channels. */
  channels: number;
  activation: Activation;
  squeeze?: { channels: number; activation: Activation; gate: Activation };
}

/** Expand, depthwise, squeeze-and-excite, project; a shortcut where size and width stay (MobileNetV2, figure 4). */
export function invertedResidual(b: GraphBuilder, name: string, x: Feature, block: InvertedResidual): Feature {
  const { activation, squeeze } = block;
  let y = x;
  if (block.expanded !== x.channels) {
    y = b.conv(`${name}_expand`, y, { channels: block.expanded, kernel: 1, activation });
  }
  y = depthwise(b, `${name}_dw`, y, block.kernel, block.stride, activation);
  if (squeeze) y = b.squeezeExcite(`${name}_se`, y, squeeze.channels, squeeze.activation, squeeze.gate);
  y = b.conv(`${name}_project`, y, { channels: block.channels, kernel: 1, activation: 'none' });
  return block.stride === 1 && block.channels === x.channels ? b.add(`${name}_add`, x, y) : y;
}

function depthwise(
  b: GraphBuilder,
  name: string,
  x: Feature,
  kernel: number,
  stride: number,
  activation: Activation,
): Feature {
  return b.conv(name, x, { channels: x.channels, kernel, stride, padding: 'same', groups: x.channels, activation });
}

/** Nearest multiple of 8 that is not more than a tenth below (MobileNet reference code's rounding rule). */
function divisibleBy8(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
