/**
 * Another form of a model in the blocks of the original: factors, quantisation and rewriting make more places where a
 * network could be cut, but a plan and a controller that change between forms need the same blocks in all of them.
 */
import { type Block, type BlockedModel, type BlockWork, OPERATOR_CLASSES } from './graph.ts';

/**
 * The form's blocks, joined so that each ends with the tensors that the original's block of the same number gives out.
 * A form of as many blocks, or one that lost those tensors, stays as it is.
 */
export function alignBlocks(form: BlockedModel, original: BlockedModel): BlockedModel {
  if (form.blocks.length === original.blocks.length) return form;
  const ends = matchingEnds(form.blocks, original.blocks);
  if (ends === undefined) return form;
  const blocks = ends.map((end, index) => {
    const first = index === 0 ? 0 : ends[index - 1]! + 1;
    return joined(form.blocks.slice(first, end + 1), index, original.blocks[index]!.name);
  });
  return { ...form, blocks };
}

/** For each block of the original, the last block of the form that belongs to it. */
function matchingEnds(form: readonly Block[], original: readonly Block[]): number[] | undefined {
  const ends: number[] = [];
  let next = 0;
  for (const { outputs } of original.slice(0, -1)) {
    const wanted = [...outputs].sort().join('\n');
    const end = form.findIndex((block, b) => b >= next && [...block.outputs].sort().join('\n') === wanted);
    if (end < 0 || end === form.length - 1) return undefined;
    ends.push(end);
    next = end + 1;
  }
  return [...ends, form.length - 1];
}

function joined(blocks: readonly Block[], index: number, name: string): Block {
  const last = blocks.at(-1)!;
  return {
    index,
    name,
    operators: blocks.flatMap(({ operators }) => operators).sort((a, b) => a - b),
    work: summed(blocks.map(({ work }) => work)),
    weightBytes: blocks.reduce((sum, block) => sum + block.weightBytes, 0),
    activationBytes: Math.max(...blocks.map((block) => block.activationBytes)),
    outputs: last.outputs,
    outputBytes: last.outputBytes,
  };
}

function summed(works: readonly BlockWork[]): BlockWork {
  const sum: BlockWork = { macs: {}, bytes: {}, launches: {}, operators: [] };
  for (const amount of ['macs', 'bytes', 'launches'] as const) {
    for (const kind of OPERATOR_CLASSES) {
      const total = works.reduce((all, work) => all + (work[amount][kind] ?? 0), 0);
      if (works.some((work) => work[amount][kind] !== undefined)) sum[amount][kind] = total;
    }
  }
  sum.operators = [...new Set(works.flatMap(({ operators }) => operators))].sort();
  return sum;
}
