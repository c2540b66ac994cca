/**
 * Measures what calls of stages in processes cost beside the calls: core time of both processes while a network that only
 * hands on its input is called, two calls under way as in a running plan, without tensors, with tensors in, out, and both.
 */
import { ownCoreMs, withScratchFolder, writeFileWhole } from '../../bindings/host/index.ts';
import type { Graph } from '../models/graph.ts';
import { writeOnnx } from '../models/onnx/write.ts';
import type { Platform } from '../platforms/schema.ts';
import { quantile } from '../profiles/samples.ts';
import type { HandoverSeries } from '../profiles/schema.ts';
import type { Journal } from './measure.ts';
import { runnableProcessors, withProcessors } from './pool.ts';
import type { ExecutionProcessor, LoadedStage } from './processor.ts';
import { inputsToTime, packTensors } from './tensors.ts';

export interface HandoverOptions {
  journal?: Journal;
  signal?: AbortSignal;
  onProgress?: (share: number, note: string) => void;
}

/** Elements of float32 tensors: none to speak of, a small map of features, a large one. */
const SIZES = [64, 16_384, 262_144];
/** Of a size. Fresh processes first have to compile the code that carries messages. */
const WARMUP_CALLS = 20;
const FIRST_CALLS = 1000;
const LEAST_CALLS = 40;
const WINDOW_MS = 120;
const UNDER_WAY = 2;

/** @throws HeterodyneError as `measureModels`; the signal's reason after an abort */
export async function measureHandover(platform: Platform, options: HandoverOptions = {}): Promise<HandoverSeries[]> {
  const { journal, signal, onProgress } = options;
  const series: HandoverSeries[] = [];
  const processors = runnableProcessors(platform);
  await withProcessors(
    (pool) =>
      withScratchFolder(async (folder) => {
        for (const [i, processor] of processors.entries()) {
          const key = JSON.stringify(['handover', processor.id, processor.execution]);
          let found = journal?.get(key) as HandoverSeries[] | undefined;
          if (found === undefined) {
            signal?.throwIfAborted();
            found = await ofProcessor(processor.id, await pool.get(processor), folder);
            await journal?.put(key, found);
          }
          series.push(...found);
          onProgress?.((i + 1) / processors.length, `messages to ${processor.id}`);
        }
      }),
    options,
  );
  return series;
}

async function ofProcessor(id: string, processor: ExecutionProcessor, folder: string): Promise<HandoverSeries[]> {
  const series: HandoverSeries[] = [];
  for (const size of SIZES) {
    const path = `${folder}/hand-on-${size}.onnx`;
    await writeFileWhole(path, writeOnnx(handOn(size)));
    const stage = await processor.load(path);
    const warmup = size === SIZES[0] ? FIRST_CALLS : WARMUP_CALLS;
    const ways =
      size === SIZES[0]
        ? [[false, false]]
        : [
            [true, false],
            [false, true],
            [true, true],
          ];
    for (const [into, outOf] of ways)
      series.push({ processor: id, ...(await timed(processor, stage, into!, outOf!, warmup)) });
    await stage.close();
  }
  return series;
}

/** y = x over [size]. */
function handOn(size: number): Graph {
  return {
    name: 'hand-on',
    opset: 13,
    inputs: [{ name: 'x', type: 'float32', shape: [size] }],
    outputs: [{ name: 'y', type: 'float32', shape: [size] }],
    initializers: new Map(),
    operators: [
      { name: 'hand-on', type: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: new Map() },
    ],
    declared: new Map(),
  };
}

async function timed(
  processor: ExecutionProcessor,
  stage: LoadedStage,
  into: boolean,
  outOf: boolean,
  warmup: number,
): Promise<Omit<HandoverSeries, 'processor'>> {
  const feeds = packTensors(inputsToTime(stage.inputs));
  const bytes = feeds.payload.reduce((sum, { length }) => sum + length, 0);
  const latencies: number[] = [];
  const caller = async (enough: () => boolean): Promise<void> => {
    while (!enough()) latencies.push((await stage.exchange(into ? feeds : undefined, outOf)).latencyMs);
  };
  const callers = (enough: () => boolean): Promise<unknown> =>
    Promise.all(Array.from({ length: UNDER_WAY }, () => caller(enough)));
  await callers(() => latencies.length >= warmup);
  latencies.length = 0;
  const before = await processor.coreMs();
  const feederBefore = ownCoreMs();
  const began = performance.now();
  await callers(() => latencies.length >= LEAST_CALLS && performance.now() - began >= WINDOW_MS);
  const feeder = ownCoreMs() - feederBefore;
  const other = (await processor.coreMs()) - before;
  const calls = latencies.length;
  // The median: a call during which something else ran seems longer than the core time that it took.
  const callsMs = calls * quantile(Float64Array.from(latencies).sort(), 0.5);
  return {
    intoBytes: into ? bytes : 0,
    outOfBytes: outOf ? bytes : 0,
    calls,
    coreMs: (feeder + Math.max(0, other - callsMs)) / calls,
    feederMs: feeder / calls,
  };
}
