/** Mixes of models, drawn from a catalogue, and the placement problem of each. */
import { HeterodyneError } from '../../core/errors.ts';
import type { PlacementProblem } from '../../core/placement.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Profile } from '../../profiles/schema.ts';
import { workloadNames, workloadOf } from '../../profiles/workload.ts';
import { Random } from '../../reference/random.ts';
import { placementProblem } from '../problem.ts';

/**
 * `count` different mixes of 1 to `most` of `catalogue` models: first the size, uniformly, then each model, repeats
 * allowed. Where a size has no new mix left, another size is drawn.
 *
 * @returns places in the catalogue, ascending
 * @throws HeterodyneError `USAGE` when there are not so many different mixes
 */
export function drawMixes(catalogue: number, count: number, most: number, seed: number): number[][] {
  const possible = mixesUpTo(catalogue, most);
  if (count > possible) {
    throw new HeterodyneError('USAGE', `${catalogue} models make only ${possible} mixes of at most ${most}`, {
      path: 'mixes',
      expected: `at most ${possible}`,
      received: String(count),
      hint: 'add models, or larger mixes',
    });
  }
  const random = new Random(seed);
  const known = new Set<string>();
  const mixes: number[][] = [];
  while (mixes.length < count) {
    const size = 1 + random.below(most);
    const mix = Array.from({ length: size }, () => random.below(catalogue)).sort((a, b) => a - b);
    const key = mix.join();
    if (known.has(key)) continue;
    known.add(key);
    mixes.push(mix);
  }
  return mixes;
}

/** Multisets of 1 to `most` out of n, up to 2^53. */
function mixesUpTo(n: number, most: number): number {
  let all = 0;
  let ofSize = 1;
  for (let size = 1; size <= most; size++) {
    ofSize = (ofSize * (n + size - 1)) / size;
    all += ofSize;
  }
  return Math.min(all, Number.MAX_SAFE_INTEGER);
}

/** Names of what the models of a mix share. */
export function mixResources(profile: Profile, platform: Platform): string[] {
  const [first] = profile.models;
  const workload = workloadOf([first.name]);
  return placementProblem({ profile: { ...profile, models: [first] }, platform, workload }).names.resources;
}

/** The problem of a mix. Costs come from a profile of the whole catalogue, in its order. */
export function mixProblem(profile: Profile, platform: Platform, mix: readonly number[]): PlacementProblem {
  const workload = workloadOf(mix.map((model) => profile.models[model].name));
  const names = workloadNames(workload);
  const models = mix.map((model, m) => ({ ...profile.models[model], name: names[m] }));
  return placementProblem({ profile: { ...profile, models }, platform, workload }).problem;
}
