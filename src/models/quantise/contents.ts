/** The numbers in weights, wherever they come from. */
import { ELEMENT_BYTES, type Graph, type Initializer, tensorBytes } from '../graph.ts';
import type { WeightSource } from '../onnx/write.ts';
import { refusal } from '../refusal.ts';

/** A graph whose weights are at hand. */
export interface WeightedGraph {
  graph: Graph;
  weightsOf?: WeightSource;
}

/** Raw bytes of a constant, joined. @throws HeterodyneError `BAD_INPUT`: no content */
function bytesOf(tensor: Initializer, weightsOf?: WeightSource): Uint8Array {
  const content = tensor.data ?? weightsOf?.(tensor);
  if (content instanceof Uint8Array) return content;
  if (content === undefined) {
    throw refusal('BAD_INPUT', `Tensor "${tensor.name}" has no content at hand`, {
      path: tensor.name,
      expected: `${tensorBytes(tensor.type, tensor.shape)} bytes`,
      received: 'nothing',
      hint: 'read the model with its weights',
    });
  }
  const bytes = new Uint8Array(tensorBytes(tensor.type, tensor.shape));
  let at = 0;
  for (const piece of content) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Numbers of a float32 constant. @throws HeterodyneError as {@link bytesOf} */
export function floatsOf(tensor: Initializer, weightsOf?: WeightSource): Float32Array {
  const bytes = bytesOf(tensor, weightsOf);
  const aligned = bytes.byteOffset % ELEMENT_BYTES.float32 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, bytes.length / ELEMENT_BYTES.float32);
}

/** As {@link floatsOf}, for arithmetic on the weights. @throws HeterodyneError `BAD_INPUT` also for NaN and infinity */
export function finiteFloatsOf(tensor: Initializer, weightsOf?: WeightSource): Float32Array {
  const values = floatsOf(tensor, weightsOf);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  throw refusal('BAD_INPUT', `The weights "${tensor.name}" are damaged`, {
    path: tensor.name,
    expected: 'finite numbers',
    received: `${values[wrong]} at place ${wrong}`,
  });
}

/** The little-endian bytes of a typed array. */
export function asBytes(array: Float32Array | Int8Array | Uint8Array | Uint16Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function floatTensor(name: string, shape: number[], values: Float32Array): Initializer {
  return { name, type: 'float32', shape, data: asBytes(values) };
}
