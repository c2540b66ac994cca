/** The search on the WASM core: its memory, its slices, its leaves. */
import { completionCounts } from '../../src/core/completion-counts.ts';
import { HeterodyneError } from '../../src/core/errors.ts';
import { checkScores } from '../../src/core/magnitudes.ts';
import {
  type LeafBatch,
  PLACEMENT_STRIDE,
  type PlacementSearch,
  type SearchOptions,
  type SearchPhase,
  type SearchStatus,
} from '../../src/core/placement.ts';
import { type PreparedProblem, placementCount } from '../../src/core/prepared.ts';
import { bestOptions } from '../../src/core/ranked-options.ts';
import { cacheEntries, openingCapacity } from '../../src/core/search-options.ts';
import type { SearchCells } from './exports.ts';
import { type CoreInstance, outOfMemory } from './instance.ts';
import { BUFFERED, instanceFor } from './problem-instance.ts';

/** An instance with the problem's tables, in which one search runs after another. */
export class SearchInstance {
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

export class WasmSearch implements PlacementSearch {
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
