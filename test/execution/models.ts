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

export function writeModel(folder: string, name: string, graph: Graph): string {
  const path = join(folder, name);
  writeFileSync(path, writeOnnx(graph));
  return path;
}

/** Why processors cannot be tested here, or undefined. */
export async function missingRuntime(): Promise<string | undefined> {
  return (await nativeVersion()) === undefined ? 'onnxruntime-node is not installed' : undefined;
}
