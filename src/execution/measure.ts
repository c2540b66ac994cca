/**
 * Measures models on the processors of this host: each whole, through the runtime's profile of its nodes, and cut into
 * pieces. What was measured goes into a journal as it comes, so that a run that was cut short can go on.
 */
import { withScratchFolder } from '../../bindings/host/index.ts';
import { nativeVersion, webVersion } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { Warning } from '../documents/warnings.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import { type FoldedNodes, foldNodes } from '../profiles/fold-nodes.ts';
import { layersOf } from '../profiles/importers/layers.ts';
import {
  estimatedBlocksMs,
  type ModelMeasurement,
  type Outcome,
  piecesToTime,
  type TimedPiece,
} from '../profiles/measured.ts';
import { type LatencySamples, summarize } from '../profiles/samples.ts';
import { PieceFiles } from './piece-files.ts';
import { type ProcessorPool, runnableProcessors, withProcessors } from './pool.ts';
import type { ExecutionProcessor } from './processor.ts';
import type { SamplingRule } from './requests.ts';
import { Schedule, seriesOf } from './schedule.ts';

/** Results by key, kept between runs by whoever calls. */
export interface Journal {
  get(key: string): unknown;
  put(key: string, value: unknown): Promise<void>;
}

export interface MeasureOptions {
  /** Whole models alone: enough for an FPS matrix. */
  wholeOnly?: boolean;
  /**
   * With `wholeOnly`: each model this often, in turns, so that a slow spell of the machine meets all of them; the middle
   * series counts (default 1).
   */
  rounds?: number;
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

const WHOLE_LIMIT_MS = 3000;
/** For a whole model in one of several rounds. */
const ROUND_LIMIT_MS = 1000;
const PIECE_LIMIT_MS = 1000;
/** Calls under the runtime's profiler. */
const NODE_RUNS = 60;
/** Models slower than this are profiled with fewer calls. */
const NODE_LIMIT_MS = 3000;
const LEAST_NODE_RUNS = 8;
/** Calls whose core time is counted. */
const CORE_LIMIT_MS = 150;
const LEAST_CORE_CALLS = 3;
const MOST_CORE_CALLS = 500;
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
  const { rounds = 1 } = options;
  const taken = models.map(() => new Map(processors.map(({ id }): [string, Outcome[]] => [id, []])));
  const unpinned = new Map<string, string>();
  await withProcessors(async (pool) => {
    for (let round = 0; round < rounds; round++) {
      for (const [m, model] of models.entries()) {
        await withScratchFolder(async (folder) => {
          const files = new PieceFiles(model, folder);
          for (const processor of processors) {
            const runtime = runtimes[processor.execution!.runtime];
            const bench = new Bench({ model, processor, runtime, round, pool, files, schedule, options });
            const outcome = await bench.outcome();
            taken[m]!.get(processor.id)!.push(outcome);
            if (bench.unpinned !== undefined) unpinned.set(processor.id, bench.unpinned);
          }
        });
      }
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
      message: `other programs held the cores for ${Math.round(100 * schedule.waitedShare)} % of the time: the kernel's account of it is taken off, or such calls left out; what the others did to caches stays`,
    });
  }
  const outcomes = taken.map((of) => new Map([...of].map(([id, each]) => [id, middleOutcome(each)])));
  return { outcomes, warnings };
}

/** Of several rounds, the one whose mean is in the middle; a refusal in any counts. */
function middleOutcome(rounds: readonly Outcome[]): Outcome {
  const measured = rounds.flatMap((each) => ('unsupported' in each ? [] : each));
  if (measured.length < rounds.length || rounds.length === 1)
    return rounds.find((each) => 'unsupported' in each) ?? rounds[0]!;
  const ascending = measured.sort((a, b) => a.whole.mean - b.whole.mean);
  return { ...ascending[(ascending.length - 1) >> 1]!, seriesMs: ascending.map(({ whole }) => whole.mean) };
}

interface BenchParts {
  model: CuttableModel;
  processor: Processor;
  /** Name and version of what runs it. */
  runtime: string;
  round: number;
  pool: ProcessorPool;
  files: PieceFiles;
  schedule: Schedule;
  options: MeasureOptions;
}

/** One model on one processor. */
class Bench {
  /** Why the process is not held to its cores. */
  unpinned?: string;
  private readonly parts: BenchParts;

  constructor(parts: BenchParts) {
    this.parts = parts;
  }

  async outcome(): Promise<Outcome> {
    const { model, processor, pool, schedule, options } = this.parts;
    const series = seriesOf(model, options.wholeOnly);
    const note = `${model.blocked.name} on ${processor.id}`;
    let told = 0;
    const advance = (count: number): void => {
      told += count;
      schedule.advance(count, note);
    };
    try {
      return await this.measure(advance);
    } catch (error) {
      if (!(error instanceof HeterodyneError) || options.signal?.aborted) throw error;
      if (error.code !== 'BAD_INPUT' && error.code !== 'PROCESS' && error.code !== 'LIMIT') throw error;
      if (error.code === 'PROCESS') await pool.drop(processor);
      return { unsupported: error.message };
    } finally {
      advance(series - told);
    }
  }

  private async measure(advance: (count: number) => void): Promise<ModelMeasurement> {
    const { model, processor, schedule, options } = this.parts;
    const last = model.blocked.blocks.length - 1;
    const pinned = await this.once('pinned', async ({ pinned, unpinned }) => unpinned ?? pinned);
    if (typeof pinned === 'string') this.unpinned = pinned;
    const base = { runtime: this.parts.runtime, pinned: pinned === true };
    const whole = await this.series(
      'whole',
      0,
      last,
      schedule.rule((options.rounds ?? 1) > 1 ? ROUND_LIMIT_MS : WHOLE_LIMIT_MS, 3),
    );
    advance(1);
    // Only the profile of nodes tells what fell back to the CPU.
    const provider = processor.execution?.provider ?? 'cpu';
    if (options.wholeOnly && provider === 'cpu') return { ...base, whole };
    const nodes = await this.nodes(whole);
    if (options.wholeOnly) return { ...base, whole, ...(nodes !== undefined && { nodes }) };
    const coreMs = (processor.execution?.threads ?? 1) > 1 ? await this.core(last, whole) : undefined;
    const alone = { ...base, whole, ...(coreMs !== undefined && { coreMs }) };
    advance(1);
    try {
      const pieces = await this.pieces({ whole, nodes }, advance);
      return { ...alone, ...(nodes !== undefined && { nodes }), pieces };
    } catch (error) {
      // A model that cannot be cut everywhere still has its nodes.
      if (nodes === undefined || !(error instanceof HeterodyneError) || error.code !== 'BAD_INPUT') throw error;
      return { ...alone, nodes };
    }
  }

  private async pieces(
    known: Pick<ModelMeasurement, 'whole' | 'nodes'>,
    advance: (count: number) => void,
  ): Promise<TimedPiece[]> {
    const { model, processor, schedule } = this.parts;
    const pieces: TimedPiece[] = [];
    for (const { first, last } of piecesToTime(estimatedBlocksMs(model.blocked, processor, known))) {
      const blocks = last - first + 1;
      const latencyMs = await this.series(`piece ${first}-${last}`, first, last, schedule.rule(PIECE_LIMIT_MS, blocks));
      pieces.push({ first, last, latencyMs });
      advance(blocks);
    }
    return pieces;
  }

  private series(what: string, first: number, last: number, rule: SamplingRule): Promise<LatencySamples> {
    return this.once(what, async (process) => {
      const stage = await process.load(await this.parts.files.path(first, last));
      try {
        const { samplesMs, waitedMs } = await stage.sample(rule);
        this.parts.schedule.waited(waitedMs, samplesMs);
        return summarize(samplesMs);
      } finally {
        await stage.close().catch(() => {});
      }
    });
  }

  /** Core time of one call of the whole model: several threads take more of it than time passes. */
  private core(last: number, whole: LatencySamples): Promise<number> {
    const calls = Math.max(LEAST_CORE_CALLS, Math.round(CORE_LIMIT_MS / Math.max(whole.mean, 1e-3)));
    return this.once('core', async (process) => {
      const stage = await process.load(await this.parts.files.path(0, last));
      try {
        return await stage.core(Math.min(calls, MOST_CORE_CALLS));
      } finally {
        await stage.close().catch(() => {});
      }
    });
  }

  /** Through the native runtime's profiler; the other one has none that can be read. */
  private async nodes(whole: LatencySamples): Promise<FoldedNodes | undefined> {
    const { model, processor, files } = this.parts;
    if (processor.execution?.runtime !== 'native') return undefined;
    const runs = Math.max(LEAST_NODE_RUNS, Math.min(NODE_RUNS, Math.round(NODE_LIMIT_MS / whole.mean)));
    const folded = await this.once('nodes', async (process) => {
      const { text, counted } = await process.profile(await files.whole(), runs);
      return foldNodes(text, counted, layersOf(model)) ?? null;
    });
    return folded ?? undefined;
  }

  /** From the journal if it stands there, else measured and written there. */
  private async once<T>(what: string, measure: (process: ExecutionProcessor) => Promise<T>): Promise<T> {
    const { model, processor, runtime, round, pool, options } = this.parts;
    const { hash, batch, blocks, inputs } = model.blocked;
    const { id, execution } = processor;
    const shapes = inputs.map(({ shape }) => shape);
    const cuts = blocks.map(({ operators }) => operators.length);
    const key = JSON.stringify([
      hash,
      batch,
      shapes,
      cuts,
      id,
      execution,
      runtime,
      what,
      ...(round > 0 ? [round] : []),
    ]);
    const known = options.journal?.get(key);
    if (known !== undefined) return known as T;
    options.signal?.throwIfAborted();
    const value = await measure(await pool.get(processor));
    await options.journal?.put(key, value);
    return value;
  }
}
