/** SqueezeNet 1.1: the authors' revision with 2.4 times less work than 1.0 at the same accuracy. */
import type { Feature, GraphBuilder } from './builder.ts';
import { TORCHVISION, type ZooEntry } from './entry.ts';

/** Squeeze to few channels, expand by 1x1 and 3x3 side by side. */
function fire(b: GraphBuilder, name: string, x: Feature, squeezed: number, expanded: number): Feature {
  const plain = { normalize: false } as const;
  const squeeze = b.conv(`${name}_squeeze`, x, { ...plain, channels: squeezed, kernel: 1 });
  return b.concat(`${name}_concat`, [
    b.conv(`${name}_expand1x1`, squeeze, { ...plain, channels: expanded, kernel: 1 }),
    b.conv(`${name}_expand3x3`, squeeze, { ...plain, channels: expanded, kernel: 3, padding: 1 }),
  ]);
}

export const SQUEEZENET: ZooEntry = {
  name: 'squeezenet',
  aliases: ['squeezenet1.1'],
  title: 'SqueezeNet 1.1',
  year: 2016,
  paper: 'Iandola et al., SqueezeNet, arXiv:1602.07360; version 1.1 of the authors',
  resolution: 224,
  accuracy: { value: 0.58178, source: TORCHVISION },
  published: { macs: 0.349e9, parameters: 1_235_496, source: TORCHVISION },
  build(b, image, classes) {
    const pool = { kernel: 3, stride: 2, ceil: true } as const;
    let x = b.conv('conv1', image, { channels: 64, kernel: 3, stride: 2, normalize: false });
    x = b.maxPool('pool1', x, pool);
    x = fire(b, 'fire2', x, 16, 64);
    x = fire(b, 'fire3', x, 16, 64);
    x = b.maxPool('pool3', x, pool);
    x = fire(b, 'fire4', x, 32, 128);
    x = fire(b, 'fire5', x, 32, 128);
    x = b.maxPool('pool5', x, pool);
    x = fire(b, 'fire6', x, 48, 192);
    x = fire(b, 'fire7', x, 48, 192);
    x = fire(b, 'fire8', x, 64, 256);
    x = fire(b, 'fire9', x, 64, 256);
    x = b.conv('conv10', x, { channels: classes, kernel: 1, normalize: false });
    return b.flatten('flatten', b.globalAveragePool('pool10', x));
  },
};
