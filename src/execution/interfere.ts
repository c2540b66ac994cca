/** Runs pairs of models on pairs of processors, alone and at the same time. */
import { createFolder, withScratchFolder } from '../../bindings/host/index.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { Platform } from '../platforms/schema.ts';
import { independentPairs } from '../profiles/interference.ts';
import type { Outcome } from '../profiles/measured.ts';
import { summarize } from '../profiles/samples.ts';
import type { BusyPair } from '../profiles/schema.ts';
import type { Journal } from './measure.ts';
import { PieceFiles } from './piece-files.ts';
import { type ProcessorPool, runnableProcessors, withProcessors } from './pool.ts';
import type { LoadedStage } from './processor.ts';

export interface InterferenceOptions {
  /** Most pairs to execute; default 60, spread evenly over all. */
  mostPairs?: number;
  journal?: Journal;
  signal?: AbortSignal;
  onProgress?: (share: number, note: string) => void;
}

const MOST_PAIRS = 60;
/** How long both run at once, at least; slow models get several calls each. */
const WINDOW_MS = 300;
const CALLS = 8;

interface PairToRun {
  processors: [string, string];
  /** Indices. */
  models: [number, number];
}

/**
 * Executes every pair (model a on p, model b on q) of processors that share no cores, or an even selection.
 *
 * @param outcomes of `measureModels`: pairs with a model that its processor cannot run are left out
 * @throws HeterodyneError as `measureModels`; the signal's reason after an abort
 */
export async function measureInterference(
  models: readonly CuttableModel[],
  platform: Platform,
  outcomes: readonly ReadonlyMap<string, Outcome>[],
  options: InterferenceOptions = {},
): Promise<BusyPair[]> {
  const { mostPairs = MOST_PAIRS, journal, onProgress } = options;
  const all = pairsToRun(models.length, platform, outcomes);
  const share = mostPairs / all.length;
  const toRun = all.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share));
  const wholeMs = (m: number, id: string): number => {
    const outcome = outcomes[m]!.get(id);
    return outcome === undefined || 'unsupported' in outcome ? 0 : outcome.whole.mean;
  };
  const pairs: BusyPair[] = [];
  await withProcessors(
    (pool) =>
      withScratchFolder(async (folder) => {
        const stages = new Stages(models, platform, pool, folder);
        for (const [i, pair] of toRun.entries()) {
          const { processors } = pair;
          const names: [string, string] = [models[pair.models[0]]!.blocked.name, models[pair.models[1]]!.blocked.name];
          const slowest = Math.max(wholeMs(pair.models[0], processors[0]), wholeMs(pair.models[1], processors[1]));
          const key = JSON.stringify(['pair', processors, pair.models.map((m) => models[m]!.blocked.hash)]);
          let times = journal?.get(key) as Pick<BusyPair, 'aloneMs' | 'togetherMs'> | undefined;
          if (times === undefined) {
            options.signal?.throwIfAborted();
            times = await runPair(
              await stages.get(pair.models[0], processors[0]),
              await stages.get(pair.models[1], processors[1]),
              Math.max(WINDOW_MS, CALLS * slowest),
            );
            await journal?.put(key, times);
          }
          pairs.push({ processors, models: names, ...times });
          onProgress?.(
            (i + 1) / toRun.length,
            `${names[0]} on ${processors[0]} beside ${names[1]} on ${processors[1]}`,
          );
        }
      }),
    options,
  );
  return pairs;
}

function pairsToRun(
  models: number,
  platform: Platform,
  outcomes: readonly ReadonlyMap<string, Outcome>[],
): PairToRun[] {
  const runs = (m: number, id: string): boolean => {
    const outcome = outcomes[m]!.get(id);
    return outcome !== undefined && !('unsupported' in outcome);
  };
  const ids = runnableProcessors(platform).map(({ id }) => id);
  const pairs: PairToRun[] = [];
  for (const processors of independentPairs(platform, ids)) {
    for (let a = 0; a < models; a++) {
      for (let b = 0; b < models; b++) {
        if (runs(a, processors[0]) && runs(b, processors[1])) pairs.push({ processors, models: [a, b] });
      }
    }
  }
  return pairs;
}

/** Each alone just before both together, so that a machine that changes its pace does so for all three. */
async function runPair(
  a: LoadedStage,
  b: LoadedStage,
  windowMs: number,
): Promise<Pick<BusyPair, 'aloneMs' | 'togetherMs'>> {
  const rule = { warmupRuns: 1, warmupMs: windowMs / 20, minRuns: 1, spread: 0, limitMs: windowMs };
  const series = async (stage: LoadedStage): Promise<number> => summarize((await stage.sample(rule)).samplesMs).mean;
  const aloneMs: [number, number] = [await series(a), await series(b)];
  return { aloneMs, togetherMs: await Promise.all([series(a), series(b)]) };
}

/** Whole models as loaded stages; one a processor, so that the memory of all is never needed at once. */
class Stages {
  private readonly models: readonly CuttableModel[];
  private readonly platform: Platform;
  private readonly pool: ProcessorPool;
  private readonly folder: string;
  private readonly files = new Map<number, PieceFiles>();
  private readonly loaded = new Map<string, { model: number; stage: LoadedStage }>();

  constructor(models: readonly CuttableModel[], platform: Platform, pool: ProcessorPool, folder: string) {
    this.models = models;
    this.platform = platform;
    this.pool = pool;
    this.folder = folder;
  }

  async get(model: number, id: string): Promise<LoadedStage> {
    const before = this.loaded.get(id);
    if (before?.model === model) return before.stage;
    this.loaded.delete(id);
    await before?.stage.close();
    const processor = await this.pool.get(this.platform.processors.find((each) => each.id === id)!);
    const stage = await processor.load(await this.file(model));
    this.loaded.set(id, { model, stage });
    return stage;
  }

  private async file(m: number): Promise<string> {
    const folder = `${this.folder}/${m}`;
    const found = this.files.get(m) ?? new PieceFiles(this.models[m]!, folder);
    if (!this.files.has(m)) await createFolder(folder);
    this.files.set(m, found);
    return found.whole();
  }
}
