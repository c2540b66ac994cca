/**
 * The evolutionary search with the settings that were published with it, and the part of the MobileNetV3 space that each
 * setting searched. What a preset leaves open is as in the Once-for-All tutorial.
 */
import type { CostModel } from '../costs/cost-model.ts';
import type { MbChoices } from '../ofa-mbv3.ts';
import type { EvolutionSettings } from './evolution.ts';

export interface EvolutionPreset {
  id: string;
  source: string;
  settings(unit: CostModel['unit']): Partial<EvolutionSettings>;
  /** Choices of the MobileNetV3 space; absent = all of them. */
  choices?: MbChoices & { resolutions: readonly number[] };
}

const TUTORIAL: EvolutionPreset = {
  id: 'ofa-tutorial',
  source: 'tutorial of Once-for-All (Cai et al., ICLR 2020)',
  settings: () => ({}),
};

const NEWER: EvolutionPreset = {
  id: 'ofa-newer',
  source: 'the newer search class of Once-for-All',
  settings: () => ({ resolutionProbability: 0.5 }),
};

/** Latency scripts mutate with 0.4, the FLOPs script with 0.1; half of the first population is lost to a loop's bound. */
const dynamicOfa = (choices?: EvolutionPreset['choices']): EvolutionPreset => ({
  id: 'dynamic-ofa',
  source: 'scripts of Dynamic-OFA (Lou et al., CVPR Workshops 2021)',
  settings: (unit) => {
    const probability = unit === 'ms' ? 0.4 : 0.1;
    return { mutateProbability: probability, resolutionProbability: probability, initialHalf: true };
  },
  ...(choices && { choices }),
});

const NARROWED = { resolutions: [208, 212, 216, 220], kernels: [5, 7], expansions: [4, 6], depths: [3, 4] };

export const EVOLUTION_PRESETS = ['ofa-tutorial', 'ofa-newer', 'dynamic-ofa'] as const;
export type EvolutionPresetId = (typeof EVOLUTION_PRESETS)[number];

/** @param floor whether an accuracy is asked for: Dynamic-OFA's script for that searches the whole space */
export function evolutionPreset(id: EvolutionPresetId, floor: boolean): EvolutionPreset {
  return { 'ofa-tutorial': TUTORIAL, 'ofa-newer': NEWER, 'dynamic-ofa': dynamicOfa(floor ? undefined : NARROWED) }[id];
}
