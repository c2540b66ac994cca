/** Inception v4 (299 x 299), the pure Inception network of the paper: figures 3 to 9. */
import type { Feature, GraphBuilder } from './builder.ts';
import type { ZooEntry } from './entry.ts';

const AROUND = { kernel: 3, stride: 1, padding: 1, countPadding: false } as const;
const HALVE = { kernel: 3, stride: 2 } as const;

/** Figure 3: three places where pooling and convolution go side by side. */
function stem(b: GraphBuilder, image: Feature): Feature {
  let x = b.conv('stem_conv1', image, { channels: 32, kernel: 3, stride: 2 });
  x = b.conv('stem_conv2', x, { channels: 32, kernel: 3 });
  x = b.conv('stem_conv3', x, { channels: 64, kernel: 3, padding: 1 });
  x = b.concat('mixed3a_concat', [
    b.maxPool('mixed3a_pool', x, HALVE),
    b.conv('mixed3a_3x3', x, { channels: 96, kernel: 3, stride: 2 }),
  ]);
  const left = b.conv('mixed4a_b1_1x1', x, { channels: 64, kernel: 1 });
  let right = b.conv('mixed4a_b2_1x1', x, { channels: 64, kernel: 1 });
  right = b.conv('mixed4a_b2_7x1', right, { channels: 64, kernel: [7, 1], padding: 'same' });
  right = b.conv('mixed4a_b2_1x7', right, { channels: 64, kernel: [1, 7], padding: 'same' });
  x = b.concat('mixed4a_concat', [
    b.conv('mixed4a_b1_3x3', left, { channels: 96, kernel: 3 }),
    b.conv('mixed4a_b2_3x3', right, { channels: 96, kernel: 3 }),
  ]);
  return b.concat('mixed5a_concat', [
    b.conv('mixed5a_3x3', x, { channels: 192, kernel: 3, stride: 2 }),
    b.maxPool('mixed5a_pool', x, HALVE),
  ]);
}

/** Figure 4, 35 x 35. */
function moduleA(b: GraphBuilder, name: string, x: Feature): Feature {
  const pooled = b.averagePool(`${name}_b1_pool`, x, AROUND);
  const branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 64, kernel: 1 });
  let branch4 = b.conv(`${name}_b4_1x1`, x, { channels: 64, kernel: 1 });
  branch4 = b.conv(`${name}_b4_3x3a`, branch4, { channels: 96, kernel: 3, padding: 1 });
  return b.concat(`${name}_concat`, [
    b.conv(`${name}_b1_1x1`, pooled, { channels: 96, kernel: 1 }),
    b.conv(`${name}_b2_1x1`, x, { channels: 96, kernel: 1 }),
    b.conv(`${name}_b3_3x3`, branch3, { channels: 96, kernel: 3, padding: 1 }),
    b.conv(`${name}_b4_3x3b`, branch4, { channels: 96, kernel: 3, padding: 1 }),
  ]);
}

/** Figure 7 with k, l, m, n = 192, 224, 256, 384: from 35 x 35 to 17 x 17. */
function reductionA(b: GraphBuilder, name: string, x: Feature): Feature {
  let branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 192, kernel: 1 });
  branch3 = b.conv(`${name}_b3_3x3a`, branch3, { channels: 224, kernel: 3, padding: 1 });
  return b.concat(`${name}_concat`, [
    b.maxPool(`${name}_b1_pool`, x, HALVE),
    b.conv(`${name}_b2_3x3`, x, { channels: 384, kernel: 3, stride: 2 }),
    b.conv(`${name}_b3_3x3b`, branch3, { channels: 256, kernel: 3, stride: 2 }),
  ]);
}

/** Figure 5, 17 x 17. */
function moduleB(b: GraphBuilder, name: string, x: Feature): Feature {
  const step = (layer: string, from: Feature, channels: number, kernel: readonly [number, number]) =>
    b.conv(`${name}_${layer}`, from, { channels, kernel, padding: 'same' });
  const pooled = b.averagePool(`${name}_b1_pool`, x, AROUND);
  const branch1 = b.conv(`${name}_b1_1x1`, pooled, { channels: 128, kernel: 1 });
  const branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 384, kernel: 1 });
  let branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 192, kernel: 1 });
  branch3 = step('b3_1x7', branch3, 224, [1, 7]);
  branch3 = step('b3_7x1', branch3, 256, [7, 1]);
  let branch4 = b.conv(`${name}_b4_1x1`, x, { channels: 192, kernel: 1 });
  branch4 = step('b4_1x7a', branch4, 192, [1, 7]);
  branch4 = step('b4_7x1a', branch4, 224, [7, 1]);
  branch4 = step('b4_1x7b', branch4, 224, [1, 7]);
  branch4 = step('b4_7x1b', branch4, 256, [7, 1]);
  return b.concat(`${name}_concat`, [branch1, branch2, branch3, branch4]);
}

/** Figure 8: from 17 x 17 to 8 x 8. */
function reductionB(b: GraphBuilder, name: string, x: Feature): Feature {
  const branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 192, kernel: 1 });
  let branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 256, kernel: 1 });
  branch3 = b.conv(`${name}_b3_1x7`, branch3, { channels: 256, kernel: [1, 7], padding: 'same' });
  branch3 = b.conv(`${name}_b3_7x1`, branch3, { channels: 320, kernel: [7, 1], padding: 'same' });
  return b.concat(`${name}_concat`, [
    b.maxPool(`${name}_b1_pool`, x, HALVE),
    b.conv(`${name}_b2_3x3`, branch2, { channels: 192, kernel: 3, stride: 2 }),
    b.conv(`${name}_b3_3x3`, branch3, { channels: 320, kernel: 3, stride: 2 }),
  ]);
}

/** Figure 6, 8 x 8. */
function moduleC(b: GraphBuilder, name: string, x: Feature): Feature {
  const step = (layer: string, from: Feature, channels: number, kernel: readonly [number, number]) =>
    b.conv(`${name}_${layer}`, from, { channels, kernel, padding: 'same' });
  const pooled = b.averagePool(`${name}_b1_pool`, x, AROUND);
  const branch1 = b.conv(`${name}_b1_1x1`, pooled, { channels: 256, kernel: 1 });
  const branch2 = b.conv(`${name}_b2_1x1`, x, { channels: 256, kernel: 1 });
  const branch3 = b.conv(`${name}_b3_1x1`, x, { channels: 384, kernel: 1 });
  let branch4 = b.conv(`${name}_b4_1x1`, x, { channels: 384, kernel: 1 });
  branch4 = step('b4_1x3a', branch4, 448, [1, 3]);
  branch4 = step('b4_3x1a', branch4, 512, [3, 1]);
  return b.concat(`${name}_concat`, [
    branch1,
    branch2,
    step('b3_1x3', branch3, 256, [1, 3]),
    step('b3_3x1', branch3, 256, [3, 1]),
    step('b4_3x1b', branch4, 256, [3, 1]),
    step('b4_1x3b', branch4, 256, [1, 3]),
  ]);
}

export const INCEPTION_V4: ZooEntry = {
  name: 'inception-v4',
  title: 'Inception v4',
  year: 2016,
  paper: 'Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, AAAI 2017',
  resolution: 299,
  accuracy: { value: 0.8021, source: 'OpenVINO Open Model Zoo 2021.1, googlenet-v4-tf' },
  published: {
    macs: 24.584e9 / 2,
    parameters: 42.648e6,
    source: 'OpenVINO Open Model Zoo 2021.1, googlenet-v4-tf: 24.584 GFLOPs at two per multiply-accumulate, 42.648 M',
  },
  build(b, image, classes) {
    let x = stem(b, image);
    for (const letter of 'bcde') x = moduleA(b, `mixed5${letter}`, x);
    x = reductionA(b, 'mixed6a', x);
    for (const letter of 'bcdefgh') x = moduleB(b, `mixed6${letter}`, x);
    x = reductionB(b, 'mixed7a', x);
    for (const letter of 'bcd') x = moduleC(b, `mixed7${letter}`, x);
    x = b.flatten('flatten', b.globalAveragePool('pool8', x));
    return b.linear('fc', x, classes);
  },
};
