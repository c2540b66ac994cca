/**
 * The runtime's own profile of every node, folded onto the blocks that the nodes belong to.
 *
 * A runtime that optimises renames and fuses: ONNX Runtime names what it laid out anew after the tensor that it makes,
 * with `_nchwc` behind. Nodes without any such name (reordering of layouts) go to a neighbour in the order of execution,
 * and their time is stated.
 */
import type { BlockedModel, Graph } from '../models/graph.ts';
import { type LatencySamples, summarize } from './samples.ts';

export interface FoldedNodes {
  /** In block order. */
  blocks: LatencySamples[];
  sumMs: number;
  /** Mean time per call of nodes that no name ties to a block. */
  unassignedMs: number;
  providers: Record<string, { nodes: number; timeShare: number }>;
}

interface TraceEvent {
  cat: string;
  name: string;
  ts: number;
  dur: number;
  args?: { op_name?: string; provider?: string };
}

const KERNEL = '_kernel_time';
const LAID_OUT = '_nchwc';

/**
 * @param text the profile as ONNX Runtime writes it (Chrome trace events, microseconds)
 * @param counted indices of the calls in it that count
 * @returns undefined where it is no such text, or holds too few calls
 */
export function foldNodes(
  text: string,
  counted: readonly number[],
  graph: Graph,
  model: BlockedModel,
): FoldedNodes | undefined {
  const recorded = callsIn(text);
  const calls = counted.flatMap((i) => (recorded[i] === undefined ? [] : [recorded[i]]));
  if (calls.length === 0) return undefined;
  const owner = ownersByName(graph, model);
  const count = model.blocks.length;
  const sums: number[][] = Array.from({ length: count }, () => []);
  const providers: FoldedNodes['providers'] = {};
  let unassigned = 0;
  let all = 0;
  calls.forEach((nodes, call) => {
    const blocks = assign(nodes, owner);
    for (const each of sums) each.push(0);
    nodes.forEach((node, i) => {
      const block = blocks[i]!;
      const milliseconds = node.dur / 1000;
      sums[block.index]![call]! += milliseconds;
      all += milliseconds;
      if (!block.named) unassigned += milliseconds;
      const provider = (providers[node.args?.provider ?? 'unknown'] ??= { nodes: 0, timeShare: 0 });
      provider.timeShare += milliseconds;
      if (call === 0) provider.nodes++;
    });
  });
  for (const provider of Object.values(providers))
    provider.timeShare = all > 0 ? Math.min(1, provider.timeShare / all) : 0;
  const blocks = sums.map(summarize);
  return {
    blocks,
    sumMs: blocks.reduce((sum, block) => sum + block.mean, 0),
    unassignedMs: unassigned / calls.length,
    providers,
  };
}

/** Node events of each call, in the order of execution. */
function callsIn(text: string): TraceEvent[][] {
  let events: TraceEvent[];
  try {
    events = JSON.parse(text);
  } catch {
    return []; // names with quotes in them, which the runtime does not escape
  }
  if (!Array.isArray(events)) return [];
  const runs = events.filter((event) => event.name === 'model_run');
  const nodes = events.filter((event) => event.cat === 'Node' && event.name.endsWith(KERNEL));
  nodes.sort((a, b) => a.ts - b.ts);
  let next = 0;
  return runs
    .sort((a, b) => a.ts - b.ts)
    .map((run) => {
      const own: TraceEvent[] = [];
      for (; next < nodes.length && nodes[next]!.ts <= run.ts + run.dur; next++) {
        if (nodes[next]!.ts >= run.ts) own.push(nodes[next]!);
      }
      return own;
    })
    .filter((own) => own.length > 0);
}

/** Block by the name of an operator, and of every tensor that it makes. */
function ownersByName(graph: Graph, model: BlockedModel): Map<string, number> {
  const owner = new Map<string, number>();
  for (const block of model.blocks) {
    for (const index of block.operators)
      for (const name of graph.operators[index]!.outputs) owner.set(name, block.index);
  }
  for (const block of model.blocks) {
    for (const index of block.operators) owner.set(graph.operators[index]!.name, block.index);
  }
  owner.delete('');
  return owner;
}

interface Assigned {
  index: number;
  named: boolean;
}

/** Nodes without a name of ours go with the one before, what prepares an input with the one after. */
function assign(nodes: readonly TraceEvent[], owner: ReadonlyMap<string, number>): Assigned[] {
  const found = nodes.map(({ name }) => {
    const node = name.slice(0, -KERNEL.length);
    return owner.get(node) ?? (node.endsWith(LAID_OUT) ? owner.get(node.slice(0, -LAID_OUT.length)) : undefined);
  });
  const after: (number | undefined)[] = [];
  let seen: number | undefined;
  for (let i = found.length - 1; i >= 0; i--) after[i] = seen = found[i] ?? seen;
  let before: number | undefined;
  return nodes.map(({ args }, i) => {
    const own = found[i];
    before = own ?? before;
    const neighbour = args?.op_name === 'ReorderInput' ? (after[i] ?? before) : (before ?? after[i]);
    return { index: own ?? neighbour ?? 0, named: own !== undefined };
  });
}
