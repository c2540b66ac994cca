/**
 * One processor of this host at work: a process of its own, held to the processor's cores, that loads stage files and
 * runs them. Several processors work at the same time; the runs of one follow each other.
 */
import { type HostProcess, startProcess, takeTextFiles } from '../../bindings/host/index.ts';
import type { OnnxValueInfo } from '../../bindings/onnx/index.ts';
import type { Answers, ExecutionTarget, Request, SamplingRule, Series } from './requests.ts';
import {
  type PackedTensors,
  packTensors,
  splitPayload,
  type TensorHeader,
  type Tensors,
  unpackTensors,
} from './tensors.ts';

/** A model, or a run of its blocks, loaded on a processor. */
export interface LoadedStage {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /**
   * One call. `latencyMs` is that of the call alone, by the clock of the process: nothing of the way there and back.
   *
   * @param feeds absent = the same generated numbers every time
   * @throws HeterodyneError `BAD_INPUT` as `OnnxSession.run`; `PROCESS`
   */
  run(feeds?: Readonly<Tensors>): Promise<{ outputs: Tensors; latencyMs: number }>;
  /**
   * As {@link run}, on tensors as they stand in messages: nothing is copied on this side.
   *
   * @param want false = the answer stays where it is
   * @param timeoutMs after this long the process counts as hanging; default as for the processor
   */
  exchange(
    feeds: PackedTensors | undefined,
    want: boolean,
    timeoutMs?: number,
  ): Promise<{ outputs: PackedTensors; latencyMs: number }>;
  /** As {@link run} on generated numbers, the answer left where it is. @returns milliseconds */
  time(): Promise<number>;
  /** As {@link time}, with the part of it that the call waited for a core that something else held. */
  account(): Promise<{ latencyMs: number; waitedMs: number }>;
  /** Core time of a call, all threads together: the mean over so many, one after another, ms. */
  core(calls: number): Promise<number>;
  /** Calls one after another until `rule` is satisfied. */
  sample(rule: SamplingRule): Promise<Series>;
  close(): Promise<void>;
}

export interface ExecutionProcessor {
  readonly pid: number;
  readonly target: ExecutionTarget;
  /** Held to its cores; else the reason stands in `unpinned`. */
  readonly pinned: boolean;
  readonly unpinned?: string;
  /** Loads an ONNX file. @throws HeterodyneError `NOT_READABLE`, `BAD_INPUT` as `openSession`; `PROCESS` */
  load(path: string): Promise<LoadedStage>;
  /** The native runtime's profile of so many calls: the text of its file, and the calls in it to count. */
  profile(path: string, runs: number): Promise<{ text: string; counted: number[] }>;
  /** Core time that the process took so far, all its threads together. */
  coreMs(): Promise<number>;
  /** Ends the process at once; what is under way fails with `PROCESS`. */
  close(): Promise<void>;
}

export interface ProcessorOptions {
  /** A request that takes longer counts as hanging and ends the process; default 10 minutes. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 600_000;

/** The worker lies beside this file: as TypeScript in the source, as JavaScript in the package. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * Starts the process of one processor.
 *
 * @throws HeterodyneError `PROCESS` when it does not start; `NOT_READABLE` in Deno without `--allow-run`
 */
export async function openProcessor(
  target: ExecutionTarget,
  options: ProcessorOptions = {},
): Promise<ExecutionProcessor> {
  const { timeoutMs = TIMEOUT_MS } = options;
  const child = await startProcess({ module: WORKER, cores: target.cores });
  let stages = 0;

  const ask = async <K extends Request['kind']>(
    request: Extract<Request, { kind: K }>,
    payload?: readonly Uint8Array[],
    limitMs = timeoutMs,
  ): Promise<{ answer: Answers[K]; payload: Uint8Array }> => {
    const frame = await child.request({ ...request }, { payload, timeoutMs: limitMs });
    return { answer: frame.header as unknown as Answers[K], payload: frame.payload };
  };
  const { pid, pinned, unpinned } = child as HostProcess;
  return {
    pid,
    target,
    pinned,
    ...(unpinned !== undefined && { unpinned }),
    async load(path) {
      const stage = stages++;
      const { inputs, outputs } = (await ask<'open'>({ kind: 'open', stage, path, target })).answer;
      return {
        inputs,
        outputs,
        async run(feeds) {
          const packed = feeds && packTensors(feeds);
          const reply = await ask<'run'>(
            { kind: 'run', stage, want: true, ...(packed && { feeds: packed.headers }) },
            packed?.payload,
          );
          const headers: TensorHeader[] = reply.answer.outputs ?? [];
          return { outputs: unpackTensors(headers, reply.payload), latencyMs: reply.answer.latencyMs };
        },
        async exchange(feeds, want, limitMs) {
          const reply = await ask<'run'>(
            { kind: 'run', stage, want, ...(feeds && { feeds: feeds.headers }) },
            feeds?.payload,
            limitMs,
          );
          const { latencyMs, outputs = [] } = reply.answer;
          return { outputs: splitPayload(outputs, reply.payload), latencyMs };
        },
        time: async () => (await ask<'run'>({ kind: 'run', stage, want: false })).answer.latencyMs,
        account: async () => (await ask<'account'>({ kind: 'account', stage })).answer,
        core: async (calls) => (await ask<'core'>({ kind: 'core', stage, calls })).answer.coreMs / calls,
        sample: async (rule) => (await ask<'sample'>({ kind: 'sample', stage, rule })).answer,
        close: async () => void (await ask<'close'>({ kind: 'close', stage })),
      };
    },
    async profile(path, runs) {
      // The folder is ours, not the process's: it is removed even when the process is killed.
      let counted: number[] = [];
      const texts = await takeTextFiles(async (folder) => {
        counted = (await ask<'profile'>({ kind: 'profile', path, target, runs, folder })).answer.counted;
      });
      return { text: texts[0] ?? '', counted };
    },
    coreMs: async () => (await ask<'cpu'>({ kind: 'cpu' })).answer.coreMs,
    close: () => child.close(),
  };
}
