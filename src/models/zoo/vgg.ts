/** VGG (configurations B, D and E of the paper), without batch normalisation. */
import { TORCHVISION, type ZooEntry } from './entry.ts';

/** Convolutions per stage; a stage halves the size at its end. */
function vgg(
  depth: number,
  stages: readonly number[],
  figures: { macs: number; parameters: number; top1: number },
): ZooEntry {
  return {
    name: `vgg-${depth}`,
    title: `VGG-${depth}`,
    year: 2014,
    paper:
      'Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, arXiv:1409.1556',
    resolution: 224,
    accuracy: { value: figures.top1, source: TORCHVISION },
    published: { macs: figures.macs, parameters: figures.parameters, source: TORCHVISION },
    build(b, image, classes) {
      let x = image;
      for (const [stage, convolutions] of stages.entries()) {
        const channels = Math.min(512, 64 << stage);
        for (let i = 1; i <= convolutions; i++) {
          x = b.conv(`conv${stage + 1}_${i}`, x, { channels, kernel: 3, padding: 1, normalize: false });
        }
        x = b.maxPool(`pool${stage + 1}`, x, { kernel: 2, stride: 2 });
      }
      x = b.flatten('flatten', x);
      x = b.linear('fc6', x, 4096, 'relu');
      x = b.linear('fc7', x, 4096, 'relu');
      return b.linear('fc8', x, classes);
    },
  };
}

export const VGG: ZooEntry[] = [
  vgg(13, [2, 2, 2, 2, 2], { macs: 11.308e9, parameters: 133_047_848, top1: 0.69928 }),
  vgg(16, [2, 2, 3, 3, 3], { macs: 15.47e9, parameters: 138_357_544, top1: 0.71592 }),
  vgg(19, [2, 2, 4, 4, 4], { macs: 19.632e9, parameters: 143_667_240, top1: 0.72376 }),
];
