/**
 * The evolutionary search of Once-for-All, one run per limit, as published: see src/reference/subnets/evolution.ts for
 * the loop. Redraws are capped, so that an impossible pair of limit and floor ends.
 */
import type { EvolutionOptions, SubnetSearch } from '../../core/subnets.ts';
import { Archive } from '../archive.ts';
import { type Method, type MethodContext, type MethodOutcome, Scorer } from './method.ts';

/** Generations and settings of the Once-for-All tutorial; others: see presets.ts. */
export const EVOLUTION_DEFAULTS = {
  population: 100,
  parents: 25,
  mutants: 50,
  crossovers: 50,
  mutateProbability: 0.1,
  resolutionProbability: 0.1,
  initialHalf: false,
  maxDraws: 100_000,
  generations: 500,
} as const;

export type EvolutionSettings = Omit<EvolutionOptions, 'seed' | 'limit' | 'floor'> & { generations: number };

/** Draws between two looks at the clock. */
const DRAWS = 8192;

export function evolutionMethod(settings: Partial<EvolutionSettings> = {}, preset?: string): Method {
  const all: EvolutionSettings = { ...EVOLUTION_DEFAULTS, ...settings };
  const perLimit = all.population + all.generations * (all.mutants + all.crossovers);
  return {
    id: 'evolution',
    ...(preset !== undefined && { preset }),
    title: 'evolutionary search, one run per limit',
    source: 'Once-for-All (Cai et al., ICLR 2020) and Dynamic-OFA (Lou et al., 2021), reimplemented',
    defaultEvaluations: (limits) => perLimit * limits,
    run: (context) => evolve(context, all),
  };
}

async function evolve(context: MethodContext, settings: EvolutionSettings): Promise<MethodOutcome> {
  const { kernel, limits, extremes, minAccuracy, seed } = context;
  const { generations, ...options } = settings;
  const archive = new Archive(extremes.least.cost, limits);
  const scorer = new Scorer(context);
  const outcome: MethodOutcome = {
    archive,
    evaluations: 0,
    duplicates: 0,
    repairs: 0,
    partial: false,
    capped: [],
    traces: [],
  };
  for (const limit of limits) {
    const search = kernel.evolution({ ...options, seed, limit, floor: minAccuracy ?? -Infinity });
    const scores: number[] = [];
    outcome.traces!.push({ limit, scores });
    const state = await runGenerations(search, generations, scorer, context, scores);
    const best = search.best();
    if (best) archive.offer(best.networks, best.scores[0], best.costs[0]);
    if (state === 'capped') outcome.capped.push(limit);
    if (state === 'stopped') {
      outcome.partial = true;
      break;
    }
  }
  return { ...outcome, evaluations: scorer.evaluations };
}

async function runGenerations(
  search: SubnetSearch,
  generations: number,
  scorer: Scorer,
  { predictor, stall = Infinity }: MethodContext,
  scores: number[],
): Promise<'done' | 'capped' | 'stopped'> {
  let status = search.status();
  let better = 0;
  while (status.generation < generations && status.generation - better < stall) {
    if (scorer.aborted || scorer.left <= 0) return 'stopped';
    status = search.advance(DRAWS);
    if (status.state === 'capped') return 'capped';
    if (status.state === 'scoring') {
      const { evaluations, generation } = status;
      if (predictor.score) search.tell(await predictor.score(search.batch()));
      else search.score();
      status = search.status();
      scorer.evaluations += status.evaluations - evaluations;
      if (status.generation > generation) {
        const [best] = search.best()!.scores;
        if (scores.length === 0 || best > scores[scores.length - 1]) better = status.generation;
        scores.push(best);
      }
    }
    await scorer.breathe(`generation ${status.generation}`);
  }
  return 'done';
}
