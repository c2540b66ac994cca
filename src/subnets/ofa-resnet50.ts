/** Once-for-All ResNet50: the space, and the widths of its layers. */
import type { ElasticSpace } from './elastic-space.ts';
import { divisibleBy8 } from './ofa-mbv3.ts';

const RESOLUTIONS = [128, 144, 160, 176, 192, 224, 240, 256];
const WIDTHS = [0.65, 0.8, 1];
export const RES_EXPANSIONS = [0.2, 0.25, 0.35];
export const RES_STRIDES = [1, 2, 2, 2];
const BASE_DEPTHS = [2, 2, 4, 2];
const STEM = 64;
const STAGES = [256, 512, 1024, 2048];

export function ofaResnet50(resolutions: readonly number[] = RESOLUTIONS): ElasticSpace {
  const width = { key: 'w', choices: [0, 1, 2] };
  return {
    kind: 'elastic-space',
    schemaVersion: 1,
    name: 'ofa-resnet50',
    resolutions: [...resolutions],
    // The stem: whether its residual convolution stays (2) or goes (0), the width of its middle, and of its output.
    globals: [{ key: 'd', choices: [0, 2] }, width, width],
    stages: BASE_DEPTHS.map((base, s) => ({
      name: `stage${s}`,
      blocks: base + 2,
      depths: [0, 1, 2],
      baseBlocks: base,
      genes: [{ key: 'e', choices: RES_EXPANSIONS }],
      width,
    })),
    // Both make a stem of 24 middle channels.
    merged: { key: 'w', from: 0, to: 1 },
  };
}

/** Channels at width index 0, 1, 2. */
export const STEM_OUT = WIDTHS.map((width) => divisibleBy8(STEM * width));
export const STEM_MIDDLE = STEM_OUT.map((channels) => divisibleBy8(channels / 2));
export const STAGE_OUT = STAGES.map((channels) => WIDTHS.map((width) => divisibleBy8(channels * width)));

export function blockMiddle(outChannels: number, expansion: number): number {
  return divisibleBy8(Math.round(outChannels * expansion));
}
