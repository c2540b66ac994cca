/** Accuracy predictors as files, for commands. */
import type { AttributeValue, Initializer, Operator } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import { Random } from '../../src/reference/random.ts';

/** A seeded dense predictor as an ONNX file; with `Tanh` one that is no plain chain. */
export function predictorFile(inputs: number, activation: 'Relu' | 'Tanh'): Uint8Array {
  const random = new Random(4);
  const initializers = new Map<string, Initializer>();
  const tensor = (name: string, shape: number[]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = Float32Array.from({ length: size }, () => (random.unit() - 0.5) * 0.5);
    initializers.set(name, { name, type: 'float32', shape, data: new Uint8Array(data.buffer) });
    return name;
  };
  const operator = (
    name: string,
    type: string,
    operands: string[],
    attributes: [string, AttributeValue][] = [],
  ): Operator => ({
    name,
    type,
    domain: '',
    inputs: operands,
    outputs: [name],
    attributes: new Map(attributes),
  });
  const value = (name: string, width: number) => ({ name, type: 'float32' as const, shape: ['batch', width] });
  const transB: [string, AttributeValue] = ['transB', { kind: 'int', value: 1 }];
  return writeOnnx({
    name: 'predictor',
    opset: 13,
    inputs: [value('x', inputs)],
    outputs: [value('y', 1)],
    initializers,
    operators: [
      operator('a', 'Gemm', ['x', tensor('w1', [32, inputs]), tensor('b1', [32])], [transB]),
      operator('b', activation, ['a']),
      operator('y', 'Gemm', ['b', tensor('w2', [1, 32]), tensor('b2', [1])], [transB]),
    ],
    declared: new Map(),
  });
}
