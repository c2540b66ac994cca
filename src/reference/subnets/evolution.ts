/**
 * The evolutionary loop of Once-for-All (Cai et al., ICLR 2020; tutorial code) under one limit, and its variant with an
 * accuracy floor (Lou et al., Dynamic-OFA, 2021). Twin of assembly/subnets/evolution.ts.
 *
 *   first population ─► selection ─► mutants, then crossovers ─► selection ─► ...
 *
 * A child over the limit is drawn again from the same parents; one below the floor too, but in rounds: all that are due
 * are drawn, scored together, and those that fail are due again. Children of the last generation are scored and never
 * looked at, as in the original.
 */
import type {
  EvolutionOptions,
  ScoredNetworks,
  SearchState,
  SubnetSearch,
  SubnetSearchStatus,
  SubnetSpace,
} from '../../core/subnets.ts';
import { Random } from '../random.ts';
import { joined, type ScoreBatch, type ScoredNetwork } from './scored.ts';
import { cross, decode, drawGenome, mutate } from './space.ts';

interface Child {
  parents: ScoredNetwork[];
  draws: number;
  draft?: ScoredNetwork;
}

export class ReferenceEvolution implements SubnetSearch {
  readonly #space: SubnetSpace;
  readonly #costOf: (network: Uint8Array) => number;
  readonly #scoreBatch: ScoreBatch;
  readonly #options: EvolutionOptions;
  readonly #random: Random;
  #parents: ScoredNetwork[] = [];
  #children: Child[];
  /** Indices into the children: what the batch holds once complete. */
  #due: Child[];
  #cursor = 0;
  #last: ScoredNetwork[] = [];
  #best: ScoredNetwork | undefined;
  #unselected = false;
  #first = true;
  #floor: number;
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
    options: EvolutionOptions,
  ) {
    this.#space = space;
    this.#costOf = costOf;
    this.#scoreBatch = scoreBatch;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#floor = options.floor - 0.3;
    this.#children = this.#newChildren(options.population);
    this.#due = this.#children;
  }

  #newChildren(count: number): Child[] {
    return Array.from({ length: count }, () => ({ parents: [], draws: 0 }));
  }

  status(): SubnetSearchStatus {
    return { ...this.#status };
  }

  advance(draws: number): SubnetSearchStatus {
    if (this.#unselected) this.#select();
    this.#status.state = this.#draw(draws);
    return this.status();
  }

  #draw(draws: number): SearchState {
    const { limit, maxDraws, initialHalf } = this.#options;
    for (let left = draws; this.#cursor < this.#due.length; ) {
      if (left-- === 0) return 'drawing';
      const child = this.#due[this.#cursor];
      if (child.draws === maxDraws) return 'capped';
      child.draws++;
      this.#status.draws++;
      const genome = this.#draft(child);
      const network = decode(this.#space, genome);
      const cost = this.#costOf(network);
      if (!(cost <= limit)) continue;
      child.draft = { genome, network, cost, score: 0 };
      this.#cursor++;
    }
    if (this.#first && initialHalf) {
      this.#children = this.#children.slice(0, (this.#children.length + 1) >> 1);
      this.#due = this.#children;
    }
    this.#first = false;
    return 'scoring';
  }

  /** A genome from the parents that the child was given at its first draw. */
  #draft(child: Child): Uint8Array {
    const space = this.#space;
    const random = this.#random;
    if (this.#parents.length === 0) return drawGenome(space, random);
    const mutant = this.#children.indexOf(child) < this.#options.mutants;
    while (child.parents.length < (mutant ? 1 : 2))
      child.parents.push(this.#parents[random.below(this.#parents.length)]);
    if (!mutant) return cross(child.parents[0].genome, child.parents[1].genome, random);
    const genome = child.parents[0].genome.slice();
    mutate(space, genome, this.#options, random);
    return genome;
  }

  batch(): Uint8Array {
    return joined(this.#due.map(({ draft }) => draft!)).networks;
  }

  score(): void {
    this.tell(this.#scoreBatch(this.batch()));
  }

  tell(scores: Float32Array): void {
    const drafts = this.#due.map(({ draft }, i) => Object.assign(draft!, { score: scores[i] }));
    this.#last = drafts;
    this.#status.evaluations += drafts.length;
    this.#due = this.#due.filter((_, i) => !(scores[i] >= this.#floor));
    this.#cursor = 0;
    if (this.#due.length > 0) return;
    this.#floor = this.#options.floor;
    this.#unselected = true;
    if (this.#parents.length > 0) this.#status.generation++;
  }

  /** Stable ascending sort by score, reversed: among equals the later ones come first. */
  #select(): void {
    const pool = [...this.#parents, ...this.#children.map(({ draft }) => draft!)];
    const sorted = pool.map((_, i) => i).sort((a, b) => pool[a].score - pool[b].score || a - b);
    this.#parents = sorted
      .reverse()
      .slice(0, this.#options.parents)
      .map((i) => pool[i]);
    const [top] = this.#parents;
    if (!this.#best || top.score > this.#best.score) this.#best = top;
    this.#unselected = false;
    this.#children = this.#newChildren(this.#options.mutants + this.#options.crossovers);
    this.#due = this.#children;
  }

  scored(): ScoredNetworks {
    return joined(this.#last);
  }

  population(): ScoredNetworks {
    return joined(this.#parents);
  }

  best(): ScoredNetworks | undefined {
    return this.#best && joined([this.#best]);
  }
}
