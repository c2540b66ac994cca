/**
 * The same tree search as one would first write it in JavaScript: nodes, placements and stages are objects, children
 * an array, known values a Map. Plain and readable, neither tuned nor slowed down.
 */
import type { PlacementModel, PlacementProblem } from '../../src/core/placement.ts';
import { type PreparedProblem, prepareProblem } from '../../src/core/prepared.ts';
import { bestOptions } from '../../src/core/ranked-options.ts';
import { openingCapacity } from '../../src/core/search-options.ts';

const EXPLORATION = 1.25;

interface Stage {
  processor: number;
  first: number;
  end: number;
}

interface Option {
  key: string;
  stages: Stage[];
  /** Seconds by resource. */
  demand: number[];
  prior: number;
}

class Node {
  visits = 0;
  worth = Number.NEGATIVE_INFINITY;
  closed = false;
  readonly children: Node[] = [];
  readonly option: Option | undefined;

  constructor(option?: Option) {
    this.option = option;
  }
}

export class ObjectSearch {
  simulations = 0;
  evaluations = 0;
  bestValue = Number.NEGATIVE_INFINITY;
  nodes = 1;
  readonly #problem: PlacementProblem;
  readonly #prepared: PreparedProblem;
  readonly #order: number[];
  readonly #openings: Option[][];
  readonly #ranked: Uint8Array[];
  readonly #nextRanked: number[];
  readonly #capacity: number[];
  readonly #root = new Node();
  readonly #known = new Map<string, number>();
  #best: Option[] | undefined;
  #low = Number.POSITIVE_INFINITY;
  #state: number;

  constructor(problem: PlacementProblem, options: { seed: number; slots: number }) {
    this.#problem = problem;
    this.#prepared = prepareProblem(problem);
    this.#order = [...this.#prepared.order];
    this.#openings = problem.models.map(() => []);
    this.#capacity = this.#prepared.models.map((model) => openingCapacity(model.options, options.slots));
    this.#ranked = problem.models.map((_, m) => bestOptions(this.#prepared, m, this.#capacity[m]));
    this.#nextRanked = problem.models.map(() => 0);
    this.#state = options.seed + 1;
  }

  run(simulations: number): void {
    for (let i = 0; i < simulations && !this.#root.closed; i++) this.#simulate();
  }

  #simulate(): void {
    const path = [this.#root];
    let node = this.#root;
    let depth = 0;
    while (depth < this.#order.length) {
      const model = this.#order[depth];
      const opened = node.children.length;
      const exhausted = node.children.every((child) => child.closed);
      if (
        (exhausted || opened < Math.ceil(2 * Math.sqrt(Math.max(1, node.visits)))) &&
        this.#hasOpening(model, opened)
      ) {
        const child = new Node(this.#openings[model][opened]);
        this.nodes++;
        node.children.push(child);
        path.push(child);
        depth++;
        if (depth === this.#order.length) child.closed = true;
        break;
      }
      if (exhausted) {
        node.closed = true;
        return;
      }
      node = this.#select(node);
      path.push(node);
      depth++;
    }
    const plan: Option[] = [];
    for (const [turn, model] of this.#order.entries()) {
      plan[model] = turn < depth ? path[turn + 1].option! : this.#rollOut(model);
    }
    this.simulations++;
    const key = plan.map((option) => option.key).join('|');
    let value = this.#known.get(key);
    if (value === undefined) {
      value = this.#evaluate(plan);
      this.evaluations++;
      this.#known.set(key, value);
      if (value < this.#low) this.#low = value;
      if (value > this.bestValue) {
        this.bestValue = value;
        this.#best = plan;
        for (const [model, option] of plan.entries()) this.#append(model, option);
      }
    }
    for (const visited of path) {
      visited.visits++;
      visited.worth = Math.max(visited.worth, value);
    }
  }

  #select(parent: Node): Node {
    const priors = parent.children.reduce((sum, child) => sum + child.option!.prior, 0);
    const spread = this.bestValue - this.#low || 1;
    let best: Node | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const child of parent.children) {
      if (child.closed) continue;
      const q = (child.worth - this.#low) / spread;
      const score = q + (EXPLORATION * (child.option!.prior / priors) * Math.sqrt(parent.visits)) / (1 + child.visits);
      if (score > bestScore) {
        bestScore = score;
        best = child;
      }
    }
    return best!;
  }

  #hasOpening(model: number, opened: number): boolean {
    const list = this.#openings[model];
    if (opened < list.length) return true;
    if (list.length >= this.#capacity[model]) return false;
    if (list.length % 2 === 1) {
      for (let i = 0; i < 8; i++) if (this.#append(model, this.#sample(model))) return true;
    }
    const ranked = this.#ranked[model];
    while (this.#nextRanked[model] * 12 < ranked.length) {
      const at = this.#nextRanked[model]++ * 12;
      const stages: Stage[] = [];
      for (let s = 0; s < ranked[at]; s++) {
        stages.push({
          processor: ranked[at + 1 + 2 * s],
          first: stages.at(-1)?.end ?? 0,
          end: ranked[at + 2 + 2 * s],
        });
      }
      if (this.#append(model, this.#option(model, stages))) return true;
    }
    return false;
  }

  #append(model: number, option: Option): boolean {
    const list = this.#openings[model];
    if (list.length >= this.#capacity[model] || list.some((other) => other.key === option.key)) return false;
    list.push(option);
    return true;
  }

  #rollOut(model: number): Option {
    return this.#best && this.#random() < 0.5 ? this.#best[model] : this.#sample(model);
  }

  #sample(model: number): Option {
    const { blocks } = this.#problem.models[model];
    const processors = [...this.#prepared.models[model].usable];
    const most = Math.min(this.#problem.maxStages, blocks, processors.length);
    const count = 1 + Math.floor(this.#random() * most);
    const cuts = new Set<number>();
    while (cuts.size < count - 1) cuts.add(1 + Math.floor(this.#random() * (blocks - 1)));
    const ends = [...cuts].sort((a, b) => a - b);
    ends.push(blocks);
    const stages = ends.map((end, s) => {
      const [processor] = processors.splice(Math.floor(this.#random() * processors.length), 1);
      return { processor, first: s === 0 ? 0 : ends[s - 1], end };
    });
    return this.#option(model, stages);
  }

  #option(m: number, stages: Stage[]): Option {
    const problem = this.#problem;
    const model: PlacementModel = problem.models[m];
    const P = problem.processors;
    const { secondsPrefix, dramPrefix } = this.#prepared.models[m];
    const demand = new Array<number>(problem.resources).fill(0);
    const occupy = (processor: number, seconds: number) => {
      for (let r = 0; r < demand.length; r++) if (problem.processorUses[processor] & (1 << r)) demand[r] += seconds;
    };
    let slowest = 0;
    for (const [s, { processor, first, end }] of stages.entries()) {
      const row = processor * (model.blocks + 1);
      const seconds = secondsPrefix[row + end] - secondsPrefix[row + first];
      let transfer = 0;
      if (s > 0) {
        const hop = stages[s - 1].processor * P + processor;
        transfer = problem.transferSeconds[hop] + model.outputBytes[first - 1] * problem.transferSecondsPerByte[hop];
        if (problem.transferResource[hop] >= 0) demand[problem.transferResource[hop]] += transfer;
        else occupy(processor, transfer);
      }
      occupy(processor, seconds);
      const dram = problem.dramResource[processor];
      if (dram >= 0) demand[dram] += (dramPrefix[end] - dramPrefix[first]) * problem.dramSecondsPerByte[processor];
      slowest = Math.max(slowest, transfer + seconds);
    }
    return {
      key: stages.map(({ processor, end }) => `${processor}:${end}`).join(),
      stages,
      demand: demand.map((seconds) => seconds * model.callsPerFrame),
      prior: 1 / slowest,
    };
  }

  /** Mean of the max-min fair rates. */
  #evaluate(plan: Option[]): number {
    const resources = this.#problem.resources;
    const left = new Array<number>(resources).fill(1);
    let active = plan.map((option, m) => ({ demand: option.demand, weight: this.#problem.models[m].shareWeight }));
    let level = 0;
    let total = 0;
    while (active.length > 0) {
      const load = left.map((_, r) => active.reduce((sum, { demand, weight }) => sum + weight * demand[r], 0));
      const room = load.map((demand, r) => (demand > 0 ? left[r] / demand : Number.POSITIVE_INFINITY));
      const step = Math.min(...room);
      level += step;
      const full = room.map((space, r) => {
        left[r] -= step * load[r];
        return space === step || (load[r] > 0 && left[r] <= 1e-12);
      });
      const going = active.filter(({ demand }) => !demand.some((seconds, r) => seconds > 0 && full[r]));
      for (const stopped of active) if (!going.includes(stopped)) total += stopped.weight * level;
      active = going;
    }
    return total / plan.length;
  }

  /** mulberry32 */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}
