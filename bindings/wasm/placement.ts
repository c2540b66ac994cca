/** The placement kernels on the WASM core. */

import { completionCounts } from '../../src/core/completion-counts.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { exactTables } from '../../src/core/exact-tables.ts';
import { checkScores } from '../../src/core/magnitudes.ts';
import {
  type ExactSearch,
  type ExactStatus,
  type LeafBatch,
  OBJECTIVES,
  PLACEMENT_STRIDE,
  type PlacementKernel,
  type PlacementProblem,
  type PlacementScores,
  type PlacementSearch,
  type SampleKind,
  SEARCH_DEFAULTS,
  type SearchOptions,
  type SearchPhase,
  type SearchStatus,
} from '../../src/core/placement.ts';
import { type PreparedProblem, placementCount, prepareProblem } from '../../src/core/prepared.ts';
import { bestOptions } from '../../src/core/ranked-options.ts';
import { cacheEntries, checkSearchOptions, openingCapacity } from '../../src/core/search-options.ts';
import type { ExactCells, ProblemCells, SearchCells } from './exports.ts';
import { CoreInstance, outOfMemory } from './instance.ts';

/** Joint placements that go through the buffers at a time. */
const BUFFERED = 128;

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

/** An instance with the problem's tables, in which one search runs after another. */
class SearchInstance {
  readonly core: CoreInstance;
  /** Where the core reports how a search stands, and what comes after the tables. */
  readonly report: number;
  readonly #searches: number;

  constructor(prepared: PreparedProblem) {
    this.core = instanceFor(prepared);
    this.report = this.core.allocate(REPORT_CELLS * 8);
    this.#searches = this.core.allocate(0);
  }

  clear(): void {
    this.core.exports.release(this.#searches);
  }
}

/** What `reportSearch` writes. */
const REPORT_CELLS = 11;

class WasmSearch implements PlacementSearch {
  readonly options: SearchOptions;
  readonly #models: number;
  readonly #resources: number;
  readonly #instance: CoreInstance;
  readonly #report: number;
  readonly #slotBytes: number;
  readonly #free: () => void;
  /** Addresses of the buffers: globals are slow to read. */
  readonly #io: { records: number; demands: number; rates: number; values: number };
  readonly #placements: Uint8Array;
  readonly #demands: Float64Array;
  readonly #rates: Float64Array;
  /** Leaves that wait for values. */
  #waiting = 0;
  #freed = false;

  constructor(prepared: PreparedProblem, options: SearchOptions, room: SearchInstance, free: () => void) {
    this.options = options;
    this.#models = prepared.models.length;
    this.#resources = prepared.problem.resources;
    this.#instance = room.core;
    this.#report = room.report;
    this.#free = () => {
      room.clear();
      free();
    };
    const { exports } = room.core;
    this.#slotBytes = exports.SLOT_BYTES.value;
    this.#io = {
      records: exports.ioRecords.value,
      demands: exports.ioDemands.value,
      rates: exports.ioRates.value,
      values: exports.ioValues.value,
    };
    const leaves = options.batch * this.#models;
    this.#placements = new Uint8Array(leaves * PLACEMENT_STRIDE);
    this.#demands = new Float64Array(leaves * this.#resources);
    this.#rates = new Float64Array(leaves);
    const layered = options.granularity === 'layer';
    const addresses = (arrays: (Float64Array | Uint8Array)[]) =>
      Uint32Array.from(arrays, (array) => this.#instance.put(array));
    if (layered) {
      this.#instance.set<Pick<SearchCells, 'countsOf'>>({
        countsOf: addresses(prepared.models.map((_, m) => completionCounts(prepared, m))),
      });
    } else {
      const capacities = Uint32Array.from(prepared.models, (model) => openingCapacity(model.options, options.slots));
      const ranked = prepared.models.map((_, m) => bestOptions(prepared, m, capacities[m]));
      this.#instance.set<Omit<SearchCells, 'countsOf'>>({
        rankedOf: addresses(ranked),
        rankedCountOf: Uint32Array.from(ranked, (records) => records.length / PLACEMENT_STRIDE),
        capacityOf: capacities,
      });
    }
    const ready = this.#instance.exports.beginSearch(
      options.seed >>> 0,
      Number(layered),
      Number(options.selection === 'uct'),
      options.exploration,
      Number(options.rollout === 'uniform'),
      Number(options.backup === 'best'),
      options.batch,
      options.slots,
      cacheEntries(options.slots),
    );
    if (!ready) throw outOfMemory(options.slots * this.#instance.exports.SLOT_BYTES.value);
  }

  status(): SearchStatus {
    this.#mustLive();
    this.#instance.exports.reportSearch(this.#report);
    const { doubles } = this.#instance;
    const at = this.#report >>> 3;
    const slots = doubles[at + 4] * 4;
    return {
      evaluations: doubles[at],
      simulations: doubles[at + 1],
      cacheHits: doubles[at + 2],
      refused: doubles[at + 3],
      slots,
      treeBytes: slots * this.#slotBytes,
      full: doubles[at + 5] === 1,
      exhausted: doubles[at + 6] === 1,
      bestValue: doubles[at + 7],
      bestMeanRate: doubles[at + 8],
      bestAt: doubles[at + 9],
      leastExcess: doubles[at + 10],
    };
  }

  offer(placements: Uint8Array): void {
    this.#offer(placements);
  }

  offerScored(placements: Uint8Array, values: Float64Array): void {
    checkScores(values);
    this.#offer(placements, values);
  }

  #offer(placements: Uint8Array, values?: Float64Array): void {
    this.#mustNotWait();
    const { exports } = this.#instance;
    const size = this.#models * PLACEMENT_STRIDE;
    const count = placementCount(placements, this.#models);
    const { records } = this.#io;
    for (let start = 0; start < count; start += BUFFERED) {
      const some = Math.min(BUFFERED, count - start);
      this.#instance.write(records, placements.subarray(start * size, (start + some) * size));
      for (let i = 0; i < some; i++) {
        exports.offerPlacement(records + i * size, values ? 1 : 0, values ? values[start + i] : 0);
      }
    }
  }

  run(phase: SearchPhase, evaluations: number, simulations: number): SearchStatus {
    this.#mustNotWait();
    this.#instance.exports.runSearch(Number(phase === 'polish'), evaluations, simulations);
    return this.status();
  }

  selectLeaves(n: number, phase: SearchPhase = 'tree'): LeafBatch {
    this.#mustNotWait();
    const { exports } = this.#instance;
    const { records, demands } = this.#io;
    const count = exports.selectLeaves(Number(phase === 'polish'), n);
    exports.copyPending(records, demands);
    this.#waiting = count;
    const bytes = count * this.#models * PLACEMENT_STRIDE;
    const numbers = count * this.#models * this.#resources;
    this.#placements.set(this.#instance.bytes.subarray(records, records + bytes));
    this.#demands.set(this.#instance.doubles.subarray(demands >>> 3, (demands >>> 3) + numbers));
    return {
      count,
      placements: this.#placements.subarray(0, bytes),
      demands: this.#demands.subarray(0, numbers),
    };
  }

  leafRates(): Float64Array {
    this.#mustLive();
    const { rates } = this.#io;
    const numbers = this.#waiting * this.#models;
    this.#instance.exports.ratePending(rates);
    this.#rates.set(this.#instance.doubles.subarray(rates >>> 3, (rates >>> 3) + numbers));
    return this.#rates.subarray(0, numbers);
  }

  backup(values: Float64Array): void {
    if (this.#waiting === 0 || values.length !== this.#waiting) {
      throw new HeterodyneError('USAGE', `backup of ${values.length} values, but ${this.#waiting} are awaited`);
    }
    checkScores(values);
    this.#waiting = 0;
    this.#instance.write(this.#io.values, values);
    this.#instance.exports.backupValues(this.#io.values);
  }

  best(): Uint8Array | undefined {
    this.#mustLive();
    const { exports } = this.#instance;
    if (exports.hasBest.value === 0) return undefined;
    const placement = new Uint8Array(this.#models * PLACEMENT_STRIDE);
    for (let m = 0; m < this.#models; m++) {
      const address = exports.bestDemands.value + m * exports.demandStride.value;
      placement.set(this.#instance.readBytes(address, PLACEMENT_STRIDE), m * PLACEMENT_STRIDE);
    }
    return placement;
  }

  top(): { placements: Uint8Array; values: Float64Array } {
    this.#mustLive();
    const { exports } = this.#instance;
    const count: number = exports.bestCount.value;
    const size = this.#models * PLACEMENT_STRIDE;
    const placements = new Uint8Array(count * size);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const entry = exports.bestEntries.value + i * exports.bestEntryBytes.value;
      values[i] = this.#instance.readNumbers(entry + 8, 1)[0];
      placements.set(this.#instance.readBytes(entry + 24, size), i * size);
    }
    return { placements, values };
  }

  commit(): number {
    this.#mustNotWait();
    return this.#instance.exports.commitDecision();
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#free();
  }

  #mustLive(): void {
    if (this.#freed) throw new HeterodyneError('USAGE', 'the search was freed');
  }

  #mustNotWait(): void {
    this.#mustLive();
    if (this.#waiting > 0) throw new HeterodyneError('USAGE', 'leaves wait for their values: call backup first');
  }
}

class WasmExact implements ExactSearch {
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

/** A fresh instance with the problem's tables in its memory. */
function instanceFor(prepared: PreparedProblem): CoreInstance {
  const { problem, models } = prepared;
  const instance = new CoreInstance();
  const addresses = (arrays: (Float64Array | Uint8Array)[], padding = 0) =>
    Uint32Array.from(arrays, (array) => instance.put(array, padding));
  const doubles = (of: (m: number) => number) => Float64Array.from(models, (_, m) => of(m));
  instance.set<ProblemCells>({
    models: models.length,
    processors: problem.processors,
    resources: problem.resources,
    rowStride: prepared.rowStride,
    pools: problem.poolBytes.length,
    objective: OBJECTIVES_IN_CORE.indexOf(problem.objective),
    depthOne: problem.depthOne,
    rateLimited: problem.depthOne || problem.models.some((model) => model.rateLimit < Number.POSITIVE_INFINITY),
    constrained: prepared.constrained,
    idleWatts: problem.idleWatts,
    meanSoloRate: prepared.meanSoloRate,
    processorUses: problem.processorUses,
    transferSeconds: problem.transferSeconds,
    transferSecondsPerByte: problem.transferSecondsPerByte,
    transferResource: problem.transferResource,
    dramResource: problem.dramResource,
    dramSecondsPerByte: problem.dramSecondsPerByte,
    maxModels: problem.maxModels,
    poolProcessors: problem.poolProcessors,
    poolBytes: problem.poolBytes,
    activeWatts: problem.activeWatts,
    blocksOf: Uint32Array.from(models, (model) => model.blocks),
    maxStagesOf: Uint32Array.from(models, (model) => model.maxStages),
    secondsPrefixOf: addresses(models.map((model) => model.secondsPrefix)),
    reachOf: addresses(models.map((model) => model.reach)),
    outputBytesOf: addresses(problem.models.map((model) => model.outputBytes)),
    weightPrefixOf: addresses(models.map((model) => model.weightPrefix)),
    dramPrefixOf: addresses(models.map((model) => model.dramPrefix)),
    waysOf: addresses(models.map((model) => model.ways)),
    optionsOf: doubles((m) => models[m].options),
    usableCountOf: Uint32Array.from(models, (model) => model.usable.length),
    // Read as one vector of 16 processors.
    usableOf: addresses(
      models.map((model) => model.usable),
      16,
    ),
    tuplesOf: Uint32Array.from(models, (model) =>
      instance.put(
        Uint32Array.from(
          model.tuples.flatMap(({ processors, cumulative }) => [
            cumulative.length,
            instance.put(processors),
            instance.put(cumulative),
          ]),
        ),
      ),
    ),
    callsPerFrameOf: doubles((m) => problem.models[m].callsPerFrame),
    activationBytesOf: doubles((m) => problem.models[m].activationBytes),
    shareWeightOf: doubles((m) => problem.models[m].shareWeight),
    valueOf: doubles((m) => problem.models[m].value),
    rateLimitOf: doubles((m) => problem.models[m].rateLimit),
    soloRateOf: doubles((m) => problem.models[m].soloRate),
    demandedRateOf: doubles((m) => problem.models[m].demandedRate),
    rateFloorOf: doubles((m) => problem.models[m].rateFloor),
    priorityClassOf: Uint32Array.from(problem.models, (model) => model.priorityClass),
    identical: prepared.identical ?? 0,
    order: prepared.order,
  });
  if (!instance.exports.beginKernel(BUFFERED)) throw outOfMemory(BUFFERED * models.length * PLACEMENT_STRIDE);
  return instance;
}

/** The core's numbering of objectives is the contract's order. */
const OBJECTIVES_IN_CORE: readonly string[] = OBJECTIVES;
