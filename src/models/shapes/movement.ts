/** Operators that rearrange, cut, join or repeat data without computing. Values are carried where they are known. */
import { countElements } from '../graph.ts';
import { readShape } from './constants.ts';
import {
  broadcast,
  broadcastValues,
  gatherStrided,
  type Known,
  type NodeView,
  type ShapeRule,
  showShape,
  stridesOf,
} from './node.ts';

/** The same elements in the same order under another shape. */
function renamed(input: Known, shape: number[]): Known[] {
  return [{ type: input.type, shape, ...(input.values && { values: input.values }) }];
}

/** Target shape: 0 copies the input's dimension (unless `allowzero`), one -1 takes the rest. */
const reshape: ShapeRule = (node) => {
  const input = node.input(0);
  const target = node.values(1, 'the target shape');
  const copyZero = node.int('allowzero', 0) === 0;
  const shape = target.map((size, i) => (size === 0 && copyZero ? (input.shape[i] ?? 0) : size));
  const total = countElements(input.shape);
  const free = shape.indexOf(-1);
  if (free >= 0) {
    const rest = shape.reduce((product, size, i) => (i === free ? product : product * size), 1);
    shape[free] = rest === 0 ? 0 : total / rest;
  }
  if (shape.some((size) => size < 0 || !Number.isInteger(size)) || countElements(shape) !== total) {
    node.fail('the data do not fit the target shape', {
      expected: `${total} elements (${showShape(input.shape)})`,
      received: `[${target.join(', ')}]`,
      hint: 'the file may hold a fixed size here: give input shapes (--shape) that it was exported for',
    });
  }
  return renamed(input, shape);
};

/** Two dimensions: the product of those before `axis`, and of the rest. */
const flatten: ShapeRule = (node) => {
  const input = node.input(0);
  const value = node.int('axis', 1);
  const axis = value === input.shape.length ? value : node.axis(value, input.shape.length);
  return renamed(input, [countElements(input.shape.slice(0, axis)), countElements(input.shape.slice(axis))]);
};

/** Axes are an attribute up to opset 12, an input from 13 on. */
function axesOf(node: NodeView): readonly number[] | undefined {
  return node.opset < 13 ? node.ints('axes') : node.optionalValues(1, 'the axes');
}

const squeeze: ShapeRule = (node) => {
  const input = node.input(0);
  const named = axesOf(node);
  const axes = named === undefined ? undefined : node.axes(named, input.shape.length);
  const wrong = axes?.find((axis) => input.shape[axis] !== 1);
  if (wrong !== undefined)
    node.fail('only dimensions of size 1 can be squeezed', {
      expected: '1',
      received: `${input.shape[wrong]} (axis ${wrong})`,
    });
  return renamed(
    input,
    input.shape.filter((size, i) => (axes === undefined ? size !== 1 : !axes.includes(i))),
  );
};

const unsqueeze: ShapeRule = (node) => {
  const input = node.input(0);
  const named = axesOf(node) ?? node.fail('the axes are missing');
  const axes = node.axes(named, input.shape.length + named.length);
  const shape = [...input.shape];
  for (const axis of axes) shape.splice(axis, 0, 1);
  return renamed(input, shape);
};

const transpose: ShapeRule = (node) => {
  const { type, shape, values } = node.input(0);
  const order = node.ints('perm') ?? shape.map((_, i) => shape.length - 1 - i);
  if (order.length !== shape.length || node.axes(order, shape.length).length !== shape.length) {
    node.fail('attribute "perm" is no permutation of the axes', {
      expected: `${shape.length} axes`,
      received: `[${order.join(', ')}]`,
    });
  }
  const axes = order.map((axis) => node.axis(axis, shape.length));
  const result = axes.map((axis) => shape[axis]!);
  if (values === undefined || !node.mayFold(values.length)) return [{ type, shape: result }];
  const strides = stridesOf(shape);
  return [
    {
      type,
      shape: result,
      values: gatherStrided(
        values,
        result,
        axes.map((axis) => strides[axis]!),
      ),
    },
  ];
};

/** Broadcasting in both directions between the input's shape and the one given. */
const expand: ShapeRule = (node) => {
  const { type, shape, values } = node.input(0);
  const wanted = readShape(node, node.values(1, 'the target shape'), 'the target shape');
  const result =
    broadcast(shape, wanted) ??
    node.fail('the data cannot be expanded to the target shape', {
      expected: showShape(wanted),
      received: showShape(shape),
    });
  if (values === undefined || !node.mayFold(countElements(result))) return [{ type, shape: result }];
  return [{ type, shape: result, values: broadcastValues(values, shape, result) }];
};

const tile: ShapeRule = (node) => {
  const { type, shape, values } = node.input(0);
  const repeats = readShape(node, node.values(1, 'the repeats'), 'the repeats');
  if (repeats.length !== shape.length) {
    node.fail('the repeats do not fit', { expected: `${shape.length} numbers`, received: `[${repeats.join(', ')}]` });
  }
  const result = shape.map((size, i) => size * repeats[i]!);
  const count = countElements(result);
  if (values === undefined || !node.mayFold(count)) return [{ type, shape: result }];
  const strides = stridesOf(shape);
  const outer = stridesOf(result);
  const tiled = Array.from({ length: count }, (_, i) => {
    let position = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      position += ((Math.floor(i / outer[axis]!) % result[axis]!) % shape[axis]!) * strides[axis]!;
    }
    return values[position]!;
  });
  return [{ type, shape: result, values: tiled }];
};

/** Tensors that agree in all dimensions but one, joined along it. */
export function concatenate(node: NodeView, parts: readonly Known[], axis: number): Known {
  const head = parts[0] ?? node.fail('there is nothing to join');
  for (const part of parts) {
    if (part.shape.length !== head.shape.length || part.shape.some((size, i) => i !== axis && size !== head.shape[i])) {
      node.fail('the inputs cannot be joined', {
        expected: `shapes that agree except in axis ${axis}`,
        received: parts.map((each) => showShape(each.shape)).join(', '),
      });
    }
  }
  const shape = [...head.shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  if (parts.some((part) => part.values === undefined) || !node.mayFold(countElements(shape)))
    return { type: head.type, shape };
  const outer = countElements(shape.slice(0, axis));
  const values: number[] = [];
  for (let i = 0; i < outer; i++) {
    for (const part of parts) {
      const run = part.values!.length / outer;
      for (let j = i * run; j < (i + 1) * run; j++) values.push(part.values![j]!);
    }
  }
  return { type: head.type, shape, values };
}

const concat: ShapeRule = (node) => {
  const parts = node.inputs.filter((input) => input !== undefined);
  const rank = node.ranked(0, 1).shape.length;
  return [concatenate(node, parts, node.axis(node.requiredInt('axis'), rank))];
};

/** Piece of a tensor along one axis. */
function piece(node: NodeView, input: Known, axis: number, start: number, length: number): Known {
  const shape = input.shape.map((size, i) => (i === axis ? length : size));
  if (input.values === undefined || !node.mayFold(countElements(shape))) return { type: input.type, shape };
  const strides = stridesOf(input.shape);
  return { type: input.type, shape, values: gatherStrided(input.values, shape, strides, start * strides[axis]!) };
}

/**
 * Sizes of the pieces: attribute up to opset 12, input from 13 on; without them equal pieces, the last one smaller
 * (`num_outputs`, opset 18).
 */
const split: ShapeRule = (node) => {
  const input = node.ranked(0, 1);
  const axis = node.axis(node.int('axis', 0), input.shape.length);
  const size = input.shape[axis]!;
  const parts = node.int('num_outputs') ?? node.operator.outputs.length;
  const given = node.opset < 13 ? node.ints('split') : node.optionalValues(1, 'the sizes of the pieces');
  const sizes: number[] = [];
  if (given !== undefined) {
    sizes.push(...readShape(node, given, 'the list of pieces'));
  } else {
    const step = Math.ceil(size / parts);
    for (let i = 0; i < parts; i++) sizes.push(Math.max(0, Math.min(step, size - i * step)));
  }
  if (sizes.reduce((sum, each) => sum + each, 0) !== size || sizes.length < node.operator.outputs.length) {
    node.fail('the pieces do not fit', {
      expected: `${node.operator.outputs.length} pieces that add up to ${size}`,
      received: `[${sizes.join(', ')}]`,
    });
  }
  let start = 0;
  return sizes.map((length) => {
    const result = piece(node, input, axis, start, length);
    start += length;
    return result;
  });
};

/** Ends that mean the end of the axis in either direction: ONNX Runtime takes them so for steps below 0, too. */
const isFarEnd = (end: number): boolean => end === 2 ** 31 - 1 || end >= 2 ** 63 - 1;

/**
 * starts, ends, axes, steps: attributes up to opset 9, inputs from 10 on; limits clamp to the axis. Unlike numpy, a start
 * before the axis is its first element backwards, too.
 */
const slice: ShapeRule = (node) => {
  const input = node.ranked(0, 1);
  const rank = input.shape.length;
  const inputs = node.opset >= 10;
  const starts = inputs ? node.values(1, 'the starts') : node.requiredInts('starts');
  const ends = inputs ? node.values(2, 'the ends') : node.requiredInts('ends');
  const axes = (inputs ? node.optionalValues(3, 'the axes') : node.ints('axes')) ?? starts.map((_, i) => i);
  const steps = (inputs ? node.optionalValues(4, 'the steps') : undefined) ?? starts.map(() => 1);
  if (
    ends.length !== starts.length ||
    axes.length !== starts.length ||
    steps.length !== starts.length ||
    steps.includes(0)
  ) {
    node.fail('starts, ends, axes and steps do not fit together', {
      expected: `${starts.length} of each, no step 0`,
      received: `ends [${ends.join(', ')}], axes [${axes.join(', ')}], steps [${steps.join(', ')}]`,
    });
  }
  node.axes(axes, rank);
  const shape = [...input.shape];
  const strides = stridesOf(input.shape);
  let offset = 0;
  for (const [i, value] of axes.entries()) {
    const axis = node.axis(value, rank);
    const size = input.shape[axis]!;
    const step = steps[i]!;
    const last = step > 0 ? size : size - 1;
    const clamp = (at: number, least: number): number => Math.min(Math.max(at < 0 ? at + size : at, least), last);
    const start = clamp(starts[i]!, 0);
    const end = step > 0 ? clamp(ends[i]!, 0) : isFarEnd(ends[i]!) ? -1 : clamp(ends[i]!, -1);
    shape[axis] = Math.max(0, Math.ceil((end - start) / step));
    offset += start * strides[axis]!;
    strides[axis]! *= step;
  }
  if (input.values === undefined || !node.mayFold(countElements(shape))) return [{ type: input.type, shape }];
  return [{ type: input.type, shape, values: gatherStrided(input.values, shape, strides, offset) }];
};

/** Begins, then ends: attribute up to opset 10, input from 11 on, with chosen axes from 18 on; negative pads crop. */
const pad: ShapeRule = (node) => {
  const { type, shape } = node.input(0);
  const pads =
    node.opset < 11 && node.operator.domain === ''
      ? (node.ints('pads') ?? node.ints('paddings') ?? [])
      : node.values(1, 'the pads');
  const named = node.opset >= 18 ? node.optionalValues(3, 'the axes') : undefined;
  const axes = named?.map((axis) => node.axis(axis, shape.length)) ?? shape.map((_, i) => i);
  if (pads.length !== 2 * axes.length) {
    node.fail('the pads do not fit', { expected: `${2 * axes.length} numbers`, received: `[${pads.join(', ')}]` });
  }
  const result = [...shape];
  for (const [i, axis] of axes.entries()) result[axis]! += pads[i]! + pads[axes.length + i]!;
  if (result.some((size) => size < 0))
    node.fail('the pads remove more than there is', { received: `[${pads.join(', ')}] from ${showShape(shape)}` });
  return [{ type, shape: result }];
};

const depthToSpace: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 4, 4);
  const block = node.requiredInt('blocksize');
  if (block < 1 || shape[1]! % (block * block) !== 0) {
    node.fail('the channels do not fit the block size', {
      expected: `a multiple of ${block * block}`,
      received: `${shape[1]}`,
    });
  }
  return [{ type, shape: [shape[0]!, shape[1]! / (block * block), shape[2]! * block, shape[3]! * block] }];
};

const spaceToDepth: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 4, 4);
  const block = node.requiredInt('blocksize');
  if (block < 1 || shape[2]! % block !== 0 || shape[3]! % block !== 0) {
    node.fail('height and width do not fit the block size', {
      expected: `multiples of ${block}`,
      received: showShape(shape),
    });
  }
  return [{ type, shape: [shape[0]!, shape[1]! * block * block, shape[2]! / block, shape[3]! / block] }];
};

/** [N, C * block, L] columns -> [N, C, image...]. */
const col2Im: ShapeRule = (node) => {
  const { type, shape } = node.ranked(0, 3, 3);
  const image = readShape(node, node.values(1, 'the image shape'), 'the image shape');
  const block = countElements(readShape(node, node.values(2, 'the block shape'), 'the block shape'));
  return [{ type, shape: [shape[0]!, shape[1]! / block, ...image] }];
};

/** Data and grid [N, o..., spatial rank] -> [N, C, o...]. */
const gridSample: ShapeRule = (node) => {
  const data = node.ranked(0, 3);
  const grid = node.ranked(1, data.shape.length, data.shape.length).shape;
  return [{ type: data.type, shape: [data.shape[0]!, data.shape[1]!, ...grid.slice(1, -1)] }];
};

/** theta, size [N, C, d...] -> [N, d..., spatial rank]. */
const affineGrid: ShapeRule = (node) => {
  const size = readShape(node, node.values(1, 'the size'), 'the size');
  return [{ type: node.input(0).type, shape: [size[0]!, ...size.slice(2), size.length - 2] }];
};

const same: ShapeRule = (node) => [{ type: node.input(0).type, shape: node.input(0).shape }];

export const MOVEMENT_RULES: Record<string, ShapeRule> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Col2Im: col2Im,
  GridSample: gridSample,
  AffineGrid: affineGrid,
  ReverseSequence: same,
  Trilu: same,
  CenterCropPad: (node) => {
    const { type, shape } = node.input(0);
    const wanted = readShape(node, node.values(1, 'the target shape'), 'the target shape');
    const axes = node.ints('axes')?.map((axis) => node.axis(axis, shape.length)) ?? shape.map((_, i) => i);
    return [{ type, shape: shape.map((size, i) => wanted[axes.indexOf(i)] ?? size) }];
  },
};
