/** Sequences of tensors, as far as their length is known: exporters of `chunk`, `split` and `stack` produce them. */
import { concatenate } from './movement.ts';
import type { Known, NodeView, ShapeRule } from './node.ts';

function members(node: NodeView, index: number): readonly Known[] {
  return node.input(index).members ?? node.fail(`input ${index} "${node.operator.inputs[index]}" is no sequence`);
}

function sequence(list: readonly Known[]): Known[] {
  return [{ type: list[0]?.type ?? 'other', shape: [], members: list }];
}

/** Position in a list of `count`, from one that may count from the end. */
function positionOf(node: NodeView, index: number, count: number, fallback: number): number {
  const given = node.optionalValues(index, 'the position')?.[0];
  return given === undefined ? fallback : node.axis(given, count, 'the position');
}

const split: ShapeRule = (node) => {
  const input = node.ranked(0, 1);
  const axis = node.axis(node.int('axis', 0), input.shape.length);
  const size = input.shape[axis]!;
  const given = node.optional(1);
  const values = node.optionalValues(1, 'the sizes of the pieces');
  const keep = values !== undefined || node.int('keepdims', 1) !== 0;
  const sizes: number[] = [];
  if (values !== undefined && given!.shape.length > 0) {
    sizes.push(...values);
  } else {
    const step = values?.[0] ?? 1;
    if (!(step > 0) || size / step > 4096)
      node.fail('the pieces do not fit', { expected: '1 to 4096 pieces', received: `size ${step} of ${size}` });
    for (let start = 0; start < size; start += step) sizes.push(Math.min(step, size - start));
  }
  return sequence(
    sizes.map((length) => ({
      type: input.type,
      shape: input.shape.flatMap((each, i) => (i === axis ? (keep ? [length] : []) : [each])),
    })),
  );
};

const concatFrom: ShapeRule = (node) => {
  const parts = members(node, 0);
  const head = parts[0] ?? node.fail('the sequence is empty');
  if (node.int('new_axis', 0) === 0)
    return [concatenate(node, parts, node.axis(node.requiredInt('axis'), head.shape.length))];
  const axis = node.axis(node.requiredInt('axis'), head.shape.length + 1);
  const widened = parts.map((part) => ({
    ...part,
    shape: [...part.shape.slice(0, axis), 1, ...part.shape.slice(axis)],
  }));
  return [concatenate(node, widened, axis)];
};

export const SEQUENCE_RULES: Record<string, ShapeRule> = {
  SequenceEmpty: () => sequence([]),
  SequenceConstruct: (node) => sequence(node.inputs.filter((input) => input !== undefined)),
  SequenceAt: (node) => {
    const list = members(node, 0);
    // All members alike: which one is taken does not matter.
    const alike = list.length > 0 && list.every((each) => each.shape.join() === list[0]!.shape.join());
    if (node.input(1).values === undefined && alike) return [{ type: list[0]!.type, shape: list[0]!.shape }];
    return [list[positionOf(node, 1, list.length, 0)]!];
  },
  SequenceInsert: (node) => {
    const list = [...members(node, 0)];
    list.splice(positionOf(node, 2, list.length + 1, list.length), 0, node.input(1));
    return sequence(list);
  },
  SequenceErase: (node) => {
    const list = [...members(node, 0)];
    list.splice(positionOf(node, 1, list.length, list.length - 1), 1);
    return sequence(list);
  },
  SequenceLength: (node) => [{ type: 'int64', shape: [], values: [members(node, 0).length] }],
  SplitToSequence: split,
  ConcatFromSequence: concatFrom,
};
