/** Indexing operators: Gather, Scatter and their relatives, TopK, CumSum. */
import { countElements } from '../graph.ts';
import { type ShapeRule, showShape, stridesOf } from './node.ts';

/** data, indices: dimension `axis` of the data is replaced by the shape of the indices. */
const gather: ShapeRule = (node) => {
  const data = node.ranked(0, 1);
  const indices = node.input(1);
  const axis = node.axis(node.int('axis', 0), data.shape.length);
  const before = data.shape.slice(0, axis);
  const after = data.shape.slice(axis + 1);
  const shape = [...before, ...indices.shape, ...after];
  const size = data.shape[axis]!;
  for (const index of indices.values ?? []) {
    if (index < -size || index >= size)
      node.fail('an index is out of range', { expected: `${-size} to ${size - 1}`, received: `${index}` });
  }
  if (!data.values || !indices.values || !node.mayFold(countElements(shape))) return [{ type: data.type, shape }];
  const run = countElements(after);
  const values: number[] = [];
  for (let i = 0; i < countElements(before); i++) {
    for (const index of indices.values) {
      const start = (i * size + (index < 0 ? index + size : index)) * run;
      for (let j = start; j < start + run; j++) values.push(data.values[j]!);
    }
  }
  return [{ type: data.type, shape, values }];
};

const gatherElements: ShapeRule = (node) => {
  const data = node.ranked(0, 1);
  const indices = node.ranked(1, data.shape.length, data.shape.length);
  node.axis(node.int('axis', 0), data.shape.length);
  return [{ type: data.type, shape: indices.shape }];
};

/** Each row of the indices addresses the dimensions after `batch_dims`. */
const gatherND: ShapeRule = (node) => {
  const data = node.ranked(0, 1);
  const indices = node.ranked(1, 1);
  const depth = indices.shape.at(-1)!;
  const batch = node.int('batch_dims', 0);
  if (batch < 0 || batch + depth > data.shape.length) {
    node.fail('the indices address more dimensions than there are', {
      expected: `rows of at most ${data.shape.length - batch}`,
      received: showShape(indices.shape),
    });
  }
  return [{ type: data.type, shape: [...indices.shape.slice(0, -1), ...data.shape.slice(batch + depth)] }];
};

const likeData: ShapeRule = (node) => [{ type: node.input(0).type, shape: node.input(0).shape }];

/** Rows of `updates` replace what the rows of `indices` address; folded for masks and shapes that exporters build. */
const scatterND: ShapeRule = (node) => {
  const data = node.ranked(0, 1);
  const indices = node.ranked(1, 1);
  const updates = node.input(2);
  const { type, shape } = data;
  const reduction = node.string('reduction') ?? 'none';
  const depth = indices.shape.at(-1)!;
  if (
    !data.values ||
    !indices.values ||
    !updates.values ||
    reduction !== 'none' ||
    depth > shape.length ||
    !node.mayFold(data.values.length)
  ) {
    return [{ type, shape }];
  }
  const strides = stridesOf(shape);
  const run = countElements(shape.slice(depth));
  const values = [...data.values];
  for (let row = 0; row * depth < indices.values.length && depth > 0; row++) {
    let start = 0;
    for (let axis = 0; axis < depth; axis++) {
      const index = indices.values[row * depth + axis]!;
      const size = shape[axis]!;
      if (index < -size || index >= size)
        node.fail('an index is out of range', { expected: `${-size} to ${size - 1}`, received: `${index}` });
      start += (index < 0 ? index + size : index) * strides[axis]!;
    }
    for (let j = 0; j < run; j++) values[start + j] = updates.values[row * run + j] ?? 0;
  }
  return [{ type, shape, values }];
};

/** K is an attribute up to opset 9, an input from 10 on. */
const topK: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 1);
  const axis = node.axis(node.int('axis', -1), shape.length);
  const count = node.opset < 10 ? node.requiredInt('k') : node.values(1, 'the number of results')[0];
  if (count === undefined || count < 0 || count > shape[axis]!) {
    node.fail('more results are wanted than there are', { expected: `0 to ${shape[axis]}`, received: `${count}` });
  }
  const result = shape.map((size, i) => (i === axis ? count : size));
  return [
    { type, shape: result },
    { type: 'int64', shape: result },
  ];
};

const cumulativeSum: ShapeRule = (node) => {
  const { type, shape, values } = node.ranked(0, 1);
  const plain = node.int('exclusive', 0) === 0 && node.int('reverse', 0) === 0;
  if (values === undefined || shape.length !== 1 || !plain || !node.mayFold(values.length)) return [{ type, shape }];
  let sum = 0;
  return [{ type, shape, values: values.map((value) => (sum += value)) }];
};

export const GATHER_RULES: Record<string, ShapeRule> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Scatter: likeData,
  ScatterElements: likeData,
  ScatterND: scatterND,
  TensorScatter: likeData,
  TopK: topK,
  CumSum: cumulativeSum,
  CumProd: likeData,
};
