/**
 * Costs measured here: every kind of block is built, run in ONNX Runtime and timed alone. A sum of such times leaves out
 * what fusing across blocks saves, and counts the runtime's start of a run once for every block: that start is timed on an
 * empty network and taken off.
 */
import { openSession } from '../../../bindings/onnx/index.ts';
import { HeterodyneError } from '../../core/errors.ts';
import type { Graph } from '../../models/graph.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { type Feature, GraphBuilder } from '../../models/zoo/builder.ts';
import { zooWeights } from '../../models/zoo/weights.ts';
import { mbv3Block, mbv3Head, mbv3Tail } from '../networks/ofa-mbv3.ts';
import { EXPANSIONS, KERNELS, mbShapes } from '../ofa-mbv3.ts';
import type { SearchSpace } from '../space.ts';
import type { SubnetCosts } from './costs-schema.ts';

type Entry = SubnetCosts['entries'][number];

export interface MeasureOptions {
  /** What was measured before: its entries are kept and not measured again. */
  earlier?: SubnetCosts;
  signal?: AbortSignal;
  /** After every entry: the document so far, and the share done. */
  onEntry?: (costs: SubnetCosts, share: number) => void | Promise<void>;
  /** Timed runs of each block. */
  runs?: number;
}

const WARM_UP = 2;
const RUNS = 12;

/** A piece of the network to be timed. */
interface Piece {
  entry: Omit<Entry, 'meanMs'>;
  build(): Graph;
}

/** @throws HeterodyneError `USAGE` for other spaces than ofa-mbv3; `NOT_READABLE` without ONNX Runtime */
export async function measureCosts(space: SearchSpace, options: MeasureOptions = {}): Promise<SubnetCosts> {
  const { earlier, signal, onEntry, runs = RUNS } = options;
  if (space.name !== 'ofa-mbv3') {
    throw new HeterodyneError('USAGE', `the blocks of "${space.name}" cannot be built here, so they cannot be timed`, {
      path: '--measure',
      expected: '--space ofa-mbv3',
      received: space.name,
    });
  }
  const pieces = space.resolutions.flatMap(piecesOf);
  const entries: Entry[] = [];
  const costs = (): SubnetCosts => ({
    kind: 'subnet-costs',
    schemaVersion: 1,
    space: space.name,
    processor: 'host',
    provenance: 'measured',
    entries,
  });
  const start = await timeOf(emptyGraph(), runs);
  for (const [i, { entry, build }] of pieces.entries()) {
    const key = JSON.stringify(entry);
    const known = earlier?.entries.find(({ meanMs, stdMs, count, ...rest }) => JSON.stringify(rest) === key);
    if (known) entries.push(known);
    else {
      if (signal?.aborted) break;
      const { meanMs, stdMs } = await timeOf(build(), runs);
      entries.push({ ...entry, meanMs: Math.max(1e-6, meanMs - start.meanMs), stdMs, count: runs });
      await onEntry?.(costs(), (i + 1) / pieces.length);
    }
  }
  return costs();
}

/** Stem and tail together, then first and later blocks of every stage in every form. */
function piecesOf(resolution: number): Piece[] {
  const { blocks, stemSize } = mbShapes(resolution);
  const fixed: Piece = {
    entry: { resolution },
    build: () => {
      const builder = new GraphBuilder('fixed', 1, 'folded');
      const x = mbv3Head(builder, builder.input('input', 3, resolution, resolution));
      // The tail's input has the last size: pool the stem's output down to it.
      const kernel = Math.floor(stemSize / mbShapes(resolution).lastSize);
      const pooled = builder.averagePool('between', x, { kernel, stride: kernel, countPadding: false });
      const wide = builder.concat('widened', Array(8).fill(pooled));
      return builder.finish(mbv3Tail(builder, wide));
    },
  };
  const kinds = blocks.filter(({ position }) => position < 2);
  const timed = kinds.flatMap((shape) =>
    KERNELS.flatMap((ks) =>
      EXPANSIONS.map(
        (e): Piece => ({
          entry: {
            resolution,
            stage: `stage${shape.stage}`,
            ...(shape.position === 0 && { block: 0 }),
            form: { ks, e },
          },
          build: () => {
            const builder = new GraphBuilder('block', 1, 'folded');
            const x = builder.input('input', shape.inChannels, shape.inSize, shape.inSize);
            return ending(builder, mbv3Block(builder, x, shape, ks, e));
          },
        }),
      ),
    ),
  );
  return [fixed, ...timed];
}

function emptyGraph(): Graph {
  const builder = new GraphBuilder('empty', 1, 'folded');
  return ending(builder, builder.activate('only', builder.input('input', 1, 1, 1), 'relu'));
}

/** A graph that ends in a feature map instead of class scores. */
function ending(builder: GraphBuilder, x: Feature): Graph {
  const graph = builder.finish(x);
  graph.outputs[0].shape = [1, x.channels, x.height, x.width];
  return graph;
}

async function timeOf(graph: Graph, runs: number): Promise<{ meanMs: number; stdMs: number }> {
  const session = await openSession(writeOnnx(graph, zooWeights(graph, 1)));
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
