/** An imported record, a model and a processor make a profile: the costs of the model's blocks on that processor. */
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Warning } from '../../documents/warnings.ts';
import type { BlockedModel } from '../../models/graph.ts';
import { sumOf } from '../../models/work/operator-work.ts';
import type { Platform } from '../../platforms/schema.ts';
import { rooflineProfile } from '../roofline.ts';
import type { BlockCost, CostSource, Profile, ProfileBlock } from '../schema.ts';
import type { WorkloadPrecision } from '../workload.ts';
import { type BlockCosts, blockCosts } from './block-costs.ts';
import { counted, percentText, sum } from './figures.ts';
import { Findings } from './findings.ts';
import type { ModelLayers } from './layers.ts';
import { type KernelMapping, mapKernels } from './mapper.ts';
import type { ImportedOp, ImportedProfile } from './record.ts';

/** Mapped time below which an import is warned about, and below which it is refused. */
const WARN_MAPPED = 0.9;
const LEAST_MAPPED = 0.5;
const NAMES_SHOWN = 5;

export interface ImportTarget {
  model: BlockedModel;
  layers: ModelLayers;
  platform: Platform;
  /** Id of the platform's processor that the file was measured on. */
  processor: string;
  precision?: WorkloadPrecision;
  /** Divide what covers several blocks by multiply-accumulates. */
  divide?: boolean;
  /** Take it although little could be mapped, and leave blocks without a kernel unsupported. */
  force?: boolean;
  /** The same model timed as a whole, without per-layer profiling: its latency is what the blocks add up to. */
  times?: ImportedProfile;
}

export interface ImportResult {
  /** One model, one processor. */
  profile: Profile;
  mapping: KernelMapping;
  costs: BlockCosts;
  warnings: Warning[];
}

/**
 * The profile of `target.model` on `target.processor` from what a tool measured.
 *
 * @throws HeterodyneError `USAGE` (no such processor), `BAD_INPUT` (too little mapped, kernels over several blocks that
 *   may not be divided, blocks without a kernel, another batch than the model's, no usable latency)
 */
export function importedProfile(record: ImportedProfile, target: ImportTarget): ImportResult {
  const { model, layers, processor, divide = false, force = false } = target;
  const findings = new Findings();
  for (const file of target.times === undefined ? [record] : [record, target.times]) refuseOtherBatch(file, model);
  const { ops, total } = opsAndTotal(record, target);
  const mapping = mapKernels(ops, layers);
  noteMapping(mapping, record, force, findings);
  const costs = blockCosts(mapping, layers, divide);
  noteSpanning(costs, layers, record, divide, findings);
  refuseEmptyBlocks(costs, target, record, force, findings);

  const kernelMs = sum(ops.map(({ avgMs }) => avgMs));
  const scale = total === undefined || kernelMs === 0 ? 1 : total / kernelMs;
  const base = emptyProfile(target);
  const [blank] = base.models;
  // A profile joins many files: each finding says whose it is.
  const warnings = [...record.warnings, ...(target.times?.warnings ?? []), ...findings.all()].map((warning) => ({
    ...warning,
    message: `${model.name} on ${processor}: ${warning.message}`,
  }));
  const count = record.latencyMs?.count;
  const blocks = blank!.blocks.map((block, b): ProfileBlock => {
    const cost = costOf(costs, b, model, scale, count);
    const { reasons: _, ...rest } = block;
    const reason = `no kernel of ${record.sourceFile} was mapped to this block`;
    return {
      ...rest,
      costs: { [processor]: cost },
      ...(cost === 'unsupported' && { reasons: { [processor]: reason } }),
    };
  });
  const source = sourceOf(record, mapping, target.times);
  const origin = blocks.every(
    ({ costs: { [processor]: cost } }) => cost === 'unsupported' || cost?.origin === 'roofline',
  )
    ? ('roofline' as const)
    : ('imported' as const);
  const profile: Profile = {
    ...base,
    models: [{ ...blank!, origin: { [processor]: origin }, sources: { [processor]: source }, blocks }],
    ...(warnings.length > 0 && { warnings }),
  };
  return { profile, mapping, costs, warnings };
}

function refuseOtherBatch({ batch, sourceFile }: ImportedProfile, model: BlockedModel): void {
  if (batch === model.batch) return;
  throw new HeterodyneError(
    'BAD_INPUT',
    `${sourceFile} was measured with batch ${batch}, ${model.name} has ${model.batch}`,
    {
      source: sourceFile,
      path: 'batch',
      expected: String(model.batch),
      received: String(batch),
      hint: 'choose the batch of the measurement with --batch, or a file that was measured with the model’s',
    },
  );
}

/** The kernels to map, and the milliseconds that they should add up to, where those are known better than by their sum. */
function opsAndTotal(
  record: ImportedProfile,
  { times, model, divide }: ImportTarget,
): { ops: ImportedOp[]; total?: number } {
  const total = times === undefined ? undefined : wholeLatency(times);
  if (record.ops.length > 0) {
    if (record.ops.every(({ avgMs }) => avgMs === 0)) throw withoutTime(record);
    return { ops: record.ops, ...(total !== undefined && { total }) };
  }
  if (!divide) {
    throw new HeterodyneError('BAD_INPUT', `${record.sourceFile} times ${model.name} as a whole, not its layers`, {
      source: record.sourceFile,
      expected: 'a file with the time of each layer',
      received: 'the latency of the whole model',
      hint: 'import a per-layer file and give this one as --times, or let --divide share the time out by multiply-accumulates',
    });
  }
  const avgMs = wholeLatency(record);
  return {
    ops: [{ name: record.sourceFile, index: 0, avgMs, calls: 1, share: 1 }],
    ...(total !== undefined && { total }),
  };
}

function withoutTime({ sourceFile, ops, warnings }: ImportedProfile): HeterodyneError {
  const leftOut = warnings.filter(({ code }) => code === 'BAD_VALUE').map(({ message }) => message);
  return new HeterodyneError('BAD_INPUT', `${sourceFile} holds no time that could be used`, {
    source: sourceFile,
    expected: 'durations above 0, plain numbers without unit',
    received: leftOut.length > 0 ? leftOut.join('; ') : `${counted(ops.length, 'kernel')} of no time`,
  });
}

/** Milliseconds of one inference with one request in flight. @throws HeterodyneError `BAD_INPUT` */
function wholeLatency({ latencyMs, mode, sourceFile }: ImportedProfile): number {
  const known = mode === 'throughput' ? undefined : (latencyMs?.median ?? latencyMs?.mean);
  if (known !== undefined && known > 0) return known;
  throw new HeterodyneError('BAD_INPUT', `${sourceFile} holds no latency of a single request`, {
    source: sourceFile,
    expected: 'median or average latency with one request in flight',
    received: mode === 'throughput' ? 'figures with several requests in flight' : 'none',
    hint: 'latency under load is not the reciprocal of a rate: measure with one synchronous request',
  });
}

function namesOf(ops: readonly ImportedOp[]): string {
  const shown = [...ops].sort((a, b) => b.avgMs - a.avgMs).slice(0, NAMES_SHOWN);
  const more = ops.length - shown.length;
  const names = shown.map(({ name, avgMs }) => `${JSON.stringify(name.slice(0, 60))} (${avgMs.toPrecision(3)} ms)`);
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function noteMapping(mapping: KernelMapping, record: ImportedProfile, force: boolean, findings: Findings): void {
  const { kernels, mappedShare, overheadShare, unmappedShare } = mapping;
  const open = kernels.filter(({ kind }) => kind === 'unmapped').map(({ op }) => op);
  const facts = `${percentText(mappedShare)} of kernel time is mapped to layers, ${percentText(overheadShare)} is overhead, ${percentText(unmappedShare)} is unmapped`;
  const fused = kernels.filter(({ by, members }) => by === 'parts' || by === 'whole' || members.length > 1).length;
  if (fused > 0) findings.add('FUSED', `${counted(fused, 'kernel')} of more than one layer`, { count: fused });
  if (mappedShare >= LEAST_MAPPED || force) {
    if (open.length > 0 || mappedShare < WARN_MAPPED) {
      const kept = open.length === 0 ? '' : `, and is charged to neighbouring blocks: ${namesOf(open)}`;
      findings.add('UNMAPPED', facts + kept, open.length > 0 ? { count: open.length } : {});
    }
    return;
  }
  throw new HeterodyneError('BAD_INPUT', `${record.sourceFile} does not fit the model: ${facts}`, {
    source: record.sourceFile,
    expected: `at least ${percentText(LEAST_MAPPED)} of the time in kernels that have layers in the model`,
    received: open.length > 0 ? `unmapped: ${namesOf(open)}` : percentText(mappedShare),
    hint: 'is it the same model? Node names must survive the export; --force takes the file as it is',
  });
}

function noteSpanning(
  costs: BlockCosts,
  { blockNames }: ModelLayers,
  record: ImportedProfile,
  divide: boolean,
  findings: Findings,
): void {
  const { spanning } = costs;
  if (spanning.length === 0) return;
  const names = namesOf(spanning.map(({ op }) => op));
  if (divide) {
    const shares = `time of what covers several blocks (${counted(spanning.length, 'kernel')}) is divided by multiply-accumulates`;
    findings.add('ASSUMED', `${shares}: ${names}`, { count: spanning.length });
    return;
  }
  throw new HeterodyneError(
    'BAD_INPUT',
    `${counted(spanning.length, 'kernel')} of ${record.sourceFile} across several of ${blockNames.length} blocks: ${names}`,
    {
      source: record.sourceFile,
      expected: 'kernels within one block each',
      received: `${percentText(sum(spanning.map(({ op }) => op.share)))} of the time in kernels over several`,
      hint: 'cut the model into fewer blocks (--cut N), or let --divide share their time out by multiply-accumulates',
    },
  );
}

function computes(model: BlockedModel, b: number): boolean {
  return sumOf(model.blocks[b]!.work.macs) > 0;
}

/** A block that computes cannot take no time at all: its kernels are missing from the file. */
function refuseEmptyBlocks(
  costs: BlockCosts,
  { model }: ImportTarget,
  record: ImportedProfile,
  force: boolean,
  findings: Findings,
): void {
  const bare = costs.covered.flatMap((covered, b) => (covered ? [] : [b]));
  const missing = bare.filter((b) => computes(model, b));
  const light = bare.length - missing.length;
  if (light > 0) {
    findings.add(
      'FUSED',
      `${counted(light, 'block')} without multiply-accumulates and without a kernel: taken to run within others`,
      {
        count: light,
      },
    );
  }
  if (missing.length === 0) return;
  const names = missing
    .slice(0, NAMES_SHOWN)
    .map((b) => `"${model.blocks[b]!.name}"`)
    .join(', ');
  const more = missing.length > NAMES_SHOWN ? ` and ${missing.length - NAMES_SHOWN} more` : '';
  const message = `${missing.length} of ${model.blocks.length} blocks have no kernel in ${record.sourceFile}: ${names}${more}`;
  if (force) {
    findings.add('UNMAPPED', `${message}; they are marked unsupported`, { count: missing.length });
    return;
  }
  throw new HeterodyneError('BAD_INPUT', message, {
    source: record.sourceFile,
    expected: 'a kernel for every block that computes',
    received: `${model.blocks.length - missing.length} blocks with kernels`,
    hint: 'is the file whole, and of this model? --force marks those blocks unsupported',
  });
}

/** A cost counts as modelled where most of it was shared out by a model of the work. */
function costOf(costs: BlockCosts, b: number, model: BlockedModel, scale: number, n: number | undefined): BlockCost {
  if (!costs.covered[b] && computes(model, b)) return 'unsupported';
  const latencyMs = { mean: costs.ms[b]! * scale, ...(n !== undefined && { n }) };
  return costs.dividedMs[b]! > costs.ms[b]! / 2 ? { latencyMs, origin: 'roofline' } : { latencyMs };
}

/** The model's sizes on the one processor; its costs are replaced. */
function emptyProfile({ model, platform, processor: id, precision }: ImportTarget): Profile {
  const processor = platform.processors.find((each) => each.id === id);
  if (processor === undefined) {
    const ids = platform.processors.map((each) => each.id).join(', ');
    throw new HeterodyneError('USAGE', `${platform.id} has no processor "${id}"`, {
      path: '--processor',
      expected: `one of ${ids}`,
      received: `"${id}"`,
    });
  }
  const one = rooflineProfile([model], { ...platform, processors: [processor] }, { ...(precision && { precision }) });
  return { ...one, platformHash: contentHash(platform) };
}

function sourceOf(record: ImportedProfile, mapping: KernelMapping, times: ImportedProfile | undefined): CostSource {
  const whole = times ?? (record.mode === 'throughput' ? undefined : record);
  const latency = whole?.latencyMs?.median ?? whole?.latencyMs?.mean;
  return {
    format: record.format,
    file: record.sourceFile,
    sha256: record.sourceSha256,
    mode: record.mode,
    ...(record.device !== undefined && { device: record.device }),
    ...(record.provider !== undefined && { provider: record.provider }),
    ...(latency !== undefined && { wholeModelMs: latency }),
    ...(times !== undefined && { timesFile: times.sourceFile, timesSha256: times.sourceSha256 }),
    mappedShare: Math.min(1, mapping.mappedShare),
    overheadShare: Math.min(1, mapping.overheadShare),
    unmappedShare: Math.min(1, mapping.unmappedShare),
  };
}
