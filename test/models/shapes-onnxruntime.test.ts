/**
 * Shape rules against ONNX Runtime: each case is a graph of one operator that both get. What they say of the outputs
 * must agree, dimension by dimension and in type.
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OnnxTensor, openSession } from '../../bindings/onnx/index.ts';
import type { ElementType, Graph, Initializer } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { inferShapes } from '../../src/models/shapes/infer.ts';
import { constant, node, type PlainAttribute, sketch } from './graphs.ts';

const test = suite('shapes against ONNX Runtime');

/** A tensor given at run time, or a constant with values; null = absent. */
type Operand = { type: ElementType; shape: number[]; values?: number[] } | null;

interface Case {
  type: string;
  operands: Operand[];
  attributes?: Record<string, PlainAttribute>;
  outputs?: number;
  opset?: number;
}

const x = (...shape: number[]): Operand => ({ type: 'float32', shape });
const of = (type: ElementType, ...shape: number[]): Operand => ({ type, shape });
const ints = (...values: number[]): Operand => ({ type: 'int64', shape: [values.length], values });
const floats = (...values: number[]): Operand => ({ type: 'float32', shape: [values.length], values });
const scalar = (type: ElementType, value: number): Operand => ({ type, shape: [], values: [value] });

function graphOf({ type, operands, attributes = {}, outputs = 1, opset = 13 }: Case): Graph {
  const constants: Initializer[] = [];
  const inputs: Record<string, { type: ElementType; shape: number[] }> = {};
  const names = operands.map((operand, i) => {
    if (operand === null) return '-';
    if (operand.values !== undefined) constants.push(constant(`c${i}`, operand.type, operand.shape, operand.values));
    else inputs[`x${i}`] = { type: operand.type, shape: operand.shape };
    return operand.values !== undefined ? `c${i}` : `x${i}`;
  });
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`).join(' ');
  const graph = sketch({
    opset,
    inputs,
    constants,
    nodes: [node(type, names.join(' '), results, attributes)],
    outputs: results,
  });
  // The type of an output must be stated; the size is for the runtime to find out.
  const { tensors } = inferShapes(graph);
  graph.outputs = graph.outputs.map(({ name }) => ({ name, type: tensors.get(name)!.type }));
  return graph;
}

function feed(type: ElementType, shape: readonly number[]): OnnxTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const dims = [...shape];
  switch (type) {
    case 'float32':
      return { type, data: Float32Array.from({ length: count }, (_, i) => Math.sin(i) * 0.5), dims };
    case 'int64':
      return { type, data: new BigInt64Array(count), dims };
    case 'int32':
      return { type, data: new Int32Array(count), dims };
    case 'uint8':
    case 'bool':
      return { type, data: new Uint8Array(count), dims } as OnnxTensor;
    case 'int8':
      return { type, data: new Int8Array(count), dims };
    default:
      throw new Error(`no feeds of ${type} in tests`);
  }
}

async function check(graph: Graph): Promise<void> {
  const shapes = inferShapes(graph);
  const session = await openSession(writeOnnx(graph), { optimize: false });
  try {
    const feeds = Object.fromEntries(shapes.inputs.map(({ name, type, shape }) => [name, feed(type, shape)]));
    const results = await session.run(feeds);
    for (const { name, type, shape } of shapes.outputs) {
      assert.equal({ type, shape }, { type: results[name]!.type, shape: [...results[name]!.dims] }, name);
    }
  } finally {
    await session.close();
  }
}

const FAMILIES: Record<string, Case[]> = {
  convolution: [
    { type: 'Conv', operands: [x(2, 4, 9), x(6, 4, 3)] },
    {
      type: 'Conv',
      operands: [x(1, 4, 17, 15), x(6, 2, 3, 3)],
      attributes: { group: 2, strides: [2, 3], pads: [1, 0, 2, 1] },
    },
    {
      type: 'Conv',
      operands: [x(1, 4, 17, 15), x(4, 1, 3, 5), x(4)],
      attributes: { group: 4, dilations: [2, 1], kernel_shape: [3, 5] },
    },
    { type: 'Conv', operands: [x(1, 1, 6, 7, 8), x(2, 1, 2, 2, 2)], attributes: { strides: [2, 2, 2] } },
    ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((auto_pad) => ({
      type: 'Conv',
      operands: [x(1, 3, 10, 11), x(2, 3, 3, 4)],
      attributes: { auto_pad, strides: [2, 3] },
    })),
    {
      type: 'ConvTranspose',
      operands: [x(1, 4, 5, 6), x(4, 3, 3, 3)],
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0] },
    },
    { type: 'ConvTranspose', operands: [x(1, 4, 5, 6), x(4, 3, 3, 3)], attributes: { group: 2, dilations: [2, 2] } },
    {
      type: 'ConvTranspose',
      operands: [x(1, 4, 5, 6), x(4, 3, 3, 3)],
      attributes: { strides: [2, 2], output_shape: [10, 13] },
    },
    {
      type: 'ConvTranspose',
      operands: [x(1, 4, 5, 6), x(4, 3, 3, 3)],
      attributes: { auto_pad: 'SAME_UPPER', strides: [3, 2] },
    },
    {
      type: 'ConvTranspose',
      operands: [x(1, 4, 5, 6), x(4, 3, 2, 2)],
      attributes: { auto_pad: 'VALID', strides: [3, 2] },
    },
    {
      type: 'ConvInteger',
      operands: [of('uint8', 1, 3, 8, 8), of('uint8', 2, 3, 3, 3)],
      attributes: { pads: [1, 1, 1, 1] },
    },
    {
      type: 'QLinearConv',
      operands: [
        of('uint8', 1, 3, 8, 8),
        scalar('float32', 1),
        scalar('uint8', 0),
        of('uint8', 2, 3, 3, 3),
        scalar('float32', 1),
        scalar('uint8', 0),
        scalar('float32', 1),
        scalar('uint8', 0),
      ],
      attributes: { strides: [2, 2] },
    },
    {
      type: 'com.microsoft:FusedConv',
      operands: [x(1, 3, 8, 8), x(2, 3, 3, 3), x(2)],
      attributes: { activation: 'Relu' },
    },
  ],
  pooling: [
    { type: 'MaxPool', operands: [x(1, 2, 13, 14)], attributes: { kernel_shape: [3, 3], strides: [2, 2] }, outputs: 2 },
    {
      type: 'MaxPool',
      operands: [x(1, 2, 13, 14)],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
    },
    {
      type: 'MaxPool',
      operands: [x(1, 2, 13, 14)],
      attributes: { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
    },
    ...['VALID', 'NOTSET'].flatMap((auto_pad) =>
      ['MaxPool', 'AveragePool'].flatMap((type) =>
        [x(1, 2, 13), x(1, 2, 1)].map((operand) => ({
          type,
          operands: [operand],
          attributes: { kernel_shape: [2], strides: [2], auto_pad, ceil_mode: 1 },
        })),
      ),
    ),
    { type: 'MaxPool', operands: [x(1, 2, 13)], attributes: { kernel_shape: [3], dilations: [2] } },
    {
      type: 'MaxPool',
      operands: [x(1, 2, 13, 14)],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_LOWER' },
    },
    {
      type: 'AveragePool',
      operands: [x(1, 2, 13, 14)],
      attributes: { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'VALID' },
    },
    {
      type: 'AveragePool',
      operands: [x(1, 2, 5, 5, 5)],
      attributes: { kernel_shape: [2, 2, 2], strides: [2, 2, 2], ceil_mode: 1 },
    },
    { type: 'LpPool', operands: [x(1, 2, 13, 14)], attributes: { kernel_shape: [3, 3], p: 2 }, opset: 18 },
    { type: 'GlobalAveragePool', operands: [x(2, 3, 5, 6)] },
    { type: 'GlobalMaxPool', operands: [x(2, 3, 5)] },
    {
      type: 'RoiAlign',
      operands: [x(1, 3, 8, 8), x(5, 4), of('int64', 5)],
      attributes: { output_height: 4, output_width: 3 },
    },
    {
      type: 'MaxRoiPool',
      operands: [x(1, 3, 8, 8), { type: 'float32', shape: [1, 5], values: [0, 0, 0, 4, 4] }],
      attributes: { pooled_shape: [2, 3] },
    },
  ],
  matrix: [
    { type: 'MatMul', operands: [x(5, 3, 4), x(4, 6)] },
    { type: 'MatMul', operands: [x(2, 1, 3, 4), x(5, 4, 6)] },
    { type: 'MatMul', operands: [x(4), x(2, 4, 6)] },
    { type: 'MatMul', operands: [x(2, 3, 4), x(4)] },
    { type: 'MatMul', operands: [x(4), x(4)] },
    { type: 'Gemm', operands: [x(4, 3), x(6, 4), x(6)], attributes: { transA: 1, transB: 1 } },
    { type: 'MatMulInteger', operands: [of('uint8', 2, 3), of('uint8', 3, 4)] },
    { type: 'Einsum', operands: [x(2, 3, 4), x(2, 4, 5)], attributes: { equation: 'bij,bjk->bik' } },
    { type: 'Einsum', operands: [x(2, 3), x(3, 4)], attributes: { equation: 'ij, jk' } },
    { type: 'Einsum', operands: [x(2, 3, 4)], attributes: { equation: '...ij->...ji' } },
    { type: 'Einsum', operands: [x(2, 7, 3, 4), x(4, 5)], attributes: { equation: '...ij,jk->...ik' } },
    { type: 'com.microsoft:FusedMatMul', operands: [x(2, 4, 3), x(2, 5, 4)], attributes: { transA: 1, transB: 1 } },
  ],
  elementwise: [
    ...['Relu', 'Sigmoid', 'HardSigmoid', 'Erf', 'Neg', 'LeakyRelu', 'Softplus', 'Round'].map((type) => ({
      type,
      operands: [x(2, 3)],
    })),
    { type: 'HardSwish', operands: [x(2, 3)], opset: 14 },
    { type: 'Clip', operands: [x(2, 3), scalar('float32', 0), scalar('float32', 6)] },
    { type: 'Clip', operands: [x(2, 3)], attributes: { min: { float: 0 }, max: { float: 6 } }, opset: 7 },
    { type: 'Add', operands: [x(2, 1, 4), x(3, 1)] },
    { type: 'Greater', operands: [x(2, 1), x(3)] },
    { type: 'Where', operands: [of('bool', 2, 1), x(1, 3), x(4, 1, 1)] },
    { type: 'PRelu', operands: [x(2, 3, 4), x(3, 1)] },
    { type: 'Max', operands: [x(2, 1), x(3), x(1)] },
    { type: 'Cast', operands: [x(2, 3)], attributes: { to: 6 } },
    { type: 'Dropout', operands: [x(2, 3)], outputs: 2 },
    { type: 'IsNaN', operands: [x(2, 3)] },
    { type: 'Not', operands: [of('bool', 4)] },
    { type: 'com.microsoft:BiasGelu', operands: [x(2, 3), x(3)] },
    { type: 'Gelu', operands: [x(2, 3)], opset: 20 },
  ],
  movement: [
    { type: 'Reshape', operands: [x(2, 3, 4), ints(0, -1)] },
    { type: 'Reshape', operands: [x(0, 3, 4), ints(3, 0, 2)], attributes: { allowzero: 1 }, opset: 14 },
    { type: 'Flatten', operands: [x(2, 3, 4)], attributes: { axis: 2 } },
    { type: 'Flatten', operands: [x(2, 3, 4)], attributes: { axis: 3 } },
    { type: 'Flatten', operands: [x(2, 3, 4)], attributes: { axis: -2 } },
    { type: 'Squeeze', operands: [x(1, 3, 1)] },
    { type: 'Squeeze', operands: [x(1, 3, 1), ints(-1)] },
    { type: 'Squeeze', operands: [x(1, 3, 1)], attributes: { axes: [0] }, opset: 11 },
    { type: 'Unsqueeze', operands: [x(3, 4), ints(0, -1)] },
    { type: 'Unsqueeze', operands: [x(3, 4)], attributes: { axes: [2, 1] }, opset: 11 },
    { type: 'Transpose', operands: [x(2, 3, 4)] },
    { type: 'Transpose', operands: [x(2, 3, 4)], attributes: { perm: [1, 0, 2] } },
    { type: 'Expand', operands: [x(3, 1), ints(2, 1, 6)] },
    { type: 'Tile', operands: [x(2, 3), ints(2, 4)] },
    { type: 'Concat', operands: [x(2, 3), x(2, 5)], attributes: { axis: -1 } },
    { type: 'Split', operands: [x(6, 2)], outputs: 3 },
    { type: 'Split', operands: [x(6, 2), ints(1, 5)], outputs: 2 },
    { type: 'Split', operands: [x(6, 2)], attributes: { split: [2, 4] }, outputs: 2, opset: 11 },
    { type: 'Split', operands: [x(7, 2)], attributes: { num_outputs: 3 }, outputs: 3, opset: 18 },
    { type: 'Slice', operands: [x(10, 9, 8), ints(1, -3), ints(9, 1000), ints(0, -1), ints(3, 1)] },
    { type: 'Slice', operands: [x(10, 9), ints(-1), ints(-1000), ints(0), ints(-2)] },
    { type: 'Slice', operands: [x(10, 9)], attributes: { starts: [2], ends: [-1], axes: [1] }, opset: 9 },
    { type: 'Slice', operands: [x(10, 9), ints(5), ints(2)] },
    { type: 'Slice', operands: [x(10, 9), ints(-1000), ints(-1000), ints(1), ints(-1)] },
    ...[2 ** 31 - 1, 2 ** 31, 2 ** 63, -(2 ** 63)].map((end) => ({
      type: 'Slice',
      operands: [x(10, 9), ints(5), ints(end), ints(1), ints(-2)],
    })),
    { type: 'Slice', operands: [x(10, 0), ints(0), ints(5), ints(1), ints(-1)] },
    { type: 'Pad', operands: [x(2, 3), ints(1, 0, 2, 3)] },
    { type: 'Pad', operands: [x(2, 3)], attributes: { pads: [0, 1, 0, 1] }, opset: 10 },
    { type: 'Pad', operands: [x(2, 5), ints(-1, 3), null, ints(-1)], opset: 18 },
    { type: 'DepthToSpace', operands: [x(1, 8, 2, 3)], attributes: { blocksize: 2 } },
    { type: 'SpaceToDepth', operands: [x(1, 2, 4, 6)], attributes: { blocksize: 2 } },
    { type: 'Resize', operands: [x(1, 3, 7, 5), null, floats(1, 1, 1.5, 2.3)] },
    { type: 'Resize', operands: [x(1, 1, 10, 30), null, floats(1, 1, 1.3, 1.3)] },
    { type: 'Resize', operands: [x(1, 1, 10, 20), null, floats(1, 1, 0.7, 1.15)] },
    { type: 'Resize', operands: [x(1, 3, 7, 5), null, null, ints(1, 3, 4, 9)] },
    { type: 'Resize', operands: [x(1, 3, 7, 5), floats(1, 1, 2, 2)], opset: 10 },
    {
      type: 'Resize',
      operands: [x(1, 3, 7, 5), null, null, ints(20, 20)],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
      opset: 18,
    },
    {
      type: 'Resize',
      operands: [x(1, 3, 7, 5), null, null, ints(20, 20)],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
      opset: 18,
    },
    { type: 'Upsample', operands: [x(1, 3, 7, 5)], attributes: { scales: { floats: [1, 1, 2, 3] } }, opset: 7 },
    { type: 'Upsample', operands: [x(1, 3, 7, 5), floats(1, 1, 2, 1.5)], opset: 9 },
    { type: 'GridSample', operands: [x(1, 3, 7, 5), x(1, 4, 6, 2)], opset: 16 },
    { type: 'Trilu', operands: [x(4, 4)], opset: 14 },
    { type: 'Col2Im', operands: [x(1, 12, 9), ints(4, 4), ints(2, 2)], opset: 18 },
    { type: 'ReverseSequence', operands: [x(4, 2), ints(1, 1)] },
  ],
  indexing: [
    { type: 'Gather', operands: [x(5, 4), of('int64', 2, 3)], attributes: { axis: 1 } },
    { type: 'Gather', operands: [x(5, 4), scalar('int64', -1)] },
    { type: 'GatherElements', operands: [x(3, 4), of('int64', 2, 4)] },
    { type: 'GatherND', operands: [x(3, 4, 5), of('int64', 6, 2)] },
    { type: 'GatherND', operands: [x(3, 4, 5), of('int64', 3, 2, 1)], attributes: { batch_dims: 1 } },
    { type: 'ScatterND', operands: [x(4, 4), of('int64', 2, 1), x(2, 4)] },
    { type: 'ScatterElements', operands: [x(4, 4), of('int64', 2, 4), x(2, 4)] },
    { type: 'TopK', operands: [x(3, 9), ints(4)], outputs: 2 },
    { type: 'TopK', operands: [x(3, 9)], attributes: { k: 2, axis: 0 }, outputs: 2, opset: 9 },
    { type: 'CumSum', operands: [x(3, 4), scalar('int64', 1)] },
    { type: 'OneHot', operands: [of('int64', 2, 3), scalar('int64', 7), floats(0, 1)], attributes: { axis: 1 } },
    { type: 'ArgMax', operands: [x(3, 4, 5)], attributes: { axis: 1, keepdims: 0 } },
  ],
  reduction: [
    { type: 'ReduceMean', operands: [x(2, 3, 4)], attributes: { axes: [1, -1] } },
    { type: 'ReduceMean', operands: [x(2, 3, 4), ints(1)], attributes: { keepdims: 0 }, opset: 18 },
    { type: 'ReduceMean', operands: [x(2, 3, 4)], attributes: { noop_with_empty_axes: 1 }, opset: 18 },
    { type: 'ReduceSum', operands: [x(2, 3, 4), ints(0, 2)], attributes: { keepdims: 0 } },
    { type: 'ReduceSum', operands: [x(2, 3, 4)], attributes: { axes: [0] }, opset: 11 },
    { type: 'ReduceMax', operands: [x(2, 3, 4)], attributes: { keepdims: 0 } },
    { type: 'ReduceL2', operands: [x(2, 3, 4)], attributes: { axes: [2] } },
  ],
  normalization: [
    { type: 'BatchNormalization', operands: [x(2, 3, 4), x(3), x(3), x(3), x(3)] },
    { type: 'InstanceNormalization', operands: [x(2, 3, 4, 4), x(3), x(3)] },
    { type: 'LayerNormalization', operands: [x(2, 3, 4), x(4), x(4)], outputs: 3, opset: 17 },
    { type: 'LayerNormalization', operands: [x(2, 3, 4), x(3, 4)], attributes: { axis: 1 }, outputs: 3, opset: 17 },
    { type: 'GroupNormalization', operands: [x(2, 4, 5), x(4), x(4)], attributes: { num_groups: 2 }, opset: 21 },
    { type: 'Softmax', operands: [x(2, 3, 4)] },
    { type: 'LogSoftmax', operands: [x(2, 3, 4)], attributes: { axis: 1 }, opset: 11 },
    { type: 'LRN', operands: [x(1, 8, 4, 4)], attributes: { size: 5 } },
    { type: 'LpNormalization', operands: [x(2, 3)] },
    { type: 'com.microsoft:SkipLayerNormalization', operands: [x(1, 3, 4), x(1, 3, 4), x(4)], outputs: 1 },
  ],
  recurrent: [
    {
      type: 'LSTM',
      operands: [x(5, 2, 3), x(1, 16, 3), x(1, 16, 4), x(1, 32)],
      attributes: { hidden_size: 4 },
      outputs: 3,
    },
    {
      type: 'LSTM',
      operands: [x(5, 2, 3), x(2, 16, 3), x(2, 16, 4)],
      attributes: { hidden_size: 4, direction: 'bidirectional' },
      outputs: 3,
    },
    { type: 'GRU', operands: [x(5, 2, 3), x(1, 12, 3), x(1, 12, 4)], attributes: { hidden_size: 4 }, outputs: 2 },
    {
      type: 'RNN',
      operands: [x(5, 2, 3), x(1, 4, 3), x(1, 4, 4)],
      attributes: { hidden_size: 4, direction: 'reverse' },
      outputs: 2,
    },
  ],
  quantization: [
    { type: 'QuantizeLinear', operands: [x(2, 3), scalar('float32', 1), scalar('int8', 0)] },
    { type: 'DequantizeLinear', operands: [of('uint8', 2, 3), scalar('float32', 1), scalar('uint8', 0)] },
    { type: 'DynamicQuantizeLinear', operands: [x(2, 3)], outputs: 3 },
    {
      type: 'com.microsoft:QLinearConcat',
      operands: [
        scalar('float32', 1),
        scalar('uint8', 0),
        ...[2, 3].flatMap((n) => [of('uint8', n, 4), scalar('float32', 1), scalar('uint8', 0)]),
      ],
      attributes: { axis: 0 },
    },
    {
      type: 'QLinearMatMul',
      operands: [
        of('uint8', 2, 3),
        scalar('float32', 1),
        scalar('uint8', 0),
        of('uint8', 3, 4),
        scalar('float32', 1),
        scalar('uint8', 0),
        scalar('float32', 1),
        scalar('uint8', 0),
      ],
    },
  ],
  'constants and attention': [
    { type: 'Shape', operands: [x(2, 3, 4)] },
    { type: 'Shape', operands: [x(2, 3, 4)], attributes: { start: -2 }, opset: 15 },
    { type: 'Size', operands: [x(2, 3, 4)] },
    { type: 'ConstantOfShape', operands: [ints(2, 3)] },
    { type: 'Range', operands: [scalar('int64', 3), scalar('int64', 20), scalar('int64', 4)] },
    { type: 'EyeLike', operands: [x(3, 4)] },
    { type: 'NonZero', operands: [{ type: 'int64', shape: [2, 3], values: [0, 1, 2, 0, 0, 5] }] },
    { type: 'HannWindow', operands: [scalar('int64', 10)], opset: 17 },
    { type: 'STFT', operands: [x(1, 128, 1), scalar('int64', 8), x(16)], opset: 17 },
    { type: 'DFT', operands: [x(1, 128, 1)], attributes: { onesided: 1 }, opset: 17 },
    { type: 'com.microsoft:Attention', operands: [x(2, 5, 8), x(8, 24), x(24)], attributes: { num_heads: 2 } },
    {
      type: 'com.microsoft:MultiHeadAttention',
      operands: [x(2, 5, 8), x(2, 7, 8), x(2, 7, 8)],
      attributes: { num_heads: 2 },
    },
  ],
};

for (const [family, cases] of Object.entries(FAMILIES)) {
  test(`${family}: ${cases.length} operators have the shapes that ONNX Runtime gives them`, async () => {
    for (const each of cases) {
      try {
        await check(graphOf(each));
      } catch (error) {
        throw new Error(`${JSON.stringify(each)}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
}

test('random convolutions and poolings have the shapes that ONNX Runtime gives them', async () => {
  const axis = fc.record({
    size: fc.integer({ min: 6, max: 20 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    before: fc.integer({ min: 0, max: 3 }),
    after: fc.integer({ min: 0, max: 3 }),
  });
  const kinds = fc.constantFrom('Conv', 'ConvTranspose', 'MaxPool', 'AveragePool');
  await fc.assert(
    fc.asyncProperty(kinds, fc.tuple(axis, axis), fc.integer({ min: 0, max: 1 }), async (type, axes, ceil_mode) => {
      const pool = type.endsWith('Pool');
      // A pool's pad must be smaller than its kernel; average pooling had no dilation before opset 19.
      const limit = (pad: number, kernel: number): number => (pool ? Math.min(pad, kernel - 1) : pad);
      const dilations = axes.map((each) => (type === 'AveragePool' ? 1 : each.dilation));
      const kernel = axes.map((each) => each.kernel);
      const size = axes.map((each) => each.size);
      const attributes: Record<string, PlainAttribute> = {
        kernel_shape: kernel,
        strides: axes.map((each) => each.stride),
        pads: [
          ...axes.map((each) => limit(each.before, each.kernel)),
          ...axes.map((each) => limit(each.after, each.kernel)),
        ],
        ...(type !== 'AveragePool' && { dilations }),
        ...(pool && { ceil_mode }),
      };
      await check(
        graphOf({ type, operands: pool ? [x(1, 2, ...size)] : [x(1, 2, ...size), x(2, 2, ...kernel)], attributes }),
      );
    }),
    { numRuns: 150, seed: 7 },
  );
});

test.run();
