/** EfficientNet-B0. */
import { TORCHVISION, type ZooEntry } from './entry.ts';
import { invertedResidual } from './mobilenet.ts';

/** Expansion, kernel, first stride, output channels, repeats (table 1 of the paper). */
const STAGES = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

export const EFFICIENTNET_B0: ZooEntry = {
  name: 'efficientnet-b0',
  aliases: ['efficientnet'],
  title: 'EfficientNet-B0',
  year: 2019,
  paper: 'Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019',
  resolution: 224,
  accuracy: { value: 0.77692, source: TORCHVISION },
  published: { macs: 0.386e9, parameters: 5_288_548, source: TORCHVISION },
  build(b, image, classes) {
    let x = b.conv('conv1', image, { channels: 32, kernel: 3, stride: 2, padding: 1, activation: 'silu' });
    for (const [stage, [expansion, kernel, firstStride, channels, repeats]] of STAGES.entries()) {
      for (let i = 1; i <= repeats; i++) {
        x = invertedResidual(b, `block${stage + 1}_${i}`, x, {
          expanded: expansion * x.channels,
          kernel,
          stride: i === 1 ? firstStride : 1,
          channels,
          activation: 'silu',
          // The squeeze is a quarter of the block's input, not of the expanded channels.
          squeeze: { channels: Math.floor(x.channels / 4), activation: 'silu', gate: 'sigmoid' },
        });
      }
    }
    x = b.conv('conv_last', x, { channels: 1280, kernel: 1, activation: 'silu' });
    x = b.flatten('flatten', b.globalAveragePool('pool', x));
    return b.linear('fc', x, classes);
  },
};
