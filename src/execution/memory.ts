/**
 * How fast this machine moves numbers to and from memory: sums and products of tensors that no cache holds, run by the same
 * runtimes that run networks; each processor alone, then all at once that share no cores.
 *
 *     s ─ Expand ─► a ─┬─────────┬────────► ...        every sum or product reads two tensors and writes one;
 *     s ─ Expand ─► b ─┴► a + b ─┴► x b ─► ...         an Expand writes one. What a cache fetches before it is
 *                                                      overwritten is not counted, after the custom of STREAM.
 */
import { withScratchFolder, writeFileWhole } from '../../bindings/host/index.ts';
import type { Graph, Initializer, Operator } from '../models/graph.ts';
import { writeOnnx } from '../models/onnx/write.ts';
import { ownResources } from '../platforms/own-resources.ts';
import type { Platform, Processor } from '../platforms/schema.ts';
import type { MeasuredMemory } from '../profiles/measured-memory.ts';
import { median } from '../profiles/samples.ts';
import type { Journal } from './measure.ts';
import { processorsAtHand, withProcessors } from './pool.ts';
import type { LoadedStage } from './processor.ts';

export interface MemoryOptions {
  /** For all that is measured of a machine: a series of calls takes at most a twentieth of it, and at most a second. */
  timeLimitMs?: number;
  /** Bytes of each of the three tensors in use; default 64 MiB, less where memory is small. */
  tensorBytes?: number;
  journal?: Journal;
  signal?: AbortSignal;
}

const SERIES_MS = 1000;
const SHARE_OF_LIMIT = 1 / 20;
const TENSOR_BYTES = 2 ** 26;
/** So many tensors must fit into memory, for all processors at work. */
const TENSORS_OF_MEMORY = 64;
const FLOAT_BYTES = 4;
/** Sums and products one after another. */
const STEPS = 6;
const TENSORS_OF_STEP = 3;

/**
 * Measures on every processor that something at hand carries.
 *
 * @throws HeterodyneError `NOT_READABLE` when no runtime is installed; as `openProcessor`; the signal's reason after an abort
 */
export async function measureMemory(platform: Platform, options: MemoryOptions = {}): Promise<MeasuredMemory> {
  const processors = processorsAtHand(platform);
  const dram = platform.resources.find(({ kind }) => kind === 'dram');
  const most = (dram?.memoryBytes ?? Number.POSITIVE_INFINITY) / TENSORS_OF_MEMORY;
  const elements = Math.max(1, Math.floor(Math.min(options.tensorBytes ?? TENSOR_BYTES, most) / FLOAT_BYTES));
  const bytes = (2 + STEPS * TENSORS_OF_STEP) * elements * FLOAT_BYTES;
  const { timeLimitMs = Number.POSITIVE_INFINITY, journal, signal } = options;
  const seriesMs = Math.min(SERIES_MS, SHARE_OF_LIMIT * timeLimitMs);
  const key = JSON.stringify(['memory', elements, processors.map(({ id, execution }) => [id, execution])]);
  const known = journal?.get(key) as MeasuredMemory | undefined;
  if (known !== undefined) return known;
  const measured = await withProcessors(
    (pool) =>
      withScratchFolder(async (folder) => {
        const file = `${folder}/memory.onnx`;
        await writeFileWhole(file, writeOnnx(streamGraph(elements)));
        const rate = async (stage: LoadedStage): Promise<number> => {
          const { samplesMs } = await stage.sample({
            // The native runtime gets its memory in the first call, and anew in the second, as the first has shown its needs.
            warmupRuns: 3,
            warmupMs: seriesMs / 10,
            minRuns: 3,
            spread: 0,
            limitMs: seriesMs,
          });
          return (1000 * bytes) / median(samplesMs);
        };
        const aloneBytesPerS: Record<string, number> = {};
        for (const processor of processors) {
          const stage = await (await pool.get(processor)).load(file);
          aloneBytesPerS[processor.id] = await rate(stage);
          await stage.close();
        }
        const together = sideBySide(platform, processors);
        const stages = await Promise.all(together.map(async (each) => (await pool.get(each)).load(file)));
        const rates = await Promise.all(stages.map(rate));
        const sum = rates.reduce((all, each) => all + each, 0);
        return {
          tensorBytes: elements * FLOAT_BYTES,
          aloneBytesPerS,
          together: together.map(({ id }) => id),
          togetherBytesPerS: Math.max(sum, ...Object.values(aloneBytesPerS)),
        };
      }),
    { signal },
  );
  await journal?.put(key, measured);
  return measured;
}

/** The most processors that share no cores, the first ones where there is a choice. */
function sideBySide(platform: Platform, processors: readonly Processor[]): Processor[] {
  const taken = new Set<string>();
  const narrowFirst = [...processors].sort(
    (a, b) => ownResources(platform, a).length - ownResources(platform, b).length,
  );
  return narrowFirst.filter((processor) => {
    const own = ownResources(platform, processor);
    if (own.some((id) => taken.has(id))) return false;
    for (const id of own) taken.add(id);
    return true;
  });
}

function streamGraph(elements: number): Graph {
  const operator = (type: string, inputs: string[], output: string): Operator => ({
    name: output,
    type,
    domain: '',
    inputs,
    outputs: [output],
    attributes: new Map(),
  });
  const int64 = (...values: number[]): Uint8Array => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  const constant = (name: string, value: number): [string, Initializer] => [
    name,
    { name, type: 'int64', shape: [1], data: int64(value) },
  ];
  const steps = Array.from({ length: STEPS }, (_, i) =>
    operator(i % 2 === 0 ? 'Add' : 'Mul', [i === 0 ? 'a' : `t${i - 1}`, i % 4 < 2 ? 'b' : 'a'], `t${i}`),
  );
  return {
    name: 'memory',
    opset: 13,
    inputs: [{ name: 's', type: 'float32', shape: [1] }],
    outputs: [{ name: 'first', type: 'float32', shape: [1] }],
    initializers: new Map([constant('size', elements), constant('zero', 0), constant('one', 1)]),
    operators: [
      operator('Expand', ['s', 'size'], 'a'),
      operator('Expand', ['s', 'size'], 'b'),
      ...steps,
      operator('Slice', [`t${STEPS - 1}`, 'zero', 'one'], 'first'),
    ],
    declared: new Map(),
  };
}
