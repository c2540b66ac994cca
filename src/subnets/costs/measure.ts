/**
 * Costs measured here: every kind of block is built, run in ONNX Runtime and timed alone. A sum of such times leaves out
 * what fusing across blocks saves, and counts the runtime's start of a run once for every block: that start is timed on an
 * empty network and taken off.
 */
import { type OnnxSession, openSession } from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import { contentHash } from '../../documents/canonical.ts';
import type { Graph } from '../../models/graph.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { zooWeights } from '../../models/zoo/weights.ts';
import type { SearchSpace } from '../space.ts';
import type { SubnetCosts } from './costs-schema.ts';
import { featureGraph } from './pieces/piece.ts';
import { piecesOf } from './pieces/pieces.ts';

type Entry = SubnetCosts['entries'][number];

export interface MeasureOptions {
  /** What was measured before: its entries are kept and not measured again. */
  earlier?: SubnetCosts;
  signal?: AbortSignal;
  /** After every entry: the document so far, and the share done. */
  onEntry?: (costs: SubnetCosts, share: number) => void | Promise<void>;
  /** Timed runs of each block. */
  runs?: number;
  /** Loads a piece; default: ONNX Runtime for the web, on one thread. */
  open?: (model: Uint8Array) => Promise<Pick<OnnxSession, 'run' | 'close'>>;
}

const WARM_UP = 2;
const RUNS = 12;
/** Time of an entry below which it cannot be told from nothing. */
const LEAST_MS = 1e-6;

/**
 * What was timed when the signal came is in the result, which is then not whole.
 *
 * @throws HeterodyneError `USAGE` for a space whose layers are not known; `BAD_INPUT` when the earlier costs are those of
 * another space; `NOT_READABLE` without ONNX Runtime
 */
export async function measureCosts(space: SearchSpace, options: MeasureOptions = {}): Promise<SubnetCosts> {
  const { earlier, signal, onEntry, runs = RUNS, open = openSession } = options;
  const pieces = piecesOf(space);
  if (earlier && earlier.space !== space.name) {
    throw new HeterodyneError('BAD_INPUT', 'the times kept so far are those of another space', {
      path: '/space',
      expected: space.name,
      received: earlier.space,
      hint: 'keep the times of each space in a file of its own',
    });
  }
  const known = new Map(earlier?.entries.map((entry) => [keyOf(entry), entry]));
  const entries: Entry[] = [];
  const costs = (): SubnetCosts => ({
    kind: 'subnet-costs',
    schemaVersion: 1,
    space: space.name,
    processor: 'host',
    provenance: 'measured',
    // What was measured earlier stays, also of resolutions that are not asked for now.
    entries: [...new Set([...entries, ...known.values()])],
  });
  const nothing = featureGraph(1, 1, (builder, x) => builder.activate('nothing', x, 'relu'));
  let start: number | undefined;
  let done = 0;
  for (const { entry, build } of pieces) {
    done++;
    const before = known.get(keyOf(entry));
    if (before) {
      entries.push(before);
      continue;
    }
    if (signal?.aborted) break;
    start ??= (await timeOf(nothing, runs, open)).meanMs;
    let [meanMs, variance] = [0, 0];
    for (const graph of build()) {
      const time = await timeOf(graph, runs, open);
      meanMs += time.meanMs - start;
      variance += time.stdMs ** 2;
    }
    // Every network starts one run: what it pays in front of its first stage says so.
    if (entry.stage === undefined && entry.width === undefined) meanMs += start;
    entries.push({ ...entry, meanMs: Math.max(LEAST_MS, meanMs), stdMs: Math.sqrt(variance), count: runs });
    await onEntry?.(costs(), done / pieces.length);
  }
  return costs();
}

/** What an entry is about, however its members are ordered. */
function keyOf({ meanMs, stdMs, count, ...about }: Partial<Entry>): string {
  return contentHash(about);
}

async function timeOf(
  graph: Graph,
  runs: number,
  open: NonNullable<MeasureOptions['open']>,
): Promise<{ meanMs: number; stdMs: number }> {
  const session = await open(writeOnnx(graph, zooWeights(graph, 1)));
  try {
    const dims = graph.inputs[0].shape as number[];
    const data = new Float32Array(dims.reduce((product, size) => product * size, 1)).fill(0.5);
    const feeds = { input: { type: 'float32' as const, data, dims } };
    const times: number[] = [];
    for (let run = -WARM_UP; run < runs; run++) {
      const began = performance.now();
      await session.run(feeds);
      if (run >= 0) times.push(performance.now() - began);
    }
    // The upper quarter is left out: what interrupts a run is not the block's.
    const kept = times.sort((a, b) => a - b).slice(0, Math.max(1, Math.ceil(0.75 * runs)));
    const meanMs = kept.reduce((sum, time) => sum + time, 0) / kept.length;
    return { meanMs, stdMs: Math.sqrt(kept.reduce((sum, time) => sum + (time - meanMs) ** 2, 0) / kept.length) };
  } finally {
    await session.close();
  }
}
