/** Runs a model whole and in pieces, without rewriting by the runtime, and compares the results to the bit. */
import { type OnnxTensor, openSession } from '../../bindings/onnx/index.ts';
import { type CuttableModel, stageModels } from '../../src/models/cut.ts';
import { writeOnnx } from '../../src/models/onnx/write.ts';
import type { Random } from '../../src/reference/random.ts';

export type Tensors = Record<string, OnnxTensor>;

/** Smooth numbers of order one. */
export function feedsOf({ blocked }: CuttableModel): Tensors {
  const feeds: Tensors = {};
  for (const { name, shape } of blocked.inputs) {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(0.37 * i));
    feeds[name] = { type: 'float32', data, dims: shape };
  }
  return feeds;
}

async function run(bytes: Uint8Array, feeds: Tensors): Promise<Tensors> {
  const session = await openSession(bytes, { optimize: false });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

/** The file as it was, never cut. */
export async function runWhole(model: CuttableModel, feeds: Tensors): Promise<Tensors> {
  return run(writeOnnx(model.graph, model.weightsOf), feeds);
}

/** Each stage in a session of its own; what one makes lies in a pool for all that follow. */
export async function runStages(model: CuttableModel, cuts: readonly number[], feeds: Tensors): Promise<Tensors> {
  const pool = { ...feeds };
  for (const piece of stageModels(model, cuts)) {
    const taken = Object.fromEntries(piece.inputs.map(({ name }) => [name, pool[name]!]));
    const made = await run(writeOnnx(piece.graph, model.weightsOf), taken);
    for (const { name, shape } of piece.outputs) {
      if (made[name] === undefined || `${made[name].dims}` !== `${shape}`) throw new Error(`${name} was not made`);
    }
    Object.assign(pool, made);
  }
  return Object.fromEntries(model.graph.outputs.map(({ name }) => [name, pool[name]!]));
}

/** First blocks of up to `most` stages after the first, drawn. */
export function randomCuts(random: Random, blocks: number, most: number): number[] {
  const cuts = new Set<number>();
  const wanted = Math.min(blocks - 1, 1 + random.below(most));
  while (cuts.size < wanted) cuts.add(1 + random.below(blocks - 1));
  return [...cuts].sort((a, b) => a - b);
}
