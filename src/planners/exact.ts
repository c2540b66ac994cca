/**
 * The proven optimum: a short tree search for a good start, then branch and bound in the core. Up to 10^8 placements
 * it runs to the end; beyond, only under a time limit, and what is left open bounds the answer.
 */
import { HeterodyneError } from '../core/errors.ts';
import { Pace } from '../core/pace.ts';
import type { ExactStatus } from '../core/placement.ts';
import { infeasible } from './infeasible.ts';
import { mcts } from './mcts.ts';
import { DEFAULT_EVALUATIONS, type Planner, type PlannerContext, type PlannerResult } from './planner.ts';

/** Joint placements that are searched without a time limit. */
export const MOST_PLACEMENTS = 1e8;
/** Nodes of one call into the core: a few milliseconds at most. */
const NODES = 20_000;

export const exact: Planner = {
  id: 'exact',
  title: 'branch and bound',
  source: 'bounds of this project, see docs/planners.md',
  plan,
};

async function plan(context: PlannerContext): Promise<PlannerResult> {
  const { kernel, timeLimitMs, signal, names } = context;
  if (context.estimator) {
    throw new HeterodyneError('USAGE', 'exact search proves optima of the throughput model, not of an estimator', {
      path: '/planner',
      hint: 'leave the estimator out, or use mcts',
    });
  }
  const placements = kernel.optionCounts().reduce((product, options) => product * options, 1);
  if (placements > MOST_PLACEMENTS && timeLimitMs === undefined) {
    throw new HeterodyneError('LIMIT', `exact search of ${placements.toPrecision(3)} placements may take for ever`, {
      path: '/planner',
      expected: `at most ${MOST_PLACEMENTS} placements, or a time limit`,
      received: placements.toPrecision(3),
      hint: 'give a time limit (the best placement and a bound come out), fewer stages, or use mcts',
    });
  }
  const pace = new Pace();
  const start = await startFrom(context);
  const search = kernel.exact(start?.placement);
  const history = [...(start?.history ?? [])];
  const before = start?.evaluations ?? 0;
  let status: ExactStatus;
  for (;;) {
    status = search.run(NODES);
    const evaluations = before + status.evaluations;
    if (status.bestValue > (history.at(-1)?.value ?? -Infinity)) history.push({ evaluations, value: status.bestValue });
    if (status.done || signal?.aborted || (timeLimitMs !== undefined && pace.elapsedMs >= timeLimitMs)) break;
    if (!pace.due) continue;
    context.onProgress?.({
      planner: exact.id,
      evaluations,
      bestValue: status.bestValue,
      progress: timeLimitMs === undefined ? 0 : Math.min(1, pace.elapsedMs / timeLimitMs),
    });
    await pace.handOver();
  }
  const placement = search.best();
  if (!placement) throw infeasible(kernel, undefined, names);
  return {
    placement,
    value: status.bestValue,
    meanRate: status.bestMeanRate,
    evaluations: before + status.evaluations,
    simulations: before + status.nodes,
    cacheHits: start?.cacheHits ?? 0,
    refused: start?.refused ?? 0,
    history,
    stoppedBy: status.done ? 'exhausted' : signal?.aborted ? 'abort' : 'time',
    partial: !status.done && signal?.aborted === true,
    ...(status.done ? { exhaustive: true as const } : { bound: status.bound }),
  };
}

/** A good placement to begin with; undefined where the tree search finds none within the limits. */
async function startFrom(context: PlannerContext): Promise<PlannerResult | undefined> {
  try {
    return await mcts.plan({
      ...context,
      evaluations: DEFAULT_EVALUATIONS,
      patience: undefined,
      onProgress: undefined,
    });
  } catch (error) {
    if (error instanceof HeterodyneError && error.code === 'INFEASIBLE') return undefined;
    throw error;
  }
}
