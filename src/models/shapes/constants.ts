/** Operators that make tensors out of shapes and attributes: the sources of shape arithmetic. */
import { countElements, type ElementType } from '../graph.ts';
import { type Known, type NodeView, type ShapeRule, showShape } from './node.ts';

/** Dimensions from a tensor that holds a shape, checked. */
export function readShape(node: NodeView, values: readonly number[], what: string): number[] {
  if (values.some((value) => value < 0 || !Number.isInteger(value))) {
    node.fail(`${what} holds an illegal dimension`, {
      expected: 'integers of at least 0',
      received: `[${values.join(', ')}]`,
    });
  }
  return [...values];
}

/** Dimensions of the input; `start` and `end` (opset 15) clamp to the rank. */
const shape: ShapeRule = (node) => {
  const dimensions = node.input(0).shape;
  const values = dimensions.slice(node.int('start', 0), node.int('end', dimensions.length));
  return [{ type: 'int64', shape: [values.length], values, constant: true }];
};

const size: ShapeRule = (node) => [
  { type: 'int64', shape: [], values: [countElements(node.input(0).shape)], constant: true },
];

/** Exactly one of several attributes carries the value. */
const constant: ShapeRule = (node) => {
  const list = (type: ElementType, values: readonly number[] | undefined): Known[] =>
    values === undefined ? [] : [{ type, shape: [values.length], values }];
  const one = (type: ElementType, value: number | undefined): Known[] =>
    value === undefined ? [] : [{ type, shape: [], values: [value] }];
  const tensor = node.tensor('value');
  const strings = node.strings('value_strings');
  const found: Known[] = [
    ...(tensor === undefined ? [] : [tensor]),
    ...one('float32', node.float('value_float')),
    ...one('int64', node.int('value_int')),
    ...list('float32', node.floats('value_floats')),
    ...list('int64', node.ints('value_ints')),
    ...(node.string('value_string') === undefined ? [] : [{ type: 'string' as const, shape: [] }]),
    ...(strings === undefined ? [] : [{ type: 'string' as const, shape: [strings.length] }]),
  ];
  if (found.length !== 1) {
    node.fail('the constant has no value', {
      expected: 'one of value, value_float, value_int, value_floats, value_ints, value_string, value_strings',
      received: `${[...node.operator.attributes.keys()].join(', ') || 'no attribute'}`,
    });
  }
  return [{ ...found[0]!, constant: true }];
};

/** A tensor of the shape given as input, filled with one value (float 0 by default). */
const constantOfShape: ShapeRule = (node) => {
  const dimensions = readShape(node, node.values(0, 'the shape of the constant'), 'the shape of the constant');
  const fill = node.tensor('value');
  const type = fill?.type ?? 'float32';
  const value = fill === undefined ? 0 : fill.values?.[0];
  const count = countElements(dimensions);
  if (value === undefined || !node.mayFold(count)) return [{ type, shape: dimensions, constant: true }];
  return [{ type, shape: dimensions, values: new Array(count).fill(value) }];
};

/** start, limit, delta -> max(0, ceil((limit - start) / delta)) numbers. */
const range: ShapeRule = (node) => {
  const type = node.input(0).type;
  const [start, limit, step] = [0, 1, 2].map(
    (i) => node.values(i, 'the range')[0] ?? node.fail('the range has no value'),
  );
  if (step === 0) node.fail('the step of the range is zero');
  const count = Math.max(0, Math.ceil((limit! - start!) / step!));
  if (!node.mayFold(count)) return [{ type, shape: [count] }];
  return [{ type, shape: [count], values: Array.from({ length: count }, (_, i) => start! + i * step!) }];
};

const eyeLike: ShapeRule = (node) => {
  const { type, shape: dimensions } = node.ranked(0, 2, 2);
  return [{ type: node.elementType('dtype', type), shape: dimensions, constant: true }];
};

/** indices, depth, values: the new axis is inserted at `axis` of the result. */
const oneHot: ShapeRule = (node) => {
  const indices = node.input(0).shape;
  const depth = node.values(1, 'the depth')[0] ?? node.fail('the depth has no value');
  const axis = node.axis(node.int('axis', -1), indices.length + 1);
  return [{ type: node.input(2).type, shape: [...indices.slice(0, axis), depth, ...indices.slice(axis)] }];
};

const random: ShapeRule = (node) => [
  {
    type: node.elementType('dtype', 'float32'),
    shape: readShape(node, node.requiredInts('shape'), 'attribute "shape"'),
  },
];

/** [batch, classes] -> [batch, sample_size] class numbers. */
const multinomial: ShapeRule = (node) => [
  { type: node.elementType('dtype', 'int32'), shape: [node.ranked(0, 2, 2).shape[0]!, node.int('sample_size', 1)] },
];

/** Weights of `size` samples: HannWindow and its relatives. */
const windowFunction: ShapeRule = (node) => {
  const length = node.values(0, 'the window length')[0] ?? node.fail('the window length has no value');
  return [{ type: node.elementType('output_datatype', 'float32'), shape: [length], constant: true }];
};

/** bins, dft length, ... -> [dft length / 2 + 1, bins]. */
const melWeightMatrix: ShapeRule = (node) => {
  const bins = node.values(0, 'the number of bins')[0]!;
  const length = node.values(1, 'the DFT length')[0]!;
  return [
    { type: node.elementType('output_datatype', 'float32'), shape: [Math.floor(length / 2) + 1, bins], constant: true },
  ];
};

/** [batch, d...] -> one side of the spectrum, or all of it, or (inverse) the signal; the last dimension is re, im. */
const dft: ShapeRule = (node) => {
  const { type, shape: dimensions } = node.ranked(0, 2);
  const rank = dimensions.length;
  const axis = node.axis(
    node.opset >= 20 ? (node.optionalValues(2, 'the axis')?.[0] ?? -2) : node.int('axis', 1),
    rank,
  );
  const length = node.optionalValues(1, 'the DFT length')?.[0] ?? dimensions[axis]!;
  const oneSided = node.int('onesided', 0) !== 0;
  const inverse = node.int('inverse', 0) !== 0;
  const result = dimensions.map((d, i) =>
    i === axis ? (oneSided && !inverse ? Math.floor(length / 2) + 1 : length) : d,
  );
  result[rank - 1] = inverse && oneSided ? 1 : 2;
  return [{ type, shape: result }];
};

/** signal [batch, length, 1 or 2], step, window, frame length -> [batch, frames, bins, 2]. */
const stft: ShapeRule = (node) => {
  const { type, shape: dimensions } = node.ranked(0, 2, 3);
  const step = node.values(1, 'the frame step')[0]!;
  const length = node.optionalValues(3, 'the frame length')?.[0] ?? node.input(2).shape[0]!;
  if (!(step > 0) || length > dimensions[1]!) {
    node.fail('the frames do not fit the signal', {
      received: `frames of ${length}, step ${step}, signal ${showShape(dimensions)}`,
    });
  }
  const frames = Math.floor((dimensions[1]! - length) / step) + 1;
  const bins = node.int('onesided', 1) !== 0 ? Math.floor(length / 2) + 1 : length;
  return [{ type, shape: [dimensions[0]!, frames, bins, 2] }];
};

export const CONSTANT_RULES: Record<string, ShapeRule> = {
  Shape: shape,
  Size: size,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  'com.microsoft:Range': range,
  EyeLike: eyeLike,
  OneHot: oneHot,
  RandomNormal: random,
  RandomUniform: random,
  Multinomial: multinomial,
  HannWindow: windowFunction,
  HammingWindow: windowFunction,
  BlackmanWindow: windowFunction,
  MelWeightMatrix: melWeightMatrix,
  DFT: dft,
  STFT: stft,
};
