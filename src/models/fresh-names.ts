/** Names for tensors and operators that a rewriting adds, apart from all that a graph has. */
import { type Graph, innerGraphs } from './graph.ts';

export class FreshNames {
  readonly #taken = new Set<string>();
  readonly #given = new Map<string, string>();

  constructor(graph: Graph) {
    this.#take(graph);
  }

  #take(graph: Graph): void {
    for (const { name } of [...graph.inputs, ...graph.outputs]) this.#taken.add(name);
    for (const name of graph.initializers.keys()) this.#taken.add(name);
    for (const operator of graph.operators) {
      this.#taken.add(operator.name);
      for (const name of operator.outputs) this.#taken.add(name);
      for (const inner of innerGraphs(operator)) this.#take(inner);
    }
  }

  /** The wish itself where it is free, else with a number; the same wish gives the same name. */
  of(wish: string): string {
    const known = this.#given.get(wish);
    if (known !== undefined) return known;
    let name = wish;
    for (let n = 2; this.#taken.has(name); n++) name = `${wish}_${n}`;
    this.#taken.add(name);
    this.#given.set(wish, name);
    return name;
  }
}
