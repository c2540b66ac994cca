/**
 * Measures models on the processors of this host: each whole, through the runtime's profile of its nodes, and cut into
 * pieces. What was measured goes into a journal as it comes, so that a run that was cut short can go on.
 */
import { withScratchFolder, writeFileWhole } from '../../bindings/host/index.ts';
import { nativeVersion, webVersion } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import { type CuttableModel, cutModel } from '../models/cut.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import { type FoldedNodes, foldNodes } from '../profiles/fold-nodes.ts';
import {
  estimatedBlocksMs,
  type ModelMeasurement,
  type Outcome,
  piecesToTime,
  type TimedPiece,
} from '../profiles/measured.ts';
import { type LatencySamples, summarize } from '../profiles/samples.ts';
import { type ProcessorPool, runnableProcessors, withProcessors } from './pool.ts';
import type { ExecutionProcessor } from './processor.ts';
import type { SamplingRule } from './requests.ts';

/** Results by key, kept between runs by whoever calls. */
export interface Journal {
  get(key: string): unknown;
  put(key: string, value: unknown): Promise<void>;
}

export interface MeasureOptions {
  /** Whole models alone: enough for an FPS matrix. */
  wholeOnly?: boolean;
  /** Time for everything, shared out evenly; the last call of each series goes beyond it. Absent = each as it needs. */
  timeLimitMs?: number;
  journal?: Journal;
  signal?: AbortSignal;
  onProgress?: (share: number, note: string) => void;
}

export interface Measured {
  /** Per model, in order: by processor id. */
  outcomes: Map<string, Outcome>[];
  warnings: Warning[];
}

/** A series ends when the 95 % interval of its median is below this share of it. */
const ENOUGH = 0.03;
const WHOLE_LIMIT_MS = 3000;
const PIECE_LIMIT_MS = 1000;
/** What one series gets at least, however short the time: a few calls. */
const LEAST_LIMIT_MS = 20;
const MIN_RUNS = 10;
/** Calls under the runtime's profiler. */
const NODE_RUNS = 63;
/** Models slower than this are profiled with fewer calls. */
const NODE_LIMIT_MS = 3000;
const LEAST_NODE_RUNS = 8;
/** Share of the time on cores that others may have without a warning. */
const BUSY = 0.05;

/**
 * Measures every model on every processor that something at hand carries. A model that a processor cannot run is
 * `unsupported` there, with the reason.
 *
 * @throws HeterodyneError `NOT_READABLE` when no runtime is installed; the signal's reason after an abort
 */
export async function measureModels(
  models: readonly CuttableModel[],
  platform: Platform,
  options: MeasureOptions = {},
): Promise<Measured> {
  const processors = runnableProcessors(platform);
  if (processors.length === 0) {
    throw new HeterodyneError('NOT_READABLE', `nothing at hand runs a processor of ${platform.id}`, {
      path: '/processors',
      expected: 'onnxruntime-node or onnxruntime-web, optional peers of heterodyne',
      received: 'neither',
      hint: 'npm install onnxruntime-node onnxruntime-web',
    });
  }
  const runtimes = {
    native: `onnxruntime-node ${await nativeVersion()}`,
    wasm: `onnxruntime-web ${await webVersion()}`,
  };
  const schedule = new Schedule(models, processors, options);
  const outcomes = models.map(() => new Map<string, Outcome>());
  const unpinned = new Map<string, string>();
  await withProcessors(async (pool) => {
    for (const [m, model] of models.entries()) {
      await withScratchFolder(async (folder) => {
        const files = new PieceFiles(model, folder);
        for (const processor of processors) {
          const runtime = runtimes[processor.execution!.runtime];
          const bench = new Bench(model, processor, runtime, pool, files, schedule, options);
          const outcome = await bench.outcome();
          outcomes[m]!.set(processor.id, outcome);
          if (bench.unpinned !== undefined) unpinned.set(processor.id, bench.unpinned);
        }
      });
    }
  }, options);
  const warnings = [...unpinned].map(
    ([id, reason]): Warning => ({
      code: 'UNPINNED',
      message: `${id} was not held to its cores: ${reason}`,
      path: '/processors',
    }),
  );
  if (schedule.waitedShare > BUSY) {
    warnings.push({
      code: 'BUSY_MACHINE',
      message: `other programs held the cores for ${Math.round(100 * schedule.waitedShare)} % of the time: it is taken off by the kernel's account, but the caches that they emptied are not`,
    });
  }
  return { outcomes, warnings };
}

/** What is left to do, and how much time each series may take. */
class Schedule {
  private readonly began = performance.now();
  private readonly all: number;
  private readonly options: MeasureOptions;
  private done = 0;
  private waitedMs = 0;
  private ranMs = 0;

  constructor(models: readonly CuttableModel[], processors: readonly Processor[], options: MeasureOptions) {
    const perModel = ({ blocked }: CuttableModel): number => (options.wholeOnly ? 1 : 2 + blocked.blocks.length);
    this.all = processors.length * models.reduce((sum, model) => sum + perModel(model), 0);
    this.options = options;
  }

  /** `count` series are done, or need not be. */
  advance(count: number, note: string): void {
    this.done += count;
    this.options.onProgress?.(Math.min(1, this.done / this.all), note);
  }

  /** Time that calls waited for a core beside the time that they took. */
  waited(milliseconds: number, samplesMs: readonly number[]): void {
    this.waitedMs += milliseconds;
    this.ranMs += samplesMs.reduce((sum, each) => sum + each, 0);
  }

  /** Share of the time in which something else ran on the cores. */
  get waitedShare(): number {
    const all = this.waitedMs + this.ranMs;
    return all > 0 ? this.waitedMs / all : 0;
  }

  /** Time for the next series, warm-up included. */
  rule(mostMs: number, weight = 1): SamplingRule {
    const { timeLimitMs } = this.options;
    const left = (timeLimitMs ?? Number.POSITIVE_INFINITY) - (performance.now() - this.began);
    const share = (weight * left) / Math.max(1, this.all - this.done);
    const limitMs = Math.max(LEAST_LIMIT_MS, Math.min(mostMs, share));
    return { warmupRuns: 3, warmupMs: limitMs / 20, minRuns: MIN_RUNS, spread: ENOUGH, limitMs };
  }
}

/** Pieces of one model as files, each written once. */
class PieceFiles {
  private readonly model: CuttableModel;
  private readonly folder: string;
  private readonly written = new Map<string, Promise<string>>();

  constructor(model: CuttableModel, folder: string) {
    this.model = model;
    this.folder = folder;
  }

  /** Path of blocks `first` to `last` as an ONNX file. */
  path(first: number, last: number): Promise<string> {
    const name = `${first}-${last}.onnx`;
    const found = this.written.get(name) ?? this.write(name, first, last);
    this.written.set(name, found);
    return found;
  }

  private async write(name: string, first: number, last: number): Promise<string> {
    const path = `${this.folder}/${name}`;
    await writeFileWhole(path, cutModel(this.model, first, last).bytes);
    return path;
  }
}

/** One model on one processor. */
class Bench {
  /** Why the process is not held to its cores. */
  unpinned?: string;
  private readonly model: CuttableModel;
  private readonly processor: Processor;
  private readonly runtime: string;
  private readonly pool: ProcessorPool;
  private readonly files: PieceFiles;
  private readonly schedule: Schedule;
  private readonly options: MeasureOptions;

  constructor(
    model: CuttableModel,
    processor: Processor,
    runtime: string,
    pool: ProcessorPool,
    files: PieceFiles,
    schedule: Schedule,
    options: MeasureOptions,
  ) {
    this.model = model;
    this.processor = processor;
    this.runtime = runtime;
    this.pool = pool;
    this.files = files;
    this.schedule = schedule;
    this.options = options;
  }

  async outcome(): Promise<Outcome> {
    const { blocked } = this.model;
    const series = this.options.wholeOnly ? 1 : 2 + blocked.blocks.length;
    const note = `${blocked.name} on ${this.processor.id}`;
    let told = 0;
    const advance = (count: number): void => {
      told += count;
      this.schedule.advance(count, note);
    };
    try {
      return await this.measure(advance);
    } catch (error) {
      if (!(error instanceof HeterodyneError) || this.options.signal?.aborted) throw error;
      if (error.code !== 'BAD_INPUT' && error.code !== 'PROCESS' && error.code !== 'LIMIT') throw error;
      if (error.code === 'PROCESS') await this.pool.drop(this.processor);
      return { unsupported: error.message };
    } finally {
      advance(series - told);
    }
  }

  private async measure(advance: (count: number) => void): Promise<ModelMeasurement> {
    const last = this.model.blocked.blocks.length - 1;
    const pinned = await this.once('pinned', async ({ pinned, unpinned }) => unpinned ?? pinned);
    if (typeof pinned === 'string') this.unpinned = pinned;
    const base = { runtime: this.runtime, pinned: pinned === true };
    const whole = await this.series('whole', 0, last, this.schedule.rule(WHOLE_LIMIT_MS, 3));
    advance(1);
    // Only the profile of nodes tells what fell back to the CPU.
    const provider = this.processor.execution?.provider ?? 'cpu';
    if (this.options.wholeOnly && provider === 'cpu') return { ...base, whole };
    const nodes = await this.nodes(whole);
    if (this.options.wholeOnly) return { ...base, whole, ...(nodes !== undefined && { nodes }) };
    advance(1);
    const estimates = estimatedBlocksMs(this.model.blocked, this.processor, { whole, nodes });
    const pieces: TimedPiece[] = [];
    for (const piece of piecesToTime(estimates)) {
      const blocks = piece.last - piece.first + 1;
      const rule = this.schedule.rule(PIECE_LIMIT_MS, blocks);
      const latencyMs = await this.series(`piece ${piece.first}-${piece.last}`, piece.first, piece.last, rule);
      pieces.push({ ...piece, latencyMs });
      advance(blocks);
    }
    return { ...base, whole, ...(nodes !== undefined && { nodes }), pieces };
  }

  private series(what: string, first: number, last: number, rule: SamplingRule): Promise<LatencySamples> {
    return this.once(what, async (process) => {
      const stage = await process.load(await this.files.path(first, last));
      try {
        const { samplesMs, waitedMs } = await stage.sample(rule);
        this.schedule.waited(waitedMs, samplesMs);
        return summarize(samplesMs);
      } finally {
        await stage.close().catch(() => {});
      }
    });
  }

  /** Through the native runtime's profiler; the other one has none that can be read. */
  private async nodes(whole: LatencySamples): Promise<FoldedNodes | undefined> {
    if (this.processor.execution?.runtime !== 'native') return undefined;
    const { blocked, graph } = this.model;
    const runs = Math.max(LEAST_NODE_RUNS, Math.min(NODE_RUNS, Math.round(NODE_LIMIT_MS / whole.mean)));
    const folded = await this.once('nodes', async (process) => {
      const path = await this.files.path(0, blocked.blocks.length - 1);
      return foldNodes(await process.profile(path, runs), graph, blocked) ?? null;
    });
    return folded ?? undefined;
  }

  /** From the journal if it stands there, else measured and written there. */
  private async once<T>(what: string, measure: (process: ExecutionProcessor) => Promise<T>): Promise<T> {
    const { hash, batch, blocks, inputs } = this.model.blocked;
    const { id, execution } = this.processor;
    const shapes = inputs.map(({ shape }) => shape);
    const key = JSON.stringify([hash, batch, shapes, blocks.length, id, execution, this.runtime, what]);
    const known = this.options.journal?.get(key);
    if (known !== undefined) return known as T;
    this.options.signal?.throwIfAborted();
    const value = await measure(await this.pool.get(this.processor));
    await this.options.journal?.put(key, value);
    return value;
  }
}
