/**
 * The default method. Additive surrogates, one for each limit, are fitted to scored networks; their best trade-offs are
 * found exactly by dynamic programming and scored by the predictor; then steps to neighbours that the surrogate thinks
 * best, from the best of every limit and resolution, and from disturbed copies of them. All that is scored teaches the
 * surrogates, and the next pass begins.
 *
 *   samples ─► fit ─► dynamic programming ─► score ─► climb ─► disturb and climb ─┐
 *               ▲                                                                │ until the budget ends
 *               └────────────────────────────────────────────────────────────────┘
 *
 * The surrogate's optimum is no bound on the predictor: results are the best found, not proven.
 */
import { Random } from '../../../bindings/core.ts';
import { Archive, type Found } from '../archive.ts';
import { TradeOffSolver } from '../dynamic-programming.ts';
import { Neighbourhood } from '../neighbourhood.ts';
import { networkKey } from '../space.ts';
import { Surrogate } from '../surrogate.ts';
import { type Method, type MethodContext, type MethodOutcome, Scorer } from './method.ts';

export interface ExactSurrogateSettings {
  /** Random networks for the first fit, and their share of the budget at most. */
  samples: number;
  /** Weight of a network that was proposed or reached, where a sample has 1. */
  frontWeight: number;
  /** How fast weights fall with the distance from a limit: at 1/focus of the limit away they are halved. */
  focus: number;
  /** Trade-offs scored per limit, resolution and pass. */
  proposals: number;
  /** Passes that begin with dynamic programming; later ones only fit anew. */
  proposalPasses: number;
  /** Climbs begin no further below the best of their limit. */
  margin: number;
  /** Neighbours scored at a time. */
  width: number;
  /** Changes that disturb a network. */
  kick: number;
  /** Disturbed climbs per limit and pass. */
  kicks: number;
  /** Precision of dynamic programming: ranges of cost that keep one beginning each. */
  buckets: number;
}

export const EXACT_SURROGATE_DEFAULTS: ExactSurrogateSettings = {
  samples: 800,
  frontWeight: 100,
  focus: 3,
  proposals: 12,
  proposalPasses: 1,
  margin: 0.002,
  width: 32,
  kick: 2,
  kicks: 6,
  buckets: 512,
};

/** Scores closer than this are equal: float32 noise of the incremental first layer. */
const NOISE = 1e-6;
/** Margins below the best of a limit, from which on a resolution gets no more proposals. */
const HOPELESS = 4;

export function exactSurrogateMethod(settings: Partial<ExactSurrogateSettings> = {}): Method {
  return {
    id: 'exact-surrogate',
    title: 'additive surrogates, solved exactly, and neighbours',
    source:
      'surrogate-assisted search as in NSGANetV2 (Lu et al., ECCV 2020), additive block scores as in MathNAS (2023)',
    defaultEvaluations: (limits) => 2000 + 3100 * limits,
    run: (context) => new ExactSurrogate(context, { ...EXACT_SURROGATE_DEFAULTS, ...settings }).run(),
  };
}

class ExactSurrogate {
  readonly #context: MethodContext;
  readonly #settings: ExactSurrogateSettings;
  readonly #archive: Archive;
  readonly #scorer: Scorer;
  readonly #random: Random;
  readonly #neighbourhood: Neighbourhood;
  readonly #solver: TradeOffSolver;
  /** By limit: fitted to networks of about that cost. */
  readonly #surrogates: Surrogate[];
  readonly #worths: Float64Array[][] = [];
  readonly #scored = new Map<string, Found>();
  /** By limit and resolution: the best. */
  readonly #elites: (Found | undefined)[][];
  /** By limit: networks from which a climb ended. */
  readonly #climbed: Set<string>[];
  #duplicates = 0;
  #proposed = false;

  constructor(context: MethodContext, settings: ExactSurrogateSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#archive = new Archive(context.extremes.least.cost, context.limits);
    this.#scorer = new Scorer(context);
    this.#random = new Random(context.seed);
    this.#neighbourhood = new Neighbourhood(context.space, context.kernel, context.resolutions);
    this.#solver = new TradeOffSolver(context.space, context.cost);
    this.#surrogates = context.limits.map(() => new Surrogate(context.space));
    this.#elites = context.limits.map(() => []);
    this.#climbed = context.limits.map(() => new Set());
  }

  async run(): Promise<MethodOutcome> {
    const { limits, stall = Infinity } = this.#context;
    await this.#sample();
    let scores = limits.map((_, l) => this.#best(l).score);
    let stalled = 0;
    for (let pass = 0; !this.#stopped && stalled < stall; pass++) {
      const before = this.#scorer.evaluations;
      this.#surrogates.forEach((surrogate, l) => {
        this.#worths[l] = surrogate.worth();
      });
      if (pass < this.#settings.proposalPasses) await this.#propose();
      for (let l = 0; l < limits.length && !this.#stopped; l++) await this.#climbAll(l);
      for (let l = 0; l < limits.length && !this.#stopped; l++) await this.#disturb(l);
      // A small space is soon searched out.
      if (this.#scorer.evaluations === before) break;
      const reached = limits.map((_, l) => this.#best(l).score);
      stalled = reached.some((score, l) => score > scores[l]) ? 0 : stalled + 1;
      scores = reached;
    }
    return {
      archive: this.#archive,
      evaluations: this.#scorer.evaluations,
      duplicates: this.#duplicates,
      repairs: 0,
      partial: this.#scorer.aborted,
      capped: [],
    };
  }

  get #stopped(): boolean {
    return this.#scorer.aborted || this.#scorer.left <= 0;
  }

  async #sample(): Promise<void> {
    const { space, kernel, extremes, resolutions } = this.#context;
    const { choices, slots } = space.numbers;
    const count = Math.min(this.#settings.samples, Math.ceil(this.#scorer.left / 3));
    const genomes = new Uint8Array(count * choices.length);
    const resolutionGene = slots[space.resolutionSlot].firstGene;
    for (let i = 0; i < count; i++) {
      for (let g = 0; g < choices.length; g++) {
        const choice =
          g === resolutionGene ? resolutions[this.#random.below(resolutions.length)] : this.#random.below(choices[g]);
        genomes[i * choices.length + g] = choice;
      }
    }
    await this.#score(kernel.networks(genomes), 1, 'samples');
    // The cheapest network keeps every limit: no limit is left without an answer.
    await this.#score(extremes.least.network, 1, 'samples');
  }

  /** The surrogates' best trade-offs, just within every limit. */
  async #propose(): Promise<void> {
    const { limits, extremes } = this.#context;
    const networks: Uint8Array[] = [];
    for (const [l, each] of limits.entries()) {
      const limit = Math.min(each, extremes.most.cost);
      const worth = this.#worths[l];
      const resolutions = this.#promisingResolutions(l);
      const fronts = this.#solver.fronts({ worth, resolutions, limit, buckets: this.#settings.buckets });
      for (const front of fronts) {
        const first = Math.max(0, front.count - this.#settings.proposals);
        for (let i = first; i < front.count; i++) networks.push(front.at(i).network);
      }
      await this.#scorer.breathe('trade-offs');
    }
    this.#proposed = true;
    await this.#score(concatenated(networks), this.#settings.frontWeight, 'trade-offs');
  }

  /** At first all; then those whose best is not hopelessly behind. */
  #promisingResolutions(l: number): readonly number[] {
    const { resolutions } = this.#context;
    if (!this.#proposed) return resolutions;
    const least = this.#best(l).score - HOPELESS * this.#settings.margin;
    return resolutions.filter((r) => (this.#elites[l][r + 1]?.score ?? -Infinity) >= least);
  }

  #best(l: number): Found {
    return this.#elites[l].reduce(
      (best, each) => (each && (!best || each.score > best.score) ? each : best),
      undefined,
    )!;
  }

  /** Climb from the best of every resolution that is not far behind. */
  async #climbAll(l: number): Promise<void> {
    const least = this.#best(l).score - this.#settings.margin;
    for (const start of this.#elites[l]) if (start && start.score >= least) await this.#climb(l, start);
  }

  /** Climb from disturbed copies of the best. */
  async #disturb(l: number): Promise<void> {
    const limit = this.#context.limits[l];
    for (let k = 0; k < this.#settings.kicks && !this.#stopped; k++) {
      const least = this.#best(l).score - this.#settings.margin;
      const good = this.#elites[l].filter((each): each is Found => each !== undefined && each.score >= least);
      const { network } = good[this.#random.below(good.length)];
      const kicked = this.#neighbourhood.disturbed(network, this.#settings.kick, limit, this.#worths[l], this.#random);
      if (!kicked) continue;
      const [start] = await this.#score(kicked, this.#settings.frontWeight, 'neighbours');
      await this.#climb(l, start);
    }
  }

  /** Steps to the best of the most promising neighbours, as long as one is better. */
  async #climb(l: number, start: Found): Promise<void> {
    const { kernel, limits } = this.#context;
    let now = start;
    while (!this.#stopped && !this.#climbed[l].has(networkKey(now.network))) {
      this.#climbed[l].add(networkKey(now.network));
      const from = now;
      const neighbours = this.#neighbourhood.promising(from, limits[l], this.#worths[l], this.#settings.width);
      const networks = concatenated(neighbours);
      const scores = await this.#scorer.scoresNear(from.network, networks, 'neighbours');
      const costs = kernel.costs(networks);
      let best = -1;
      neighbours.forEach((network, i) => {
        if (costs[i] > limits[l]) return;
        this.#surrogates[l].add(network, scores[i], this.#settings.frontWeight);
        if (best < 0 || scores[i] > scores[best]) best = i;
      });
      if (best < 0 || scores[best] <= from.score + NOISE) return;
      [now] = await this.#score(neighbours[best], this.#settings.frontWeight, 'neighbours');
      if (now.score <= from.score) return;
    }
  }

  /** Score networks [count][S] from scratch; those met before cost nothing. */
  async #score(networks: Uint8Array, weight: number, note: string): Promise<Found[]> {
    const size = this.#context.space.numbers.slots.length;
    const rows = Array.from({ length: networks.length / size }, (_, i) => networks.slice(i * size, (i + 1) * size));
    const keys = rows.map(networkKey);
    const fresh = new Map(keys.map((key, i) => [key, rows[i]] as const).filter(([key]) => !this.#scored.has(key)));
    this.#duplicates += rows.length - fresh.size;
    const list = concatenated([...fresh.values()]);
    const scores = await this.#scorer.scores(list, note);
    const costs = this.#context.kernel.costs(list);
    [...fresh].forEach(([key, network], i) => {
      const found = { network, score: scores[i], cost: costs[i] };
      this.#scored.set(key, found);
      this.#teach(network, found.score, found.cost, weight);
      this.#archive.offer(network, found.score, found.cost);
      this.#enlist(found);
    });
    return keys.map((key) => this.#scored.get(key)!);
  }

  #teach(network: Uint8Array, score: number, cost: number, weight: number): void {
    this.#context.limits.forEach((limit, l) => {
      const nearness = 1 / (1 + (this.#settings.focus * (cost / limit - 1)) ** 2);
      this.#surrogates[l].add(network, score, weight * nearness);
    });
  }

  #enlist(found: Found): void {
    const resolution = found.network[this.#context.space.resolutionSlot];
    this.#context.limits.forEach((limit, l) => {
      const held = this.#elites[l][resolution];
      if (found.cost <= limit && (!held || found.score > held.score)) this.#elites[l][resolution] = found;
    });
  }
}

function concatenated(rows: readonly Uint8Array[]): Uint8Array {
  const size = rows[0]?.length ?? 0;
  const all = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => {
    all.set(row, i * size);
  });
  return all;
}
