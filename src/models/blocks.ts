/**
 * Cuts a network into blocks: runs of operators that may be placed on different processors.
 *
 *   operators ──► kernels (with what is fused into them) ──► an order ──► segments between cuts ──► blocks
 *
 * A cut is a place in the order where exactly one tensor is live, so that a residual, inception or squeeze-excitation
 * structure stays whole. Then
 *   - segments without a compute operator (convolution, matrix product, recurrent layer) join the one before,
 *   - a depthwise convolution takes along what follows up to its pointwise convolution,
 *   - the lightest neighbours join until the count fits.
 *
 * What counts as live:
 *   - tensors that are constant before run time never do;
 *   - a graph input that is still read in the second half of the network does not: every processor can be given it;
 *   - where this more than doubles the cuts, neither do long-lived tensors made of inputs alone (an attention mask);
 *   - a finished graph output does not: it leaves from the block that made it.
 * All of these but the last are still listed, and their bytes charged, in the outputs of the blocks they cross.
 */

import { describeBlocks } from './blocks/contents.ts';
import { chooseCuts } from './blocks/places.ts';
import { joinBackward, joinDepthwise, joinLightest, type Segment, segmentsOf } from './blocks/segments.ts';
import { isHeavy, type Step, stepsOf } from './blocks/steps.ts';
import type { Block, Graph, Precision } from './graph.ts';
import { refusal } from './refusal.ts';
import type { InferredShapes } from './shapes/infer.ts';
import { addOperator, emptyTotals, type OperatorWork, sumOf } from './work/operator-work.ts';
import { type CountedWork, countWork } from './work.ts';

/** Most blocks that a model may have: what the planners' core can address. */
export const MAX_BLOCKS = 255;

/**
 * - `block`: natural building blocks (the default)
 * - `operator`: a cut after every kernel where at most `maxLive` tensors are live
 * - a number: building blocks, joined until at most so many are left
 */
export type Granularity = 'block' | 'operator' | number;

export interface CutOptions {
  granularity?: Granularity;
  /** Live tensors that a cut may cross at granularity `operator`; default 2. */
  maxLive?: number;
  precision?: Precision;
}

/** Memory moves about one byte in the time of ten multiply-accumulates on the processors that this is for. */
const MACS_PER_BYTE = 10;

function checkOptions({ granularity = 'block', maxLive = 2 }: CutOptions): {
  granularity: Granularity;
  maxLive: number;
} {
  const legal =
    granularity === 'block' || granularity === 'operator' || (Number.isInteger(granularity) && granularity >= 1);
  if (!legal) {
    throw refusal('USAGE', 'the block granularity is unknown', {
      path: 'granularity',
      expected: '"block", "operator", or a number of blocks',
      received: `${granularity}`,
    });
  }
  if (!Number.isInteger(maxLive) || maxLive < 1) {
    throw refusal('USAGE', 'the number of live tensors is illegal', {
      path: 'maxLive',
      expected: 'a positive integer',
      received: `${maxLive}`,
    });
  }
  return { granularity, maxLive };
}

/**
 * Blocks of a graph, in order; each operator is in exactly one. Operators that are constant before run time stand in
 * the block that first uses them.
 *
 * @throws HeterodyneError `USAGE` for unknown options, `BAD_INPUT` for a graph that computes nothing.
 */
export function cutIntoBlocks(
  graph: Graph,
  shapes: InferredShapes,
  options: CutOptions = {},
  counted: CountedWork = countWork(graph, shapes, options),
): Block[] {
  const { granularity, maxLive } = checkOptions(options);
  const steps = stepsOf(counted);
  if (steps.length === 0) {
    throw refusal('BAD_INPUT', `graph "${graph.name}" computes nothing from its inputs`, {
      path: `graph "${graph.name}"`,
      expected: 'at least one operator between inputs and outputs',
      received: `${graph.operators.length} operators, none of them needed at run time`,
    });
  }
  const { timeline, cuts } = chooseCuts(graph, shapes, counted, steps, granularity === 'operator' ? maxLive : 1);
  const stepAt = (position: number): Step => steps[timeline.order[position]!]!;
  const operatorsIn = (segment: Segment): number[] => {
    const all: number[] = [];
    for (let position = segment.first; position <= segment.last; position++) all.push(...stepAt(position).operators);
    return all;
  };
  const workIn = (segment: Segment): OperatorWork[] => operatorsIn(segment).map((index) => counted.operators[index]!);

  let segments = segmentsOf(cuts);
  if (granularity === 'operator') {
    segments = joinBackward(segments, (segment) => workIn(segment).some((work) => work.role === 'kernel'));
  } else {
    segments = joinDepthwise(segments, workIn);
    segments = joinBackward(segments, (segment) => workIn(segment).some(isHeavy));
  }
  segments = joinLightest(
    segments,
    typeof granularity === 'number' ? Math.min(granularity, MAX_BLOCKS) : MAX_BLOCKS,
    (segment) => {
      const totals = emptyTotals();
      for (const work of workIn(segment)) addOperator(totals, work);
      return sumOf(totals.macs) + MACS_PER_BYTE * sumOf(totals.bytes);
    },
  );
  return describeBlocks(
    graph,
    shapes,
    counted,
    timeline,
    segments.map((segment) => ({ segment, operators: operatorsIn(segment) })),
  );
}
