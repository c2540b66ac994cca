/** Executes several placements of the same models, in turns, so that whatever else the machine does meets all alike. */
import { meanInterval } from '../profiles/samples.ts';
import type { Candidate } from './candidates.ts';
import { placements } from './candidates.ts';
import { type DeployOptions, deploy, type Runtime } from './deploy.ts';
import { MachineMeter } from './machine-meter.ts';
import { type RunOptions, type RunResult, run } from './run.ts';
import type { RunCandidate } from './schema.ts';
import { objectiveOfRates, scoreOfRates } from './score.ts';

export interface CompareOptions extends Omit<RunOptions, 'forMs' | 'meters' | 'sources'> {
  /** Of each candidate, all its turns together. */
  forMs: number;
  /** Default 5. */
  turns?: number;
  /** Told of each turn. */
  onTurn?: (candidate: string, turn: number, turns: number) => void;
  /** How each candidate is deployed; `platform` is its own. */
  deployment?: Omit<DeployOptions, 'platform'>;
}

export interface Compared {
  candidates: RunCandidate[];
  /** The first candidate at work, and what all its turns gave. */
  runtime: Runtime;
  result: RunResult;
  /** Share of the cores' time that other programs took, over all turns. */
  otherLoad?: number;
}

const TURNS = 5;
const WARMUP_MS = 200;

/**
 * Runs every candidate in turns, `visit` looks at the first one before its processes end.
 *
 * @throws HeterodyneError as `deploy`
 */
export async function compare<T>(
  candidates: readonly Candidate[],
  options: CompareOptions,
  visit: (compared: Compared) => T,
): Promise<T> {
  const { turns = TURNS, forMs, warmupMs = WARMUP_MS, signal } = options;
  const runtimes: Runtime[] = [];
  const results: (RunResult | undefined)[] = candidates.map(() => undefined);
  const rates = candidates.map((): number[][] => []);
  try {
    for (const { plan, platform } of candidates) {
      runtimes.push(await deploy(plan, { ...options.deployment, platform, ...(signal && { signal }) }));
    }
    const machine = new MachineMeter(() => runtimes.flatMap(({ stations }) => stations));
    for (let turn = 0; turn < turns && !signal?.aborted; turn++) {
      for (let i = 0; i < candidates.length && !signal?.aborted; i++) {
        // Every other round goes backwards: a drift meets first and last alike.
        const c = turn % 2 === 0 ? i : candidates.length - 1 - i;
        options.onTurn?.(candidates[c]!.names[0]!, turn, turns);
        const result = await run(runtimes[c]!, {
          ...options,
          forMs: forMs / turns,
          warmupMs,
          ...(results[c] && { meters: results[c].meters }),
        });
        if (result.partial && turn > 0) break;
        rates[c]!.push(result.turnRates);
        results[c] = joined(results[c], result);
      }
    }
    const { otherLoad } = machine.look();
    return visit({
      ...(otherLoad !== undefined && { otherLoad }),
      candidates: candidates.map((candidate, c) => judged(candidate, rates[c]!)),
      runtime: runtimes[0]!,
      result: results[0]!,
    });
  } finally {
    await Promise.all(runtimes.map((runtime) => runtime.close()));
  }
}

function joined(before: RunResult | undefined, { elapsedMs, busyMs, feederMs, ...rest }: RunResult): RunResult {
  return {
    ...rest,
    elapsedMs: elapsedMs + (before?.elapsedMs ?? 0),
    feederMs: feederMs + (before?.feederMs ?? 0),
    busyMs: new Map([...busyMs].map(([id, ms]) => [id, ms + (before?.busyMs.get(id) ?? 0)])),
  };
}

/** @param rates per turn, of each model */
function judged({ names, plan }: Candidate, rates: readonly number[][]): RunCandidate {
  const values = rates.map((each) => objectiveOfRates(plan.objective, each) ?? scoreOfRates(each).meanThroughputPerS);
  return {
    name: names.join(' = '),
    placements: placements(plan),
    planned: plan.score.value,
    measured: { ...meanInterval(values), turns: values },
    models: plan.models.map(({ name, throughputPerS, stages }, m) => ({
      name,
      throughputPerS: rates.reduce((sum, each) => sum + each[m]!, 0) / Math.max(1, rates.length),
      plannedThroughputPerS: throughputPerS,
      stages: stages.map(({ processor, firstBlock, lastBlock }) => ({ processor, firstBlock, lastBlock })),
    })),
  };
}
