/**
 * Operators that work element by element, with numpy-style broadcasting. The arithmetic that exporters use for shapes
 * is also carried out on values, in the precision of the tensor's type, so that a computed Reshape target is known.
 */
import { countElements, type ElementType } from '../graph.ts';
import { broadcast, broadcastValues, type Known, type NodeView, type ShapeRule, showShape } from './node.ts';

const FLOATS = new Set<ElementType>(['float32', 'float16', 'bfloat16', 'float64', 'float8']);

export function isFloat(type: ElementType): boolean {
  return FLOATS.has(type);
}

/** Round a double to what a tensor of this type would hold; integers truncate toward zero, as in C. */
export function coerce(value: number, type: ElementType): number {
  switch (type) {
    case 'float64':
      return value;
    case 'bool':
      return value === 0 ? 0 : 1;
    case 'float32':
    case 'float16':
    case 'bfloat16':
    case 'float8':
      return Math.fround(value);
    default:
      return Math.trunc(value);
  }
}

type Function1 = (x: number, node: NodeView) => number;
type Function2 = (x: number, y: number, node: NodeView, type: ElementType) => number;

/** Same shape, same type (or `type`). */
function unary(compute?: Function1, type?: ElementType): ShapeRule {
  return (node) => {
    const input = node.input(0);
    const result = type ?? input.type;
    const { values } = input;
    if (compute === undefined || values === undefined || !node.mayFold(values.length))
      return [{ type: result, shape: input.shape }];
    return [{ type: result, shape: input.shape, values: values.map((x) => coerce(compute(x, node), result)) }];
  };
}

function broadcastOrFail(node: NodeView, inputs: readonly Known[]): number[] {
  return (
    broadcast(...inputs.map((input) => input.shape)) ??
    node.fail('the inputs cannot be broadcast together', {
      expected: 'per dimension, counted from the last, equal sizes or 1',
      received: inputs.map((input) => showShape(input.shape)).join(' and '),
    })
  );
}

function fold2(node: NodeView, a: Known, b: Known, type: ElementType, compute?: Function2): Known {
  const shape = broadcastOrFail(node, [a, b]);
  if (
    compute === undefined ||
    a.values === undefined ||
    b.values === undefined ||
    !node.mayFold(countElements(shape))
  ) {
    return { type, shape };
  }
  const y = broadcastValues(b.values, b.shape, shape);
  const x = broadcastValues(a.values, a.shape, shape);
  return { type, shape, values: x.map((value, i) => coerce(compute(value, y[i]!, node, a.type), type)) };
}

/** Two inputs broadcast; the result has the type of the first, or `type`. */
function binary(compute?: Function2, type?: ElementType): ShapeRule {
  return (node) => [fold2(node, node.input(0), node.input(1), type ?? node.input(0).type, compute)];
}

/** One or more inputs broadcast, combined from the left. */
function variadic(compute?: Function2): ShapeRule {
  return (node) => {
    let result = node.input(0);
    for (const input of node.inputs.slice(1)) {
      if (input !== undefined) result = fold2(node, result, input, result.type, compute);
    }
    return [{ type: result.type, shape: result.shape, ...(result.values && { values: result.values }) }];
  };
}

const divide: Function2 = (x, y, node, type) => {
  if (!isFloat(type) && y === 0) node.fail('division by zero in shape arithmetic');
  return x / y;
};

/** fmod = 0: integers, sign of the divisor; fmod = 1: as in C. */
const modulo: Function2 = (x, y, node, type) => {
  if (!isFloat(type) && y === 0) node.fail('division by zero in shape arithmetic');
  return node.int('fmod', 0) !== 0 ? x % y : x - Math.floor(x / y) * y;
};

/** Round half to even, as ONNX Round. */
function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Limits are attributes up to opset 10, inputs from 11 on. */
const clip: ShapeRule = (node) => {
  const { type, shape, values } = node.input(0);
  const low =
    node.opset < 11
      ? [node.float('min') ?? -Infinity]
      : node.optional(1) === undefined
        ? [-Infinity]
        : node.optional(1)!.values;
  const high =
    node.opset < 11
      ? [node.float('max') ?? Infinity]
      : node.optional(2) === undefined
        ? [Infinity]
        : node.optional(2)!.values;
  if (values === undefined || low?.[0] === undefined || high?.[0] === undefined || !node.mayFold(values.length))
    return [{ type, shape }];
  return [{ type, shape, values: values.map((x) => Math.min(high[0]!, Math.max(low[0]!, x))) }];
};

function castTo(node: NodeView, type: ElementType): Known[] {
  const { shape, values } = node.input(0);
  if (values === undefined || type === 'string' || !node.mayFold(values.length)) return [{ type, shape }];
  return [{ type, shape, values: values.map((x) => coerce(x, type)) }];
}

const cast: ShapeRule = (node) => {
  node.requiredInt('to');
  return castTo(node, node.elementType('to', 'other'));
};

const castLike: ShapeRule = (node) => castTo(node, node.input(1).type);

/** condition ? x : y, all three broadcast. */
const where: ShapeRule = (node) => {
  const [condition, x, y] = [node.input(0), node.input(1), node.input(2)];
  const shape = broadcastOrFail(node, [condition, x, y]);
  if (!condition.values || !x.values || !y.values || !node.mayFold(countElements(shape)))
    return [{ type: x.type, shape }];
  const [c, a, b] = [condition, x, y].map((input) => broadcastValues(input.values!, input.shape, shape));
  return [{ type: x.type, shape, values: c!.map((value, i) => (value !== 0 ? a![i]! : b![i]!)) }];
};

/** Output and mask; at inference the data pass unchanged. */
const dropout: ShapeRule = (node) => {
  const { type, shape, values } = node.input(0);
  return [
    { type, shape, ...(values && { values }) },
    { type: 'bool', shape },
  ];
};

/** The slope broadcasts to the data, not the other way round. */
const pRelu: ShapeRule = (node) => {
  const data = node.input(0);
  const shape = broadcastOrFail(node, [data, node.input(1)]);
  if (shape.join() !== data.shape.join()) {
    node.fail('the slope does not fit the data', {
      expected: `a shape that broadcasts to ${showShape(data.shape)}`,
      received: showShape(node.input(1).shape),
    });
  }
  return [{ type: data.type, shape }];
};

/** Optional biases and gates that broadcast to the first input (contributed fused operators). */
const likeFirst: ShapeRule = (node) => [{ type: node.input(0).type, shape: node.input(0).shape }];

/** Random tensor in the shape of the input. */
const randomLike: ShapeRule = (node) => [
  { type: node.elementType('dtype', node.input(0).type), shape: node.input(0).shape },
];

/** data, scale, zero point... of each operand, then of the result. */
const qLinearBinary: ShapeRule = (node) => [
  { type: node.input(0).type, shape: broadcastOrFail(node, [node.input(0), node.input(3)]) },
];

const flag = (yes: boolean): number => (yes ? 1 : 0);

const SAME_SHAPE =
  'Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Cos Cosh Elu Gelu HardSigmoid HardSwish LeakyRelu Mish Selu Shrink Sigmoid Sin Sinh Softplus Softsign Swish Tan Tanh ThresholdedRelu';
const CONTRIBUTED_SAME_SHAPE = 'Gelu BiasGelu FastGelu QuickGelu QLinearSigmoid QLinearLeakyRelu';

export const ELEMENTWISE_RULES: Record<string, ShapeRule> = {
  ...Object.fromEntries(SAME_SHAPE.split(' ').map((name) => [name, unary()])),
  ...Object.fromEntries(CONTRIBUTED_SAME_SHAPE.split(' ').map((name) => [`com.microsoft:${name}`, likeFirst])),
  Abs: unary(Math.abs),
  Ceil: unary(Math.ceil),
  Erf: unary(),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Identity: (node) => [{ ...node.input(0) }],
  IsInf: unary(undefined, 'bool'),
  IsNaN: unary((x) => flag(Number.isNaN(x)), 'bool'),
  Log: unary(Math.log),
  Neg: unary((x) => -x),
  Not: unary((x) => flag(x === 0), 'bool'),
  Reciprocal: unary((x) => 1 / x),
  Relu: unary((x) => Math.max(0, x)),
  Round: unary(roundEven),
  Sign: unary(Math.sign),
  Sqrt: unary(Math.sqrt),
  PRelu: pRelu,
  Clip: clip,
  Cast: cast,
  CastLike: castLike,
  Dropout: dropout,
  Bernoulli: randomLike,
  RandomNormalLike: randomLike,
  RandomUniformLike: randomLike,
  Add: binary((x, y) => x + y),
  Sub: binary((x, y) => x - y),
  Mul: binary((x, y) => x * y),
  Div: binary(divide),
  Pow: binary((x, y) => x ** y),
  Mod: binary(modulo),
  BitShift: binary(),
  BitwiseAnd: binary(),
  BitwiseOr: binary(),
  BitwiseXor: binary(),
  And: binary((x, y) => flag(x !== 0 && y !== 0), 'bool'),
  Or: binary((x, y) => flag(x !== 0 || y !== 0), 'bool'),
  Xor: binary((x, y) => flag((x !== 0) !== (y !== 0)), 'bool'),
  Equal: binary((x, y) => flag(x === y), 'bool'),
  Greater: binary((x, y) => flag(x > y), 'bool'),
  GreaterOrEqual: binary((x, y) => flag(x >= y), 'bool'),
  Less: binary((x, y) => flag(x < y), 'bool'),
  LessOrEqual: binary((x, y) => flag(x <= y), 'bool'),
  Max: variadic((x, y) => Math.max(x, y)),
  Min: variadic((x, y) => Math.min(x, y)),
  Sum: variadic((x, y) => x + y),
  Mean: variadic(),
  Where: where,
  'com.microsoft:QLinearAdd': qLinearBinary,
  'com.microsoft:QLinearMul': qLinearBinary,
};
