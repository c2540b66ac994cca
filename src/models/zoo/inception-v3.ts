/** Inception v3 for inference (299 x 299), without the auxiliary head. Module letters as in common implementations. */
import type { Feature, GraphBuilder } from './builder.ts';
import { TORCHVISION, type ZooEntry } from './entry.ts';

const AROUND = { kernel: 3, stride: 1, padding: 1, countPadding: true } as const;

/** 35 x 35: 5x5 and two 3x3 convolutions side by side. */
function moduleA(b: GraphBuilder, name: string, x: Feature, projected: number): Feature {
  const branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 48, kernel: 1 });
  let branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 64, kernel: 1 });
  branch3 = b.conv(`${name}_b3_3x3a`, branch3, { channels: 96, kernel: 3, padding: 1 });
  const pooled = b.averagePool(`${name}_b4_pool`, x, AROUND);
  return b.concat(`${name}_concat`, [
    b.conv(`${name}_b1_1x1`, x, { channels: 64, kernel: 1 }),
    b.conv(`${name}_b2_5x5`, branch2, { channels: 64, kernel: 5, padding: 2 }),
    b.conv(`${name}_b3_3x3b`, branch3, { channels: 96, kernel: 3, padding: 1 }),
    b.conv(`${name}_b4_1x1`, pooled, { channels: projected, kernel: 1 }),
  ]);
}

/** From 35 x 35 to 17 x 17. */
function reductionB(b: GraphBuilder, name: string, x: Feature): Feature {
  let branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 64, kernel: 1 });
  branch2 = b.conv(`${name}_b2_3x3a`, branch2, { channels: 96, kernel: 3, padding: 1 });
  return b.concat(`${name}_concat`, [
    b.conv(`${name}_b1_3x3`, x, { channels: 384, kernel: 3, stride: 2 }),
    b.conv(`${name}_b2_3x3b`, branch2, { channels: 96, kernel: 3, stride: 2 }),
    b.maxPool(`${name}_b3_pool`, x, { kernel: 3, stride: 2 }),
  ]);
}

/** 17 x 17: 7x7 convolutions, factorised into 1x7 and 7x1. */
function moduleC(b: GraphBuilder, name: string, x: Feature, width: number): Feature {
  const step = (layer: string, from: Feature, channels: number, kernel: readonly [number, number]) =>
    b.conv(`${name}_${layer}`, from, { channels, kernel, padding: 'same' });
  const branch1 = b.conv(`${name}_b1_1x1`, x, { channels: 192, kernel: 1 });
  let branch2 = b.conv(`${name}_b2_1x1`, x, { channels: width, kernel: 1 });
  branch2 = step('b2_1x7', branch2, width, [1, 7]);
  branch2 = step('b2_7x1', branch2, 192, [7, 1]);
  let branch3 = b.conv(`${name}_b3_1x1`, x, { channels: width, kernel: 1 });
  branch3 = step('b3_7x1a', branch3, width, [7, 1]);
  branch3 = step('b3_1x7a', branch3, width, [1, 7]);
  branch3 = step('b3_7x1b', branch3, width, [7, 1]);
  branch3 = step('b3_1x7b', branch3, 192, [1, 7]);
  const pooled = b.averagePool(`${name}_b4_pool`, x, AROUND);
  const branch4 = b.conv(`${name}_b4_1x1`, pooled, { channels: 192, kernel: 1 });
  return b.concat(`${name}_concat`, [branch1, branch2, branch3, branch4]);
}

/** From 17 x 17 to 8 x 8. */
function reductionD(b: GraphBuilder, name: string, x: Feature): Feature {
  const branch1 = b.conv(`${name}_b1_1x1`, x, { channels: 192, kernel: 1 });
  let branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 192, kernel: 1 });
  branch2 = b.conv(`${name}_b2_1x7`, branch2, { channels: 192, kernel: [1, 7], padding: 'same' });
  branch2 = b.conv(`${name}_b2_7x1`, branch2, { channels: 192, kernel: [7, 1], padding: 'same' });
  return b.concat(`${name}_concat`, [
    b.conv(`${name}_b1_3x3`, branch1, { channels: 320, kernel: 3, stride: 2 }),
    b.conv(`${name}_b2_3x3`, branch2, { channels: 192, kernel: 3, stride: 2 }),
    b.maxPool(`${name}_b3_pool`, x, { kernel: 3, stride: 2 }),
  ]);
}

/** 8 x 8: 3x3 convolutions spread into 1x3 and 3x1 side by side. */
function moduleE(b: GraphBuilder, name: string, x: Feature): Feature {
  const spread = (branch: string, from: Feature) => [
    b.conv(`${name}_${branch}_1x3`, from, { channels: 384, kernel: [1, 3], padding: 'same' }),
    b.conv(`${name}_${branch}_3x1`, from, { channels: 384, kernel: [3, 1], padding: 'same' }),
  ];
  const branch1 = b.conv(`${name}_b1_1x1`, x, { channels: 320, kernel: 1 });
  const branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 384, kernel: 1 });
  let branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 448, kernel: 1 });
  branch3 = b.conv(`${name}_b3_3x3`, branch3, { channels: 384, kernel: 3, padding: 1 });
  const pooled = b.averagePool(`${name}_b4_pool`, x, AROUND);
  return b.concat(`${name}_concat`, [
    branch1,
    ...spread('b2', branch2),
    ...spread('b3', branch3),
    b.conv(`${name}_b4_1x1`, pooled, { channels: 192, kernel: 1 }),
  ]);
}

export const INCEPTION_V3: ZooEntry = {
  name: 'inception-v3',
  title: 'Inception v3',
  year: 2015,
  paper: 'Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016',
  resolution: 299,
  accuracy: { value: 0.77294, source: TORCHVISION },
  published: {
    macs: 5.713e9,
    // The documentation counts the auxiliary head (3,326,696 parameters), which inference does not use.
    parameters: 27_161_264 - 3_326_696,
    source: TORCHVISION,
  },
  build(b, image, classes) {
    let x = b.conv('conv1a', image, { channels: 32, kernel: 3, stride: 2 });
    x = b.conv('conv2a', x, { channels: 32, kernel: 3 });
    x = b.conv('conv2b', x, { channels: 64, kernel: 3, padding: 1 });
    x = b.maxPool('pool2', x, { kernel: 3, stride: 2 });
    x = b.conv('conv3b', x, { channels: 80, kernel: 1 });
    x = b.conv('conv4a', x, { channels: 192, kernel: 3 });
    x = b.maxPool('pool4', x, { kernel: 3, stride: 2 });
    x = moduleA(b, 'mixed5b', x, 32);
    x = moduleA(b, 'mixed5c', x, 64);
    x = moduleA(b, 'mixed5d', x, 64);
    x = reductionB(b, 'mixed6a', x);
    x = moduleC(b, 'mixed6b', x, 128);
    x = moduleC(b, 'mixed6c', x, 160);
    x = moduleC(b, 'mixed6d', x, 160);
    x = moduleC(b, 'mixed6e', x, 192);
    x = reductionD(b, 'mixed7a', x);
    x = moduleE(b, 'mixed7b', x);
    x = moduleE(b, 'mixed7c', x);
    x = b.flatten('flatten', b.globalAveragePool('pool8', x));
    return b.linear('fc', x, classes);
  },
};
