/** The placement kernels on the WASM core. */

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
} from '../../src/core/placement.ts';
import { type PreparedProblem, placementCount, prepareProblem } from '../../src/core/prepared.ts';
import { checkSearchOptions } from '../../src/core/search-options.ts';
import { WasmExact } from './exact.ts';
import type { CoreInstance } from './instance.ts';
import { BUFFERED, instanceFor } from './problem-instance.ts';
import { SearchInstance, WasmSearch } from './search.ts';

export class WasmPlacement implements PlacementKernel {
  readonly problem: PlacementProblem;
  readonly prepared: PreparedProblem;
  readonly #instance: CoreInstance;
  /** Left by a search that was freed. */
  #idle: SearchInstance | undefined;

  constructor(problem: PlacementProblem) {
    this.problem = problem;
    this.prepared = prepareProblem(problem);
    this.#instance = instanceFor(this.prepared);
    this.#instance.exports.seedRandom(1);
  }

  optionCounts(): Float64Array {
    return Float64Array.from(this.prepared.models, (model) => model.options);
  }

  evaluate(placements: Uint8Array): PlacementScores {
    const M = this.problem.models.length;
    const { exports } = this.#instance;
    const count = placementCount(placements, M);
    const scores: PlacementScores = {
      count,
      values: new Float64Array(count),
      meanRates: new Float64Array(count),
      rates: new Float64Array(count * M),
      excess: new Float64Array(count),
    };
    const size = M * PLACEMENT_STRIDE;
    for (let start = 0; start < count; start += BUFFERED) {
      const some = Math.min(BUFFERED, count - start);
      this.#instance.write(exports.ioRecords.value, placements.subarray(start * size, (start + some) * size));
      exports.scorePlacements(some);
      scores.values.set(this.#instance.readNumbers(exports.ioValues.value, some), start);
      scores.meanRates.set(this.#instance.readNumbers(exports.ioMeans.value, some), start);
      scores.rates.set(this.#instance.readNumbers(exports.ioRates.value, some * M), start * M);
      scores.excess.set(this.#instance.readNumbers(exports.ioExcess.value, some), start);
    }
    return scores;
  }

  seed(seed: number): void {
    this.#instance.exports.seedRandom(seed >>> 0);
  }

  sample(kind: SampleKind, count: number): Uint8Array {
    const size = this.problem.models.length * PLACEMENT_STRIDE;
    const { exports } = this.#instance;
    const placements = new Uint8Array(count * size);
    for (let start = 0; start < count; start += BUFFERED) {
      const some = Math.min(BUFFERED, count - start);
      exports.drawPlacements(kind === 'uniform' ? 1 : 0, some);
      placements.set(this.#instance.readBytes(exports.ioRecords.value, some * size), start * size);
    }
    return placements;
  }

  sampleModel(kind: SampleKind, model: number): Uint8Array {
    const { exports } = this.#instance;
    exports.drawModel(kind === 'uniform' ? 1 : 0, model);
    return this.#instance.readBytes(exports.ioRecords.value, PLACEMENT_STRIDE);
  }

  search(options: Partial<SearchOptions> = {}): PlacementSearch {
    const all = { ...SEARCH_DEFAULTS, ...options };
    checkSearchOptions(this.prepared, all);
    const room = this.#idle ?? new SearchInstance(this.prepared);
    this.#idle = undefined;
    return new WasmSearch(this.prepared, all, room, () => {
      this.#idle = room;
    });
  }

  exact(incumbent?: Uint8Array): ExactSearch {
    return new WasmExact(this.prepared, incumbent);
  }

  free(): void {
    this.#idle = undefined;
  }
}
