/** The elastic space of the project's own supernet: depth, width, kernel, expansion and resolution are open. */
import type { ElasticSpace } from '../elastic-space.ts';

const stage = (name: string, blocks: number, depths: number[], widths: number[]) => ({
  name,
  blocks,
  depths,
  genes: [
    { key: 'ks', choices: [3, 5] },
    { key: 'e', choices: [2, 4] },
  ],
  width: { key: 'w', choices: widths },
});

export const SHAPES_SPACE: ElasticSpace = {
  kind: 'elastic-space',
  schemaVersion: 1,
  name: 'shapes',
  resolutions: [16, 20, 24, 32],
  stages: [stage('s1', 2, [1, 2], [12, 16]), stage('s2', 3, [1, 2, 3], [20, 28]), stage('s3', 2, [1, 2], [32, 48])],
};

export const STEM_CHANNELS = 12;
export const TAIL_CHANNELS = 96;

/** One inverted bottleneck: 1x1 to `middle`, depthwise, 1x1 to `channels`; a shortcut where input and output agree. */
export interface ElasticBlock {
  name: string;
  input: number;
  middle: number;
  channels: number;
  kernel: number;
  stride: number;
}

/** The active blocks of a genotype of {@link SHAPES_SPACE}. */
export function blocksOf(genotype: Readonly<Record<string, number | readonly number[]>>): ElasticBlock[] {
  const { ks, e, d, w } = genotype as Record<string, readonly number[]>;
  const blocks: ElasticBlock[] = [];
  let input = STEM_CHANNELS;
  let first = 0;
  SHAPES_SPACE.stages.forEach((stage, s) => {
    for (let b = 0; b < d[s]; b++) {
      const [kernel, expand] = [ks[first + b], e[first + b]];
      blocks.push({
        name: `${stage.name}.${b}`,
        input,
        middle: input * expand,
        channels: w[s],
        kernel,
        stride: b === 0 ? 2 : 1,
      });
      input = w[s];
    }
    first += stage.blocks;
  });
  return blocks;
}
