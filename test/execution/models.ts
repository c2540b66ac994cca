/** Models for tests of execution, written as files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeVersion } from '../../bindings/onnx/index.ts';
import type { Graph } from '../../src/models/graph.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';

/** y = x * x * ... * x + x over [n], `steps` times. */
export function chain(steps: number, n = 4096): Graph {
  return {
    name: 'chain',
    opset: 13,
    inputs: [{ name: 'x', type: 'float32', shape: [n] }],
    outputs: [{ name: `t${steps}`, type: 'float32', shape: [n] }],
    initializers: new Map(),
    operators: Array.from({ length: steps }, (_, i) => ({
      name: `step${i}`,
      type: i % 2 === 0 ? 'Mul' : 'Add',
      domain: '',
      inputs: [i === 0 ? 'x' : `t${i}`, 'x'],
      outputs: [`t${i + 1}`],
      attributes: new Map(),
    })),
    declared: new Map(),
  };
}

/** y = x W1 relu W2 relu ..., over [1, size]: a block for each of `layers` products. */
export function layers(count: number, size = 96): Graph {
  const weights = new Uint8Array(Float32Array.from({ length: size * size }, (_, i) => ((i % 7) - 3) / size).buffer);
  return {
    name: 'layers',
    opset: 13,
    inputs: [{ name: 'x0', type: 'float32', shape: [1, size] }],
    outputs: [{ name: `x${count}`, type: 'float32', shape: [1, size] }],
    initializers: new Map(
      Array.from({ length: count }, (_, i) => [
        `w${i}`,
        { name: `w${i}`, type: 'float32', shape: [size, size], data: weights },
      ]),
    ),
    operators: Array.from({ length: count }, (_, i) => [
      {
        name: `product${i}`,
        type: 'MatMul',
        domain: '',
        inputs: [`x${i}`, `w${i}`],
        outputs: [`p${i}`],
        attributes: new Map(),
      },
      { name: `relu${i}`, type: 'Relu', domain: '', inputs: [`p${i}`], outputs: [`x${i + 1}`], attributes: new Map() },
    ]).flat(),
    declared: new Map(),
  };
}

export function writeModel(folder: string, name: string, graph: Graph): string {
  const path = join(folder, name);
  writeFileSync(path, writeOnnx(graph));
  return path;
}

/** Why processors cannot be tested here, or undefined. */
export async function missingRuntime(): Promise<string | undefined> {
  return (await nativeVersion()) === undefined ? 'onnxruntime-node is not installed' : undefined;
}
