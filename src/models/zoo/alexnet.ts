/** AlexNet, the variant with one tower: what torchvision and most deployments mean by the name. */
import { TORCHVISION, type ZooEntry } from './entry.ts';

export const ALEXNET: ZooEntry = {
  name: 'alexnet',
  title: 'AlexNet',
  year: 2012,
  paper:
    'Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012; one-tower variant ' +
    'of Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997',
  resolution: 224,
  accuracy: { value: 0.56522, source: TORCHVISION },
  published: { macs: 0.714e9, parameters: 61_100_840, source: TORCHVISION },
  build(b, image, classes) {
    const plain = { normalize: false } as const;
    let x = b.conv('conv1', image, { ...plain, channels: 64, kernel: 11, stride: 4, padding: 2 });
    x = b.maxPool('pool1', x, { kernel: 3, stride: 2 });
    x = b.conv('conv2', x, { ...plain, channels: 192, kernel: 5, padding: 2 });
    x = b.maxPool('pool2', x, { kernel: 3, stride: 2 });
    x = b.conv('conv3', x, { ...plain, channels: 384, kernel: 3, padding: 1 });
    x = b.conv('conv4', x, { ...plain, channels: 256, kernel: 3, padding: 1 });
    x = b.conv('conv5', x, { ...plain, channels: 256, kernel: 3, padding: 1 });
    x = b.maxPool('pool5', x, { kernel: 3, stride: 2 });
    x = b.flatten('flatten', x);
    x = b.linear('fc6', x, 4096, 'relu');
    x = b.linear('fc7', x, 4096, 'relu');
    return b.linear('fc8', x, classes);
  },
};
