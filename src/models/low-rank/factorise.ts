/**
 * Factors of one layer (Jaderberg, Vedaldi and Zisserman, BMVC 2014, scheme 2, by SVD as NeuOS does): the weights of a
 * group as a matrix of (input channel, kernel row) x (kernel column, output channel), its leading singular triples, and
 * the root of each singular value to either factor. Strides, paddings and dilations split by direction; the bias goes
 * with the second factor.
 */
import type { FreshNames } from '../fresh-names.ts';
import type { AttributeValue, Initializer, Operator } from '../graph.ts';
import type { WeightSource } from '../onnx/write.ts';
import { finiteFloatsOf, floatTensor } from '../quantise/contents.ts';
import { intOf, intsOf, type Layer, matrixOf } from './layers.ts';
import type { Sliced } from './slices.ts';
import { type TruncatedSvd, truncatedSvd } from './svd.ts';

/** A decomposition per group; groups have the same size. */
export type LayerDecomposition = readonly TruncatedSvd[];

/** @param rank most that will be asked of it, all groups together */
export function* decompose(layer: Layer, rank: number, weightsOf?: WeightSource): Sliced<LayerDecomposition> {
  const groups = groupsOf(layer);
  const weights = finiteFloatsOf(layer.weight, weightsOf);
  const [rows, columns] = matrixOf(layer.size);
  const results: TruncatedSvd[] = [];
  for (let group = 0; group < groups; group++) {
    const matrix = groupMatrix(layer, weights, group, rows, columns);
    results.push(yield* truncatedSvd(matrix, rows, columns, Math.ceil(rank / groups)));
  }
  return results;
}

function groupsOf({ size }: Layer): number {
  return size.kind === 'svd' ? 1 : size.groups;
}

function groupMatrix(
  { size, operator }: Layer,
  weights: Float32Array,
  group: number,
  rows: number,
  columns: number,
): Float64Array {
  const matrix = new Float64Array(rows * columns);
  if (size.kind === 'svd') {
    const transposed = intOf(operator, 'transB', 0) !== 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) matrix[i * columns + j] = weights[transposed ? j * rows + i : i * columns + j]!;
    }
    return matrix;
  }
  const [down, across] = size.kernel;
  const inputs = size.inputs / size.groups;
  const outputs = size.outputs / size.groups;
  // Weights stand as [output, input, row, column].
  let at = group * outputs * inputs * down * across;
  for (let n = 0; n < outputs; n++) {
    for (let row = 0; row < inputs * down; row++) {
      for (let j = 0; j < across; j++) matrix[row * columns + j * outputs + n] = weights[at++]!;
    }
  }
  return matrix;
}

export interface Factors {
  operators: [Operator, Operator];
  initializers: [Initializer, Initializer];
}

/**
 * The two operators that stand for a layer.
 *
 * @param rank all groups together, at most that of the decomposition
 * @param fresh names that the layer's graph does not have
 */
export function factorsOf(layer: Layer, decomposition: LayerDecomposition, rank: number, fresh: FreshNames): Factors {
  const names = factorNames(layer.operator, fresh);
  return layer.size.kind === 'svd'
    ? denseFactors(layer, decomposition[0]!, rank, names)
    : convolutionFactors(layer, decomposition, rank, names);
}

/** Row r of the matrix gives the entries of one side of triple r, times the root of its singular value. */
function scaledSide(svd: TruncatedSvd, side: 'left' | 'right', rank: number): (r: number, i: number) => number {
  const length = side === 'left' ? svd.rows : svd.columns;
  const roots = Float64Array.from({ length: rank }, (_, r) => Math.sqrt(Math.sqrt(svd.squares[r]!)));
  return (r, i) => svd[side][r * length + i]! * roots[r]!;
}

function denseFactors({ operator, size }: Layer, svd: TruncatedSvd, rank: number, names: FactorNames): Factors {
  const { inputs, outputs } = size;
  const first = new Float32Array(inputs * rank);
  const second = new Float32Array(rank * outputs);
  const left = scaledSide(svd, 'left', rank);
  const right = scaledSide(svd, 'right', rank);
  for (let r = 0; r < rank; r++) {
    for (let i = 0; i < inputs; i++) first[i * rank + r] = left(r, i);
    for (let j = 0; j < outputs; j++) second[r * outputs + j] = right(r, j);
  }
  const attributes = new Map([...operator.attributes].filter(([name]) => name !== 'transB'));
  const between = { ...operator, name: names.first, outputs: [names.between], attributes: new Map() };
  return {
    operators: [
      { ...between, inputs: [operator.inputs[0]!, names.firstWeight] },
      { ...operator, attributes, inputs: [names.between, names.secondWeight, ...operator.inputs.slice(2)] },
    ],
    initializers: [
      floatTensor(names.firstWeight, [inputs, rank], first),
      floatTensor(names.secondWeight, [rank, outputs], second),
    ],
  };
}

function convolutionFactors(
  layer: Layer,
  decomposition: LayerDecomposition,
  rank: number,
  names: FactorNames,
): Factors {
  const { operator, size } = layer;
  if (size.kind !== 'separable') throw new RangeError('not a convolution');
  const { groups } = size;
  const [down, across] = size.kernel;
  const inputs = size.inputs / groups;
  const outputs = size.outputs / groups;
  const own = rank / groups;
  // [rank, inputs, down, 1] and [outputs, rank, 1, across], group after group.
  const vertical = new Float32Array(rank * inputs * down);
  const horizontal = new Float32Array(size.outputs * own * across);
  for (const [group, svd] of decomposition.entries()) {
    const left = scaledSide(svd, 'left', own);
    const right = scaledSide(svd, 'right', own);
    for (let r = 0; r < own; r++) {
      for (let i = 0; i < inputs * down; i++) vertical[(group * own + r) * inputs * down + i] = left(r, i);
      for (let n = 0; n < outputs; n++) {
        for (let j = 0; j < across; j++) {
          horizontal[((group * outputs + n) * own + r) * across + j] = right(r, j * outputs + n);
        }
      }
    }
  }
  const [strideDown, strideAcross] = intsOf(operator, 'strides', [1, 1]) as [number, number];
  const [top, left, bottom, right] = intsOf(operator, 'pads', [0, 0, 0, 0]) as [number, number, number, number];
  const [dilationDown, dilationAcross] = intsOf(operator, 'dilations', [1, 1]) as [number, number];
  const pass = (lists: Record<string, number[]>): Map<string, AttributeValue> =>
    new Map<string, AttributeValue>([
      ['group', { kind: 'int', value: groups }],
      ...Object.entries(lists).map(([name, value]): [string, AttributeValue] => [name, { kind: 'ints', value }]),
    ]);
  return {
    operators: [
      {
        ...operator,
        name: names.first,
        inputs: [operator.inputs[0]!, names.firstWeight],
        outputs: [names.between],
        attributes: pass({
          kernel_shape: [down, 1],
          strides: [strideDown, 1],
          pads: [top, 0, bottom, 0],
          dilations: [dilationDown, 1],
        }),
      },
      {
        ...operator,
        inputs: [names.between, names.secondWeight, ...operator.inputs.slice(2)],
        attributes: pass({
          kernel_shape: [1, across],
          strides: [1, strideAcross],
          pads: [0, left, 0, right],
          dilations: [1, dilationAcross],
        }),
      },
    ],
    initializers: [
      floatTensor(names.firstWeight, [rank, inputs, down, 1], vertical),
      floatTensor(names.secondWeight, [size.outputs, own, 1, across], horizontal),
    ],
  };
}

interface FactorNames {
  /** Of the first operator. */
  first: string;
  /** Tensors. */
  between: string;
  firstWeight: string;
  secondWeight: string;
}

/** After the output, which is unique in the graph where the operator's own name may not be. */
function factorNames({ name, outputs }: Operator, fresh: FreshNames): FactorNames {
  const output = outputs[0]!;
  return {
    first: fresh.of(`${name === '' ? output : name}_factor1`),
    between: fresh.of(`${output}_between_factors`),
    firstWeight: fresh.of(`${output}_factor1_weight`),
    secondWeight: fresh.of(`${output}_factor2_weight`),
  };
}
