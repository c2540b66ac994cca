/** From a graph or an ONNX file to blocks: the way that every command takes. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { HeterodyneError } from '../core/errors.ts';
import { cutIntoBlocks, type Granularity } from './blocks.ts';
import { type BlockedModel, countElements, type Graph, type Precision, tensorsRead } from './graph.ts';
import { readOnnx } from './onnx/read.ts';
import { type InferredShapes, inferShapes } from './shapes/infer.ts';
import { sumOf } from './work/operator-work.ts';
import { type CountedWork, countWork } from './work.ts';

export interface BlockOptions {
  /** As plans and reports call the model. */
  name: string;
  /** Where it came from: a path, or `zoo:NAME`. */
  source: string;
  /** Input shapes by input name, where the graph leaves dimensions open. */
  shapes?: Readonly<Record<string, readonly number[]>>;
  /** Size of batch dimensions that the graph leaves open. */
  batch?: number;
  granularity?: Granularity;
  /** Live tensors that a cut may cross at granularity `operator`. */
  maxLive?: number;
  /** Store real numbers so, whatever the file does. */
  precision?: Precision;
}

/** Above this, hashing goes slice by slice: the platform's digest would copy the file. */
const DIGEST_LIMIT = 1 << 29;
/** Some 50 ms of hashing in JavaScript between two turns of the event loop. */
const SLICE_BYTES = 1 << 24;

/** sha256 (hexadecimal) of a file's content. The platform's digest is six times as fast as JavaScript, where there is one. */
export async function hashBytes(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle !== undefined && bytes.length <= DIGEST_LIMIT) {
    return bytesToHex(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
  }
  const hash = sha256.create();
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    hash.update(bytes.subarray(start, start + SLICE_BYTES));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return bytesToHex(hash.digest());
}

/** Say which file an error is about. */
function naming<T>(source: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof HeterodyneError) || error.source !== undefined) throw error;
    const { message, path, expected, received, hint, problems } = error;
    throw new HeterodyneError(error.code, message, { path, expected, received, hint, problems, source, cause: error });
  }
}

/** Stored constants that run-time operators read: their bytes and their trained elements. */
function storedWeights(
  graph: Graph,
  shapes: InferredShapes,
  counted: CountedWork,
): { bytes: number; parameters: number } {
  const stored = new Map<string, number>();
  for (const [index, operator] of graph.operators.entries()) {
    const { role } = counted.operators[index]!;
    if (role === 'constant' || role === 'unused') continue;
    for (const name of tensorsRead(operator)) {
      if (!shapes.constants.has(name)) continue;
      const storage = counted.storageOf(name);
      const tensor = shapes.tensors.get(storage);
      if (tensor === undefined) continue;
      // Running mean and variance are measured, not trained; 64-bit integers and flags are shapes, axes and indices.
      const statistic = operator.type === 'BatchNormalization' && operator.inputs.indexOf(name) >= 3;
      // Scalars are literals: limits of a Clip, constants of a formula.
      const untrained = tensor.shape.length === 0 || tensor.type === 'int64' || tensor.type === 'bool';
      stored.set(storage, statistic || untrained ? 0 : countElements(tensor.shape));
    }
  }
  let bytes = 0;
  let parameters = 0;
  for (const [name, elements] of stored) {
    bytes += counted.bytesOf(name);
    parameters += elements;
  }
  return { bytes, parameters };
}

/**
 * Infer shapes, count work and cut a graph into blocks.
 *
 * @throws HeterodyneError `USAGE` (open input dimensions, unknown options), `UNKNOWN_OPERATOR`, `BAD_INPUT`.
 */
export function blockModel(graph: Graph, options: BlockOptions & { hash: string }): BlockedModel {
  const { name, source, hash, precision } = options;
  return naming(source, (): BlockedModel => {
    const shapes = inferShapes(graph, options);
    const counted = countWork(graph, shapes, options);
    const blocks = cutIntoBlocks(graph, shapes, options, counted);
    const stored = storedWeights(graph, shapes, counted);
    return {
      name,
      hash,
      source,
      batch: shapes.batch,
      ...(precision !== undefined && { precision }),
      inputs: shapes.inputs.map((tensor) => ({ ...tensor, bytes: counted.bytesOf(tensor.name) })),
      outputs: shapes.outputs.map((tensor) => ({ ...tensor, bytes: counted.bytesOf(tensor.name) })),
      blocks,
      macs: blocks.reduce((sum, block) => sum + sumOf(block.work.macs), 0),
      parameters: stored.parameters,
      weightBytes: stored.bytes,
      activationBytes: blocks.reduce((most, block) => Math.max(most, block.activationBytes), 0),
      warnings: shapes.warnings,
    };
  });
}

/**
 * Read an ONNX file and cut it into blocks. `bytes` must stay unchanged meanwhile.
 *
 * @throws HeterodyneError as {@link blockModel}, and `BAD_INPUT` for what is no readable ONNX model.
 */
export async function loadOnnxModel(bytes: Uint8Array, options: BlockOptions): Promise<BlockedModel> {
  const graph = readOnnx(bytes, { source: options.source });
  return blockModel(graph, { ...options, hash: await hashBytes(bytes) });
}
