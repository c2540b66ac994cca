/** One model on one processor: whole, through the runtime's profile of its nodes, and in pieces, once or in rounds. */
import { HeterodyneError } from '../core/errors.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { Processor } from '../platforms/schema.ts';
import { type FoldedNodes, foldNodes } from '../profiles/fold-nodes.ts';
import { layersOf } from '../profiles/importers/layers.ts';
import {
  estimatedBlocksMs,
  type ModelMeasurement,
  type Outcome,
  piecesToTime,
  type TimedPiece,
} from '../profiles/measured.ts';
import { middleOutcome } from '../profiles/rounds.ts';
import { type LatencySamples, summarize } from '../profiles/samples.ts';
import type { MeasureOptions } from './measure.ts';
import type { PieceFiles } from './piece-files.ts';
import type { ProcessorPool } from './pool.ts';
import type { ExecutionProcessor } from './processor.ts';
import type { SamplingRule } from './requests.ts';
import { type Schedule, seriesOf } from './schedule.ts';

/** How long series may take, and how many calls run under the runtime's profiler (fewer of slow models). */
const ALONE = { wholeMs: 3000, pieceMs: 1000, nodesMs: 3000, nodeRuns: 60 };
const IN_ROUNDS = { wholeMs: 1000, pieceMs: 250, nodesMs: 1000, nodeRuns: 20 };
const LEAST_NODE_RUNS = 8;
/** Calls whose core time is counted. */
const CORE_LIMIT_MS = 150;
const LEAST_CORE_CALLS = 3;
const MOST_CORE_CALLS = 500;

interface BenchParts {
  model: CuttableModel;
  processor: Processor;
  /** Name and version of what runs it. */
  runtime: string;
  schedule: Schedule;
  options: MeasureOptions;
}

/** What one round works with. */
interface Round {
  index: number;
  pool: ProcessorPool;
  files: PieceFiles;
  /** Processors whose processes have compiled what carries calls; filled by whoever is first. */
  warm: Set<string>;
}

/** A new process runs its first calls in code that is not compiled yet: so much of them counts for nobody. */
const FIRST_CALLS: SamplingRule = { warmupRuns: 0, warmupMs: 0, minRuns: 1, spread: 0, limitMs: 100 };

export class ModelBench {
  /** Why the process was not held to its cores. */
  unpinned?: string;
  private readonly parts: BenchParts;
  private readonly rounds: Outcome[] = [];
  /** Runs of blocks, the same in all rounds. */
  private cut?: { first: number; last: number }[];

  constructor(parts: BenchParts) {
    this.parts = parts;
  }

  get processor(): Processor {
    return this.parts.processor;
  }

  /** Of all rounds so far. */
  get outcome(): Outcome {
    return middleOutcome(this.rounds);
  }

  /** Measures once more, unless the processor has refused the model. */
  async run(round: Round): Promise<void> {
    const { model, processor, schedule, options } = this.parts;
    const series = seriesOf(model, options.wholeOnly);
    const note = `${model.blocked.name} on ${processor.id}`;
    let told = 0;
    const advance = (count: number): void => {
      told += count;
      schedule.advance(count, note);
    };
    try {
      if (!this.rounds.some((outcome) => 'unsupported' in outcome)) {
        this.rounds.push(await this.measure(round, advance));
      }
    } catch (error) {
      if (!(error instanceof HeterodyneError) || options.signal?.aborted) throw error;
      if (error.code !== 'BAD_INPUT' && error.code !== 'PROCESS' && error.code !== 'LIMIT') throw error;
      if (error.code === 'PROCESS') await round.pool.drop(processor);
      this.rounds.push({ unsupported: error.message });
    } finally {
      advance(series - told);
    }
  }

  private get limits(): typeof ALONE {
    return (this.parts.options.rounds ?? 1) > 1 ? IN_ROUNDS : ALONE;
  }

  private async measure(round: Round, advance: (count: number) => void): Promise<ModelMeasurement> {
    const { model, processor, schedule, options } = this.parts;
    const last = model.blocked.blocks.length - 1;
    const pinned = await this.once(round, 'pinned', async ({ pinned, unpinned }) => unpinned ?? pinned);
    if (typeof pinned === 'string') this.unpinned = pinned;
    const base = { runtime: this.parts.runtime, pinned: pinned === true };
    const whole = await this.series(round, 'whole', 0, last, schedule.rule(this.limits.wholeMs, 3));
    advance(1);
    // Only the profile of nodes tells what fell back to the CPU.
    const provider = processor.execution?.provider ?? 'cpu';
    if (options.wholeOnly && provider === 'cpu') return { ...base, whole };
    const nodes = await this.nodes(round, whole);
    if (options.wholeOnly) return { ...base, whole, ...(nodes !== undefined && { nodes }) };
    const coreMs = (processor.execution?.threads ?? 1) > 1 ? await this.core(round, last, whole) : undefined;
    const alone = { ...base, whole, ...(coreMs !== undefined && { coreMs }) };
    advance(1);
    try {
      const pieces = await this.pieces(round, { whole, nodes }, advance);
      return { ...alone, ...(nodes !== undefined && { nodes }), pieces };
    } catch (error) {
      // A model that cannot be cut everywhere still has its nodes.
      if (nodes === undefined || !(error instanceof HeterodyneError) || error.code !== 'BAD_INPUT') throw error;
      return { ...alone, nodes };
    }
  }

  private async pieces(
    round: Round,
    known: Pick<ModelMeasurement, 'whole' | 'nodes'>,
    advance: (count: number) => void,
  ): Promise<TimedPiece[]> {
    const { model, processor, schedule } = this.parts;
    this.cut ??= piecesToTime(estimatedBlocksMs(model.blocked, processor, known));
    const pieces: TimedPiece[] = [];
    for (const { first, last } of this.cut) {
      const blocks = last - first + 1;
      const rule = schedule.rule(this.limits.pieceMs, blocks);
      const latencyMs = await this.series(round, `piece ${first}-${last}`, first, last, rule);
      pieces.push({ first, last, latencyMs });
      advance(blocks);
    }
    return pieces;
  }

  private series(round: Round, what: string, first: number, last: number, rule: SamplingRule): Promise<LatencySamples> {
    return this.once(round, what, async (process) => {
      const stage = await process.load(await round.files.path(first, last));
      try {
        const { id } = this.processor;
        if (!round.warm.has(id)) await stage.sample(FIRST_CALLS);
        round.warm.add(id);
        const { samplesMs, waitedMs } = await stage.sample(rule);
        this.parts.schedule.waited(waitedMs, samplesMs);
        return summarize(samplesMs);
      } finally {
        await stage.close().catch(() => {});
      }
    });
  }

  /** Core time of one call of the whole model: several threads take more of it than time passes. */
  private core(round: Round, last: number, whole: LatencySamples): Promise<number> {
    const calls = Math.max(LEAST_CORE_CALLS, Math.round(CORE_LIMIT_MS / Math.max(whole.mean, 1e-3)));
    return this.once(round, 'core', async (process) => {
      const stage = await process.load(await round.files.path(0, last));
      try {
        return await stage.core(Math.min(calls, MOST_CORE_CALLS));
      } finally {
        await stage.close().catch(() => {});
      }
    });
  }

  /** Through the native runtime's profiler; the other one has none that can be read. */
  private async nodes(round: Round, whole: LatencySamples): Promise<FoldedNodes | undefined> {
    const { model, processor } = this.parts;
    if (processor.execution?.runtime !== 'native') return undefined;
    const { nodesMs, nodeRuns } = this.limits;
    const runs = Math.max(LEAST_NODE_RUNS, Math.min(nodeRuns, Math.round(nodesMs / whole.mean)));
    const folded = await this.once(round, 'nodes', async (process) => {
      const { text, counted } = await process.profile(await round.files.whole(), runs);
      return foldNodes(text, counted, layersOf(model)) ?? null;
    });
    return folded ?? undefined;
  }

  /** From the journal if it stands there, else measured and written there. */
  private async once<T>(
    { index, pool }: Round,
    what: string,
    measure: (process: ExecutionProcessor) => Promise<T>,
  ): Promise<T> {
    const { model, processor, runtime, options } = this.parts;
    const { hash, batch, blocks, inputs } = model.blocked;
    const { id, execution } = processor;
    const shapes = inputs.map(({ shape }) => shape);
    const cuts = blocks.map(({ operators }) => operators.length);
    const ofRound = index > 0 ? [index] : [];
    const key = JSON.stringify([hash, batch, shapes, cuts, id, execution, runtime, what, ...ofRound]);
    const known = options.journal?.get(key);
    if (known !== undefined) return known as T;
    options.signal?.throwIfAborted();
    const value = await measure(await pool.get(processor));
    await options.journal?.put(key, value);
    return value;
  }
}
