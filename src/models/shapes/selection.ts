/** Operators whose result size depends on the data: folded, bounded from above, or refused by name. */
import { countElements } from '../graph.ts';
import { type ShapeRule, stridesOf } from './node.ts';

/** [rank, n] coordinates of the elements that are not zero. */
const nonZero: ShapeRule = (node) => {
  const { shape, values } = node.input(0);
  if (values === undefined || !node.mayFold(values.length * Math.max(1, shape.length))) {
    return node.dataDependent('the number of non-zero elements');
  }
  const strides = stridesOf(shape);
  const found = [...values.keys()].filter((i) => values[i] !== 0);
  const rows = shape.map((size, axis) => found.map((i) => Math.floor(i / strides[axis]!) % size));
  return [{ type: 'int64', shape: [shape.length, found.length], values: rows.flat() }];
};

/**
 * boxes [batches, boxes, 4], scores [batches, classes, boxes], most boxes per class -> [selected, 3]. The number
 * selected is known only at run time; the largest possible one is used, and said so.
 */
const nonMaxSuppression: ShapeRule = (node) => {
  const boxes = node.ranked(0, 3, 3).shape;
  const scores = node.ranked(1, 3, 3).shape;
  const most = node.optional(2) === undefined ? 0 : (node.values(2, 'the number of boxes per class')[0] ?? 0);
  const selected = boxes[0]! * scores[1]! * Math.max(0, Math.min(most, boxes[1]!));
  node.warn(`how many boxes are selected is known only at run time; the largest number, ${selected}, is assumed`);
  return [{ type: 'int64', shape: [selected, 3] }];
};

/** Elements, or slices along `axis`, whose condition holds. */
const compress: ShapeRule = (node) => {
  const { type, shape } = node.input(0);
  const chosen = node.values(1, 'the number of chosen elements').filter((value) => value !== 0).length;
  const axis = node.int('axis');
  if (axis === undefined) return [{ type, shape: [chosen] }];
  const at = node.axis(axis, shape.length);
  return [{ type, shape: shape.map((size, i) => (i === at ? chosen : size)) }];
};

const unique: ShapeRule = (node) => {
  const { type, shape, values } = node.input(0);
  if (values === undefined || node.has('axis')) return node.dataDependent('the number of unique elements');
  const count = new Set(values).size;
  return [
    { type, shape: [count] },
    { type: 'int64', shape: [count] },
    { type: 'int64', shape: [countElements(shape)] },
    { type: 'int64', shape: [count] },
  ];
};

export const SELECTION_RULES: Record<string, ShapeRule> = {
  NonZero: nonZero,
  NonMaxSuppression: nonMaxSuppression,
  Compress: compress,
  Unique: unique,
};
