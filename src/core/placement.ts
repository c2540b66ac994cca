/**
 * The placement contract: what the kernels compute, in arrays of numbers. Two implementations keep it to the bit,
 * `bindings/wasm` (AssemblyScript, SIMD) and `src/reference` (plain TypeScript, written for reading).
 *
 * Units: seconds, bytes, inferences per second. `Infinity` seconds = the processor cannot run the block. Numbers are 0 or
 * 1e-30 to 1e30 (see `magnitudes.ts`); a problem beyond is refused with `BAD_INPUT`.
 *
 *   placement record, one per model, PLACEMENT_STRIDE bytes (a joint placement = M records in model order):
 *
 *     byte 0   1    2     3    4     5    6     7    8     9    10    11
 *        ┌───┬────┬─────┬────┬─────┬────┬─────┬────┬─────┬────┬─────┬───┐
 *        │ k │ p0 │ e0  │ p1 │ e1  │ p2 │ e2  │ p3 │ e3  │ p4 │ e4  │ 0 │   k stages; stage s runs on processor ps,
 *        └───┴────┴─────┴────┴─────┴────┴─────┴────┴─────┴────┴─────┴───┘   blocks e(s-1) .. es - 1 (e(-1) = 0)
 */

import type { ControlKernel, ControlProblem } from './control.ts';
import type { PreparedProblem } from './prepared.ts';

import type { SubnetKernel, SubnetProblem } from './subnets.ts';

/** Bytes of one model's placement record. */
export const PLACEMENT_STRIDE = 12;

/** Stated limits; a larger problem is refused with `LIMIT` before it starts. */
export const LIMITS = {
  models: 64,
  processors: 16,
  resources: 32,
  blocksPerModel: 255,
  stagesPerModel: 5,
  /** Distinct ordered processor tuples of a model that some processor can only partly run. */
  partialTuples: 65_536,
  /** `layer` granularity keeps completion counts per (block, processor, processor set). */
  processorsLayer: 8,
  priorityClasses: 4,
  treeSlots: 1_048_576,
  /** Bytes of one tree slot; the core reports its own figure, and a test compares them. */
  treeSlotBytes: 24,
  /** Leaves in flight at once. */
  batch: 64,
  /** Options opened by any one tree node. */
  openings: 4_096,
  /** Placements of all models together that exact search lists. */
  exactOptions: 262_144,
} as const;

export const OBJECTIVES = ['throughput', 'min', 'weighted', 'geometric-mean', 'priority', 'energy'] as const;
/** What is maximised; see the documentation of the throughput model for each formula. */
export type Objective = (typeof OBJECTIVES)[number];

/** One model, ready to be placed: n blocks on P processors. */
export interface PlacementModel {
  /** For messages only. */
  name: string;
  /** n, 1 to 255. */
  blocks: number;
  /** [P][n] row-major: seconds of block b on processor p; Infinity = cannot run. */
  seconds: Float64Array;
  /** [n] bytes that live across the cut after block b (the last entry is not used). */
  outputBytes: Float64Array;
  /** [n] weight bytes of a block, resident wherever the block is placed. */
  weightBytes: Float64Array;
  /** [n] bytes that a block moves to and from DRAM in one inference. */
  dramBytes: Float64Array;
  /** Peak working memory, charged once on every processor that runs a stage of the model. */
  activationBytes: number;
  /** Weight w of max-min sharing, > 0. */
  shareWeight: number;
  /** Weight v of the `weighted` objective, >= 0. */
  value: number;
  /** Calls per frame k, > 0: multiplies every demand. */
  callsPerFrame: number;
  /** Arrival rate R in inferences/s, or Infinity. */
  rateLimit: number;
  /** Best rate alone on one processor (or on its best chain where none runs it whole), inferences/s. */
  soloRate: number;
  /** Priority class, 0 (highest) to 3. */
  priorityClass: number;
  /** Demanded rate q of `priority`; 0 = none, then soloRate stands in. */
  demandedRate: number;
  /** Rate floor of `energy`; 0 = none. */
  rateFloor: number;
}

/** A placement problem. Indices: m model, p processor, r resource, q pool. */
export interface PlacementProblem {
  models: PlacementModel[];
  /** P. */
  processors: number;
  /** R: what is shared (core groups, GPUs, links, DRAM). */
  resources: number;
  /** [P] bit r set = running on p occupies resource r. At least one bit each. */
  processorUses: Uint32Array;
  /** [P][P] fixed seconds of a transfer from p to q. */
  transferSeconds: Float64Array;
  /** [P][P] further seconds per byte. */
  transferSecondsPerByte: Float64Array;
  /** [P][P] resource that carries the transfer, or -1: charged to what the receiving processor uses. */
  transferResource: Int32Array;
  /** [P] DRAM resource behind p, or -1. */
  dramResource: Int32Array;
  /** [P] seconds that one byte occupies that DRAM. */
  dramSecondsPerByte: Float64Array;
  /** [P] most models resident on p (at least 1; M or more = unlimited). */
  maxModels: Uint32Array;
  /** [Q] processors that share the pool, as bits. */
  poolProcessors: Uint32Array;
  /** [Q] capacity in bytes. */
  poolBytes: Float64Array;
  /** Watts of the idle device; NaN = not declared. */
  idleWatts: number;
  /** [P] watts above idle while p works; NaN = not declared. */
  activeWatts: Float64Array;
  objective: Objective;
  /** Most stages of one model, 1 to 5. */
  maxStages: number;
  /** true: one request in flight per model, stages of a model do not overlap. */
  depthOne: boolean;
}

/** What the kernels found about a list of joint placements; arrays of length `count` unless said otherwise. */
export interface PlacementScores {
  count: number;
  /** The objective; -Infinity where infeasible. */
  values: Float64Array;
  /** Mean rate, inferences/s: decides between equal values. */
  meanRates: Float64Array;
  /** [count][M] inferences/s. */
  rates: Float64Array;
  /** Bytes (or models, at 2^40 each) by which limits are exceeded, summed; 0 = feasible; Infinity = not executable. */
  excess: Float64Array;
}

export type SampleKind = 'uniform' | 'stratified';

/** How a search walks its tree. Every field has a default in {@link SEARCH_DEFAULTS}. */
export interface SearchOptions {
  seed: number;
  /** One decision = a model's whole placement, or one block (last to first). */
  granularity: 'segment' | 'layer';
  selection: 'puct' | 'uct';
  /** Exploration constant c. */
  exploration: number;
  rollout: 'incumbent' | 'uniform';
  /** What a node is worth: the best value found below it, or the mean of all values (as in the original). */
  backup: 'best' | 'mean';
  /** Leaves collected under virtual visits before they are scored together, 1 to LIMITS.batch. */
  batch: number;
  /** Tree slots to reserve, up to LIMITS.treeSlots. */
  slots: number;
}

export const SEARCH_DEFAULTS: SearchOptions = {
  seed: 1,
  granularity: 'segment',
  selection: 'puct',
  exploration: 1.25,
  rollout: 'incumbent',
  backup: 'best',
  batch: 16,
  slots: 16_384,
};

/** `tree`: select, expand, roll out. `polish`: change one model of the best placement so far. */
export type SearchPhase = 'tree' | 'polish';

/** Leaves waiting for values. The arrays hold them until the next batch is selected. */
export interface LeafBatch {
  /** Distinct placements to score, at most the n asked for; 0 = nothing new was reached. */
  count: number;
  /** [count][M] placement records. */
  placements: Uint8Array;
  /** [count][M][R] seconds of each resource that one inference of m demands: the features of an estimator. */
  demands: Float64Array;
}

/** A search in progress, as numbers. */
export interface SearchStatus {
  /** Distinct placements scored. */
  evaluations: number;
  /** Leaves reached, cache hits and refused placements included. */
  simulations: number;
  cacheHits: number;
  /** Complete placements refused by memory or residency limits. */
  refused: number;
  /** Tree slots in use, and the bytes that they take in the WASM core. */
  slots: number;
  treeBytes: number;
  /** No slot was free for a node that wanted opening: the search goes on without growing. */
  full: boolean;
  /** Every placement that the opening lists hold was tried: `tree` has nothing left to do. */
  exhausted: boolean;
  /** Value and mean rate of the best placement; -Infinity before the first feasible one. */
  bestValue: number;
  bestMeanRate: number;
  /** Evaluations done when the best was found. */
  bestAt: number;
  /** Least excess seen while nothing feasible was found (see {@link PlacementScores.excess}). */
  leastExcess: number;
}

/**
 * One tree search. The verbs: `evaluate` counts given placements (seeds), `run` searches with the analytic model,
 * `selectLeaves` + `backup` let an outside estimator do the scoring. The same seed and the same calls give the same
 * bits in both implementations.
 */
export interface PlacementSearch {
  readonly options: SearchOptions;
  status(): SearchStatus;
  /** Score given joint placements [count][M] with the analytic model; they count, and may become the best. */
  offer(placements: Uint8Array): void;
  /** Score given placements with values from outside. */
  offerScored(placements: Uint8Array, values: Float64Array): void;
  /**
   * Go on in `phase` until `evaluations` more placements are scored or `simulations` more leaves are reached.
   * Runs to completion: callers that must stay responsive ask for little at a time.
   */
  run(phase: SearchPhase, evaluations: number, simulations: number): SearchStatus;
  /** Collect up to n distinct unscored placements (n <= batch). Must be answered by `backup`. */
  selectLeaves(n: number, phase?: SearchPhase): LeafBatch;
  /** [count][M] rates of the waiting leaves by the throughput model, inferences/s; they hold as long as the leaves. */
  leafRates(): Float64Array;
  /** Values of the last `selectLeaves`, in its order. NaN or -Infinity = infeasible. Throws `BAD_INPUT` beyond ±1e30. */
  backup(values: Float64Array): void;
  /** Best joint placement [M] records, or undefined while nothing feasible was found. */
  best(): Uint8Array | undefined;
  /** The at most 8 best distinct placements, best first: [count][M] records, and their values. */
  top(): { placements: Uint8Array; values: Float64Array };
  /** Fix the best placement's next decision: that child becomes the root. Returns the decisions fixed so far. */
  commit(): number;
  /** Give the memory back, for the kernel's next search; no other call may follow. */
  free(): void;
}

/** An exact search in progress. */
export interface ExactStatus {
  /** Placements of single models looked at, at any depth. */
  nodes: number;
  /** Complete placements scored. */
  evaluations: number;
  /** Every placement was scored or excluded by a bound: the best is optimal. */
  done: boolean;
  bestValue: number;
  bestMeanRate: number;
  /** No placement is worth more; equals bestValue (up to 1e-9 relative) once done. */
  bound: number;
}

/** Branch and bound over all placements, depth first. */
export interface ExactSearch {
  /** Go on for that many nodes, or to the end. */
  run(nodes: number): ExactStatus;
  /** Best joint placement [M] records so far, or undefined. */
  best(): Uint8Array | undefined;
}

/** The kernels for one problem. Owns memory until `free`. */
export interface PlacementKernel {
  readonly problem: PlacementProblem;
  /** The tables that both implementations start from. */
  readonly prepared: PreparedProblem;
  /** Number of ways to place each model, as doubles. */
  optionCounts(): Float64Array;
  /** Throughput model and objective of joint placements [count][M] records. */
  evaluate(placements: Uint8Array): PlacementScores;
  /** Restart the generator behind `sample`. */
  seed(seed: number): void;
  /** Random joint placements [count][M] records, legal by construction. */
  sample(kind: SampleKind, count: number): Uint8Array;
  /** One random record for model m. */
  sampleModel(kind: SampleKind, model: number): Uint8Array;
  search(options?: Partial<SearchOptions>): PlacementSearch;
  /**
   * Proven optimum; a known good placement [M] records shortens the search. Throws LIMIT beyond LIMITS.exactOptions.
   */
  exact(incumbent?: Uint8Array): ExactSearch;
  free(): void;
}

/** What `heterodyne/core` gives: one implementation of the kernels. */
export interface Core {
  readonly id: 'wasm' | 'reference';
  /** Hash of the implementation's code: a saved state is refused by a different build. */
  readonly version: string;
  /** Bytes of one tree slot. */
  readonly treeSlotBytes: number;
  /** Check a problem against limits and prepare the kernels. Throws `LIMIT`, `BAD_INPUT`, `UNBOUNDED_MODEL`. */
  placement(problem: PlacementProblem): PlacementKernel;
  /** Prepare decisions of a controller. Throws `LIMIT`, `BAD_INPUT`. */
  control(problem: ControlProblem): ControlKernel;
  /** The same for a sub-network search. Throws `LIMIT`, `BAD_INPUT`. */
  subnets(problem: SubnetProblem): SubnetKernel;
}
