/** A placement problem's tables in the memory of an instance of the core. */
import { OBJECTIVES, PLACEMENT_STRIDE } from '../../src/core/placement.ts';
import type { PreparedProblem } from '../../src/core/prepared.ts';
import type { ProblemCells } from './exports.ts';
import { CoreInstance, outOfMemory } from './instance.ts';

/** Joint placements that go through the buffers at a time. */
export const BUFFERED = 128;

/** A fresh instance with the problem's tables in its memory. */
export function instanceFor(prepared: PreparedProblem): CoreInstance {
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
