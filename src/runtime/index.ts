/** `heterodyne/runtime`: plans at work on this machine. Needs processes, files and an ONNX runtime: Node and Deno. */
export type { OnnxTensor, OnnxValueInfo } from '../../bindings/onnx/index.ts';
export type { Tensors } from '../execution/tensors.ts';
export { thisHost } from '../execution/this-host.ts';
export { type Candidate, candidatesOf } from './candidates.ts';
export { type Compared, type CompareOptions, compare } from './compare.ts';
export { type ControlOptions, control, type LiveControl } from './control.ts';
export {
  type DeployedModel,
  type DeployOptions,
  deploy,
  type InferenceResult,
  type Runtime,
  type RuntimeEvent,
} from './deploy.ts';
export { type DocumentParts, documentOf, EventLog } from './document.ts';
export type { FlowListener, FramePolicy, Route } from './flow.ts';
export { type GroupPlanRunOptions, runGroupPlan } from './group-run.ts';
export { type GroupRunDocument, groupRunDocument } from './group-run-schema.ts';
export type { LatencyFigures } from './latencies.ts';
export { type Learned, type LearnOptions, learn } from './learn.ts';
export type { ModelMeter } from './meters.ts';
export { METRICS_TYPE, type MetricsInput, metricsText } from './metrics.ts';
export type { ModelFile, ModelSource } from './plan-models.ts';
export { metersOf, type RunOptions, type RunResult, run } from './run.ts';
export { type RunDocument, runDocument } from './schema.ts';
export {
  type FrameSource,
  folderSource,
  iterableSource,
  moduleSource,
  type SourceContext,
  type SourceFunction,
  syntheticSource,
} from './sources.ts';
export { type Steered, type SteeredControl, steer, steeredOf } from './steering.ts';
