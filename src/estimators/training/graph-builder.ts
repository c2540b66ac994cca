/** ONNX graphs of trained networks, operator by operator. */
import type { AttributeValue, Dimension, Graph, Initializer, Operator } from '../../models/graph.ts';

/** Version of the operators: the first with `Gelu`. */
const OPSET = 20;

export class GraphBuilder {
  readonly #initializers = new Map<string, Initializer>();
  readonly #operators: Operator[] = [];
  #names = 0;

  weights(name: string, shape: readonly number[], values: Float32Array): string {
    const bytes = new Uint8Array(values.slice().buffer);
    this.#initializers.set(name, { name, type: 'float32', shape: [...shape], data: bytes });
    return name;
  }

  constant(value: number): string {
    return this.weights(`constant${this.#names++}`, [], Float32Array.of(value));
  }

  integers(...values: number[]): string {
    const name = `integers${this.#names++}`;
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.set(name, { name, type: 'int64', shape: [values.length], data });
    return name;
  }

  /** The name of the new operator's output. */
  add(
    type: string,
    inputs: readonly string[],
    attributes: Record<string, number | readonly number[]> = {},
    output = `${type.toLowerCase()}${this.#names++}`,
  ): string {
    const entries = Object.entries(attributes).map(([key, value]): [string, AttributeValue] => {
      if (typeof value !== 'number') return [key, { kind: 'ints', value: [...value] }];
      return [key, key === 'epsilon' ? { kind: 'float', value } : { kind: 'int', value }];
    });
    this.#operators.push({
      name: output,
      type,
      domain: '',
      inputs: [...inputs],
      outputs: [output],
      attributes: new Map(entries),
    });
    return output;
  }

  build(
    name: string,
    inputs: readonly { name: string; shape: Dimension[] }[],
    output: { name: string; shape: Dimension[] },
    metadata: ReadonlyMap<string, string>,
  ): Graph {
    const float = (info: { name: string; shape: Dimension[] }) => ({ ...info, type: 'float32' as const });
    return {
      name,
      opset: OPSET,
      inputs: inputs.map(float),
      outputs: [float(output)],
      initializers: this.#initializers,
      operators: this.#operators,
      declared: new Map(),
      metadata,
    };
  }
}
