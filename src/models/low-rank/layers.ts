/** Finds the layers of a network that may be factorised, with their sizes. */
import type { CuttableModel } from '../cut.ts';
import type { Initializer, Operator } from '../graph.ts';
import type { LayerSize } from './arithmetic.ts';

export interface Layer {
  /** Place in `Graph.operators`. */
  index: number;
  operator: Operator;
  name: string;
  block: number;
  weight: Initializer;
  size: LayerSize;
}

/** Larger matrices take minutes to decompose. */
const LARGEST_SIDE = 2048;

/** Convolutions in two dimensions and dense layers, with constant float32 weights, in the order of the file. */
export function findLayers(model: CuttableModel): Layer[] {
  const { graph, blocked } = model;
  const layers: Layer[] = [];
  for (const block of blocked.blocks) {
    for (const index of block.operators) {
      const operator = graph.operators[index]!;
      const weight = graph.initializers.get(operator.inputs[1] ?? '');
      if (operator.domain !== '' || weight?.type !== 'float32') continue;
      const size = sizeOf(model, operator, weight);
      if (size === undefined) continue;
      const name = operator.name !== '' ? operator.name : operator.outputs[0]!;
      layers.push({ index, operator, name, block: block.index, weight, size });
    }
  }
  return layers.sort((a, b) => a.index - b.index);
}

function sizeOf({ shapes }: CuttableModel, operator: Operator, weight: Initializer): LayerSize | undefined {
  const input = shapes.tensors.get(operator.inputs[0]!)?.shape;
  const output = shapes.tensors.get(operator.outputs[0]!)?.shape;
  if (input === undefined || output === undefined) return undefined;
  if (operator.type === 'Conv' && weight.shape.length === 4) {
    const groups = intOf(operator, 'group', 1);
    const [outputs, perGroup, down, across] = weight.shape as [number, number, number, number];
    const [batch, , height, width] = output as [number, number, number, number];
    return {
      kind: 'separable',
      inputs: perGroup * groups,
      outputs,
      kernel: [down, across],
      groups,
      batch,
      output: [height, width],
      columns: input[3]!,
    };
  }
  if (weight.shape.length !== 2 || (operator.type !== 'Gemm' && operator.type !== 'MatMul')) return undefined;
  if (intOf(operator, 'transA', 0) !== 0) return undefined;
  const [rows, columns] = weight.shape as [number, number];
  const [inputs, outputs] = intOf(operator, 'transB', 0) !== 0 ? [columns, rows] : [rows, columns];
  const vectors = output.slice(0, -1).reduce((product, length) => product * length, 1);
  return { kind: 'svd', inputs, outputs, batch: vectors };
}

/** Why a layer stays whole whatever the rank; undefined = it may be factorised. */
export function obstacle({ size, operator }: Layer): string | undefined {
  if (size.kind === 'separable' && size.inputs === size.groups) return 'depthwise: one channel a group';
  const [rows, columns] = matrixOf(size);
  if (Math.min(rows, columns) > LARGEST_SIDE) return `larger than ${LARGEST_SIDE} on both sides`;
  const pad = operator.attributes.get('auto_pad');
  return pad?.kind === 'string' && pad.value.startsWith('SAME') ? 'padding is left to the runtime' : undefined;
}

/** Sides of the matrix of one group. */
export function matrixOf(size: LayerSize): [rows: number, columns: number] {
  if (size.kind === 'svd') return [size.inputs, size.outputs];
  const [down, across] = size.kernel;
  return [(size.inputs / size.groups) * down, across * (size.outputs / size.groups)];
}

export function intOf({ attributes }: Operator, name: string, absent: number): number {
  const attribute = attributes.get(name);
  return attribute?.kind === 'int' ? attribute.value : absent;
}

export function intsOf({ attributes }: Operator, name: string, absent: readonly number[]): readonly number[] {
  const attribute = attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value : absent;
}
