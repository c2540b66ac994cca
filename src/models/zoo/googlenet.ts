/**
 * GoogLeNet (Inception v1) for inference, without auxiliary heads, in torchvision's form: batch normalisation in
 * place of local response normalisation, and 3x3 kernels in the branch that the paper draws with 5x5 ones.
 */
import type { Feature, GraphBuilder } from './builder.ts';
import { TORCHVISION, type ZooEntry } from './entry.ts';

/** Channels of: 1x1; reduce and 3x3; reduce and second 3x3; projection after pooling. */
type InceptionWidths = readonly [number, number, number, number, number, number];

function inception(b: GraphBuilder, name: string, x: Feature, widths: InceptionWidths): Feature {
  const [direct, reduce3, out3, reduce5, out5, projected] = widths;
  const reduced3 = b.conv(`${name}_reduce2`, x, { channels: reduce3, kernel: 1 });
  const reduced5 = b.conv(`${name}_reduce3`, x, { channels: reduce5, kernel: 1 });
  const pooled = b.maxPool(`${name}_pool`, x, { kernel: 3, stride: 1, padding: 1 });
  return b.concat(`${name}_concat`, [
    b.conv(`${name}_branch1`, x, { channels: direct, kernel: 1 }),
    b.conv(`${name}_branch2`, reduced3, { channels: out3, kernel: 3, padding: 1 }),
    b.conv(`${name}_branch3`, reduced5, { channels: out5, kernel: 3, padding: 1 }),
    b.conv(`${name}_branch4`, pooled, { channels: projected, kernel: 1 }),
  ]);
}

export const GOOGLENET: ZooEntry = {
  name: 'googlenet',
  aliases: ['inception-v1'],
  title: 'GoogLeNet',
  year: 2014,
  paper: 'Szegedy et al., Going Deeper with Convolutions, CVPR 2015; with batch normalisation',
  resolution: 224,
  accuracy: { value: 0.69778, source: TORCHVISION },
  published: { macs: 1.498e9, parameters: 6_624_904, source: TORCHVISION },
  build(b, image, classes) {
    const halve = { kernel: 3, stride: 2, ceil: true } as const;
    let x = b.conv('conv1', image, { channels: 64, kernel: 7, stride: 2, padding: 3 });
    x = b.maxPool('pool1', x, halve);
    x = b.conv('conv2_reduce', x, { channels: 64, kernel: 1 });
    x = b.conv('conv2', x, { channels: 192, kernel: 3, padding: 1 });
    x = b.maxPool('pool2', x, halve);
    x = inception(b, 'inception3a', x, [64, 96, 128, 16, 32, 32]);
    x = inception(b, 'inception3b', x, [128, 128, 192, 32, 96, 64]);
    x = b.maxPool('pool3', x, halve);
    x = inception(b, 'inception4a', x, [192, 96, 208, 16, 48, 64]);
    x = inception(b, 'inception4b', x, [160, 112, 224, 24, 64, 64]);
    x = inception(b, 'inception4c', x, [128, 128, 256, 24, 64, 64]);
    x = inception(b, 'inception4d', x, [112, 144, 288, 32, 64, 64]);
    x = inception(b, 'inception4e', x, [256, 160, 320, 32, 128, 128]);
    x = b.maxPool('pool4', x, { kernel: 2, stride: 2, ceil: true });
    x = inception(b, 'inception5a', x, [256, 160, 320, 32, 128, 128]);
    x = inception(b, 'inception5b', x, [384, 192, 384, 48, 128, 128]);
    x = b.flatten('flatten', b.globalAveragePool('pool5', x));
    return b.linear('fc', x, classes);
  },
};
