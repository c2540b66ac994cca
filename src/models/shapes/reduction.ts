/** Reductions over axes. */
import { countElements } from '../graph.ts';
import { coerce } from './elementwise.ts';
import { type Known, type NodeView, type ShapeRule, stridesOf } from './node.ts';

/**
 * Axes to reduce: attribute, or input from opset 13 (ReduceSum) or 18 (all others) on. No axes = all of them, unless
 * `noop_with_empty_axes`.
 */
function reducedAxes(node: NodeView, inputSince: number): number[] {
  const rank = node.input(0).shape.length;
  const named = node.opset >= inputSince ? node.optionalValues(1, 'the axes') : node.ints('axes');
  if (named !== undefined && named.length > 0) return node.axes(named, rank);
  return node.int('noop_with_empty_axes', 0) !== 0 ? [] : Array.from({ length: rank }, (_, i) => i);
}

type Combine = (values: readonly number[]) => number;

function reduce(inputSince: number, combine?: Combine): ShapeRule {
  return (node) => {
    const input = node.input(0);
    const axes = reducedAxes(node, inputSince);
    const keep = node.int('keepdims', 1) !== 0;
    const shape = input.shape.flatMap((size, i) => (axes.includes(i) ? (keep ? [1] : []) : [size]));
    if (combine === undefined || input.values === undefined || !node.mayFold(input.values.length))
      return [{ type: input.type, shape }];
    return [{ type: input.type, shape, values: reduceValues(input, axes, combine) }];
  };
}

/** Reduce values over axes; the results stand in the order of the axes that stay. */
function reduceValues(input: Known, axes: readonly number[], combine: Combine): number[] {
  const strides = stridesOf(input.shape);
  const groups: number[][] = Array.from(
    { length: countElements(input.shape.map((size, i) => (axes.includes(i) ? 1 : size))) },
    () => [],
  );
  const kept = stridesOf(input.shape.map((size, i) => (axes.includes(i) ? 1 : size)));
  for (const [position, value] of input.values!.entries()) {
    let group = 0;
    for (let axis = 0; axis < input.shape.length; axis++) {
      if (!axes.includes(axis)) group += (Math.floor(position / strides[axis]!) % input.shape[axis]!) * kept[axis]!;
    }
    groups[group]!.push(value);
  }
  return groups.map((group) => coerce(combine(group), input.type));
}

/** ArgMax and ArgMin: one axis, positions. */
const argument: ShapeRule = (node) => {
  const { shape } = node.ranked(0, 1);
  const axis = node.axis(node.int('axis', 0), shape.length);
  const keep = node.int('keepdims', 1) !== 0;
  return [{ type: 'int64', shape: shape.flatMap((size, i) => (i === axis ? (keep ? [1] : []) : [size])) }];
};

const sum: Combine = (values) => values.reduce((total, value) => total + value, 0);

export const REDUCTION_RULES: Record<string, ShapeRule> = {
  ReduceSum: reduce(13, sum),
  ReduceMean: reduce(18, (values) => sum(values) / values.length),
  ReduceMax: reduce(18, (values) => values.reduce((most, value) => Math.max(most, value), -Infinity)),
  ReduceMin: reduce(18, (values) => values.reduce((least, value) => Math.min(least, value), Infinity)),
  ReduceProd: reduce(18, (values) => values.reduce((product, value) => product * value, 1)),
  ReduceL1: reduce(18),
  ReduceL2: reduce(18),
  ReduceLogSum: reduce(18),
  ReduceLogSumExp: reduce(18),
  ReduceSumSquare: reduce(18),
  ArgMax: argument,
  ArgMin: argument,
};
