/** Random mixes of zoo models on shipped platforms, as placement problems. */
import type { Objective, PlacementProblem } from '../src/core/placement.ts';
import {
  type BlockedModel,
  loadZooModel,
  type Platform,
  placementProblem,
  platformById,
  rooflineProfile,
  workloadOf,
  ZOO,
} from '../src/index.ts';
import { Random } from '../src/reference/random.ts';

export const STUDY_PLATFORMS = ['hikey970', 'jetson-agx-xavier', 'orange-pi-5'] as const;

const models = new Map<string, BlockedModel>();
const platforms = new Map<string, Platform>();

/** `count` sets of `least` to `most` different models. The same seed gives the same sets. */
export function drawMixes(count: number, seed: number, least: number, most: number): string[][] {
  const random = new Random(seed);
  const names = ZOO.map((entry) => entry.name).sort();
  return Array.from({ length: count }, () => {
    const left = [...names];
    const size = least + random.below(most - least + 1);
    return Array.from({ length: size }, () => left.splice(random.below(left.length), 1)[0]);
  });
}

export function mixProblem(platformId: string, names: readonly string[], objective: Objective): PlacementProblem {
  const platform = platforms.get(platformId) ?? platformById(platformId).platform;
  platforms.set(platformId, platform);
  const blocked = names.map((name) => {
    const model = models.get(name) ?? loadZooModel(name);
    models.set(name, model);
    return model;
  });
  const profile = rooflineProfile(blocked, platform);
  return placementProblem({ profile, platform, workload: workloadOf(names), objective }).problem;
}
