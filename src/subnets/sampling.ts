/**
 * Uniform sampling of the networks within a limit, without rejection: costs are rounded up to 1/4096 of the limit,
 * networks counted by rounded cost, and a network drawn backwards through the counts. What the rounded test admits is
 * truly within the limit.
 */
import type { Random } from '../../bindings/core.ts';
import type { CostFactor } from '../core/subnets.ts';
import { genomeOf, type SearchSpace } from './space.ts';
import { type Chain, chainOf } from './stage-costs.ts';

const BUCKETS = 4096;

/** Ends of networks from one point on: counts by rounded cost of what is still to come. */
interface Choice {
  /** Rounded cost of this choice, and the slots that it sets. */
  cost: number;
  slots: readonly number[];
  values: readonly number[];
  next: Node;
}

interface Node {
  choices: Choice[];
  /** [budget] number of ways to complete a network at that rounded cost or less. */
  ways: Float64Array;
}

export class FeasibleSampler {
  readonly #space: SearchSpace;
  readonly #starts: { network: Uint8Array; node: Node }[] = [];

  constructor(
    space: SearchSpace,
    factors: readonly CostFactor[],
    resolutions: readonly number[],
    limit: number,
    buckets = BUCKETS,
  ) {
    this.#space = space;
    const end: Node = { choices: [], ways: new Float64Array(buckets + 1).fill(1) };
    for (const r of resolutions) {
      for (const chain of chainOf(space, factors, r)) {
        const [first] = chainNodes(space, chain, (cost) => Math.ceil((cost / limit) * buckets), end);
        this.#starts.push({ network: chain.network, node: first });
      }
    }
  }

  /** Number of networks that may be drawn. */
  get count(): number {
    return this.#starts.reduce((sum, { node }) => sum + node.ways[node.ways.length - 1], 0);
  }

  /** A genome [G] of one network, all equally likely; undefined when there is none. */
  draw(random: Random): Uint8Array | undefined {
    let left = random.unit() * this.count;
    const start = this.#starts.find(({ node }) => {
      left -= node.ways[node.ways.length - 1];
      return left < 0;
    });
    if (!start) return undefined;
    const network = start.network.slice();
    let node = start.node;
    let budget = node.ways.length - 1;
    while (node.choices.length > 0) {
      let rest = random.unit() * node.ways[budget];
      let taken: Choice | undefined;
      for (const choice of node.choices) {
        if (choice.cost > budget) continue;
        const ways = choice.next.ways[budget - choice.cost];
        if (ways === 0) continue;
        taken = choice;
        rest -= ways;
        if (rest < 0) break;
      }
      // Rounding may leave a crumb: the last possible choice takes it.
      const { slots, values, cost, next } = taken!;
      slots.forEach((slot, i) => {
        network[slot] = values[i];
      });
      budget -= cost;
      node = next;
    }
    return genomeOf(this.#space, network);
  }
}

/** By width of the stage before, the node at which a stage begins; from the last stage to the first. */
function chainNodes(space: SearchSpace, chain: Chain, rounded: (cost: number) => number, end: Node): Node[] {
  let after: Node[] = [end];
  for (let s = space.stages.length - 1; s >= 0; s--) {
    const { blockSlots, active, widthSlot, widths } = space.stages[s];
    const costs = chain.stages[s];
    const before = space.stages[s - 1]?.widths ?? 1;
    const nodes: Node[] = [];
    for (let b = 0; b < before; b++) {
      const choices: Choice[] = [];
      for (let w = 0; w < widths; w++) {
        const next = after[Math.min(w, after.length - 1)];
        // Position by position, deepest first: going on, or stopping where the depth allows it.
        let node: Node | undefined;
        for (let position = blockSlots.length; position >= 0; position--) {
          const list: Choice[] = [];
          if (active.includes(position)) list.push({ cost: 0, slots: [], values: [], next });
          if (node) {
            costs.forms(b, w, position).forEach((cost, form) => {
              list.push({ cost: rounded(cost), slots: [blockSlots[position]], values: [form + 1], next: node! });
            });
          }
          node = nodeOf(list, end.ways.length);
        }
        const slots = widthSlot < 0 ? [] : [widthSlot];
        choices.push({ cost: rounded(costs.own(b, w)), slots, values: slots.map(() => w + 1), next: node! });
      }
      nodes.push(nodeOf(choices, end.ways.length));
    }
    after = nodes;
  }
  return after;
}

function nodeOf(choices: Choice[], budgets: number): Node {
  const ways = new Float64Array(budgets);
  for (const { cost, next } of choices) {
    for (let budget = cost; budget < budgets; budget++) ways[budget] += next.ways[budget - cost];
  }
  return { choices, ways };
}
