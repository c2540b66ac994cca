/** The identity of a graph that came from no file. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { contentHash } from '../../documents/canonical.ts';
import type { AttributeValue, Graph, Initializer } from '../graph.ts';

/**
 * SHA-256 (hexadecimal) of the graph's structure: operators with their attributes, tensors with types and shapes,
 * constants with their content. Weights without content count by shape alone.
 */
export function graphHash(graph: Graph): string {
  return contentHash(describeGraph(graph));
}

function describeGraph(graph: Graph): Record<string, unknown> {
  return {
    name: graph.name,
    opset: graph.opset,
    inputs: graph.inputs,
    outputs: graph.outputs,
    initializers: [...graph.initializers.values()].map(describeTensor),
    operators: graph.operators.map((operator) => ({
      ...operator,
      attributes: [...operator.attributes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, attribute]) => ({ name, kind: attribute.kind, value: describeAttribute(attribute) })),
    })),
  };
}

function describeAttribute(attribute: AttributeValue): unknown {
  if (attribute.kind === 'tensor') return describeTensor(attribute.value);
  if (attribute.kind === 'graph') return describeGraph(attribute.value);
  return attribute.value;
}

function describeTensor(tensor: Initializer): Record<string, unknown> {
  const { name, type, shape, data } = tensor;
  return { name, type, shape, data: data && bytesToHex(data) };
}
