/**
 * `heterodyne`: everything light, for Node, Deno and browsers. Files stay with the caller: models come as bytes
 * ({@link loadOnnxModel}) or by zoo name, documents as JSON text or objects.
 */
export {
  type Core,
  defaultCore,
  type ErrorCode,
  HeterodyneError,
  LIMITS,
  OBJECTIVES,
  type Objective,
  referenceCore,
  wasmCore,
} from '../bindings/core.ts';
export {
  type Actuator,
  CONTROL_CAUSES,
  type Controller,
  type ControllerDefinition,
  type ControllerParameters,
  type ControlRequest,
  type ControlState,
  type Explanation,
} from './controllers/controller.ts';
export { ControlLoop, type DecisionListener } from './controllers/loop.ts';
export { controllerById, controllers, createController } from './controllers/registry.ts';
export type { ControlledInstance, ControlledPoint, ControlledVariant, ControlSystem } from './controllers/system.ts';
export type { HeterodyneErrorDetails, Problem } from './core/errors.ts';
export { canonicalJson, contentHash } from './documents/canonical.ts';
export type { DocumentKind } from './documents/document.ts';
export { parseQuantity } from './documents/quantities.ts';
export type { Warning } from './documents/warnings.ts';
export { Engine } from './engine/engine.ts';
export type { Arrival, Discipline, EngineHooks, EngineOptions, NoiseOptions } from './engine/options.ts';
export { type EngineSystem, type SystemOptions, systemOf } from './engine/system.ts';
export { type SimulatedThroughput, simulateThroughput, type ThroughputOptions } from './engine/throughput.ts';
export { type Assessment, assess, ratesThrough } from './estimators/assessment.ts';
export { type EstimatorData, readData, writeData } from './estimators/dataset/data.ts';
export { type DatasetRequest, generateDataset } from './estimators/dataset/generate.ts';
export { engineLabels, type Labeller } from './estimators/dataset/labels.ts';
export { engineVerifier } from './estimators/engine-verifier.ts';
export { analyticEstimator, type Estimator, type EstimatorBatch, type Verifier } from './estimators/estimator.ts';
export { type ExecutionVerifierOptions, executionVerifier } from './estimators/execution-verifier.ts';
export {
  type EstimatorNetwork,
  type OnnxEstimator,
  type OnnxEstimatorOptions,
  onnxEstimator,
  openEstimatorNetwork,
} from './estimators/onnx.ts';
export { type NamedProblem, type ProblemInput, placementProblem } from './estimators/problem.ts';
export { shippedEstimator, shippedIds as shippedEstimators } from './estimators/shipped/registry.ts';
export { exportEstimator } from './estimators/training/export.ts';
export { TRAINING_DEFAULTS, type TrainingSettings } from './estimators/training/settings.ts';
export { predictRates, type Trained, train } from './estimators/training/train.ts';
export { alignBlocks } from './models/align-blocks.ts';
export {
  type CutModel,
  type CuttableModel,
  cutModel,
  cutPiece,
  type Piece,
  stageModels,
} from './models/cut.ts';
export { cuttable, cuttableOnnx, cuttableZoo } from './models/cuttable.ts';
export type { Block, BlockedModel, BlockWork, Graph } from './models/graph.ts';
export { type BlockOptions, blockModel, loadOnnxModel } from './models/load.ts';
export { breakEvenRank, factoredMacs, fullMacs, type LayerSize } from './models/low-rank/arithmetic.ts';
export { decompose, type Factors, factorsOf } from './models/low-rank/factorise.ts';
export { findLayers, type Layer } from './models/low-rank/layers.ts';
export { withFactors } from './models/low-rank/rewrite.ts';
export { inSlices } from './models/low-rank/slices.ts';
export { attachExternal, type ReadBeside } from './models/onnx/external.ts';
export { readOnnx } from './models/onnx/read.ts';
export { writeOnnx } from './models/onnx/write.ts';
export { toFloat16 } from './models/quantise/float16.ts';
export { quantiseModel, tensorsToCalibrate } from './models/quantise/int8.ts';
export { type StageManifest, stageManifestDocument } from './models/stage-manifest.ts';
export { type Variant, type Variants, variantsDocument } from './models/variants.ts';
export { loadZooModel, type ZooLoadOptions } from './models/zoo/load.ts';
export { zooWeights } from './models/zoo/weights.ts';
export { ZOO, type ZooEntry, type ZooOptions, zooModel } from './models/zoo/zoo.ts';
export { type GroupOptions, groupProblem } from './planners/group/from-matrix.ts';
export {
  type GroupEvidence,
  type GroupPlanRequest,
  planGroup,
  planGroupWithEvidence,
} from './planners/group/group-plan.ts';
export { checkAgainstRun, checkPlanAgainstRun, type DeviceCheck } from './planners/group/interference.ts';
export { GROUP_METHODS, type GroupMethod } from './planners/group/methods.ts';
export {
  type Assignment,
  type GroupProblem,
  SHARING_MODES,
  type SharingMode,
} from './planners/group/problem.ts';
export { type Rescheduled, type RescheduleOptions, reschedule } from './planners/group/reschedule.ts';
export { type GroupPlan, groupPlanDocument } from './planners/group/schema.ts';
export { matrixOfWorkloads } from './planners/group/services.ts';
export { type JointRequest, planJointly } from './planners/joint/joint.ts';
export { plan, planWithEvidence } from './planners/plan.ts';
export type {
  HistoryPoint,
  Planner,
  PlannerContext,
  PlannerOptions,
  PlannerProgress,
  PlannerResult,
} from './planners/planner.ts';
export { comparators, plannerById, planners } from './planners/registry.ts';
export type { PlanEvidence, PlanOptions, PlanRequest } from './planners/request.ts';
export { type Plan, type PlannedModel, type PlannedStage, planDocument } from './planners/schema.ts';
export type { StopReason } from './planners/stop-rules.ts';
export { atOperatingPoint } from './platforms/at-operating-point.ts';
export { type HostFacts, hostPlatform } from './platforms/host.ts';
export {
  type OperatingPointChoice,
  type OperatingPointSettings,
  operatingPoint,
  operatingPointCount,
  operatingPointNames,
  operatingPointOf,
} from './platforms/operating-point.ts';
export { platformById, platformIds } from './platforms/registry.ts';
export { type OperatingPoint, type Platform, type Processor, platformDocument } from './platforms/schema.ts';
export { profileAtOperatingPoint } from './profiles/at-operating-point.ts';
export {
  type FpsCell,
  type FpsDevice,
  type FpsMatrix,
  type FpsModel,
  fpsCell,
  fpsMatrixDocument,
  fpsMatrixFindings,
} from './profiles/fps-matrix.ts';
export { fpsMatrixOfProfile } from './profiles/fps-matrix-of-profile.ts';
export { fpsMatrixCsv, readFpsMatrix } from './profiles/fps-matrix-read.ts';
export { type ImportResult, type ImportTarget, importedProfile } from './profiles/importers/imported-profile.ts';
export { layersOf, type ModelLayers } from './profiles/importers/layers.ts';
export { importedCell } from './profiles/importers/matrix-cell.ts';
export { mergeProfiles } from './profiles/importers/merge.ts';
export type { ImportedOp, ImportedProfile } from './profiles/importers/record.ts';
export { type ImportOptions, importProfile, PROFILE_FORMATS } from './profiles/importers/registry.ts';
export { type RooflineOptions, rooflineProfile } from './profiles/roofline.ts';
export { type Profile, type ProfileModel, profileDocument } from './profiles/schema.ts';
export { type ModelTable, rowsOfAllPoints, type SpeedTables, speedTables } from './profiles/tables.ts';
export { type TablesDocument, tablesDocument, tablesToDocument } from './profiles/tables-schema.ts';
export { type ThinnedTables, thinTables } from './profiles/tables-thinning.ts';
export { type Workload, type WorkloadModel, workloadDocument, workloadNames, workloadOf } from './profiles/workload.ts';
export { type Admission, admission } from './simulator/admission.ts';
export { decisionsDocument } from './simulator/decisions.ts';
export { type PlanSubjectInput, subjectOfPlan } from './simulator/plan-subject.ts';
export { type Replan, type ReplanRequest, withReplans } from './simulator/replanning.ts';
export { type Scenario, scenarioDocument } from './simulator/scenario.ts';
export { type SimulationDocument, simulationDocument } from './simulator/schema.ts';
export { type SimulationOptions, type SimulationResult, simulate } from './simulator/simulate.ts';
export type { Subject } from './simulator/subject.ts';
export type { CostModel } from './subnets/costs/cost-model.ts';
export { costsModel, type SubnetCosts, subnetCostsDocument } from './subnets/costs/costs-schema.ts';
export { flopsModel } from './subnets/costs/flops.ts';
export { type LayerTable, readLayerTable } from './subnets/costs/layer-table.ts';
export { ofaLatencyModel } from './subnets/costs/ofa-tables.ts';
export { type ElasticSpace, elasticSpaceDocument } from './subnets/elastic-space.ts';
export { type Front, frontDocument } from './subnets/front-schema.ts';
export { type Genotype, genomeFrom, genotypeOf } from './subnets/genotype.ts';
export { type Ladder, ladderDocument, ladderOf } from './subnets/ladder-schema.ts';
export { METHODS as searchMethods } from './subnets/methods/registry.ts';
export { slicedWeights, subnetGraph } from './subnets/networks/build.ts';
export { type AccuracyPredictor, loadPredictor } from './subnets/predictor.ts';
export { type SubnetRequest, searchSubnets } from './subnets/search.ts';
export { networkCount, type SearchSpace, searchSpace } from './subnets/space.ts';
export { spaceByName, spaceNames } from './subnets/spaces.ts';
