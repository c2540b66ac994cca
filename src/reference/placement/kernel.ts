/** The placement kernels in plain TypeScript. */

import { demandOf } from '../../core/demand.ts';
import {
  type ExactSearch,
  PLACEMENT_STRIDE,
  type PlacementKernel,
  type PlacementProblem,
  type PlacementScores,
  type PlacementSearch,
  type SampleKind,
  SEARCH_DEFAULTS,
  type SearchOptions,
} from '../../core/placement.ts';
import { type PreparedProblem, placementCount, prepareProblem } from '../../core/prepared.ts';
import { checkSearchOptions } from '../../core/search-options.ts';
import { Random } from '../random.ts';
import { ReferenceExact } from './exact.ts';
import { excessOf, executable } from './limits.ts';
import { scoreRates } from './objective.ts';
import { maxMinRates } from './rates.ts';
import { samplePlacement } from './sampler.ts';
import { ReferenceSearch } from './search.ts';

export class ReferencePlacement implements PlacementKernel {
  readonly problem: PlacementProblem;
  readonly prepared: PreparedProblem;
  readonly #random = new Random(1);

  constructor(problem: PlacementProblem) {
    this.problem = problem;
    this.prepared = prepareProblem(problem);
  }

  optionCounts(): Float64Array {
    return Float64Array.from(this.prepared.models, (model) => model.options);
  }

  evaluate(placements: Uint8Array): PlacementScores {
    const M = this.problem.models.length;
    const count = placementCount(placements, M);
    const scores: PlacementScores = {
      count,
      values: new Float64Array(count).fill(-Infinity),
      meanRates: new Float64Array(count),
      rates: new Float64Array(count * M),
      excess: new Float64Array(count),
    };
    for (let i = 0; i < count; i++) {
      const records = this.problem.models.map((_, m) =>
        placements.subarray((i * M + m) * PLACEMENT_STRIDE, (i * M + m + 1) * PLACEMENT_STRIDE),
      );
      if (!records.every((record, m) => executable(this.prepared, m, record))) {
        scores.excess[i] = Infinity;
        continue;
      }
      const demands = records.map((record, m) => demandOf(this.prepared, m, record));
      const rates = scores.rates.subarray(i * M, (i + 1) * M);
      maxMinRates(this.prepared, demands, rates);
      const score = scoreRates(this.prepared, demands, rates);
      scores.meanRates[i] = score.meanRate;
      scores.excess[i] = excessOf(this.prepared, demands) + score.excess;
      if (scores.excess[i] === 0) scores.values[i] = score.value;
    }
    return scores;
  }

  seed(seed: number): void {
    this.#random.seed(seed);
  }

  sample(kind: SampleKind, count: number): Uint8Array {
    const M = this.problem.models.length;
    const placements = new Uint8Array(count * M * PLACEMENT_STRIDE);
    for (let i = 0; i < count; i++) {
      for (let m = 0; m < M; m++) placements.set(this.sampleModel(kind, m), (i * M + m) * PLACEMENT_STRIDE);
    }
    return placements;
  }

  sampleModel(kind: SampleKind, model: number): Uint8Array {
    return samplePlacement(this.prepared, model, kind, this.#random);
  }

  search(options: Partial<SearchOptions> = {}): PlacementSearch {
    const all = { ...SEARCH_DEFAULTS, ...options };
    checkSearchOptions(this.prepared, all);
    return new ReferenceSearch(this.prepared, all);
  }

  exact(incumbent?: Uint8Array): ExactSearch {
    return new ReferenceExact(this.prepared, incumbent);
  }

  free(): void {}
}
