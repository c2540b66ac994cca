/** Whether the stages of a model, run one after another, compute what the whole does. */
import { openSession } from '../../../bindings/onnx/index.ts';
import { type CuttableModel, type Piece, stageModels } from '../../models/cut.ts';
import type { Graph } from '../../models/graph.ts';
import { writeOnnx } from '../../models/onnx/write.ts';
import { type Feeds, syntheticFeeds } from './calibration.ts';
import { OutputComparison, type OutputError } from './output-error.ts';

export interface VerifyOptions {
  /** Of the made-up inputs. */
  seed?: number;
  signal?: AbortSignal;
  /** Called before each session: how many are done, of how many. */
  onProgress?: (done: number, all: number) => void;
}

/**
 * Runs the whole and then each stage in ONNX Runtime (WebAssembly, one thread), all without rewriting, on made-up
 * inputs. One session is open at a time, so memory stays that of the whole.
 *
 * @throws HeterodyneError as `stageModels`, `writeOnnx` and `openSession`
 */
export async function verifyStages(
  model: CuttableModel,
  cuts: readonly number[],
  options: VerifyOptions = {},
): Promise<OutputError> {
  const { seed = 1, signal, onProgress } = options;
  const pieces = stageModels(model, cuts);
  const [feeds] = syntheticFeeds(model.blocked.inputs, 1, seed);
  const all = pieces.length + 1;
  onProgress?.(0, all);
  const whole = await runOnce(model, model.graph, feeds!);
  const pool: Feeds = { ...feeds };
  for (const [s, piece] of pieces.entries()) {
    signal?.throwIfAborted();
    onProgress?.(s + 1, all);
    Object.assign(pool, await runOnce(model, piece.graph, taken(piece, pool)));
  }
  const comparison = new OutputComparison();
  comparison.add(whole, pool);
  return comparison.result();
}

function taken({ inputs }: Piece, pool: Feeds): Feeds {
  return Object.fromEntries(inputs.map(({ name }) => [name, pool[name]!]));
}

async function runOnce({ weightsOf }: CuttableModel, graph: Graph, feeds: Feeds): Promise<Feeds> {
  const session = await openSession(writeOnnx(graph, weightsOf), { optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}
