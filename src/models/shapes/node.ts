/**
 * What a shape rule sees of one operator: its inputs with known shapes (and, where they matter, values), its
 * attributes with defaults, and ways to say what is wrong. Rules are pure: view in, outputs out.
 */
import type { HeterodyneErrorDetails } from '../../core/errors.ts';
import {
  type AttributeValue,
  countElements,
  type ElementType,
  type Graph,
  type Initializer,
  type Operator,
} from '../graph.ts';
import { refusal } from '../refusal.ts';

/** A tensor as rules see it: shape always, values only where small and computable before run time. */
export interface Known {
  type: ElementType;
  shape: readonly number[];
  /** Row-major values; bool as 0 and 1, 64-bit integers as doubles (exact to 2^53). */
  values?: readonly number[];
  /** The same for every inference: made of initializers and shapes alone. */
  constant?: boolean;
  /** Members, when this is a sequence of tensors (`type` and `shape` then say nothing). */
  members?: readonly Known[];
}

/** One entry per output; undefined where the operator leaves an optional output absent. */
export type ShapeRule = (node: NodeView) => (Known | undefined)[];

/** A body run by a control-flow operator: how often, and what its tensors are. */
export interface BodyRun {
  graph: Graph;
  /** Iterations; the branches of an If run once. */
  repeat: number;
  outputs: Known[];
}

/** Thrown by a rule when an output's shape depends on values that exist only at run time. */
export class DataDependent extends Error {
  readonly what: string;
  constructor(what: string) {
    super(what);
    this.what = what;
  }
}

/** Largest tensor whose values are carried through shape arithmetic. */
export const FOLD_LIMIT = 1 << 16;

/** Elements that may still be computed in one inference, so that a hostile file cannot keep it busy. */
export interface FoldBudget {
  elements: number;
}

export interface NodeSurroundings {
  /** Version of the standard operator set. */
  opset: number;
  budget: FoldBudget;
  /** Values of a constant attribute. */
  read(initializer: Initializer): Known;
  /** Infer a subgraph with these inputs; names of the outer graph are visible in it. */
  run(body: Graph, inputs: readonly Known[], repeat: number): BodyRun;
  warn(message: string): void;
}

/** What an attribute of each kind holds. */
type AttributeValues = { [A in AttributeValue as A['kind']]: A['value'] };

export class NodeView {
  readonly operator: Operator;
  readonly opset: number;
  /** `node 17 "conv1" (Conv)`: the place that errors name. */
  readonly place: string;
  readonly inputs: readonly (Known | undefined)[];
  readonly surroundings: NodeSurroundings;

  constructor(
    operator: Operator,
    place: string,
    inputs: readonly (Known | undefined)[],
    surroundings: NodeSurroundings,
  ) {
    this.operator = operator;
    this.place = place;
    this.inputs = inputs;
    this.surroundings = surroundings;
    this.opset = operator.opset ?? surroundings.opset;
  }

  /** Input i, which the operator requires. */
  input(index: number): Known {
    return this.inputs[index] ?? this.fail(`input ${index} is missing`, { expected: `at least ${index + 1} inputs` });
  }

  /** Input i, of a rank that the operator requires. */
  ranked(index: number, least: number, most = Number.POSITIVE_INFINITY): Known {
    const input = this.input(index);
    if (input.shape.length < least || input.shape.length > most) {
      this.fail(`input ${index} "${this.operator.inputs[index]}" has the wrong rank`, {
        expected:
          most === least
            ? `rank ${least}`
            : most === Number.POSITIVE_INFINITY
              ? `rank ${least} or more`
              : `rank ${least} to ${most}`,
        received: `rank ${input.shape.length} (${showShape(input.shape)})`,
      });
    }
    return input;
  }

  optional(index: number): Known | undefined {
    return this.inputs[index];
  }

  /** Values of input i: a shape, axes, repeats... Data-dependent when they are not known before run time. */
  values(index: number, what: string): readonly number[] {
    return this.input(index).values ?? this.dataDependent(`${what} (input ${index} "${this.operator.inputs[index]}")`);
  }

  /** As {@link values}, undefined when the optional input is absent. */
  optionalValues(index: number, what: string): readonly number[] | undefined {
    return this.inputs[index] === undefined ? undefined : this.values(index, what);
  }

  private attribute<K extends AttributeValue['kind']>(name: string, kind: K): AttributeValues[K] | undefined {
    const attribute = this.operator.attributes.get(name);
    if (attribute === undefined) return undefined;
    if (attribute.kind !== kind) {
      this.fail(`attribute "${name}" has the wrong type`, { expected: kind, received: attribute.kind });
    }
    return attribute.value as AttributeValues[K];
  }

  has(name: string): boolean {
    return this.operator.attributes.has(name);
  }

  int(name: string): number | undefined;
  int(name: string, fallback: number): number;
  int(name: string, fallback?: number): number | undefined {
    return this.attribute(name, 'int') ?? fallback;
  }

  float(name: string): number | undefined {
    return this.attribute(name, 'float');
  }

  string(name: string): string | undefined {
    return this.attribute(name, 'string');
  }

  ints(name: string): readonly number[] | undefined {
    return this.attribute(name, 'ints');
  }

  floats(name: string): readonly number[] | undefined {
    return this.attribute(name, 'floats');
  }

  strings(name: string): readonly string[] | undefined {
    return this.attribute(name, 'strings');
  }

  tensor(name: string): Known | undefined {
    const value = this.attribute(name, 'tensor');
    return value === undefined ? undefined : this.surroundings.read(value);
  }

  graph(name: string): Graph {
    return this.attribute(name, 'graph') ?? this.fail(`attribute "${name}" is missing`, { expected: 'a graph' });
  }

  /** An integer attribute that must be there. */
  requiredInt(name: string): number {
    return this.int(name) ?? this.fail(`attribute "${name}" is missing`, { expected: 'an integer' });
  }

  requiredInts(name: string): readonly number[] {
    return this.ints(name) ?? this.fail(`attribute "${name}" is missing`, { expected: 'a list of integers' });
  }

  /** Element type named by an integer attribute in ONNX's numbering. */
  elementType(name: string, fallback: ElementType): ElementType {
    const code = this.int(name);
    return code === undefined || code === 0 ? fallback : elementTypeOf(code);
  }

  /** An axis in 0..rank-1 from one that may count from the end. */
  axis(value: number, rank: number, what = 'axis'): number {
    const axis = value < 0 ? value + rank : value;
    if (!Number.isInteger(value) || axis < 0 || axis >= rank) {
      this.fail(`${what} is out of range`, {
        expected: rank === 0 ? 'no axis (the tensor is a scalar)' : `${-rank} to ${rank - 1}`,
        received: `${value}`,
      });
    }
    return axis;
  }

  /** Distinct axes, sorted. */
  axes(values: readonly number[], rank: number): number[] {
    const axes = [...new Set(values.map((value) => this.axis(value, rank)))].sort((a, b) => a - b);
    if (axes.length !== values.length) this.fail('an axis is named twice', { received: `[${values.join(', ')}]` });
    return axes;
  }

  /** Reserve `elements` of the folding budget; false = leave the values unknown. */
  mayFold(elements: number): boolean {
    if (elements > FOLD_LIMIT || elements > this.surroundings.budget.elements) return false;
    this.surroundings.budget.elements -= elements;
    return true;
  }

  warn(message: string): void {
    this.surroundings.warn(`${this.place}: ${message}`);
  }

  dataDependent(what: string): never {
    throw new DataDependent(what);
  }

  fail(message: string, details: HeterodyneErrorDetails = {}): never {
    throw refusal('BAD_INPUT', `${this.place}: ${message}`, { path: this.place, ...details });
  }
}

/** `1x3x224x224`, or `scalar`. */
export function showShape(shape: readonly (number | string)[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

/** ONNX `TensorProto.DataType` numbers, by position. */
const DATA_TYPES: readonly ElementType[] = [
  'other',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8',
  'float8',
  'float8',
  'float8',
  'uint4',
  'int4',
];

export function elementTypeOf(code: number): ElementType {
  return DATA_TYPES[code] ?? 'other';
}

/** Shape of numpy-style broadcasting of several shapes, or undefined when they do not fit. */
export function broadcast(...shapes: (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: number[] = new Array(rank).fill(1);
  for (const shape of shapes) {
    const offset = rank - shape.length;
    for (let i = 0; i < shape.length; i++) {
      const size = shape[i]!;
      if (size === 1) continue;
      if (result[offset + i] !== 1 && result[offset + i] !== size) return undefined;
      result[offset + i] = size;
    }
  }
  return result;
}

/** Steps between neighbours along each axis of a row-major tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = new Array(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/**
 * Values of a tensor of `shape` whose element at each coordinate is the source's element at `offset` plus the dot
 * product of coordinate and `strides`: transposition, slicing and broadcasting are all of this form.
 */
export function gatherStrided(
  source: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): number[] {
  const total = countElements(shape);
  const result: number[] = new Array(total);
  const coordinate: number[] = new Array(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < total; i++) {
    result[i] = source[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis]!;
      if (++coordinate[axis]! < shape[axis]!) break;
      position -= strides[axis]! * shape[axis]!;
      coordinate[axis] = 0;
    }
  }
  return result;
}

/** Values of a tensor broadcast to a larger shape. */
export function broadcastValues(
  values: readonly number[],
  from: readonly number[],
  to: readonly number[],
): readonly number[] {
  const offset = to.length - from.length;
  const own = stridesOf(from);
  return gatherStrided(
    values,
    to,
    to.map((_, i) => (i < offset || from[i - offset] === 1 ? 0 : own[i - offset]!)),
  );
}
