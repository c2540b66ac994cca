/**
 * Throughput of placed models, executed: every stage in the process of its processor, all models at the same time, a few
 * frames of each under way. Measured labels for data sets, and a last look at a plan.
 */
import { withScratchFolder, writeFileWhole } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { type CuttableModel, cutModel } from '../models/cut.ts';
import type { Platform } from '../platforms/schema.ts';
import { type ProcessorPool, runnableProcessors, withProcessors } from './pool.ts';
import type { LoadedStage } from './processor.ts';
import { inputsToTime, type Tensors } from './tensors.ts';

/** One model of a placement. */
export interface PlacedModel {
  /** Index of the model. */
  model: number;
  stages: readonly { processor: string; firstBlock: number; lastBlock: number }[];
}

export interface ExecutionWindow {
  /** How long frames are counted at least, s; longer until every model ended {@link LEAST_FRAMES}, up to 20 times as long. */
  seconds: number;
  /** Frames of each model under way; default 2. */
  inFlight?: number;
}

/** Executes one placement. @returns [M] frames/s, by the clock; 0 for a model that ended too few frames */
export type ExecutePlacement = (placed: readonly PlacedModel[], window: ExecutionWindow) => Promise<Float64Array>;

/** Counted frames of every model, beside those that fill the pipelines first. */
const LEAST_FRAMES = 6;
const LONGEST = 20;

/** Pieces kept loaded; the one used longest ago goes first. */
const PIECES_KEPT = 24;

/**
 * Runs `work` with the processors of this host at hand; all processes are gone when it ends.
 *
 * @throws HeterodyneError `BAD_INPUT` no processor that runs here; `PROCESS`; the signal's reason after an abort
 */
export function withExecution<T>(
  models: readonly CuttableModel[],
  platform: Platform,
  work: (execute: ExecutePlacement) => Promise<T>,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  return withProcessors(
    (pool) =>
      withScratchFolder((folder) => {
        const stages = new Stages(models, platform, pool, folder);
        return work((placed, window) => executeTogether(stages, placed, window, options.signal));
      }),
    options,
  );
}

async function executeTogether(
  stages: Stages,
  placed: readonly PlacedModel[],
  { seconds, inFlight = 2 }: ExecutionWindow,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const routes: LoadedStage[][] = [];
  for (const { model, stages: parts } of placed) {
    const route: LoadedStage[] = [];
    for (const { processor, firstBlock, lastBlock } of parts) {
      route.push(await stages.get(model, processor, firstBlock, lastBlock));
    }
    routes.push(route);
  }
  const start = performance.now();
  const ended = routes.map((): number[] => []);
  // The first frames of each model wait for nobody yet.
  const uncounted = inFlight;
  const done = (): boolean => {
    const seen = performance.now() - start;
    if (seen >= 1000 * LONGEST * seconds) return true;
    return seen >= 1000 * seconds && ended.every(({ length }) => length >= uncounted + LEAST_FRAMES);
  };
  const follow = async (m: number): Promise<void> => {
    while (!done()) {
      signal?.throwIfAborted();
      await frame(routes[m] as LoadedStage[]);
      // What ends after the others have stopped runs by itself.
      if (!done()) ended[m]?.push(performance.now());
    }
  };
  await Promise.all(routes.flatMap((_, m) => Array.from({ length: inFlight }, () => follow(m))));
  return Float64Array.from(ended, (times) => {
    const counted = times.length - uncounted;
    if (counted < LEAST_FRAMES - 1) return 0;
    return (1000 * counted) / ((times.at(-1) as number) - (times[uncounted - 1] as number));
  });
}

/** One frame through its stages: each takes what the ones before it made, and made-up numbers for the model's inputs. */
async function frame(route: readonly LoadedStage[]): Promise<void> {
  const known: Tensors = {};
  for (const [s, stage] of route.entries()) {
    if (s === 0 && route.length === 1) {
      await stage.time();
      return;
    }
    const missing = stage.inputs.filter(({ name }) => known[name] === undefined);
    const feeds = Object.fromEntries(stage.inputs.map(({ name }) => [name, known[name]]));
    Object.assign(feeds, inputsToTime(missing));
    const { outputs } = await stage.run(feeds as Tensors);
    Object.assign(known, outputs);
  }
}

/** Pieces of models, loaded where they run. */
class Stages {
  readonly #models: readonly CuttableModel[];
  readonly #platform: Platform;
  readonly #pool: ProcessorPool;
  readonly #folder: string;
  readonly #files = new Map<string, string>();
  readonly #loaded = new Map<string, LoadedStage>();

  constructor(models: readonly CuttableModel[], platform: Platform, pool: ProcessorPool, folder: string) {
    this.#models = models;
    this.#platform = platform;
    this.#pool = pool;
    this.#folder = folder;
  }

  async get(model: number, id: string, firstBlock: number, lastBlock: number): Promise<LoadedStage> {
    const piece = `${model}-${firstBlock}-${lastBlock}`;
    const key = `${id}/${piece}`;
    const known = this.#loaded.get(key);
    if (known !== undefined) {
      // Used last: goes last.
      this.#loaded.delete(key);
      this.#loaded.set(key, known);
      return known;
    }
    if (this.#loaded.size >= PIECES_KEPT) {
      const [oldest, stage] = this.#loaded.entries().next().value as [string, LoadedStage];
      this.#loaded.delete(oldest);
      await stage.close();
    }
    const processor = runnableProcessors(this.#platform).find((each) => each.id === id);
    if (processor === undefined) {
      throw new HeterodyneError('BAD_INPUT', `nothing at hand runs ${id}`, {
        path: id,
        expected: `one of ${
          runnableProcessors(this.#platform)
            .map((each) => each.id)
            .join(', ') || 'none'
        }`,
        received: `"${id}"`,
        hint: 'execution needs --platform host',
      });
    }
    const stage = await (await this.#pool.get(processor)).load(await this.#fileOf(model, firstBlock, lastBlock, piece));
    this.#loaded.set(key, stage);
    return stage;
  }

  async #fileOf(model: number, firstBlock: number, lastBlock: number, piece: string): Promise<string> {
    const known = this.#files.get(piece);
    if (known !== undefined) return known;
    const path = `${this.#folder}/${piece}.onnx`;
    await writeFileWhole(path, cutModel(this.#models[model] as CuttableModel, firstBlock, lastBlock).bytes);
    this.#files.set(piece, path);
    return path;
  }
}
