/**
 * The process behind one processor: holds sessions and runs them when asked. Everything timed happens between two looks
 * at this process's clock, with nothing in between but the call.
 */
import { type Answer, exists, ownCoreMs, readBytes, serveRequests } from '../../bindings/host/index.ts';
import { type NativeSession, type OnnxSession, openNativeSession, openSession } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';
import type { ExecutionTarget, Request } from './requests.ts';
import { quietest, sampleCalls, type TimedCall, timeCall } from './sampling.ts';
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

/** First calls fill caches and choose algorithms. */
const UNCOUNTED_CALLS = 3;

/**
 * The runtime writes its profile when told to end it, to a file whose name it makes up.
 *
 * @returns indices of the calls to count: warm, and as little disturbed as there are
 */
async function profile({ path, target, runs, folder }: Extract<Request, { kind: 'profile' }>): Promise<number[]> {
  const { provider, threads } = target;
  const session: NativeSession = await openNativeSession(path, {
    threads,
    ...(provider !== undefined && { provider }),
    profilePrefix: `${folder}/profile`,
  });
  try {
    const feeds = inputsToTime(session.inputs);
    for (let i = 0; i < UNCOUNTED_CALLS; i++) await session.run(feeds);
    const calls: TimedCall[] = [];
    while (calls.length < runs) calls.push(await timeCall(() => session.run(feeds), threads));
    session.endProfiling();
    return quietest(calls).map((i) => i + UNCOUNTED_CALLS);
  } finally {
    await session.close();
  }
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
    case 'account': {
      const stage = stageOf(request.stage);
      const feeds = timingInputs(stage);
      const { elapsedMs, waitedMs } = await timeCall(() => stage.session.run(feeds), stage.threads);
      return { header: { latencyMs: elapsedMs, waitedMs } };
    }
    case 'cpu':
      return { header: { coreMs: ownCoreMs() } };
    case 'core': {
      const stage = stageOf(request.stage);
      const feeds = timingInputs(stage);
      for (let i = 0; i < UNCOUNTED_CALLS; i++) await stage.session.run(feeds);
      const before = ownCoreMs();
      for (let i = 0; i < request.calls; i++) await stage.session.run(feeds);
      return { header: { coreMs: ownCoreMs() - before } };
    }
    case 'sample': {
      const stage = stageOf(request.stage);
      const feeds = timingInputs(stage);
      return { header: { ...(await sampleCalls(() => stage.session.run(feeds), stage.threads, request.rule)) } };
    }
    case 'profile':
      return { header: { counted: await profile(request) } };
  }
}

serveRequests((header, payload) => answer(header as unknown as Request, payload));
