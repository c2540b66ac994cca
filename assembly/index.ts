/** Everything that the core exports. Numbers in, numbers out: no strings, no managed objects, no host functions. */
export { allocate, allocatedBytes, release } from './arena';
export { seedRandom } from './random';
export {
  activationBytesOf, activeWatts, blocksOf, callsPerFrameOf, constrained, demandedRateOf, depthOne, dramPrefixOf, dramResource,
  dramSecondsPerByte, identical, idleWatts, maxModels, maxStagesOf, meanSoloRate, models, objective, optionsOf, order, outputBytesOf,
  poolBytes, poolProcessors, pools, priorityClassOf, processors, processorUses, rateFloorOf, rateLimited, rateLimitOf, reachOf,
  resources, rowStride, secondsPrefixOf, shareWeightOf, soloRateOf, transferResource, transferSeconds, transferSecondsPerByte,
  tuplesOf, usableCountOf, usableOf, valueOf, waysOf, weightPrefixOf,
} from './placement/problem';
export { RECORD_BYTES } from './placement/demand';
export {
  beginKernel, drawModel, drawPlacements, ioDemands, ioExcess, ioMeans, ioRates, ioRecords, ioValues, scorePlacements,
} from './placement/kernel';
export { capacityOf, rankedCountOf, rankedOf } from './placement/openings';
export { countsOf } from './placement/layers';
export { bestCount, bestEntries, bestEntryBytes } from './placement/best-list';
export { SLOT_BYTES } from './placement/tree';
export { copyPending, demandStride, ratePending } from './placement/leaves';
export {
  backupValues, beginSearch, bestDemands, commitDecision, hasBest, offerPlacement, reportSearch, runSearch, selectLeaves,
} from './placement/search';
export {
  beginExact, exactBest, exactBound, exactCapsOf, exactCountOf, exactDepth, exactEvaluations, exactFound, exactLeastJoulesOf,
  exactLeastRowOf, exactLeastTotalOf, exactMean, exactNodes, exactOrder, exactRecordsOf, exactValue, runExact,
} from './placement/exact';
export { beginControl, chooseControl, io as controlIo, IO_BYTES as CONTROL_IO_BYTES, MODEL_BYTES as CONTROL_MODEL_BYTES, OUT as CONTROL_OUT } from './control/problem';
export { rule as controlRule, runnerUp as controlRunnerUp } from './control/modes';
export { controlRows, decideControl } from './control/kernel';
export {
  aliasFrom, aliasSlot, aliasTo, choicesOf, genes, slotOf, slots, units, unitsOf,
} from './subnets/space';
export { factors, factorsOf } from './subnets/cost';
export {
  baseValue, beginPredictor, biasOf, embeddingsOf, firstBias, firstOutputs, hiddenLayers, inputsOf, lastBias, lastWeights,
  OUTPUT_BLOCK, weightsOf, widest, WIDTH_STEP,
} from './subnets/predictor';
export { cheapest, worthOf } from './subnets/repair';
export {
  beginSubnets, costNetworks, decodeGenomes, ioCosts, ioGenomes, ioNetworks, ioScores, rankPoints, scoreNetworks,
  scoreNetworksNear,
} from './subnets/kernel';
export { batch, batchCosts, batchScores, scoreBatch } from './subnets/batch';
export {
  absorbEvolution, advanceEvolution, beginEvolution, bestCost as evolutionBestCost, bestNetwork as evolutionBestNetwork,
  bestScore as evolutionBestScore, costs as evolutionCosts, draws as evolutionDraws, dueCount as evolutionDue,
  evaluations as evolutionEvaluations, generation as evolutionGeneration, hasBest as evolutionHasBest,
  networks as evolutionNetworks, scores as evolutionScores, survivorCount as evolutionSurvivors,
} from './subnets/evolution';
export {
  absorbFront, advanceFront, beginFront, drawn as frontDrawn, duplicates as frontDuplicates, frontCosts, frontDraws,
  frontEvaluations, frontGeneration, frontNetworks, frontScores, members as frontMembers, repairs as frontRepairs,
} from './subnets/front';
