/** From a file or a zoo name to a model that can be cut: blocks as everywhere else, and the operators behind them. */

import type { CuttableModel } from './cut.ts';
import type { Graph } from './graph.ts';
import { type BlockOptions, blockModel, hashBytes } from './load.ts';
import { attachExternal, type ReadBeside } from './onnx/external.ts';
import { readOnnx } from './onnx/read.ts';
import type { WeightSource } from './onnx/write.ts';
import { inferShapes } from './shapes/infer.ts';
import { type ZooLoadOptions, zooGraph } from './zoo/load.ts';
import { zooWeights } from './zoo/weights.ts';

/** Cut a graph into blocks and keep what cutting it in pieces needs. @throws HeterodyneError as `blockModel`. */
export function cuttable(
  graph: Graph,
  options: BlockOptions & { hash: string },
  weightsOf?: WeightSource,
): CuttableModel {
  const blocked = blockModel(graph, options);
  return { blocked, graph, shapes: inferShapes(graph, options), ...(weightsOf !== undefined && { weightsOf }) };
}

/**
 * An ONNX file. Weights stay views into `bytes`, which must not change while the model is in use. `readBeside` reads
 * the files that hold further weights; without it such a model can be looked at, but not written.
 *
 * @throws HeterodyneError as `loadOnnxModel` and `attachExternal`.
 */
export async function cuttableOnnx(
  bytes: Uint8Array,
  options: BlockOptions,
  readBeside?: ReadBeside,
): Promise<CuttableModel> {
  const graph = readOnnx(bytes, { source: options.source });
  if (readBeside !== undefined) await attachExternal(graph, readBeside);
  return cuttable(graph, { ...options, hash: await hashBytes(bytes) });
}

/** A network of the zoo with random weights from `seed`. @throws HeterodyneError as `loadZooModel`. */
export function cuttableZoo(name: string, options: ZooLoadOptions & { seed?: number } = {}): CuttableModel {
  const { graph, blocking } = zooGraph(name, options);
  return cuttable(graph, blocking, zooWeights(graph, options.seed ?? 1));
}
