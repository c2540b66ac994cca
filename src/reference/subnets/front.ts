/**
 * NSGA-II (Deb et al., IEEE Transactions on Evolutionary Computation 6, 2002) over scores and costs: one run answers all
 * limits. Children over the limit are repaired, networks met before are not scored again. Twin of
 * assembly/subnets/front.ts.
 */
import { rowCount } from '../../core/subnet-checks.ts';
import type {
  FrontOptions,
  ScoredNetworks,
  SearchState,
  SubnetSearch,
  SubnetSearchStatus,
  SubnetSpace,
} from '../../core/subnets.ts';
import { Random } from '../random.ts';
import { crowdingDistances, rankFronts } from './fronts.ts';
import { repair } from './repair.ts';
import { joined, type ScoreBatch, type ScoredNetwork } from './scored.ts';
import { cross, decode, mutate } from './space.ts';

/** Attempts at a child that was not met before. */
const ATTEMPTS = 20;

export class ReferenceFront implements SubnetSearch {
  readonly #space: SubnetSpace;
  readonly #costOf: (network: Uint8Array) => number;
  readonly #scoreBatch: ScoreBatch;
  readonly #options: FrontOptions;
  readonly #random: Random;
  readonly #size: number;
  readonly #seen = new Set<string>();
  #members: ScoredNetwork[] = [];
  #ranks: number[] = [];
  #crowding: number[] = [];
  #children: ScoredNetwork[];
  #last: ScoredNetwork[] = [];
  #tried = 0;
  #status: SubnetSearchStatus = {
    state: 'drawing',
    generation: 0,
    evaluations: 0,
    draws: 0,
    duplicates: 0,
    repairs: 0,
  };

  constructor(
    space: SubnetSpace,
    costOf: (network: Uint8Array) => number,
    scoreBatch: ScoreBatch,
    options: FrontOptions,
  ) {
    this.#space = space;
    this.#costOf = costOf;
    this.#scoreBatch = scoreBatch;
    this.#options = options;
    this.#random = new Random(options.seed);
    const genes = space.choices.length;
    this.#size = rowCount(options.initial, genes, 'initial');
    this.#children = Array.from({ length: this.#size }, (_, i) =>
      this.#spelled(options.initial.slice(i * genes, (i + 1) * genes)),
    );
    for (const child of this.#children) this.#unseen(child);
  }

  #spelled(genome: Uint8Array): ScoredNetwork {
    const network = decode(this.#space, genome);
    return { genome, network, cost: this.#costOf(network), score: 0 };
  }

  /** New, and remembered from now on (while there is room). */
  #unseen({ network }: ScoredNetwork): boolean {
    const key = network.join();
    if (this.#seen.has(key)) return false;
    if (this.#seen.size < this.#options.evaluations) this.#seen.add(key);
    return true;
  }

  status(): SubnetSearchStatus {
    return { ...this.#status };
  }

  advance(draws: number): SubnetSearchStatus {
    this.#status.state = this.#members.length === 0 ? 'scoring' : this.#breed(draws);
    return this.status();
  }

  #breed(draws: number): SearchState {
    for (let left = draws; this.#tried < this.#size * ATTEMPTS && this.#children.length < this.#size; ) {
      if (left-- === 0) return 'drawing';
      this.#tried++;
      this.#status.draws++;
      const a = this.#tournament();
      const b = this.#tournament();
      const genome = cross(a.genome, b.genome, this.#random);
      mutate(this.#space, genome, this.#options, this.#random);
      let child = this.#spelled(genome);
      if (child.cost > this.#options.limit) {
        child = this.#spelled(repair(genome, { ...this.#options, space: this.#space, costOf: this.#costOf }));
        this.#status.repairs++;
      }
      if (this.#unseen(child)) this.#children.push(child);
      else this.#status.duplicates++;
    }
    return 'scoring';
  }

  /** Of two random members the better: lower rank, then more room around it, then the first drawn. */
  #tournament(): ScoredNetwork {
    const a = this.#random.below(this.#members.length);
    const b = this.#random.below(this.#members.length);
    if (this.#ranks[a] !== this.#ranks[b]) return this.#members[this.#ranks[a] < this.#ranks[b] ? a : b];
    return this.#members[this.#crowding[b] > this.#crowding[a] ? b : a];
  }

  batch(): Uint8Array {
    return joined(this.#children).networks;
  }

  score(): void {
    this.tell(this.#scoreBatch(this.batch()));
  }

  tell(values: Float32Array): void {
    this.#children.forEach((child, i) => {
      child.score = values[i];
    });
    this.#last = this.#children;
    this.#status.evaluations += this.#children.length;
    if (this.#members.length > 0) this.#status.generation++;
    const all = [...this.#members, ...this.#children];
    const costs = Float64Array.from(all, ({ cost }) => cost);
    const scores = Float64Array.from(all, ({ score }) => score);
    const ranks = rankFronts(costs, scores);
    const crowding = crowdingDistances(costs, scores, ranks);
    // By rank, then by room; Infinity - Infinity is no number, so equality is asked first.
    const roomier = (a: number, b: number) => (crowding[a] === crowding[b] ? 0 : crowding[b] - crowding[a]);
    const kept = all
      .map((_, i) => i)
      .sort((a, b) => ranks[a] - ranks[b] || roomier(a, b) || a - b)
      .slice(0, this.#size);
    this.#members = kept.map((i) => all[i]);
    this.#ranks = kept.map((i) => ranks[i]);
    this.#crowding = kept.map((i) => crowding[i]);
    this.#children = [];
    this.#tried = 0;
  }

  scored(): ScoredNetworks {
    return joined(this.#last);
  }

  population(): ScoredNetworks {
    return joined(this.#members);
  }

  /** The highest score, at the lowest cost among equals. */
  best(): ScoredNetworks | undefined {
    const [first, ...rest] = this.#members;
    if (!first) return undefined;
    const better = (a: ScoredNetwork, b: ScoredNetwork) =>
      b.score > a.score || (b.score === a.score && b.cost < a.cost);
    return joined([rest.reduce((best, member) => (better(best, member) ? member : best), first)]);
  }
}
