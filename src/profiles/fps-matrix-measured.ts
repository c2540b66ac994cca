/** The FPS matrix of whole models that were measured on this host. */
import { contentHash } from '../documents/canonical.ts';
import type { BlockedModel } from '../models/graph.ts';
import { ownResources } from '../platforms/own-resources.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import type { FpsCell, FpsMatrix, FpsModel } from './fps-matrix.ts';
import type { ModelMeasurement, Outcome } from './measured.ts';

/** @param outcomes per model, in order: by processor id; processors without an outcome are left out */
export function measuredFpsMatrix(
  models: readonly BlockedModel[],
  platform: Platform,
  outcomes: readonly ReadonlyMap<string, Outcome>[],
  date?: string,
): FpsMatrix {
  const processors = platform.processors.filter(({ id }) => outcomes.some((byProcessor) => byProcessor.has(id)));
  return {
    kind: 'fps-matrix',
    schemaVersion: 1,
    platform: platform.id,
    platformHash: contentHash(platform),
    devices: processors.map((processor) => ({
      id: processor.id,
      kind: processor.kind,
      ...(processor.maxModels !== undefined && { maxModels: processor.maxModels }),
      uses: ownResources(platform, processor),
    })),
    models: models.map((model, m) => rowOf(model, processors, outcomes[m]!, date)),
  };
}

function rowOf(
  model: BlockedModel,
  processors: readonly Processor[],
  outcomes: ReadonlyMap<string, Outcome>,
  date: string | undefined,
): FpsModel {
  const reasons: Record<string, string> = {};
  const cells = processors.map((processor): [string, FpsModel['cells'][string]] => {
    const outcome = outcomes.get(processor.id) ?? { unsupported: 'not measured' };
    if (!('unsupported' in outcome)) return [processor.id, cellOf(model, processor, outcome, date)];
    reasons[processor.id] = outcome.unsupported;
    return [processor.id, 'unsupported'];
  });
  return {
    name: model.name,
    memoryBytes: model.weightBytes + model.activationBytes,
    cells: Object.fromEntries(cells),
    ...(Object.keys(reasons).length > 0 && { reasons }),
  };
}

/** One call at a time: the rate is the reciprocal of the median latency. */
function cellOf(
  model: BlockedModel,
  processor: Processor,
  { runtime, whole, nodes }: ModelMeasurement,
  date: string | undefined,
): FpsCell {
  const fallback = fallbackOf(processor, nodes?.providers);
  const { n, mean, p50, p95, std } = whole;
  return {
    framesPerS: (1000 * model.batch) / p50,
    origin: 'measured',
    metric: 'latency',
    tool: runtime,
    precision: processor.nativePrecision,
    batch: model.batch,
    ...(date !== undefined && { date }),
    latencyMs: { n, mean, p50, p95, ...(n > 1 && { std }) },
    ...(fallback && { fallback }),
  };
}

const CPU = 'CPUExecutionProvider';

/** What ran on the CPU though another provider was asked for. */
function fallbackOf(
  { execution }: Processor,
  providers: Record<string, { nodes: number; timeShare: number }> | undefined,
): FpsCell['fallback'] {
  const there = providers?.[CPU];
  if (there === undefined || there.nodes === 0 || (execution?.provider ?? 'cpu') === 'cpu') return undefined;
  const ofNodes = Object.values(providers ?? {}).reduce((sum, { nodes }) => sum + nodes, 0);
  return { provider: CPU, nodes: there.nodes, ofNodes, timeShare: there.timeShare };
}
