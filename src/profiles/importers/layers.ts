/** A model as the mapper sees it: its operators with the block each stands in. */
import type { CuttableModel } from '../../models/cut.ts';
import { type OperatorRole, sumOf } from '../../models/work/operator-work.ts';
import { countWork } from '../../models/work.ts';

export interface ModelLayer {
  /** Place in the graph's order. */
  index: number;
  name: string;
  /** ONNX operator type; a depthwise convolution is `DepthwiseConv`, since most tools tell it apart. */
  type: string;
  outputs: readonly string[];
  /** Of the first output. */
  shape?: readonly number[];
  role: OperatorRole;
  /** Index of the operator in whose kernel it runs: its own, unless fused. */
  head: number;
  /** Those of inner graphs included. */
  macs: number;
  block: number;
}

export interface ModelLayers {
  layers: readonly ModelLayer[];
  blockNames: readonly string[];
}

/** The layers of a model and the blocks that they stand in. */
export function layersOf({ graph, shapes, blocked }: CuttableModel): ModelLayers {
  const { operators } = countWork(graph, shapes);
  const blockOf = new Map<number, number>();
  for (const block of blocked.blocks) for (const index of block.operators) blockOf.set(index, block.index);
  const layers = graph.operators.map(({ name, type, outputs }, index): ModelLayer => {
    const work = operators[index]!;
    const shape = shapes.tensors.get(outputs[0] ?? '')?.shape;
    return {
      index,
      name,
      type: type === 'Conv' && work.head === index && work.operatorClass === 'depthwise' ? 'DepthwiseConv' : type,
      outputs,
      ...(shape !== undefined && { shape }),
      role: work.role,
      head: work.head,
      macs: work.macs + (work.inner === undefined ? 0 : sumOf(work.inner.macs)),
      block: blockOf.get(index) ?? 0,
    };
  });
  return { layers, blockNames: blocked.blocks.map(({ name }) => name) };
}
