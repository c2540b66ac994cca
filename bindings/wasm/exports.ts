/**
 * Everything that the WASM core exports, by hand: one line per name of assembly/index.ts. Addresses are bytes in the
 * instance's memory; 0 is never a valid one.
 */
type Cell = WebAssembly.Global;

/** Problem inputs, set once before `beginKernel`; see assembly/placement/problem.ts for shapes. */
export interface ProblemCells {
  models: Cell;
  processors: Cell;
  resources: Cell;
  rowStride: Cell;
  pools: Cell;
  objective: Cell;
  depthOne: Cell;
  rateLimited: Cell;
  constrained: Cell;
  idleWatts: Cell;
  meanSoloRate: Cell;
  processorUses: Cell;
  transferSeconds: Cell;
  transferSecondsPerByte: Cell;
  transferResource: Cell;
  dramResource: Cell;
  dramSecondsPerByte: Cell;
  maxModels: Cell;
  poolProcessors: Cell;
  poolBytes: Cell;
  activeWatts: Cell;
  blocksOf: Cell;
  maxStagesOf: Cell;
  secondsPrefixOf: Cell;
  reachOf: Cell;
  outputBytesOf: Cell;
  weightPrefixOf: Cell;
  dramPrefixOf: Cell;
  waysOf: Cell;
  optionsOf: Cell;
  usableCountOf: Cell;
  usableOf: Cell;
  tuplesOf: Cell;
  callsPerFrameOf: Cell;
  activationBytesOf: Cell;
  shareWeightOf: Cell;
  valueOf: Cell;
  rateLimitOf: Cell;
  soloRateOf: Cell;
  demandedRateOf: Cell;
  rateFloorOf: Cell;
  priorityClassOf: Cell;
  identical: Cell;
  order: Cell;
}

/** Search inputs beyond the options, set before `beginSearch`. */
export interface SearchCells {
  rankedOf: Cell;
  rankedCountOf: Cell;
  capacityOf: Cell;
  countsOf: Cell;
}

/** What a search reports, read after each call. */
export interface StatusCells {
  hasBest: Cell;
  bestDemands: Cell;
  demandStride: Cell;
  bestCount: Cell;
  bestEntries: Cell;
  bestEntryBytes: Cell;
}

/** Inputs of exact search, set before `beginExact`. */
export interface ExactCells {
  exactCountOf: Cell;
  exactRecordsOf: Cell;
  exactCapsOf: Cell;
  exactLeastRowOf: Cell;
  exactLeastTotalOf: Cell;
  exactLeastJoulesOf: Cell;
  exactOrder: Cell;
}

/** What exact search reports, read after each call; exactDepth < 0 = done. */
export interface ExactStatusCells {
  exactNodes: Cell;
  exactEvaluations: Cell;
  exactDepth: Cell;
  exactValue: Cell;
  exactMean: Cell;
  exactBest: Cell;
  exactFound: Cell;
}

/** Buffers for lists of placements. */
export interface BufferCells {
  ioRecords: Cell;
  ioValues: Cell;
  ioMeans: Cell;
  ioExcess: Cell;
  ioRates: Cell;
  ioDemands: Cell;
}

/** Addresses and findings of the control kernels; see assembly/control/problem.ts. */
export interface ControlCells {
  CONTROL_IO_BYTES: Cell;
  CONTROL_MODEL_BYTES: Cell;
  CONTROL_OUT: Cell;
  controlIo: Cell;
  controlRows: Cell;
  controlRule: Cell;
  controlRunnerUp: Cell;
}

/** Inputs of the sub-network kernels, set before `beginSubnets`; see assembly/subnets/ for shapes. */
export interface SubnetCells {
  genes: Cell;
  slots: Cell;
  units: Cell;
  choicesOf: Cell;
  unitsOf: Cell;
  slotOf: Cell;
  aliasSlot: Cell;
  aliasFrom: Cell;
  aliasTo: Cell;
  factors: Cell;
  factorsOf: Cell;
}

/** The accuracy predictor, set before `beginSubnets`. */
export interface PredictorCells {
  embeddingsOf: Cell;
  firstBias: Cell;
  firstOutputs: Cell;
  hiddenLayers: Cell;
  inputsOf: Cell;
  weightsOf: Cell;
  biasOf: Cell;
  lastWeights: Cell;
  lastBias: Cell;
  baseValue: Cell;
  widest: Cell;
}

/** What repair needs, set before `beginFront`. */
export interface RepairCells {
  worthOf: Cell;
  cheapest: Cell;
}

/** Buffers for lists of networks, and for the batch of a search. */
export interface NetworkCells {
  ioGenomes: Cell;
  ioNetworks: Cell;
  ioScores: Cell;
  ioCosts: Cell;
  batch: Cell;
  batchScores: Cell;
  batchCosts: Cell;
}

/** What a sub-network search reports, read after each call. */
export interface SubnetStatusCells {
  evolutionDue: Cell;
  evolutionGeneration: Cell;
  evolutionEvaluations: Cell;
  evolutionDraws: Cell;
  evolutionHasBest: Cell;
  evolutionBestScore: Cell;
  evolutionBestCost: Cell;
  evolutionBestNetwork: Cell;
  evolutionSurvivors: Cell;
  evolutionNetworks: Cell;
  evolutionScores: Cell;
  evolutionCosts: Cell;
  frontDrawn: Cell;
  frontGeneration: Cell;
  frontEvaluations: Cell;
  frontDraws: Cell;
  frontDuplicates: Cell;
  frontRepairs: Cell;
  frontMembers: Cell;
  frontNetworks: Cell;
  frontScores: Cell;
  frontCosts: Cell;
}

export interface CoreExports
  extends ProblemCells,
    ControlCells,
    SearchCells,
    StatusCells,
    ExactCells,
    ExactStatusCells,
    BufferCells,
    SubnetCells,
    PredictorCells,
    RepairCells,
    NetworkCells,
    SubnetStatusCells,
    Record<string, unknown> {
  memory: WebAssembly.Memory;
  /** The core's own sizes: never typed twice. */
  RECORD_BYTES: Cell;
  SLOT_BYTES: Cell;

  allocate(bytes: number): number;
  allocatedBytes(): number;
  release(address: number): void;
  seedRandom(seed: number): void;

  beginKernel(capacity: number): number;
  scorePlacements(count: number): void;
  drawPlacements(uniform: number, count: number): void;
  drawModel(uniform: number, model: number): void;

  beginSearch(
    seed: number,
    layered: number,
    uct: number,
    exploration: number,
    uniformRollout: number,
    backUpBest: number,
    batch: number,
    slots: number,
    cacheEntries: number,
  ): number;
  runSearch(polish: number, evaluations: number, simulations: number): void;
  selectLeaves(polish: number, n: number): number;
  copyPending(records: number, demands: number): void;
  ratePending(rates: number): void;
  backupValues(values: number): void;
  offerPlacement(records: number, scored: number, value: number): void;
  commitDecision(): number;
  reportSearch(report: number): void;

  beginExact(incumbent: number): number;
  runExact(nodes: number): void;
  exactBound(): number;

  beginControl(
    models: number,
    points: number,
    fastest: number,
    horizon: number,
    modelRecords: number,
    tableRecords: number,
    powerUp: number,
    busyWatts: number,
    idleWatts: number,
  ): number;
  chooseControl(
    mode: number,
    objective: number,
    measure: number,
    aggregate: number,
    balanced: number,
    search: number,
    candidates: number,
    epochSeconds: number,
  ): void;
  decideControl(current: number): number;

  OUTPUT_BLOCK: Cell;
  WIDTH_STEP: Cell;
  beginSubnets(capacity: number, predicts: number): number;
  decodeGenomes(count: number): void;
  costNetworks(count: number): void;
  scoreNetworks(count: number): void;
  scoreNetworksNear(base: number, count: number): void;
  rankPoints(costs: number, scores: number, count: number, ranks: number): number;
  scoreBatch(count: number): void;

  beginEvolution(
    seed: number,
    population: number,
    parents: number,
    mutants: number,
    crossovers: number,
    mutateProbability: number,
    resolutionProbability: number,
    limit: number,
    floor: number,
    initialHalf: number,
    maxDraws: number,
  ): number;
  advanceEvolution(draws: number): number;
  absorbEvolution(): void;

  beginFront(
    seed: number,
    initial: number,
    count: number,
    mutateProbability: number,
    resolutionProbability: number,
    limit: number,
    remembered: number,
  ): number;
  advanceFront(draws: number): number;
  absorbFront(): void;
}
