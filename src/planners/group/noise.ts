/** How much the rates may be off before another plan would be better. */
import { exp, Random } from '../../../bindings/core.ts';
import { Pace } from '../../core/pace.ts';
import { optimumFrom } from './exact.ts';
import { groupSeconds, isShorter } from './loads.ts';
import { type Assignment, type GroupProblem, prepareGroup } from './problem.ts';
import type { GroupWhatIf } from './schema.ts';

/** Relative changes of one rate that are tried: up to four times or a quarter. */
const MOST_CHANGE = 3;
const BISECTIONS = 12;

export interface NoiseOptions {
  noise?: number;
  samples?: number;
  seed?: number;
  signal?: AbortSignal;
}

/**
 * Draws matrices F exp(e) with e uniform in plus or minus `noise`, and counts how often the plan stays optimal. Then
 * looks for the single rate whose change breaks it soonest.
 */
export async function noiseSensitivity(
  problem: GroupProblem,
  assignment: Assignment,
  { noise = 0.1, samples = 200, seed = 1, signal }: NoiseOptions = {},
): Promise<GroupWhatIf['noise']> {
  const random = new Random(seed);
  const pace = new Pace();
  let stays = 0;
  let sum = 0;
  let worst = 0;
  for (let sample = 0; sample < samples; sample++) {
    const rates = problem.rates.map((row) => row.map((rate) => rate * exp(noise * (2 * random.unit() - 1))));
    const regret = regretOf(prepareGroup({ ...problem, rates }), assignment);
    if (regret === 0) stays++;
    sum += regret;
    worst = Math.max(worst, regret);
    if (pace.due) await pace.handOver();
    signal?.throwIfAborted();
  }
  const smallestBreak = await breakingChange(problem, assignment, pace, signal);
  return {
    share: noise,
    samples,
    seed,
    staysOptimal: stays / samples,
    meanRegret: sum / samples,
    worstRegret: worst,
    ...(smallestBreak && { smallestBreak }),
  };
}

/** 1 - FPS of the assignment / best FPS; 0 = it is optimal. */
function regretOf(problem: GroupProblem, assignment: Assignment): number {
  const best = optimumFrom(problem, assignment).assignment;
  if (!best) return 0;
  const [mine, least] = [groupSeconds(problem, assignment), groupSeconds(problem, best)];
  return isShorter(least, mine) ? 1 - least / mine : 0;
}

/**
 * The least relative change of one rate after which the assignment is no longer the best. A cell is looked at closely
 * only where the least change so far breaks the plan there, too.
 */
async function breakingChange(
  problem: GroupProblem,
  assignment: Assignment,
  pace: Pace,
  signal?: AbortSignal,
): Promise<GroupWhatIf['noise']['smallestBreak']> {
  if (regretOf(problem, assignment) > 0) return undefined;
  let least = MOST_CHANGE;
  let found: GroupWhatIf['noise']['smallestBreak'];
  const breaks = (i: number, j: number, change: number) => {
    const rates = problem.rates.map((row, k) =>
      row.map((rate, l) => (k === i && l === j ? rate * (1 + change) : rate)),
    );
    return regretOf(prepareGroup({ ...problem, rates }), assignment) > 0;
  };
  for (const [i, row] of problem.rates.entries()) {
    for (const [j, rate] of row.entries()) {
      if (!(rate > 0)) continue;
      for (const sign of [-1, 1]) {
        // A rate cannot fall by more than all of itself.
        const change = (size: number) => (sign < 0 ? -size / (1 + size) : size);
        if (!breaks(i, j, change(least))) continue;
        let low = 0;
        let high = least;
        for (let step = 0; step < BISECTIONS; step++) {
          const middle = (low + high) / 2;
          if (breaks(i, j, change(middle))) high = middle;
          else low = middle;
        }
        if (high >= least) continue;
        least = high;
        found = { model: problem.models[i]!.name, device: problem.devices[j]!.id, change: change(high) };
      }
      if (pace.due) await pace.handOver();
      signal?.throwIfAborted();
    }
  }
  return found;
}
