/** What stands in the blocks and crosses between them: names, work, weights, live activations, outputs. */
import { type Block, type BlockWork, type Graph, tensorsRead } from '../graph.ts';
import type { InferredShapes } from '../shapes/infer.ts';
import { addOperator, emptyTotals } from '../work/operator-work.ts';
import type { CountedWork } from '../work.ts';
import type { Segment } from './segments.ts';
import { isHeavy, type Timeline } from './steps.ts';

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

interface Draft {
  segment: Segment;
  operators: number[];
}

/** Fill in names, work, and what lives inside and across the blocks. */
export function describeBlocks(
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
