/** Checks that every tensor has one definition, and puts operators behind those that they read from. */
import { type Graph, placeOf, tensorsRead } from '../graph.ts';
import { refusal } from '../refusal.ts';

/** Who defines each tensor: an operator's index, or -1 for inputs and initializers. Each has one definition. */
function definitionsOf(graph: Graph, within: string): Map<string, number> {
  const definitions = new Map<string, number>();
  const describeAt = (index: number): string =>
    index < 0 ? 'an input or initializer' : placeOf(graph.operators[index]!, index);
  const define = (name: string, index: number): void => {
    const other = definitions.get(name);
    if (other !== undefined) {
      throw refusal(
        'BAD_INPUT',
        `${within}tensor "${name}" is defined twice: by ${describeAt(other)} and by ${describeAt(index)}`,
        {
          path: within + describeAt(index),
          expected: 'one definition per tensor',
          received: `"${name}" again`,
        },
      );
    }
    definitions.set(name, index);
  };
  for (const input of graph.inputs) define(input.name, -1);
  for (const name of graph.initializers.keys()) define(name, -1);
  for (const [index, operator] of graph.operators.entries()) {
    for (const name of operator.outputs) if (name !== '') define(name, index);
  }
  return definitions;
}

/** Whether a tensor of the graphs around may be read. */
type Visible = (name: string) => boolean;

/**
 * Put the operators in an order in which each stands behind those that it reads from, the order of the file where that
 * is one already. `outer` are the tensors of the graphs around this one.
 */
export function sortOperators(graph: Graph, outer: Visible, within: string): void {
  const definitions = definitionsOf(graph, within);
  const sources = graph.operators.map((operator, index) => {
    const list: number[] = [];
    for (const name of tensorsRead(operator)) {
      const source = definitions.get(name);
      if (source === undefined && !outer(name)) {
        const place = within + placeOf(operator, index);
        throw refusal('BAD_INPUT', `${place}: tensor "${name}" is defined nowhere`, {
          path: place,
          expected: 'a graph input, an initializer, or an output of another node',
          received: `"${name}"`,
        });
      }
      if (source !== undefined && source >= 0) list.push(source);
    }
    return list;
  });
  for (const output of graph.outputs) {
    if (!definitions.has(output.name) && !outer(output.name)) {
      throw refusal('BAD_INPUT', `${within}output "${output.name}" is defined nowhere`, {
        path: `${within}output "${output.name}"`,
        expected: 'a graph input, an initializer, or an output of a node',
        received: `"${output.name}"`,
      });
    }
  }
  if (sources.some((list, index) => list.some((source) => source >= index))) {
    graph.operators = sortedBySources(graph, sources, within).map((index) => graph.operators[index]!);
  }
  const visible: Visible = (name) => definitions.has(name) || outer(name);
  for (const [index, operator] of graph.operators.entries()) {
    for (const [name, attribute] of operator.attributes) {
      if (attribute.kind === 'graph') {
        sortOperators(attribute.value, visible, `${within}${placeOf(operator, index)}, attribute "${name}": `);
      }
    }
  }
}

/** Depth first, iterative; a source that is still open when it is met again closes a cycle. */
function sortedBySources(graph: Graph, sources: readonly number[][], within: string): number[] {
  const order: number[] = [];
  const state = new Uint8Array(sources.length);
  const [unseen, open, done] = [0, 1, 2];
  for (let root = 0; root < sources.length; root++) {
    if (state[root] !== unseen) continue;
    const path = [{ index: root, next: 0 }];
    state[root] = open;
    while (path.length > 0) {
      const top = path.at(-1)!;
      const source = sources[top.index]![top.next++];
      if (source === undefined) {
        state[top.index] = done;
        order.push(top.index);
        path.pop();
      } else if (state[source] === open) {
        const place = within + placeOf(graph.operators[source]!, source);
        throw refusal('BAD_INPUT', `${place} depends on its own result`, {
          path: place,
          expected: 'a graph without cycles',
          received: `a cycle through ${path
            .slice(path.findIndex((step) => step.index === source))
            .slice(0, 5)
            .map((step) => placeOf(graph.operators[step.index]!, step.index))
            .join(', ')}`,
        });
      } else if (state[source] === unseen) {
        state[source] = open;
        path.push({ index: source, next: 0 });
      }
    }
  }
  return order;
}
