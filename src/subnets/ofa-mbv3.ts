/**
 * Once-for-All MobileNetV3, width 1.2 (Cai et al., ICLR 2020): the space, and the shapes of its layers.
 */
import type { ElasticSpace } from './elastic-space.ts';
import type { SearchSpace } from './space.ts';

/** Resolutions of the Once-for-All tutorial, for which latency tables are published. */
const RESOLUTIONS = [160, 176, 192, 208, 224];
export const KERNELS = [3, 5, 7];
export const EXPANSIONS = [3, 4, 6];

export interface MbStage {
  channels: number;
  /** Of its first block; all others keep the size and add their input. */
  stride: number;
  squeezeExcite: boolean;
  hardSwish: boolean;
}

export const MB_STAGES: readonly MbStage[] = [
  { channels: 32, stride: 2, squeezeExcite: false, hardSwish: false },
  { channels: 48, stride: 2, squeezeExcite: true, hardSwish: false },
  { channels: 96, stride: 2, squeezeExcite: false, hardSwish: true },
  { channels: 136, stride: 1, squeezeExcite: true, hardSwish: true },
  { channels: 192, stride: 2, squeezeExcite: true, hardSwish: true },
];
export const MB_BLOCKS = 4;
export const MB_STEM = 24;
export const MB_TAIL = [1152, 1536, 1000] as const;

/** A part of the space: fewer choices, in the order of the whole. */
export interface MbChoices {
  kernels?: readonly number[];
  expansions?: readonly number[];
  depths?: readonly number[];
}

export function ofaMbv3(resolutions: readonly number[] = RESOLUTIONS, choices: MbChoices = {}): ElasticSpace {
  const { kernels = KERNELS, expansions = EXPANSIONS, depths = [2, 3, 4] } = choices;
  return {
    kind: 'elastic-space',
    schemaVersion: 1,
    name: 'ofa-mbv3',
    resolutions: [...resolutions],
    stages: MB_STAGES.map((_, s) => ({
      name: `stage${s}`,
      blocks: MB_BLOCKS,
      depths: [...depths],
      genes: [
        { key: 'ks', choices: [...kernels] },
        { key: 'e', choices: [...expansions] },
      ],
    })),
  };
}

/** Kernel and expansion of a block's form, by the choices of the space that the form counts through. */
export function mbForm(space: SearchSpace, form: number): { kernel: number; expansion: number } {
  const [kernels, expansions] = space.definition.stages[0].genes.map(({ choices }) => choices);
  return { kernel: kernels[Math.floor(form / expansions.length)], expansion: expansions[form % expansions.length] };
}

/** Channels that suit vector units: a multiple of 8, at least 0.9 of what was asked for. */
export function divisibleBy8(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** Output size of a layer that keeps its input's size at stride 1. */
export function strided(size: number, stride: number): number {
  return Math.floor((size - 1) / stride) + 1;
}

/** One block's place in the network at one resolution, by slot 0 .. 19. */
export interface MbBlockShape extends MbStage {
  stage: number;
  position: number;
  inChannels: number;
  inSize: number;
  outSize: number;
  /** Of this very block. */
  stride: number;
}

export interface MbShapes {
  /** Feature size after the stem. */
  stemSize: number;
  blocks: MbBlockShape[];
  lastSize: number;
}

export function mbShapes(resolution: number): MbShapes {
  const stemSize = strided(resolution, 2);
  const blocks: MbBlockShape[] = [];
  let size = stemSize;
  let channels = MB_STEM;
  MB_STAGES.forEach((stage, s) => {
    for (let position = 0; position < MB_BLOCKS; position++) {
      const stride = position === 0 ? stage.stride : 1;
      const outSize = strided(size, stride);
      blocks.push({ ...stage, stage: s, position, inChannels: channels, inSize: size, outSize, stride });
      size = outSize;
      channels = stage.channels;
    }
  });
  return { stemSize, blocks, lastSize: size };
}
