/**
 * Profiles computed from a model's work and a platform's numbers, for devices that nobody has measured yet.
 *
 * The roofline model (Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore
 * architectures", CACM 52(4), 2009): work of one kind takes the longer of computing and moving its bytes. Per block b
 * and processor p, summed over the operator classes c in the block:
 *
 *     t(b, p) = Σ_c [ max( 2 macs_c / (peak_p · efficiency_p,c),  bytes_c / bandwidth_p ) + launches_c · overhead_p ]
 *
 * `efficiency` carries what a roofline leaves out: how far kernels of a class stay below the peak.
 */
import { contentHash } from '../documents/canonical.ts';
import type { BlockedModel, BlockWork } from '../models/graph.ts';
import { OPERATOR_CLASSES } from '../models/graph.ts';
import { PRECISION_BYTES, type Precision } from '../platforms/precision.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import type { BlockCost, Profile, ProfileBlock, ProfileModel } from './schema.ts';
import type { WorkloadPrecision } from './workload.ts';

export interface RooflineOptions {
  /** One for all models, or one per model; absent = `native`. */
  precision?: WorkloadPrecision | readonly (WorkloadPrecision | undefined)[];
  /** Which form of its name each model is, one per model; absent = all originals. */
  variants?: readonly string[];
}

/** Profile of `models` (names unique) on every processor of `platform`. The same input gives the same document. */
export function rooflineProfile(
  models: readonly BlockedModel[],
  platform: Platform,
  options: RooflineOptions = {},
): Profile {
  const { precision, variants } = options;
  return {
    kind: 'profile',
    schemaVersion: 1,
    platform: platform.id,
    platformHash: contentHash(platform),
    processors: platform.processors.map((processor) => processor.id),
    models: models.map((model, m) => ({
      ...rooflineModel(model, platform, (typeof precision === 'object' ? precision[m] : precision) ?? 'native'),
      variant: variants?.[m] ?? 'original',
    })),
  };
}

function rooflineModel(model: BlockedModel, platform: Platform, precision: WorkloadPrecision): ProfileModel {
  const stored = storedBytes(model);
  const { processors } = platform;
  const computed = processors.map((processor) => (precision === 'native' ? processor.nativePrecision : precision));
  // Where processors differ in format, what crosses between them and rests in memory stays in the file's own.
  const sizing = precision === 'native' ? 1 : PRECISION_BYTES[precision] / stored;
  const blocks = model.blocks.map((block): ProfileBlock => {
    const costs: Record<string, BlockCost> = {};
    const reasons: Record<string, string> = {};
    processors.forEach((processor, p) => {
      const format = computed[p];
      const reason = unsupportedReason(block.work, processor, format);
      if (reason === undefined) {
        const mean = rooflineLatencyMs(block.work, processor, format, PRECISION_BYTES[format] / stored);
        // Watts times milliseconds are millijoules.
        const energyMj = processor.activeWatts === undefined ? undefined : processor.activeWatts * mean;
        costs[processor.id] = energyMj === undefined ? { latencyMs: { mean } } : { latencyMs: { mean }, energyMj };
      } else {
        costs[processor.id] = 'unsupported';
        reasons[processor.id] = reason;
      }
    });
    let bytes = 0;
    for (const kind of OPERATOR_CLASSES) bytes += block.work.bytes[kind] ?? 0;
    return {
      name: block.name,
      weightBytes: block.weightBytes * sizing,
      activationBytes: block.activationBytes * sizing,
      outputBytes: block.outputBytes * sizing,
      dramBytes: bytes * sizing,
      costs,
      ...(Object.keys(reasons).length > 0 ? { reasons } : {}),
    };
  });
  return {
    name: model.name,
    source: model.source,
    hash: model.hash,
    variant: 'original',
    batch: model.batch,
    precision,
    computePrecision: Object.fromEntries(processors.map((processor, p) => [processor.id, computed[p] as Precision])),
    origin: Object.fromEntries(processors.map((processor) => [processor.id, 'roofline' as const])),
    macs: model.macs,
    weightBytes: model.weightBytes * sizing,
    activationBytes: model.activationBytes * sizing,
    blocks,
  };
}

/**
 * Milliseconds of one block on one processor by the formula above.
 *
 * @param byteScale bytes in the computing format per byte in the model's own
 */
export function rooflineLatencyMs(
  work: BlockWork,
  processor: Processor,
  precision: Precision,
  byteScale: number,
): number {
  const peak = processor.peakOpsPerS[precision];
  if (peak === undefined) return Number.POSITIVE_INFINITY;
  let seconds = 0;
  let launches = 0;
  for (const kind of OPERATOR_CLASSES) {
    const computing = (2 * (work.macs[kind] ?? 0)) / (peak * processor.efficiency[kind]);
    const moving = ((work.bytes[kind] ?? 0) * byteScale) / processor.bandwidthBytesPerS;
    seconds += Math.max(computing, moving);
    launches += work.launches[kind] ?? 0;
  }
  return seconds * 1000 + launches * processor.launchOverheadMs;
}

/** Why a processor cannot run a block, or undefined when it can. */
function unsupportedReason(work: BlockWork, processor: Processor, precision: Precision): string | undefined {
  if (processor.off) return 'is switched off at this operating point';
  if (processor.peakOpsPerS[precision] === undefined) return `does not compute in ${precision}`;
  const { supportedOperators, unsupportedOperators } = processor;
  const missing = work.operators.filter(
    (type) =>
      (supportedOperators !== undefined && !supportedOperators.includes(type)) || unsupportedOperators?.includes(type),
  );
  if (missing.length === 0) return undefined;
  return `does not run ${missing.join(', ')}`;
}

/** Bytes of one element as the model's file stores its tensors: the first floating-point input decides, else float32. */
export function storedBytes(model: BlockedModel): number {
  for (const { type } of model.inputs) {
    if (type === 'float32') return 4;
    if (type === 'float16' || type === 'bfloat16') return 2;
    if (type === 'float64') return 8;
  }
  return 4;
}
