/** The elastic space of the project's own supernet: depth, width, kernel, expansion and resolution are open. */
import type { BottleneckLayers, ElasticSpace } from '../elastic-space.ts';
import type { Genotype } from '../genotype.ts';
import { type Bottleneck, bottlenecksOf } from '../networks/bottlenecks.ts';
import { CLASSES } from './images.ts';

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

export const SHAPES_LAYERS: BottleneckLayers = {
  stem: { channels: STEM_CHANNELS, stride: 1 },
  stages: SHAPES_SPACE.stages.map(() => ({ stride: 2 })),
  tail: TAIL_CHANNELS,
  classes: CLASSES.length,
};

/** The active blocks of a genotype of {@link SHAPES_SPACE}. */
export function blocksOf(genotype: Genotype): Bottleneck[] {
  return bottlenecksOf(SHAPES_SPACE, SHAPES_LAYERS, genotype);
}
