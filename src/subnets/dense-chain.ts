/** A plain chain of dense layers with ReLU between them, read from an ONNX graph. */
import type { DenseLayer } from '../core/subnets.ts';
import type { Graph, Initializer, Operator } from '../models/graph.ts';

export interface DenseChain {
  layers: DenseLayer[];
  /** Added after the last layer. */
  base: number;
}

/** The chain from the graph's one input to its one output, or undefined when the graph is anything else. */
export function denseChain(graph: Graph): DenseChain | undefined {
  if (graph.inputs.length !== 1 || graph.outputs.length !== 1) return undefined;
  const layers: DenseLayer[] = [];
  let base = 0;
  let tensor = graph.inputs[0].name;
  let rectified = true;
  for (const operator of graph.operators) {
    const [first, second, third] = operator.inputs;
    if (operator.outputs.length !== 1 || operator.domain !== '') return undefined;
    const last = layers.at(-1);
    if (operator.type === 'Relu' && first === tensor && !rectified) rectified = true;
    else if (operator.type === 'Gemm' && first === tensor && rectified) {
      const layer = gemm(graph, operator, second, third);
      if (!layer) return undefined;
      layers.push(layer);
      rectified = false;
    } else if (operator.type === 'MatMul' && first === tensor && rectified) {
      const weights = matrix(graph, second);
      if (!weights) return undefined;
      layers.push({ ...transposed(weights), bias: new Float32Array(weights.columns) });
      rectified = false;
    } else if (operator.type === 'Add' && last && !rectified && operator.inputs.includes(tensor)) {
      const added = floats(graph.initializers.get(first === tensor ? second : first));
      if (!added || (added.length !== 1 && added.length !== last.outputs)) return undefined;
      if (last.outputs === 1) base += added[0];
      else last.bias = last.bias.map((value, o) => Math.fround(value + added[added.length === 1 ? 0 : o]));
    } else return undefined;
    tensor = operator.outputs[0];
  }
  const joined = layers.every((layer, l) => l === 0 || layer.inputs === layers[l - 1].outputs);
  const complete = tensor === graph.outputs[0].name && !rectified && layers.length >= 2 && layers.at(-1)?.outputs === 1;
  return joined && complete ? { layers, base } : undefined;
}

function gemm(
  graph: Graph,
  operator: Operator,
  weightName: string,
  biasName: string | undefined,
): DenseLayer | undefined {
  const number = (name: string, absent: number) => {
    const attribute = operator.attributes.get(name);
    return attribute?.kind === 'int' || attribute?.kind === 'float' ? attribute.value : absent;
  };
  if (number('alpha', 1) !== 1 || number('beta', 1) !== 1 || number('transA', 0) !== 0) return undefined;
  const weights = matrix(graph, weightName);
  if (!weights) return undefined;
  const layer =
    number('transB', 0) === 1
      ? { inputs: weights.columns, outputs: weights.rows, weights: weights.data }
      : transposed(weights);
  const bias = biasName ? floats(graph.initializers.get(biasName)) : new Float32Array(layer.outputs);
  return bias?.length === layer.outputs ? { ...layer, bias } : undefined;
}

interface Matrix {
  rows: number;
  columns: number;
  data: Float32Array;
}

function matrix(graph: Graph, name: string): Matrix | undefined {
  const initializer = graph.initializers.get(name);
  const data = floats(initializer);
  if (!data || initializer?.shape.length !== 2) return undefined;
  return { rows: initializer.shape[0], columns: initializer.shape[1], data };
}

/** [inputs][outputs] to [outputs][inputs]. */
function transposed({ rows, columns, data }: Matrix): Omit<DenseLayer, 'bias'> {
  const weights = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let o = 0; o < columns; o++) weights[o * rows + i] = data[i * columns + o];
  return { inputs: rows, outputs: columns, weights };
}

function floats(initializer: Initializer | undefined): Float32Array | undefined {
  const data = initializer?.data;
  if (!data || initializer.type !== 'float32') return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float32Array.from({ length: data.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
