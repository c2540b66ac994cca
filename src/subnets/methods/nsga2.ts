/** NSGA-II: the whole front in one run; see src/reference/subnets/front.ts for the loop. */
import { Random } from '../../../bindings/core.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { Archive } from '../archive.ts';
import { FeasibleSampler } from '../sampling.ts';
import { genomeOf, networkKey } from '../space.ts';
import { Surrogate } from '../surrogate.ts';
import { type Method, type MethodContext, type MethodOutcome, Scorer } from './method.ts';

/** Chosen on seeds that no comparison uses: docs/search-settings.md. */
export const NSGA2_DEFAULTS = { population: 100, mutateProbability: 0.05, resolutionProbability: 0.1 } as const;

type Nsga2Settings = { [K in keyof typeof NSGA2_DEFAULTS]: number };

/** Generations without a network that was not met before: a small space is searched out. */
const BARREN = 10;
/** Draws between two looks at the clock. */
const DRAWS = 512;

export function nsga2Method(settings: Partial<Nsga2Settings> = {}): Method {
  return {
    id: 'nsga2',
    title: 'NSGA-II, one run for the whole front',
    source: 'Deb et al., IEEE Transactions on Evolutionary Computation 6 (2002), with repair and an archive',
    defaultEvaluations: () => 20_000,
    run: (context) => evolveFront(context, { ...NSGA2_DEFAULTS, ...settings }),
  };
}

async function evolveFront(
  context: MethodContext,
  { population, mutateProbability, resolutionProbability }: Nsga2Settings,
): Promise<MethodOutcome> {
  const { space, kernel, predictor, extremes, limits, seed, evaluations, stall = Infinity } = context;
  const limit = Math.min(limits[limits.length - 1], extremes.most.cost);
  const archive = new Archive(extremes.least.cost, limits);
  const scorer = new Scorer(context);
  const initial = firstPopulation(context, limit, Math.min(population, evaluations));
  const size = space.numbers.slots.length;
  // Repair needs an opinion on what blocks are worth: an additive fit to the first population.
  const networks = kernel.networks(initial);
  const scores = await scorer.scores(networks, 'first population');
  const surrogate = new Surrogate(space);
  scores.forEach((score, i) => {
    surrogate.add(networks.subarray(i * size, (i + 1) * size), score, 1);
  });
  const search = kernel.front({
    seed,
    mutateProbability,
    resolutionProbability,
    limit,
    evaluations,
    worth: surrogate.worth(),
    initial,
    cheapest: genomeOf(space, extremes.least.network),
  });
  search.advance(1);
  search.tell(scores);
  /** @returns whether some network is better than all that cost no more */
  const offer = (): boolean => {
    const { count, networks: rows, scores: values, costs } = search.scored();
    let better = false;
    for (let i = 0; i < count; i++) {
      better ||= !(values[i] <= (archive.best(costs[i])?.score ?? -Infinity));
      archive.offer(rows.subarray(i * size, (i + 1) * size), values[i], costs[i]);
    }
    return better;
  };
  offer();
  let barren = 0;
  let stalled = 0;
  while (!scorer.aborted && scorer.left > 0 && barren < BARREN && stalled < stall) {
    const { state, generation } = search.advance(DRAWS);
    if (state === 'scoring') {
      const batch = search.batch();
      const fresh = batch.length / size;
      if (fresh > scorer.left) break;
      if (predictor.score) search.tell(await predictor.score(batch));
      else search.score();
      scorer.evaluations += fresh;
      barren = fresh === 0 ? barren + 1 : 0;
      stalled = offer() ? 0 : stalled + 1;
    }
    await scorer.breathe(`generation ${generation}`);
  }
  const { duplicates, repairs } = search.status();
  return { archive, evaluations: scorer.evaluations, duplicates, repairs, partial: scorer.aborted, capped: [] };
}

/** Distinct networks within the limit, uniformly drawn; fewer where there are no more. */
function firstPopulation(
  { space, cost, resolutions, extremes, seed }: MethodContext,
  limit: number,
  count: number,
): Uint8Array {
  const sampler = new FeasibleSampler(space, cost, resolutions, limit);
  const random = new Random(seed);
  const genomes = new Map<string, Uint8Array>();
  const cheapest = genomeOf(space, extremes.least.network);
  genomes.set(networkKey(cheapest), cheapest);
  for (let tries = 0; tries < 4 * count && genomes.size < count; tries++) {
    const genome = sampler.draw(random);
    if (genome) genomes.set(networkKey(genome), genome);
  }
  if (genomes.size === 0) throw new HeterodyneError('INTERNAL', 'no network keeps a limit that one must keep');
  return Uint8Array.from([...genomes.values()].flatMap((genome) => [...genome]));
}
