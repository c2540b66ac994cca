/** Tensors between processes: names, types and sizes in the header, elements in the payload. */
import type { OnnxTensor, OnnxValueInfo, TensorType } from '../../bindings/onnx/index.ts';
import { HeterodyneError } from '../core/errors.ts';

export type Tensors = Record<string, OnnxTensor>;

/** How a tensor stands in a message; its bytes follow those of the one before. */
export interface TensorHeader {
  name: string;
  type: TensorType;
  dims: readonly number[];
  bytes: number;
}

const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

function isNumeric(type: TensorType): type is keyof typeof ARRAYS {
  return Object.hasOwn(ARRAYS, type);
}

function noText(name: string): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `tensor "${name}" holds text, which does not go between processes`, {
    path: name,
    expected: 'numbers',
    received: 'string',
  });
}

/** Tensors as they stand in a message: what only passes by need not be made into arrays. */
export interface PackedTensors {
  headers: TensorHeader[];
  /** Bytes of each, in the order of the headers. */
  payload: Uint8Array[];
}

/** What a caller or a caller's module gave instead of a tensor. */
function noTensor(name: string, given: unknown): HeterodyneError {
  return new HeterodyneError('BAD_INPUT', `"${name}" is no tensor`, {
    path: name,
    expected: `{ type, data, dims } with type one of ${Object.keys(ARRAYS).join(', ')} and data a typed array`,
    received:
      given === null ? 'null' : typeof given === 'object' ? `{ ${Object.keys(given).join(', ')} }` : typeof given,
  });
}

function isTensor(given: unknown): given is OnnxTensor {
  if (typeof given !== 'object' || given === null) return false;
  const { type, data, dims } = given as Partial<OnnxTensor>;
  return type !== undefined && isNumeric(type) && ArrayBuffer.isView(data) && Array.isArray(dims);
}

/** @throws HeterodyneError `BAD_INPUT` for what is no tensor, and tensors of strings */
export function packTensors(tensors: Readonly<Tensors>): PackedTensors {
  const headers: TensorHeader[] = [];
  const payload: Uint8Array[] = [];
  if (typeof tensors !== 'object' || tensors === null) throw noTensor('tensors', tensors);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor?.type === 'string') throw noText(name);
    if (!isTensor(tensor)) throw noTensor(name, tensor);
    const { buffer, byteOffset, byteLength } = tensor.data;
    headers.push({ name, type: tensor.type, dims: tensor.dims, bytes: byteLength });
    payload.push(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return { headers, payload };
}

export function unpackTensors(headers: readonly TensorHeader[], payload: Uint8Array): Tensors {
  const tensors: Tensors = {};
  let at = 0;
  for (const { name, type, dims, bytes } of headers) {
    if (!isNumeric(type)) throw noText(name);
    const array = ARRAYS[type];
    const start = payload.byteOffset + at;
    // Typed arrays begin at multiples of their element size: most tensors do, the others are copied.
    const data =
      start % array.BYTES_PER_ELEMENT === 0
        ? new array(payload.buffer as ArrayBuffer, start, bytes / array.BYTES_PER_ELEMENT)
        : new array(payload.slice(at, at + bytes).buffer);
    tensors[name] = { type, data, dims } as OnnxTensor;
    at += bytes;
  }
  return tensors;
}

/** The tensors of a message, each a view of its bytes. */
export function splitPayload(headers: readonly TensorHeader[], payload: Uint8Array): PackedTensors {
  let at = 0;
  return {
    headers: [...headers],
    payload: headers.map(({ bytes }) => payload.subarray(at, (at += bytes))),
  };
}

/** A half in float16. */
const HALF = 0x3800;

/**
 * Inputs to time a model with: numbers from 0 to 1 for real types, the same ones every time; zeros for integers, which
 * may be indices.
 *
 * @throws HeterodyneError `BAD_INPUT` for open dimensions, and inputs that are no tensors of numbers
 */
export function inputsToTime(inputs: readonly OnnxValueInfo[]): Tensors {
  const tensors: Tensors = {};
  let state = 1;
  for (const { name, type, shape } of inputs) {
    if (type === undefined || !isNumeric(type)) throw noText(name);
    const dims = shape.map((size) => {
      if (typeof size === 'number') return size;
      throw new HeterodyneError('BAD_INPUT', `input "${name}" has an open dimension "${size}"`, {
        path: name,
        expected: 'sizes alone',
        received: shape.join('x'),
        hint: 'give its shape when the model is loaded, or pass tensors',
      });
    });
    const data = new ARRAYS[type](dims.reduce((product, size) => product * size, 1));
    if (type === 'float16') data.fill(HALF as never);
    else if (type === 'float32' || type === 'float64') {
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator: any will do
        data[i] = state / 2 ** 32;
      }
    }
    tensors[name] = { type, data, dims } as OnnxTensor;
  }
  return tensors;
}
