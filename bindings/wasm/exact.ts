/** Branch and bound on the WASM core. */
import { exactTables } from '../../src/core/exact-tables.ts';
import { type ExactSearch, type ExactStatus, PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import type { PreparedProblem } from '../../src/core/prepared.ts';
import type { ExactCells } from './exports.ts';
import { type CoreInstance, outOfMemory } from './instance.ts';
import { instanceFor } from './problem-instance.ts';

export class WasmExact implements ExactSearch {
  readonly #models: number;
  readonly #instance: CoreInstance;

  constructor(prepared: PreparedProblem, incumbent?: Uint8Array) {
    this.#models = prepared.models.length;
    const { models, order } = exactTables(prepared);
    this.#instance = instanceFor(prepared);
    const addresses = (arrays: (Float64Array | Uint8Array)[]) =>
      Uint32Array.from(arrays, (array) => this.#instance.put(array));
    this.#instance.set<ExactCells>({
      exactCountOf: Uint32Array.from(models, (model) => model.caps.length),
      exactRecordsOf: addresses(models.map((model) => model.records)),
      exactCapsOf: addresses(models.map((model) => model.caps)),
      exactLeastRowOf: addresses(models.map((model) => model.leastRow)),
      exactLeastTotalOf: Float64Array.from(models, (model) => model.leastTotal),
      exactLeastJoulesOf: Float64Array.from(models, (model) => model.leastJoules),
      exactOrder: order,
    });
    if (!this.#instance.exports.beginExact(incumbent ? this.#instance.put(incumbent) : 0)) {
      throw outOfMemory(models.reduce((sum, model) => sum + model.records.length, 0));
    }
  }

  run(nodes: number): ExactStatus {
    const { exports } = this.#instance;
    exports.runExact(nodes);
    return {
      nodes: exports.exactNodes.value,
      evaluations: exports.exactEvaluations.value,
      done: exports.exactDepth.value < 0,
      bestValue: exports.exactValue.value,
      bestMeanRate: exports.exactMean.value,
      bound: exports.exactBound(),
    };
  }

  best(): Uint8Array | undefined {
    const { exports } = this.#instance;
    if (exports.exactFound.value === 0) return undefined;
    return this.#instance.readBytes(exports.exactBest.value, this.#models * PLACEMENT_STRIDE);
  }
}
