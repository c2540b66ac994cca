/** Residual networks in the form that all later software uses: the 3x3 convolution of a bottleneck carries the stride. */
import type { Feature, GraphBuilder } from './builder.ts';
import { TORCHVISION, type ZooEntry } from './entry.ts';

/** Two 3x3 convolutions and a shortcut. */
function basic(b: GraphBuilder, name: string, x: Feature, width: number, stride: number): Feature {
  const inner = b.conv(`${name}_conv1`, x, { channels: width, kernel: 3, stride, padding: 1 });
  const branch = b.conv(`${name}_conv2`, inner, { channels: width, kernel: 3, padding: 1, activation: 'none' });
  return b.add(`${name}_add`, branch, shortcut(b, name, x, width, stride), 'relu');
}

/** 1x1 down, 3x3, 1x1 up to four times the width, and a shortcut. */
function bottleneck(b: GraphBuilder, name: string, x: Feature, width: number, stride: number): Feature {
  let branch = b.conv(`${name}_conv1`, x, { channels: width, kernel: 1 });
  branch = b.conv(`${name}_conv2`, branch, { channels: width, kernel: 3, stride, padding: 1 });
  branch = b.conv(`${name}_conv3`, branch, { channels: 4 * width, kernel: 1, activation: 'none' });
  return b.add(`${name}_add`, branch, shortcut(b, name, x, 4 * width, stride), 'relu');
}

/** The identity, or a 1x1 convolution where size or width change. */
function shortcut(b: GraphBuilder, name: string, x: Feature, channels: number, stride: number): Feature {
  if (stride === 1 && x.channels === channels) return x;
  return b.conv(`${name}_shortcut`, x, { channels, kernel: 1, stride, activation: 'none' });
}

function resnet(
  depth: number,
  block: typeof basic,
  blocks: readonly number[],
  figures: { macs: number; parameters: number; top1: number },
): ZooEntry {
  return {
    name: `resnet-${depth}`,
    title: `ResNet-${depth}`,
    year: 2015,
    paper: 'He et al., Deep Residual Learning for Image Recognition, CVPR 2016; stride in the 3x3 convolutions',
    resolution: 224,
    accuracy: { value: figures.top1, source: TORCHVISION },
    published: { macs: figures.macs, parameters: figures.parameters, source: TORCHVISION },
    build(b, image, classes) {
      let x = b.conv('conv1', image, { channels: 64, kernel: 7, stride: 2, padding: 3 });
      x = b.maxPool('pool1', x, { kernel: 3, stride: 2, padding: 1 });
      for (const [stage, count] of blocks.entries()) {
        for (let i = 1; i <= count; i++) {
          x = block(b, `conv${stage + 2}_${i}`, x, 64 << stage, stage > 0 && i === 1 ? 2 : 1);
        }
      }
      x = b.flatten('flatten', b.globalAveragePool('pool5', x));
      return b.linear('fc', x, classes);
    },
  };
}

export const RESNET: ZooEntry[] = [
  resnet(34, basic, [3, 4, 6, 3], { macs: 3.664e9, parameters: 21_797_672, top1: 0.73314 }),
  resnet(50, bottleneck, [3, 4, 6, 3], { macs: 4.089e9, parameters: 25_557_032, top1: 0.7613 }),
  resnet(101, bottleneck, [3, 4, 23, 3], { macs: 7.801e9, parameters: 44_549_160, top1: 0.77374 }),
];
