/** The FPS matrix that a profile amounts to: its blocks one after another, whole models on single processors. */
import { contentHash } from '../documents/canonical.ts';
import type { FpsCell, FpsMatrix, FpsModel, FpsOrigin } from './fps-matrix.ts';
import type { BlockCost, CostOrigin, Profile, ProfileModel } from './schema.ts';

const ORIGINS: Record<CostOrigin, FpsOrigin> = { measured: 'measured', imported: 'imported', roofline: 'modelled' };
/** A sum is as good as its worst part. */
const WORST_FIRST: readonly CostOrigin[] = ['roofline', 'imported', 'measured'];

/** Models in their original form; rates are those of the uncut model where it was timed, else of the sum of its blocks. */
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
    const whole = wholeOf(model, id);
    return [
      id,
      {
        framesPerS: (1000 * model.batch) / (whole?.ms ?? latencyMs),
        origin: ORIGINS[origin],
        metric: 'latency',
        ...(sourceFile !== undefined && { sourceFile }),
        ...(precision !== undefined && { precision }),
        batch: model.batch,
        ...whole?.cell,
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

/** The whole model, where it was timed uncut: the median of its latencies, and what is known of the timing. */
function wholeOf(model: ProfileModel, id: string): { ms: number; cell: Partial<FpsCell> } | undefined {
  const measured = model.measurement?.[id];
  if (measured) {
    const { mean, p50, p95, n } = measured.whole;
    const ms = p50 ?? mean;
    if (!(ms > 0)) return undefined;
    const fallback = fallbackOf(measured.providers ?? {});
    const spread = { n: n ?? 1, mean, ...(p50 && { p50 }), ...(p95 && { p95 }) };
    return { ms, cell: { tool: measured.runtime, latencyMs: spread, ...(fallback && { fallback }) } };
  }
  const imported = model.sources?.[id];
  if (!imported) return undefined;
  const { wholeModelMs, format, file, mode } = imported;
  if (wholeModelMs === undefined || !(wholeModelMs > 0)) return undefined;
  return { ms: wholeModelMs, cell: { tool: format, sourceFile: file, metric: mode } };
}

type Providers = NonNullable<NonNullable<ProfileModel['measurement']>[string]['providers']>;

/** What ran elsewhere than on the provider that took most of the time. */
function fallbackOf(providers: Providers): FpsCell['fallback'] {
  const [main, ...others] = Object.entries(providers).sort(([, a], [, b]) => b.timeShare - a.timeShare);
  const nodes = others.reduce((sum, [, each]) => sum + each.nodes, 0);
  const [largest] = others;
  if (!main || !largest || nodes === 0) return undefined;
  const timeShare = Math.min(
    1,
    others.reduce((sum, [, each]) => sum + each.timeShare, 0),
  );
  return { provider: largest[0], nodes, ofNodes: nodes + main[1].nodes, timeShare };
}

function meanOf(cost: BlockCost | undefined): number {
  return cost === undefined || cost === 'unsupported' ? 0 : cost.latencyMs.mean;
}

function originOf(cost: BlockCost | undefined): CostOrigin | undefined {
  return cost === undefined || cost === 'unsupported' ? undefined : cost.origin;
}
