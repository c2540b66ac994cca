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

import { type Block, type BlockWork, type Graph, type Precision, tensorsRead } from './graph.ts';
import { refusal } from './refusal.ts';
import type { InferredShapes } from './shapes/infer.ts';
import { addOperator, type CountedWork, countWork, emptyTotals, type OperatorWork, sumOf } from './work.ts';

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

/** One kernel and the operators fused into it, in the order of execution. */
interface Step {
  /** Operator indices, ascending. */
  operators: number[];
  /** Its kernel does multiply-accumulates. */
  heavy: boolean;
}

/** A tensor's life in an order of steps; `made` is -1 for graph inputs. */
interface Life {
  storage: string;
  made: number;
  lastRead: number;
}

/** A run of steps, first to last. */
interface Segment {
  first: number;
  last: number;
}

/** Memory moves about one byte in the time of ten multiply-accumulates on the processors that this is for. */
const MACS_PER_BYTE = 10;

function isHeavy(work: OperatorWork): boolean {
  return work.macs > 0 || (work.inner !== undefined && sumOf(work.inner.macs) > 0);
}

/** Steps in the order of the file: fused operators stand with their kernel (see work.ts for why that is an order). */
function stepsOf(counted: CountedWork): Step[] {
  const steps = new Map<number, Step>();
  for (const [index, work] of counted.operators.entries()) {
    if (work.role === 'constant' || work.role === 'unused') continue;
    const step = steps.get(work.head);
    if (step === undefined) steps.set(work.head, { operators: [index], heavy: isHeavy(work) });
    else step.operators.push(index);
  }
  return [...steps.values()];
}

/** Tensors that a step reads and does not make. */
function readsOf(graph: Graph, step: Step): string[] {
  const names = new Set<string>();
  for (const index of step.operators) for (const name of tensorsRead(graph.operators[index]!)) names.add(name);
  for (const index of step.operators) for (const name of graph.operators[index]!.outputs) names.delete(name);
  return [...names];
}

/**
 * Depth first from the outputs: each branch is computed as a whole just before it is joined, and what an input feeds
 * late is computed late. Iterative, because a network may be a hundred thousand operators deep.
 */
function depthFirst(graph: Graph, counted: CountedWork, steps: readonly Step[], reads: readonly string[][]): number[] {
  const stepOf = new Map<number, number>();
  for (const [at, step] of steps.entries()) for (const index of step.operators) stepOf.set(index, at);
  const makerStep = (name: string): number | undefined => {
    const maker = counted.makers.get(name);
    return maker === undefined ? undefined : stepOf.get(maker);
  };
  const order: number[] = [];
  const seen: boolean[] = new Array(steps.length).fill(false);
  const path: { step: number; next: number }[] = [];
  const enter = (name: string): void => {
    const step = makerStep(name);
    if (step === undefined || seen[step]) return;
    seen[step] = true;
    path.push({ step, next: 0 });
  };
  for (const output of graph.outputs) {
    enter(output.name);
    while (path.length > 0) {
      const top = path.at(-1)!;
      const name = reads[top.step]![top.next++];
      if (name !== undefined) enter(name);
      else order.push(path.pop()!.step);
    }
  }
  return order;
}

/** Everything about one order of the steps. */
interface Timeline {
  order: number[];
  lives: Life[];
  /** Step positions at which names are last read, by name. */
  lastRead: Map<string, number>;
  /** Position at which names are made. */
  made: Map<string, number>;
  heavy: boolean[];
}

function timelineOf(
  graph: Graph,
  shapes: InferredShapes,
  counted: CountedWork,
  steps: readonly Step[],
  reads: readonly string[][],
  order: number[],
): Timeline {
  const made = new Map<string, number>();
  const lastRead = new Map<string, number>();
  for (const input of graph.inputs) made.set(input.name, -1);
  for (const [position, at] of order.entries()) {
    for (const index of steps[at]!.operators) {
      for (const name of graph.operators[index]!.outputs) if (name !== '') made.set(name, position);
    }
    for (const name of reads[at]!) lastRead.set(name, position);
  }
  const lives = new Map<string, Life>();
  for (const [name, position] of lastRead) {
    const start = made.get(name);
    if (start === undefined || shapes.constants.has(name)) continue;
    const storage = counted.storageOf(name);
    const life = lives.get(storage);
    if (life === undefined) {
      lives.set(storage, { storage, made: made.get(storage) ?? start, lastRead: position });
    } else {
      life.lastRead = Math.max(life.lastRead, position);
    }
  }
  return { order, lives: [...lives.values()], lastRead, made, heavy: order.map((at) => steps[at]!.heavy) };
}

/** Number of tensors live after each position, `exempt` ones left out. */
function liveCounts(timeline: Timeline, exempt: (life: Life) => boolean): number[] {
  const length = timeline.order.length;
  const change: number[] = new Array(length + 1).fill(0);
  for (const life of timeline.lives) {
    if (exempt(life) || life.lastRead <= life.made) continue;
    change[Math.max(0, life.made)]! += 1;
    change[life.lastRead]! -= 1;
  }
  let live = 0;
  return change.slice(0, length).map((delta) => (live += delta));
}

/** Lives that cuts may ignore: late-read inputs, and (`prelude`) long-lived tensors computed before any compute. */
function exemption(
  graph: Graph,
  timeline: Timeline,
  steps: readonly Step[],
  reads: readonly string[][],
  prelude: boolean,
): (life: Life) => boolean {
  const heavyBefore: number[] = [];
  let sum = 0;
  for (const heavy of timeline.heavy) heavyBefore.push((sum += heavy ? 1 : 0));
  const half = sum / 2;
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const early = new Set(inputs);
  if (prelude) {
    for (const at of timeline.order) {
      if (steps[at]!.heavy || !reads[at]!.every((name) => !timeline.made.has(name) || early.has(name))) continue;
      for (const index of steps[at]!.operators) for (const name of graph.operators[index]!.outputs) early.add(name);
    }
  }
  return (life) => {
    if (!early.has(life.storage)) return false;
    const read = heavyBefore[life.lastRead]!;
    if (inputs.has(life.storage)) return read > half;
    return read - (heavyBefore[life.made] ?? 0) > half;
  };
}

/** Cuts that have compute on both sides. */
function usefulCuts(timeline: Timeline, cuts: readonly boolean[]): number {
  let useful = 0;
  let heavySince = false;
  let pending = false;
  for (const [position, heavy] of timeline.heavy.entries()) {
    if (heavy) {
      if (pending && heavySince) useful++;
      if (pending) pending = false;
      heavySince = true;
    }
    if (cuts[position]) pending = true;
  }
  return useful;
}

/** The order and cuts with the most pieces that compute. */
function chooseCuts(
  graph: Graph,
  shapes: InferredShapes,
  counted: CountedWork,
  steps: readonly Step[],
  maxLive: number,
): { timeline: Timeline; cuts: boolean[] } {
  const reads = steps.map((step) => readsOf(graph, step));
  const asFile = steps.map((_, i) => i);
  const orders = [asFile, depthFirst(graph, counted, steps, reads)].filter((order) => order.length === steps.length);
  const timelines = orders.map((order) => timelineOf(graph, shapes, counted, steps, reads, order));
  const choose = (prelude: boolean): { timeline: Timeline; cuts: boolean[]; useful: number } => {
    const choices = timelines.map((timeline) => {
      const live = liveCounts(timeline, exemption(graph, timeline, steps, reads, prelude));
      const cuts = live.map((count, i) => count <= maxLive && i < live.length - 1);
      return { timeline, cuts, useful: usefulCuts(timeline, cuts) };
    });
    return choices.reduce((best, choice) => (choice.useful > best.useful ? choice : best));
  };
  const plain = choose(false);
  const generous = choose(true);
  // A mask blocks every cut but a few at the end of a transformer: worth ignoring only where it opens up the rest.
  return generous.useful > 2 * plain.useful + 1 || plain.useful === 0 ? generous : plain;
}

function segmentsOf(cuts: readonly boolean[]): Segment[] {
  const segments: Segment[] = [];
  let first = 0;
  for (let position = 0; position < cuts.length; position++) {
    if (!cuts[position] && position < cuts.length - 1) continue;
    segments.push({ first, last: position });
    first = position + 1;
  }
  return segments;
}

/** Join every segment that does not `stand` alone to the one before it; leading ones to the one after. */
function joinBackward(segments: readonly Segment[], stands: (segment: Segment) => boolean): Segment[] {
  const result: Segment[] = [];
  let anyStands = false;
  for (const segment of segments) {
    const previous = result.at(-1);
    const own = stands(segment);
    if (previous !== undefined && (!own || !anyStands)) previous.last = segment.last;
    else result.push({ ...segment });
    anyStands ||= own;
  }
  return result;
}

/** Join neighbours, lightest pair first, until at most `most` segments are left. O(n log n). */
function joinLightest(segments: readonly Segment[], most: number, weigh: (segment: Segment) => number): Segment[] {
  const weights = segments.map(weigh);
  const ends = segments.map((segment) => ({ ...segment }));
  const next = segments.map((_, i) => i + 1);
  const previous = segments.map((_, i) => i - 1);
  const version = segments.map(() => 0);
  const heap: { weight: number; left: number; stamp: number }[] = [];
  const before = (a: number, b: number): boolean =>
    heap[a]!.weight < heap[b]!.weight || (heap[a]!.weight === heap[b]!.weight && heap[a]!.left < heap[b]!.left);
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  const push = (left: number): void => {
    const right = next[left]!;
    if (right >= ends.length) return;
    heap.push({ weight: weights[left]! + weights[right]!, left, stamp: version[left]! + version[right]! });
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!before(at, parent)) break;
      swap(at, parent);
      at = parent;
    }
  };
  const pop = (): { weight: number; left: number; stamp: number } => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0; ; ) {
        const left = 2 * at + 1;
        if (left >= heap.length) break;
        const child = left + 1 < heap.length && before(left + 1, left) ? left + 1 : left;
        if (!before(child, at)) break;
        swap(child, at);
        at = child;
      }
    }
    return top;
  };
  for (let i = 0; i + 1 < ends.length; i++) push(i);
  const gone: boolean[] = new Array(ends.length).fill(false);
  for (let left = ends.length; left > most && heap.length > 0; ) {
    const pair = pop();
    const right = next[pair.left]!;
    if (gone[pair.left] || right >= ends.length || pair.stamp !== version[pair.left]! + version[right]!) continue;
    ends[pair.left]!.last = ends[right]!.last;
    weights[pair.left]! += weights[right]!;
    version[pair.left]! += version[right]! + 1;
    gone[right] = true;
    next[pair.left] = next[right]!;
    if (next[right]! < ends.length) previous[next[right]!] = pair.left;
    push(pair.left);
    if (previous[pair.left]! >= 0) push(previous[pair.left]!);
    left--;
  }
  return ends.filter((_, i) => !gone[i]);
}

/** `conv1`, or `conv1..conv3` for several compute operators. */
function nameOf(graph: Graph, operators: readonly number[], counted: CountedWork): string {
  const label = (index: number): string => {
    const operator = graph.operators[index]!;
    return operator.name !== '' ? operator.name : (operator.outputs.find((name) => name !== '') ?? operator.type);
  };
  const kernels = operators.filter((index) => counted.operators[index]!.role === 'kernel');
  const heavy = kernels.filter((index) => isHeavy(counted.operators[index]!));
  const named = heavy.length > 0 ? heavy : kernels.length > 0 ? kernels : operators;
  const [first, last] = [label(named[0]!), label(named.at(-1)!)];
  return named.length === 1 ? first : `${first}..${last}`;
}

function typesIn(graph: Graph, into: Set<string>, operators: Iterable<number>): void {
  for (const index of operators) {
    const operator = graph.operators[index]!;
    into.add(operator.domain === '' ? operator.type : `${operator.domain}:${operator.type}`);
    for (const attribute of operator.attributes.values()) {
      if (attribute.kind === 'graph') typesIn(attribute.value, into, attribute.value.operators.keys());
    }
  }
}

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

/**
 * A segment whose compute is depthwise takes along the next ones until one ends in a convolution of all channels:
 * depthwise-separable pairs stay together, with the squeeze-excitation between them.
 */
function joinDepthwise(segments: readonly Segment[], workIn: (segment: Segment) => OperatorWork[]): Segment[] {
  const result: Segment[] = [];
  for (let at = 0; at < segments.length; at++) {
    const segment = { ...segments[at]! };
    const heavy = workIn(segment).filter(isHeavy);
    if (heavy.length > 0 && heavy.every((work) => work.operatorClass === 'depthwise')) {
      let end = 0;
      for (let i = at + 1; i <= at + 3 && i < segments.length && end === 0; i++) {
        if (workIn(segments[i]!).findLast((work) => work.role === 'kernel')?.operatorClass === 'conv') end = i;
      }
      if (end > 0) {
        segment.last = segments[end]!.last;
        at = end;
      }
    }
    result.push(segment);
  }
  return result;
}

interface Draft {
  segment: Segment;
  operators: number[];
}

/** Fill in names, work, and what lives inside and across the blocks. */
function describeBlocks(
  graph: Graph,
  shapes: InferredShapes,
  counted: CountedWork,
  timeline: Timeline,
  drafts: readonly Draft[],
): Block[] {
  const blockOf = new Map<number, number>();
  for (const [at, draft] of drafts.entries()) for (const index of draft.operators) blockOf.set(index, at);
  const extra = assignRest(graph, counted, blockOf);
  const peaks = peakBytes(counted, timeline, drafts);
  const crossed = crossings(timeline, drafts, shapes);
  const used = new Map<string, number>();
  return drafts.map(({ operators }, index): Block => {
    const totals = emptyTotals();
    const weights = new Map<string, number>();
    const types = new Set<string>();
    typesIn(graph, types, operators);
    for (const operator of operators) {
      addOperator(totals, counted.operators[operator]!);
      for (const name of tensorsRead(graph.operators[operator]!)) {
        if (shapes.constants.has(name)) weights.set(counted.storageOf(name), counted.bytesOf(name));
      }
    }
    const last = index === drafts.length - 1;
    const outputs = last ? graph.outputs.map((output) => output.name) : crossed[index]!;
    const name = nameOf(
      graph,
      [...operators].sort((a, b) => a - b),
      counted,
    );
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    const work: BlockWork = { ...totals, operators: [...types].sort() };
    const storages = new Set(outputs.map((output) => counted.storageOf(output)));
    return {
      index,
      name: times === 1 ? name : `${name}#${times}`,
      operators: [...operators, ...(extra.get(index) ?? [])].sort((a, b) => a - b),
      work,
      weightBytes: [...weights.values()].reduce((sum, bytes) => sum + bytes, 0),
      activationBytes: peaks[index]!,
      outputs,
      outputBytes: [...storages].reduce((sum, storage) => sum + counted.bytesOf(storage), 0),
    };
  });
}

/** For each segment: names made in it or before (or graph inputs) and read after it, in the order they were made. */
function crossings(timeline: Timeline, drafts: readonly Draft[], shapes: InferredShapes): string[][] {
  const segmentAt: number[] = [];
  for (const [at, { segment }] of drafts.entries()) {
    for (let position = segment.first; position <= segment.last; position++) segmentAt.push(at);
  }
  const names: string[][] = drafts.map(() => []);
  for (const [name, made] of timeline.made) {
    const read = timeline.lastRead.get(name);
    if (read === undefined || shapes.constants.has(name)) continue;
    for (let at = segmentAt[Math.max(0, made)]!; at < segmentAt[read]!; at++) names[at]!.push(name);
  }
  return names;
}

/** Blocks of operators that no step holds: constant ones stand where first used, unneeded ones with their inputs. */
function assignRest(graph: Graph, counted: CountedWork, blockOf: Map<number, number>): Map<number, number[]> {
  const extra = new Map<number, number[]>();
  const assign = (index: number, block: number): void => {
    blockOf.set(index, block);
    const list = extra.get(block);
    if (list === undefined) extra.set(block, [index]);
    else list.push(index);
  };
  const besideInputs = (index: number): number => {
    let block = 0;
    for (const name of tensorsRead(graph.operators[index]!)) {
      block = Math.max(block, blockOf.get(counted.makers.get(name) ?? -1) ?? 0);
    }
    return block;
  };
  for (const [index, work] of counted.operators.entries())
    if (work.role === 'unused') assign(index, besideInputs(index));
  const firstUse = new Map<string, number>();
  for (let index = graph.operators.length - 1; index >= 0; index--) {
    const operator = graph.operators[index]!;
    if (counted.operators[index]!.role === 'constant') {
      let block = Number.POSITIVE_INFINITY;
      for (const name of operator.outputs) block = Math.min(block, firstUse.get(name) ?? block);
      assign(index, Number.isFinite(block) ? block : besideInputs(index));
    }
    const block = blockOf.get(index)!;
    for (const name of tensorsRead(operator)) firstUse.set(name, Math.min(block, firstUse.get(name) ?? block));
  }
  return extra;
}

/** Largest sum of live activation bytes at any step of each block, results of the step included. */
function peakBytes(counted: CountedWork, timeline: Timeline, drafts: readonly Draft[]): number[] {
  const length = timeline.order.length;
  const change: number[] = new Array(length + 1).fill(0);
  for (const life of timeline.lives) {
    const bytes = counted.bytesOf(life.storage);
    change[Math.max(0, life.made)]! += bytes;
    change[life.lastRead + 1]! -= bytes;
  }
  for (const [name, made] of timeline.made) {
    // Results that nobody reads (graph outputs) exist at least while they are made.
    if (timeline.lastRead.has(name) || made < 0 || counted.storageOf(name) !== name || fusedAway(name, counted))
      continue;
    const bytes = counted.bytesOf(name);
    change[made]! += bytes;
    change[made + 1]! -= bytes;
  }
  let live = 0;
  const sums = change.slice(0, length).map((delta) => (live += delta));
  return drafts.map(({ segment }) =>
    sums.slice(segment.first, segment.last + 1).reduce((most, sum) => Math.max(most, sum), 0),
  );
}

/** Read by fused operators of the same kernel only: never in memory. */
function fusedAway(name: string, counted: CountedWork): boolean {
  const maker = counted.makers.get(name);
  const readers = counted.readers.get(name);
  if (maker === undefined || readers === undefined) return false;
  return readers.every((reader) => counted.operators[reader]!.head === counted.operators[maker]!.head);
}
