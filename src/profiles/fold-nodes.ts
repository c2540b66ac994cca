/**
 * The runtime's own profile of every node, folded onto the blocks that the nodes belong to: read and mapped as an imported
 * profile is, call by call, so that blocks have samples of their own.
 */
import { HeterodyneError } from '../core/errors.ts';
import { blockCosts } from './importers/block-costs.ts';
import { sum } from './importers/figures.ts';
import { Findings } from './importers/findings.ts';
import type { ReadSettings } from './importers/format.ts';
import type { ModelLayers } from './importers/layers.ts';
import { mapKernels } from './importers/mapper.ts';
import { opsOf, readOrtEvents } from './importers/ort-events.ts';
import type { KernelEvent } from './importers/ort-runs.ts';
import { type LatencySamples, summarize } from './samples.ts';

export interface FoldedNodes {
  /** In block order. */
  blocks: LatencySamples[];
  sumMs: number;
  /** Mean time per call of nodes that no name ties to a block: it went to a neighbour. */
  unassignedMs: number;
  providers: Record<string, { nodes: number; timeShare: number }>;
}

const SETTINGS: ReadSettings = {
  source: "the runtime's profile",
  strict: false,
  warmUpMs: 0,
  maxEvents: Number.POSITIVE_INFINITY,
};

/**
 * @param text the profile as ONNX Runtime writes it
 * @param counted indices of the calls in it that count
 * @returns undefined where it is no such text, or holds none of those calls
 */
export function foldNodes(text: string, counted: readonly number[], model: ModelLayers): FoldedNodes | undefined {
  const recorded = callsIn(text);
  const calls = counted.flatMap((i) => (recorded[i] === undefined ? [] : [recorded[i]]));
  if (calls.length === 0) return undefined;
  const samples: number[][] = model.blockNames.map(() => []);
  let unassignedMs = 0;
  for (const call of calls) {
    const mapping = mapKernels(opsOf([call]), model);
    for (const [b, ms] of blockCosts(mapping, model, true).ms.entries()) samples[b]!.push(ms);
    unassignedMs += sum(mapping.kernels.map(({ kind, op }) => (kind === 'mapped' ? 0 : op.avgMs))) / calls.length;
  }
  const blocks = samples.map(summarize);
  return {
    blocks,
    sumMs: sum(blocks.map(({ mean }) => mean)),
    unassignedMs,
    providers: providersOf(calls),
  };
}

/** Kernels of each call, in the order of execution; empty where the text cannot be read. */
function callsIn(text: string): KernelEvent[][] {
  try {
    return readOrtEvents(text, SETTINGS, new Findings()).kernels.filter((kernels) => kernels.length > 0);
  } catch (error) {
    if (!(error instanceof HeterodyneError)) throw error;
    return [];
  }
}

function providersOf(calls: readonly KernelEvent[][]): FoldedNodes['providers'] {
  const providers: FoldedNodes['providers'] = {};
  const ops = opsOf(calls);
  for (const { provider = 'unknown', share } of ops) {
    const known = (providers[provider] ??= { nodes: 0, timeShare: 0 });
    known.nodes++;
    known.timeShare = Math.min(1, known.timeShare + share);
  }
  return providers;
}
