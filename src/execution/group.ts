/**
 * A group of whole models at work: every model stays on its processor, and a group frame is every model's calls, once.
 *
 *     cpu-0   A B A A B A A B A ...      calls on one processor follow each other (sharing mode `serial`)
 *     cpu-1   C   C     C       ...      processors work at the same time, at most one frame apart
 *     frame   0   1     2
 *
 * A processor begins a frame when the one before the last has ended everywhere: it need not wait for the others at every
 * frame, and gets no further ahead than a program would let it that joins the results.
 */
import { createFolder, withScratchFolder } from '../../bindings/host/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { CuttableModel } from '../models/cut.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import { batchInterval, type MeanInterval } from '../profiles/samples.ts';
import { PieceFiles } from './piece-files.ts';
import { runnableProcessors, withProcessors } from './pool.ts';
import type { LoadedStage } from './processor.ts';
import { type TimedCall, undisturbed } from './sampling.ts';

/** One model of a group. */
export interface GroupMember {
  model: CuttableModel;
  /** Id of its processor. */
  processor: string;
  /** Calls per group frame, > 0; of 0.5 every second frame has one. */
  calls: number;
}

export interface GroupRunOptions {
  /** How long frames are counted at least. */
  forMs: number;
  /** Before counting begins; default 500, and two frames at least. */
  warmupMs?: number;
  /** Ends the run after the frames under way; while models are loaded, with the signal's reason. */
  signal?: AbortSignal;
  /** After every group frame: share of the time, frames so far. */
  onProgress?: (share: number, frames: number) => void;
}

/**
 * What was measured: by the clock, with all that other programs on the machine did to it; and undisturbed, as rates alone
 * are measured (`sampling.ts`): without waiting for cores that something else held, as far as the system keeps account.
 */
export interface GroupRun {
  /** That were counted. */
  frames: number;
  elapsedMs: number;
  /** By the clock, from the end of one group frame to that of the next. */
  frameMs: MeanInterval;
  processors: GroupRunProcessor[];
  /** In the order of the members: one call, undisturbed; undefined for a model that was not called. */
  callMs: (MeanInterval | undefined)[];
  /** The signal came first. */
  partial: boolean;
}

export interface GroupRunProcessor {
  id: string;
  /** By the clock, from the first call of a frame to the end of its last: waiting for other processors is left out. */
  frameMs: MeanInterval;
  /** All calls of a frame, undisturbed. */
  callsMs: MeanInterval;
  /** Share of its calls' time that they waited for cores that something else held; 0 where the system keeps no account. */
  waitedShare: number;
  /** Why its process is not held to its cores. */
  unpinned?: string;
}

const WARMUP_MS = 500;
/** Frames that fill caches, whatever the time. */
const WARMUP_FRAMES = 2;
/** Frames that are counted at least. */
const LEAST_FRAMES = 2;
/** How many frames a processor may be ahead of the slowest one. */
const LEAD = 1;

/**
 * Loads a group on the processors of this host and runs it.
 *
 * @throws HeterodyneError `BAD_INPUT` for a processor that nothing at hand carries, or a model that it cannot run;
 *   `PROCESS`; the signal's reason
 */
export function runGroup(
  members: readonly GroupMember[],
  platform: Platform,
  options: GroupRunOptions,
): Promise<GroupRun> {
  const carried = members.map(({ processor }) => carriedProcessor(platform, processor));
  return withProcessors((pool) =>
    withScratchFolder(async (folder) => {
      const lanes = new Map<string, Lane>();
      const files = new Map<CuttableModel, PieceFiles>();
      for (const [m, { model, calls }] of members.entries()) {
        options.signal?.throwIfAborted();
        const processor = carried[m]!;
        const { unpinned, load } = await pool.get(processor);
        if (!files.has(model)) {
          await createFolder(`${folder}/${m}`);
          files.set(model, new PieceFiles(model, `${folder}/${m}`));
        }
        const lane = lanes.get(processor.id) ?? new Lane(processor, unpinned);
        lanes.set(processor.id, lane);
        lane.residents.push({ member: m, calls, stage: await load(await files.get(model)!.whole()), timed: [] });
      }
      options.signal?.throwIfAborted();
      return runLanes([...lanes.values()], members.length, options);
    }),
  );
}

function carriedProcessor(platform: Platform, id: string): Processor {
  const known = runnableProcessors(platform);
  const found = known.find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new HeterodyneError('BAD_INPUT', `nothing at hand runs ${id}`, {
    path: id,
    expected: `one of ${known.map((each) => each.id).join(', ') || 'no processor: no ONNX runtime is installed'}`,
    received: `"${id}"`,
    hint: 'plan from a matrix of this machine: heterodyne profile --platform host --matrix',
  });
}

interface Resident {
  member: number;
  calls: number;
  stage: LoadedStage;
  /** Of counted frames. */
  timed: TimedCall[];
}

/** One processor with its models. */
class Lane {
  readonly id: string;
  readonly unpinned: string | undefined;
  readonly residents: Resident[] = [];
  /** Of counted frames. */
  readonly framesMs: number[] = [];
  readonly #threads: number;

  constructor({ id, execution }: Processor, unpinned: string | undefined) {
    this.id = id;
    this.unpinned = unpinned;
    this.#threads = execution!.threads;
  }

  /** One call of a model, undisturbed; undefined when no counted frame called it. */
  callMs({ timed }: Resident): MeanInterval | undefined {
    return timed.length === 0 ? undefined : batchInterval(undisturbed(timed, this.#threads));
  }

  measured(): GroupRunProcessor {
    const all = this.residents.flatMap(({ timed }) => timed);
    const elapsed = all.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
    const waited = all.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
    // Half widths of independent means add up by their squares.
    let mean = 0;
    let squares = 0;
    for (const resident of this.residents) {
      const call = this.callMs(resident) ?? { mean: 0, low: 0, high: 0 };
      mean += resident.calls * call.mean;
      squares += (resident.calls * (call.high - call.mean)) ** 2;
    }
    const half = Math.sqrt(squares);
    return {
      id: this.id,
      frameMs: batchInterval(this.framesMs),
      callsMs: { mean, low: mean - half, high: mean + half },
      waitedShare: elapsed > 0 ? Math.min(1, waited / elapsed) : 0,
      ...(this.unpinned !== undefined && { unpinned: this.unpinned }),
    };
  }

  /** One frame: its calls lie in the process's pipe one after another, so that it never waits for this side. */
  async frame(frame: number, counted: boolean): Promise<void> {
    const began = performance.now();
    const calls = this.residents.flatMap((resident) => {
      const count = Math.floor((frame + 1) * resident.calls) - Math.floor(frame * resident.calls);
      return Array.from({ length: count }, async () => {
        const { latencyMs, waitedMs } = await resident.stage.account();
        if (counted) resident.timed.push({ elapsedMs: latencyMs, waitedMs });
      });
    });
    await Promise.all(calls);
    if (counted) this.framesMs.push(performance.now() - began);
  }
}

async function runLanes(lanes: readonly Lane[], members: number, options: GroupRunOptions): Promise<GroupRun> {
  const { forMs, warmupMs = WARMUP_MS, signal, onProgress } = options;
  const began = performance.now();
  const ended = lanes.map(() => 0);
  /** When each group frame had ended everywhere. */
  const ends: number[] = [];
  /** First counted frame; Infinity while warming up. */
  let first = Number.POSITIVE_INFINITY;
  let stopped = false;
  const wake: (() => void)[] = [];
  const turn = (): void => {
    for (const each of wake.splice(0)) each();
  };

  const endFrame = (lane: number): void => {
    ended[lane]!++;
    while (ends.length < Math.min(...ended)) {
      const now = performance.now();
      ends.push(now);
      // Frames under way when warming up ends are not counted by anyone: all lanes count from the same one.
      if (first === Number.POSITIVE_INFINITY && ends.length >= WARMUP_FRAMES && now - began >= warmupMs) {
        first = Math.max(...ended) + 1;
      }
      const counted = ends.length - first;
      const countedMs = counted >= 0 ? now - ends[first - 1]! : 0;
      if (counted > 0) onProgress?.(Math.min(1, countedMs / forMs), counted);
      if (counted >= LEAST_FRAMES && countedMs >= forMs) stopped = true;
      if (signal?.aborted) stopped = true;
    }
    turn();
  };
  const work = async (lane: Lane, l: number): Promise<void> => {
    for (let frame = 0; ; frame++) {
      while (!stopped && frame > ends.length + LEAD) await new Promise<void>((resolve) => wake.push(resolve));
      if (stopped) return;
      await lane.frame(frame, frame >= first);
      endFrame(l);
    }
  };
  try {
    await Promise.all(lanes.map(work));
  } finally {
    stopped = true;
    turn();
  }
  const marks = Number.isFinite(first) ? ends.slice(first - 1) : [];
  if (marks.length < 2) {
    signal?.throwIfAborted();
    throw new HeterodyneError('INTERNAL', 'no group frame was counted');
  }
  const callMs = new Array<MeanInterval | undefined>(members).fill(undefined);
  for (const lane of lanes) for (const each of lane.residents) callMs[each.member] = lane.callMs(each);
  return {
    frames: marks.length - 1,
    elapsedMs: marks.at(-1)! - marks[0]!,
    frameMs: batchInterval(marks.slice(1).map((end, i) => end - marks[i]!)),
    processors: lanes.map((lane) => lane.measured()),
    callMs,
    partial: signal?.aborted === true,
  };
}
