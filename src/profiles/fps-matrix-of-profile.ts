/** The FPS matrix that a profile amounts to: its blocks one after another, whole models on single processors. */
import { contentHash } from '../documents/canonical.ts';
import type { FpsMatrix, FpsModel, FpsOrigin } from './fps-matrix.ts';
import type { BlockCost, CostOrigin, Profile, ProfileModel } from './schema.ts';

const ORIGINS: Record<CostOrigin, FpsOrigin> = { measured: 'measured', imported: 'imported', roofline: 'modelled' };
/** A sum is as good as its worst part. */
const WORST_FIRST: readonly CostOrigin[] = ['roofline', 'imported', 'measured'];

/** Models in their original form; rates are the reciprocals of the summed mean latencies of their blocks. */
export function fpsMatrixOfProfile(profile: Profile, source?: string): FpsMatrix {
  const sourceFile = source?.split(/[/\\]/).at(-1);
  return {
    kind: 'fps-matrix',
    schemaVersion: 1,
    platform: profile.platform,
    platformHash: profile.platformHash,
    profileHash: contentHash(profile),
    devices: profile.processors.map((id) => ({ id })),
    models: profile.models
      .filter(({ variant }) => variant === 'original')
      .map((model) => rowOf(model, profile.processors, sourceFile)),
  };
}

function rowOf(model: ProfileModel, processors: readonly string[], sourceFile: string | undefined): FpsModel {
  const reasons: [string, string][] = [];
  const cells = processors.map((id): [string, FpsModel['cells'][string]] => {
    const costs = model.blocks.map(({ costs }) => costs[id]);
    const blocked = model.blocks.find(({ costs }) => costs[id] === 'unsupported');
    const latencyMs = costs.reduce((sum, cost) => sum + meanOf(cost), 0);
    if (blocked !== undefined || latencyMs <= 0) {
      const reason = blocked?.reasons?.[id];
      if (blocked) reasons.push([id, `block ${blocked.name}${reason === undefined ? '' : `: ${reason}`}`]);
      return [id, 'unsupported'];
    }
    const origins = costs.map((cost) => originOf(cost) ?? model.origin[id]);
    const origin = WORST_FIRST.find((each) => origins.includes(each)) ?? 'roofline';
    const precision = model.computePrecision?.[id];
    return [
      id,
      {
        framesPerS: (1000 * model.batch) / latencyMs,
        origin: ORIGINS[origin],
        metric: 'latency',
        ...(sourceFile !== undefined && { sourceFile }),
        ...(precision !== undefined && { precision }),
        batch: model.batch,
      },
    ];
  });
  return {
    name: model.name,
    memoryBytes: model.weightBytes + model.activationBytes,
    cells: Object.fromEntries(cells),
    ...(reasons.length > 0 && { reasons: Object.fromEntries(reasons) }),
  };
}

function meanOf(cost: BlockCost | undefined): number {
  return cost === undefined || cost === 'unsupported' ? 0 : cost.latencyMs.mean;
}

function originOf(cost: BlockCost | undefined): CostOrigin | undefined {
  return cost === undefined || cost === 'unsupported' ? undefined : cost.origin;
}
