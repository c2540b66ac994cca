/**
 * The sub-network contract: spaces, predictors and costs in arrays of numbers, and the searches over them. Two
 * implementations keep it to the bit, `bindings/wasm` and `src/reference`.
 *
 * Two spellings of a network:
 *
 *   genome   [G] one byte a gene, the index of its choice; genes of inactive blocks keep a value that changes nothing
 *   network  [S] one byte a slot: 0 = inactive, else 1 + the slot's genes in mixed radix. Canonical: equal networks
 *            have equal bytes
 *
 *   genome   ┬ kernel 0 ┬ expand 0 ┬ kernel 1 ┬ ... ┬ depth 0 ┬ ... ┬ resolution ┬
 *   network  ┴────── slot 0 ───────┴── slot 1 ...                   ┴── slot S-1 ─┴
 */

/** Stated limits; a larger problem is refused with `LIMIT`. */
export const SUBNET_LIMITS = {
  genes: 128,
  slots: 64,
  /** Values of one slot. */
  values: 254,
  /** Slots that one cost factor reads. */
  factorSlots: 4,
  factorEntries: 1_048_576,
  /** Outputs of one predictor layer. */
  layerOutputs: 4096,
  hiddenLayers: 8,
  population: 8192,
  /** Networks that a search remembers so as not to score them twice. */
  remembered: 1_048_576,
} as const;

/** Where the value of a slot comes from. */
export interface SubnetSlot {
  /** Its genes stand side by side; the first one counts most. */
  firstGene: number;
  genes: number;
  /** Active if and only if this gene's choice is at least `least`; -1 = always active. */
  gate: number;
  least: number;
}

export interface SubnetSpace {
  /** [G] number of choices of each gene. */
  choices: Uint8Array;
  /** [U] genes that mutate together: unit u ends before gene unitEnds[u]. */
  unitEnds: Uint8Array;
  /** [U] 1 = mutates with the resolution's probability. */
  resolutionUnits: Uint8Array;
  /** [S] */
  slots: SubnetSlot[];
  /** Two values of one slot that build the same network: `from` is spelled `to`, and its score is the mean of both. */
  alias?: { slot: number; from: number; to: number };
}

/** One term of the additive cost: a table over the values of up to four slots. */
export interface CostFactor {
  slots: number[];
  /** Row-major over (values + 1) of each slot, the last slot fastest; entry 0 of a slot = inactive. */
  table: Float64Array;
}

export interface DenseLayer {
  inputs: number;
  outputs: number;
  /** [outputs][inputs] row-major. */
  weights: Float32Array;
  /** [outputs] */
  bias: Float32Array;
}

/** A chain of dense layers with ReLU between them, in float32; its input is one-hot per slot. */
export interface SubnetPredictor {
  /** [S] per slot: the first layer's weights for values 1, 2, ...: [values][outputs of the first layer]. */
  embeddings: Float32Array[];
  /** [outputs of the first layer] */
  firstBias: Float32Array;
  /** The layers after the first; the last has one output. */
  layers: DenseLayer[];
  /** Added to the last output. */
  base: number;
}

export interface SubnetProblem {
  space: SubnetSpace;
  /** Summed in this order. */
  cost: CostFactor[];
  /** Absent = scores come from outside. */
  predictor?: SubnetPredictor;
}

/** The loop of Once-for-All: one objective, one limit. Counts, not shares. */
export interface EvolutionOptions {
  seed: number;
  population: number;
  parents: number;
  mutants: number;
  crossovers: number;
  mutateProbability: number;
  resolutionProbability: number;
  /** Every network costs at most this. */
  limit: number;
  /** Every child scores at least this (the first population: 0.3 less); -Infinity = no floor. */
  floor: number;
  /** Keep the defect of the Dynamic-OFA scripts: only the first half of the first population is scored. */
  initialHalf: boolean;
  /** Redraws of one child after which the search gives up. */
  maxDraws: number;
}

/** NSGA-II for the whole front. */
export interface FrontOptions {
  seed: number;
  mutateProbability: number;
  resolutionProbability: number;
  limit: number;
  /** Networks that may be scored: what the search remembers is laid out for it. */
  evaluations: number;
  /** Per slot: additive estimate of what each value is worth [values + 1]; repair gives up the least per cost saved. */
  worth: Float64Array[];
  /** First population, [N] genomes of distinct networks within the limit. */
  initial: Uint8Array;
  /** A genome within the limit, taken where repair finds no way down. */
  cheapest: Uint8Array;
}

/** `drawing`: the slice of draws is used up. `scoring`: the batch waits for scores. `capped`: see maxDraws. */
export type SearchState = 'drawing' | 'scoring' | 'capped';

export interface SubnetSearchStatus {
  state: SearchState;
  /** Generations completed, the first population not counted. */
  generation: number;
  evaluations: number;
  /** Networks drawn, those over the limit included. */
  draws: number;
  /** Networks met again and not scored again. */
  duplicates: number;
  repairs: number;
}

/** Networks with what is known about them; copies. */
export interface ScoredNetworks {
  count: number;
  /** [count][S] */
  networks: Uint8Array;
  scores: Float32Array;
  costs: Float64Array;
}

/** A search in progress: draw a batch (`advance`, in slices), score it (`score` or `tell`), and again. */
export interface SubnetSearch {
  status(): SubnetSearchStatus;
  /** Draw until the batch is full, at most `draws` times. */
  advance(draws: number): SubnetSearchStatus;
  /** [count][S] networks that wait for scores. */
  batch(): Uint8Array;
  /** Score the batch with the problem's predictor. */
  score(): void;
  /** Scores of the batch from outside; NaN counts as -Infinity. */
  tell(scores: Float32Array): void;
  /** The batch that was scored last. */
  scored(): ScoredNetworks;
  /** What the next generation is bred from, best first; `evolution`: the best on record alone is `best`. */
  population(): ScoredNetworks;
  /** Best network on record (evolution: as of the last selection); undefined before the first. */
  best(): ScoredNetworks | undefined;
}

/** The kernels for one space, predictor and cost. */
export interface SubnetKernel {
  readonly problem: SubnetProblem;
  /** Genomes [count][G] to networks [count][S]. */
  networks(genomes: Uint8Array): Uint8Array;
  costs(networks: Uint8Array): Float64Array;
  scores(networks: Uint8Array): Float32Array;
  /**
   * Scores of networks near `base` [S]: the first layer adds and subtracts only what differs from it. Up to rounding
   * equal to `scores`, and good for filtering only.
   */
  scoresNear(base: Uint8Array, networks: Uint8Array): Float32Array;
  evolution(options: EvolutionOptions): SubnetSearch;
  front(options: FrontOptions): SubnetSearch;
  /** Rank of every point (0 = not dominated), maximising scores at minimal costs, in O(n log n). */
  rankFronts(costs: Float64Array, scores: Float64Array): Uint32Array;
}
