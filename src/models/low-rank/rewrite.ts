/** A network with some of its layers replaced by their factors; everything else stays as it was, to the bit. */
import { type Graph, type Initializer, type Operator, type TensorInfo, tensorsRead } from '../graph.ts';
import type { Factors } from './factorise.ts';

/** @param factors by index of the operator that they replace */
export function withFactors(graph: Graph, factors: ReadonlyMap<number, Factors>): Graph {
  const operators = graph.operators.flatMap(
    (operator, index): Operator[] => factors.get(index)?.operators ?? [operator],
  );
  const needed = new Set(operators.flatMap(tensorsRead));
  for (const { name } of graph.outputs) needed.add(name);
  const kept = [...graph.initializers.values()].filter(({ name }) => needed.has(name));
  const added = [...factors.values()].flatMap(({ initializers }) => initializers);
  return { ...graph, operators, initializers: new Map([...kept, ...added].map((each) => [each.name, each])) };
}

/** One layer as a network of its own, whole or in factors; what it reads at run time comes in, its output goes out. */
export function layerGraph(graph: Graph, operators: readonly Operator[], added: readonly Initializer[] = []): Graph {
  const made = new Set(operators.flatMap(({ outputs }) => outputs));
  const read = new Set(operators.flatMap(tensorsRead).filter((name) => !made.has(name)));
  const constants = [...graph.initializers.values(), ...added].filter(({ name }) => read.has(name));
  const initializers = new Map(constants.map((each) => [each.name, each]));
  const real = (name: string): TensorInfo => ({ name, type: 'float32' });
  return {
    name: 'layer',
    opset: graph.opset,
    inputs: [...read].filter((name) => !initializers.has(name)).map(real),
    outputs: [real(operators.at(-1)!.outputs[0]!)],
    initializers,
    operators: [...operators],
    declared: new Map(),
  };
}
