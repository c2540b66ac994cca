/** Running a deployed plan for some time: frames are fed to every model, and what comes out is measured. */

import { ownCoreMs } from '../../bindings/host/index.ts';
import { inputsToTime } from '../execution/tensors.ts';
import type { DeployedModel, Runtime } from './deploy.ts';
import { ModelMeter } from './meters.ts';
import { type FrameSource, syntheticSource } from './sources.ts';

export interface RunOptions {
  forMs: number;
  /** Ends earlier, as soon as every model has finished so many frames that were counted. */
  frames?: number;
  /** Before counting begins; default 500. */
  warmupMs?: number;
  /** By model; absent = the same generated numbers for every frame. */
  sources?: Readonly<Record<string, FrameSource>>;
  /** Frames per second, by model; absent = a new one whenever one is done. */
  ratesPerS?: Readonly<Record<string, number>>;
  /** By model; absent = the plan's. */
  deadlinesMs?: Readonly<Record<string, number>>;
  /** Stops feeding: frames under way end, and what was measured is given. */
  signal?: AbortSignal;
  /** Warm-up is over. */
  onBegin?: () => void;
  /** About every `progressMs`. */
  onProgress?: (progress: RunProgress) => void;
  progressMs?: number;
  /** Of an earlier run, to go on with. */
  meters?: ReadonlyMap<string, ModelMeter>;
}

export interface RunProgress {
  elapsedMs: number;
  forMs: number;
  meters: ReadonlyMap<string, ModelMeter>;
}

export interface RunResult {
  /** That was counted, warm-up left out. */
  elapsedMs: number;
  meters: ReadonlyMap<string, ModelMeter>;
  /** By processor: time in calls. */
  busyMs: ReadonlyMap<string, number>;
  /** Core time of this process, which feeds the frames. */
  feederMs: number;
  /** Frames per second of this very run, in the plan's order. */
  turnRates: number[];
  /** Models of which every frame failed, those of the warm-up included. */
  failing: string[];
  /** The signal came first. */
  partial: boolean;
}

const WARMUP_MS = 500;
const PROGRESS_MS = 250;
/** So many failures of one model end its feeding: it does not run. */
const MOST_FAILURES = 16;

/** One for each model; deadlines default to the plan's. */
export function metersOf(runtime: Runtime, deadlinesMs: RunOptions['deadlinesMs'] = {}): Map<string, ModelMeter> {
  return new Map(
    runtime.models.map(({ name, planned }) => [name, new ModelMeter(deadlinesMs[name] ?? planned.deadlineMs)]),
  );
}

/** @throws what a source throws */
export async function run(runtime: Runtime, options: RunOptions): Promise<RunResult> {
  const { forMs, warmupMs = WARMUP_MS, progressMs = PROGRESS_MS, signal } = options;
  const meters = options.meters ?? metersOf(runtime, options.deadlinesMs);
  const forget: (() => void)[] = [];
  const stop = new AbortController();
  const feeding = runtime.models.map((model) => feed(model, options, stop.signal));
  // A source that throws ends the run at once.
  Promise.all(feeding).catch(() => stop.abort());
  let beganAt = performance.now();
  const busyBefore = new Map<string, number>();
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    await pause(warmupMs, stop.signal, signal);
    beganAt = performance.now();
    const coreMs = ownCoreMs();
    options.onBegin?.();
    const before = runtime.models.map(({ name }) => meters.get(name)!.counts.finished);
    for (const [name, meter] of meters) forget.push(runtime.observe(name, meter));
    for (const station of runtime.stations) busyBefore.set(station.processor.id, station.busyMs);
    timer = setInterval(
      () => options.onProgress?.({ elapsedMs: performance.now() - beganAt, forMs, meters }),
      progressMs,
    );
    await pause(forMs, stop.signal, signal, options.frames === undefined ? undefined : enough(runtime, options.frames));
    const elapsedMs = performance.now() - beganAt;
    const feederMs = ownCoreMs() - coreMs;
    const busyMs = new Map(
      runtime.stations.map(({ processor, busyMs: now }) => [processor.id, now - (busyBefore.get(processor.id) ?? 0)]),
    );
    const turnRates = runtime.models.map(
      ({ name }, m) => (meters.get(name)!.counts.finished - before[m]!) / (elapsedMs / 1000),
    );
    for (const end of forget.splice(0)) end();
    stop.abort();
    const fed = await Promise.all(feeding);
    await Promise.all(runtime.models.map(({ flow }) => flow.drained()));
    const failing = runtime.models.flatMap(({ name }, m) => (fed[m]!.failed > 0 && fed[m]!.done === 0 ? [name] : []));
    return { elapsedMs, meters, busyMs, feederMs, turnRates, failing, partial: signal?.aborted === true };
  } finally {
    clearInterval(timer);
    for (const end of forget) end();
    stop.abort();
  }
}

/** Aborts when every model has finished so many frames from now on. */
function enough(runtime: Runtime, frames: number): AbortSignal {
  const reached = new AbortController();
  let left = runtime.models.length;
  for (const { name } of runtime.models) {
    let finished = 0;
    const forget = runtime.observe(name, {
      ended() {
        if (++finished < frames) return;
        forget();
        if (--left === 0) reached.abort();
      },
    });
  }
  return reached.signal;
}

/** Frames that were offered, by what became of them. */
interface Fed {
  done: number;
  failed: number;
}

/** Feeds one model until told to stop. */
async function feed(
  { name, flow, selfFed, inputs }: DeployedModel,
  options: RunOptions,
  stop: AbortSignal,
): Promise<Fed> {
  const source = options.sources?.[name] ?? syntheticSource(selfFed ? undefined : () => inputsToTime(inputs));
  const rate = options.ratesPerS?.[name];
  const fed = { done: 0, failed: 0 };
  const offer = async (): Promise<boolean> => {
    const feeds = await source.next();
    if (feeds === 'ended' || stop.aborted) return false;
    await flow.submit(feeds, false).then(
      () => void fed.done++,
      () => void fed.failed++,
    );
    return fed.failed < MOST_FAILURES;
  };
  if (rate === undefined) {
    // As many callers as frames may be under way: each offers the next frame when its last one is done.
    const caller = async (): Promise<void> => {
      while (!stop.aborted && (await offer()));
    };
    await Promise.all(Array.from({ length: flow.options.inFlight }, caller));
    return fed;
  }
  const periodMs = 1000 / rate;
  const offers: Promise<unknown>[] = [];
  for (let next = performance.now(); !stop.aborted; next += periodMs) {
    await pause(next - performance.now(), stop);
    if (stop.aborted || fed.failed >= MOST_FAILURES) break;
    const offered = offer();
    offers.push(offered);
    if (offers.length > flow.options.inFlight + flow.options.queue) await offers.shift();
  }
  await Promise.allSettled(offers);
  return fed;
}

/** Ends early, without an error, with any of the signals. */
function pause(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  if (ms <= 0 || signals.some((signal) => signal?.aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal?.addEventListener('abort', done);
  });
}
