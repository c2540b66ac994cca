/** Small graphs for tests, written compactly: plain values become attributes, arrays become constants. */
import type { AttributeValue, Dimension, ElementType, Graph, Initializer, Operator } from '../../src/models/graph.ts';

/** Integers become `int`, lists of integers `ints`; wrap floats: `{ float: 1 }`, `{ floats: [1, 2] }`. */
export type PlainAttribute =
  | number
  | string
  | readonly number[]
  | { float: number }
  | { floats: number[] }
  | { tensor: Initializer }
  | { graph: Graph };

export function attribute(value: PlainAttribute): AttributeValue {
  if (typeof value === 'number') return { kind: 'int', value };
  if (typeof value === 'string') return { kind: 'string', value };
  if ('float' in value) return { kind: 'float', value: value.float };
  if ('floats' in value) return { kind: 'floats', value: value.floats };
  if ('tensor' in value) return { kind: 'tensor', value: value.tensor };
  if ('graph' in value) return { kind: 'graph', value: value.graph };
  return { kind: 'ints', value: [...value] };
}

/** `node('Conv', 'x w b', 'y', { strides: [2, 2] })`; a dash marks an absent tensor, `domain:Type` another domain. */
export function node(
  type: string,
  inputs: string,
  outputs: string,
  attributes: Record<string, PlainAttribute> = {},
  name = '',
): Operator {
  const names = (list: string): string[] =>
    list === '' ? [] : list.split(' ').map((each) => (each === '-' ? '' : each));
  const colon = type.lastIndexOf(':');
  return {
    name,
    type: type.slice(colon + 1),
    domain: colon < 0 ? '' : type.slice(0, colon),
    inputs: names(inputs),
    outputs: names(outputs),
    attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, attribute(value)])),
  };
}

/** A constant with content. */
export function constant(name: string, type: ElementType, shape: number[], values: readonly number[]): Initializer {
  const data = (() => {
    switch (type) {
      case 'float32':
        return new Uint8Array(Float32Array.from(values).buffer);
      case 'int64':
        return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      case 'int32':
        return new Uint8Array(Int32Array.from(values).buffer);
      case 'uint8':
      case 'int8':
      case 'bool':
        return Uint8Array.from(values);
      default:
        throw new Error(`no constants of ${type} in tests`);
    }
  })();
  return { name, type, shape, data };
}

/** 64-bit integers: shapes, axes, pads. */
export function int64(name: string, ...values: number[]): Initializer {
  return constant(name, 'int64', [values.length], values);
}

/** Weights of a shape, without content. */
export function weights(name: string, ...shape: number[]): Initializer {
  return { name, type: 'float32', shape };
}

export interface Sketch {
  opset?: number;
  /** float32 unless a type is given: `{ x: [1, 3, 8, 8], ids: { type: 'int64', shape: ['batch', 4] } }`. */
  inputs: Record<string, Dimension[] | { type: ElementType; shape?: Dimension[] }>;
  constants?: Initializer[];
  nodes: Operator[];
  outputs: string;
}

export function sketch({ opset = 13, inputs, constants = [], nodes, outputs }: Sketch): Graph {
  return {
    name: 'sketch',
    opset,
    inputs: Object.entries(inputs).map(([name, given]) =>
      Array.isArray(given) ? { name, type: 'float32', shape: given } : { name, ...given },
    ),
    outputs: outputs.split(' ').map((name) => ({ name, type: 'float32' })),
    initializers: new Map(constants.map((each) => [each.name, each])),
    operators: nodes,
    declared: new Map(),
  };
}
