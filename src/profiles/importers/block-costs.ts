/**
 * The time of mapped kernels as the time of blocks. No time is lost: overhead and what could not be mapped goes to the
 * block of the kernel that it runs before (or after, for copies out and at the end), so that the blocks add up to the
 * kernels. A kernel over several blocks belongs to all of them; only on request it is divided, by multiply-accumulates.
 */
import { copiedFor } from './kernel-names.ts';
import type { ModelLayers } from './layers.ts';
import type { KernelMapping, MappedKernel } from './mapper.ts';

export interface BlockCosts {
  /** Milliseconds by block. */
  ms: number[];
  /** Of that: from kernels that were divided among blocks. */
  dividedMs: number[];
  /** Blocks that a kernel was mapped to. */
  covered: boolean[];
  /** Kernels over several blocks: divided, or, where that was not asked for, in no block. */
  spanning: MappedKernel[];
}

export function blockCosts(mapping: KernelMapping, model: ModelLayers, divide: boolean): BlockCosts {
  const blocks = model.blockNames.length;
  const costs: BlockCosts = {
    ms: new Array(blocks).fill(0),
    dividedMs: new Array(blocks).fill(0),
    covered: new Array(blocks).fill(false),
    spanning: [],
  };
  const { kernels } = mapping;
  const neighbours = neighbourBlocks(kernels, model);
  kernels.forEach((kernel, k) => {
    if (kernel.kind !== 'mapped') {
      costs.ms[neighbours[k]!]! += kernel.op.avgMs;
      return;
    }
    const own = blocksOf(kernel, model);
    for (const block of own) costs.covered[block] = true;
    if (own.length === 1) costs.ms[own[0]!]! += kernel.op.avgMs;
    else {
      costs.spanning.push(kernel);
      if (divide) divideByMacs(kernel, own, model, costs);
    }
  });
  return costs;
}

function blocksOf({ members }: MappedKernel, { layers }: ModelLayers): number[] {
  return [...new Set(members.map((index) => layers[index]!.block))].sort((a, b) => a - b);
}

function divideByMacs(
  { op, members }: MappedKernel,
  own: readonly number[],
  { layers }: ModelLayers,
  costs: BlockCosts,
): void {
  const weights = own.map((block) =>
    members.reduce((macs, index) => macs + (layers[index]!.block === block ? layers[index]!.macs : 0), 0),
  );
  const total = weights.reduce((all, weight) => all + weight, 0);
  own.forEach((block, at) => {
    const part = op.avgMs * (total > 0 ? weights[at]! / total : 1 / own.length);
    costs.ms[block]! += part;
    costs.dividedMs[block]! += part;
  });
}

/** For each kernel without a layer: the block that its time is charged to. */
function neighbourBlocks(kernels: readonly MappedKernel[], model: ModelLayers): number[] {
  const firstBlock: (number | undefined)[] = [];
  const lastBlock: (number | undefined)[] = [];
  const byName = new Map<string, number>();
  kernels.forEach((kernel, k) => {
    if (kernel.kind !== 'mapped') return;
    const own = blocksOf(kernel, model);
    firstBlock[k] = own[0]!;
    lastBlock[k] = own.at(-1)!;
    byName.set(kernel.op.name, own[0]!);
  });
  const after: (number | undefined)[] = [];
  for (let k = kernels.length - 1, next: number | undefined; k >= 0; k--) {
    after[k] = next;
    next = firstBlock[k] ?? next;
  }
  let before: number | undefined;
  return kernels.map(({ op }, k) => {
    const copy = copiedFor(op.name);
    const served = copy === undefined ? undefined : byName.get(copy.node);
    const leaves = copy?.side === 'output' || /output/i.test(op.name);
    const block = served ?? (leaves ? (before ?? after[k]) : (after[k] ?? before)) ?? 0;
    before = lastBlock[k] ?? before;
    return block;
  });
}
