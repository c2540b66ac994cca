/**
 * The process behind one processor: holds sessions and runs them when asked. Everything timed happens between two looks
 * at this process's clock, with nothing in between but the call.
 */
import {
  type Answer,
  coreWaits,
  exists,
  readBytes,
  serveRequests,
  takeTextFiles,
  waitedMs,
} from '../../bindings/host/index.ts';
import { type NativeSession, type OnnxSession, openNativeSession, openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import { medianSpread } from '../profiles/samples.ts';
import type { ExecutionTarget, Request, SamplingRule, Series } from './requests.ts';
import { inputsToTime, packTensors, type Tensors, unpackTensors } from './tensors.ts';

interface Stage {
  session: OnnxSession;
  threads: number;
  /** Generated on first use. */
  inputs?: Tensors;
}

const stages = new Map<number, Stage>();

async function openFile(path: string, { runtime, provider, threads }: ExecutionTarget): Promise<OnnxSession> {
  // Reading a file that is not there says so in our words, which the runtimes' own do not.
  if (runtime === 'wasm' || !(await exists(path))) return openSession(await readBytes(path));
  return openNativeSession(path, { threads, ...(provider !== undefined && { provider }) });
}

function stageOf(key: number): Stage {
  const stage = stages.get(key);
  if (stage === undefined) throw new HeterodyneError('USAGE', `stage ${key} is not open`);
  return stage;
}

function timingInputs(stage: Stage): Tensors {
  stage.inputs ??= inputsToTime(stage.session.inputs);
  return stage.inputs;
}

async function sample({ session, threads }: Stage, feeds: Tensors, rule: SamplingRule): Promise<Series> {
  const began = performance.now();
  for (let i = 0; i < rule.warmupRuns || performance.now() - began < rule.warmupMs; i++) {
    await session.run(feeds);
    if (performance.now() - began > rule.limitMs / 2) break;
  }
  const samplesMs: number[] = [];
  let allWaitedMs = 0;
  // Looking at the spread sorts all samples, so it is done ever more rarely.
  for (let look = rule.minRuns; ; ) {
    const before = coreWaits(threads > 1);
    const start = performance.now();
    await session.run(feeds);
    const end = performance.now();
    const waited = waitedMs(before, coreWaits(threads > 1), end - start);
    samplesMs.push(end - start - waited);
    allWaitedMs += waited;
    if (end - began >= rule.limitMs) break;
    if (samplesMs.length < look) continue;
    if (medianSpread(samplesMs) < rule.spread) break;
    look = Math.ceil(look * 1.25);
  }
  return { samplesMs, waitedMs: allWaitedMs };
}

/** The runtime writes its profile when told to end it, to a file whose name it makes up: the only one in the folder. */
async function profile({ path, target, runs }: Extract<Request, { kind: 'profile' }>): Promise<Uint8Array> {
  const { provider, threads } = target;
  const texts = await takeTextFiles(async (folder) => {
    const session: NativeSession = await openNativeSession(path, {
      threads,
      ...(provider !== undefined && { provider }),
      profilePrefix: `${folder}/profile`,
    });
    try {
      const feeds = inputsToTime(session.inputs);
      for (let i = 0; i < runs; i++) await session.run(feeds);
      session.endProfiling();
    } finally {
      await session.close();
    }
  });
  return new TextEncoder().encode(texts[0] ?? '');
}

async function answer(request: Request, payload: Uint8Array): Promise<Answer> {
  switch (request.kind) {
    case 'open': {
      const session = await openFile(request.path, request.target);
      stages.set(request.stage, { session, threads: request.target.threads });
      return { header: { inputs: session.inputs, outputs: session.outputs } };
    }
    case 'close': {
      const stage = stages.get(request.stage);
      stages.delete(request.stage);
      await stage?.session.close();
      return {};
    }
    case 'run': {
      const stage = stageOf(request.stage);
      const feeds = request.feeds === undefined ? timingInputs(stage) : unpackTensors(request.feeds, payload);
      const start = performance.now();
      const results = await stage.session.run(feeds);
      const latencyMs = performance.now() - start;
      if (!request.want) return { header: { latencyMs } };
      const packed = packTensors(results);
      return { header: { latencyMs, outputs: packed.headers }, payload: packed.payload };
    }
    case 'sample': {
      const stage = stageOf(request.stage);
      return { header: { ...(await sample(stage, timingInputs(stage), request.rule)) } };
    }
    case 'profile':
      return { payload: [await profile(request)] };
  }
}

serveRequests((header, payload) => answer(header as unknown as Request, payload));
