/**
 * A station: one processor of this host at work for several models, watched over.
 *
 *   waiting, by model   squeezenet ▢▢      taken in turn, so that models on one processor keep step
 *                       alexnet    ▢▢▢
 *   under way           ■ ▢                 the second lies ready in the process's pipe while the first one runs
 *
 * A process that dies or hangs is started anew with all its stages, and what was under way is given to it again: a call
 * is lost only when it ran at three deaths. A process that dies again and again is given up.
 */
import type { OnnxValueInfo } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { type ExecutionProcessor, type LoadedStage, openProcessor } from '../execution/processor.ts';
import type { PackedTensors } from '../execution/tensors.ts';
import type { Processor } from '../platforms/schema.ts';

/** Calls in the process: one runs, one lies ready. */
const UNDER_WAY = 2;
/** Deaths that a call may see as the one that ran. */
const MOST_DEATHS = 3;
/** Restarts in a row without one finished call between them. */
const MOST_RESTARTS = 3;

export interface StationStage {
  /** Calls with one key take turns with those of others: the name of the model. */
  readonly key: string;
  /** Form of the model. */
  readonly variant: string;
  readonly path: string;
  /** Longest time from the request to the answer, a second one waiting ahead of it included. */
  readonly timeoutMs: number;
}

export interface StageAnswer {
  outputs: PackedTensors;
  /** The call alone, by the clock of the process. */
  latencyMs: number;
  /** From the request to the answer, here; what lies between is the way there and back, and waiting for another call. */
  elapsedMs: number;
  /** No other call was in the process when this one was sent. */
  alone: boolean;
}

/** What happens to a station's process. */
export type StationEvent =
  | { kind: 'down'; processor: string; pid: number; reason: string }
  | { kind: 'restarted'; processor: string; pid: number; downMs: number; calls: number }
  | { kind: 'gone'; processor: string; reason: string };

interface Job {
  stage: StationStage;
  feeds: PackedTensors | undefined;
  want: boolean;
  deaths: number;
  resolve(answer: StageAnswer): void;
  reject(error: unknown): void;
}

export class Station {
  readonly processor: Processor;
  readonly #tell: (event: StationEvent) => void;
  readonly #loaded = new Map<StationStage, LoadedStage>();
  readonly #queues = new Map<string, Job[]>();
  /** Keys in the order of their turns. */
  readonly #turns: string[] = [];
  readonly #running: Job[] = [];
  #process: ExecutionProcessor | undefined;
  #recovering: Promise<void> | undefined;
  #restarts = 0;
  #gone: HeterodyneError | undefined;
  #busyMs = 0;

  constructor(processor: Processor, tell: (event: StationEvent) => void) {
    this.processor = processor;
    this.#tell = tell;
  }

  /** @throws HeterodyneError `BAD_INPUT` for a processor that nothing at hand carries; as `openProcessor` */
  async open(): Promise<void> {
    this.#process = await this.#start();
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Why its process is not held to its cores. */
  get unpinned(): string | undefined {
    return this.#process?.unpinned;
  }

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** Time that its process was in calls. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** @returns the inputs of the stage @throws HeterodyneError as `ExecutionProcessor.load` */
  async load(stage: StationStage): Promise<readonly OnnxValueInfo[]> {
    await this.#recovering;
    if (this.#process === undefined) throw this.#gone ?? closed(this.processor.id);
    const loaded = await this.#process.load(stage.path);
    this.#loaded.set(stage, loaded);
    return loaded.inputs;
  }

  /** Takes a stage out of the process. Its calls must have ended. */
  async unload(stage: StationStage): Promise<void> {
    const loaded = this.#loaded.get(stage);
    this.#loaded.delete(stage);
    await loaded?.close().catch(() => {});
  }

  /** @throws HeterodyneError what the model throws; `PROCESS` when the processor is given up, or the call kills it */
  call(stage: StationStage, feeds: PackedTensors | undefined, want: boolean): Promise<StageAnswer> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#enqueue({ stage, feeds, want, deaths: 0, resolve, reject });
      this.#pump();
    });
  }

  /** Ends the process at once; what waits fails. */
  async close(): Promise<void> {
    this.#giveUp(closed(this.processor.id));
    await this.#recovering?.catch(() => {});
    await this.#process?.close();
    this.#process = undefined;
  }

  #enqueue(job: Job, front = false): void {
    const { key } = job.stage;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = [];
      this.#queues.set(key, queue);
      this.#turns.push(key);
    }
    if (front) queue.unshift(job);
    else queue.push(job);
  }

  /** The next call: of the model whose last turn is longest ago. */
  #next(): Job | undefined {
    for (let i = 0; i < this.#turns.length; i++) {
      const job = this.#queues.get(this.#turns[i]!)!.shift();
      if (job === undefined) continue;
      this.#turns.push(...this.#turns.splice(i, 1));
      return job;
    }
    return undefined;
  }

  #pump(): void {
    while (this.#recovering === undefined && this.#gone === undefined && this.#running.length < UNDER_WAY) {
      const job = this.#next();
      if (job === undefined) return;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const loaded = this.#loaded.get(job.stage);
    if (loaded === undefined) {
      job.reject(new HeterodyneError('INTERNAL', `${job.stage.key} is not loaded on ${this.processor.id}`));
      return;
    }
    const alone = this.#running.length === 0;
    this.#running.push(job);
    const began = performance.now();
    try {
      const { outputs, latencyMs } = await loaded.exchange(job.feeds, job.want, job.stage.timeoutMs);
      this.#done(job);
      this.#restarts = 0;
      this.#busyMs += latencyMs;
      job.resolve({ outputs, latencyMs, elapsedMs: performance.now() - began, alone });
      this.#pump();
    } catch (error) {
      if (!(error instanceof HeterodyneError) || error.code !== 'PROCESS') {
        this.#done(job);
        job.reject(error);
        this.#pump();
        return;
      }
      this.#recovering ??= this.#recover(error);
    }
  }

  #done(job: Job): void {
    const at = this.#running.indexOf(job);
    if (at >= 0) this.#running.splice(at, 1);
  }

  async #recover(reason: HeterodyneError): Promise<void> {
    const began = performance.now();
    const dead = this.#process;
    this.#process = undefined;
    const calls = this.#running.splice(0);
    // Answers come in order, so the first one was running, and the others had not begun.
    const [first] = calls;
    if (first !== undefined) first.deaths++;
    for (const job of calls.reverse()) {
      if (this.#gone !== undefined || job.deaths >= MOST_DEATHS) job.reject(this.#gone ?? reason);
      else this.#enqueue(job, true);
    }
    if (this.#gone === undefined) {
      this.#tell({ kind: 'down', processor: this.processor.id, pid: dead?.pid ?? 0, reason: reason.message });
    }
    try {
      if (this.#gone !== undefined) return;
      if (++this.#restarts > MOST_RESTARTS) throw reason;
      const [fresh] = await Promise.all([this.#start(), dead?.close()]);
      this.#process = fresh;
      for (const stage of this.#loaded.keys()) this.#loaded.set(stage, await fresh.load(stage.path));
      this.#tell({
        kind: 'restarted',
        processor: this.processor.id,
        pid: fresh.pid,
        downMs: performance.now() - began,
        calls: calls.length,
      });
    } catch (error) {
      const gone = error instanceof HeterodyneError ? error : reason;
      this.#giveUp(gone);
      await this.#process?.close();
      this.#process = undefined;
      this.#tell({ kind: 'gone', processor: this.processor.id, reason: gone.message });
    } finally {
      this.#recovering = undefined;
      this.#pump();
    }
  }

  #start(): Promise<ExecutionProcessor> {
    const { id, execution } = this.processor;
    if (execution !== undefined) return openProcessor(execution);
    throw new HeterodyneError('BAD_INPUT', `nothing at hand runs ${id}`, {
      path: `/processors/${id}`,
      expected: 'a processor with the member execution, as heterodyne platforms detect writes them',
      received: 'a description alone',
      hint: 'plan with --platform host to run on this machine',
    });
  }

  #giveUp(error: HeterodyneError): void {
    this.#gone ??= error;
    for (const queue of this.#queues.values()) for (const job of queue.splice(0)) job.reject(this.#gone);
  }
}

function closed(id: string): HeterodyneError {
  return new HeterodyneError('PROCESS', `${id} is closed`, {
    path: id,
    expected: 'an open runtime',
    received: 'closed',
  });
}
